"""`opslb upgrade` before a person: what it asks, and what it makes of the answers."""

import pytest

from support.admin_calls import ADMIN, AdminCalls
from support.terminal import CTRL_C, CTRL_D, Terminal

FAST = {"interval": "100ms", "rise": 2}
LONG = 60.0


@pytest.fixture
def two(opslb, simulator):
    hosts = [simulator(f"ops{number}", "--version", "8.0.4") for number in (1, 2)]
    lb = opslb(backends=hosts, admin=ADMIN, health_check=FAST)
    AdminCalls(lb).wait_backend(lambda each: each["version"] == "8.0.4", "ops2")
    return lb, hosts


@pytest.fixture
def begin():
    """begin(lb, …): the command, once it has asked."""
    started = []

    def start(lb, *more):
        started.append(Terminal(["upgrade", "--admin", f"127.0.0.1:{lb.admin_port()}", *more]))
        started[-1].read_until(b"begin? [y/N] ", seconds=LONG)
        return started[-1]
    yield start
    for each in started:
        each.close()


def states(lb):
    return [each["state"] for each in AdminCalls(lb).status()["backends"]]


@pytest.mark.parametrize("answer", [b"n\n", b"no\n", b"\n", b"what?\n", CTRL_D, CTRL_C],
                         ids=["n", "no", "Enter", "what?", "Ctrl-D", "Ctrl-C"])
def test_nothing_is_done_without_a_yes(two, begin, answer):
    lb, _ = two
    terminal = begin(lb)
    terminal.type(answer)
    assert terminal.end() == 1
    assert terminal.lines()[:2] == ["1. ops1 (8.0.4): drain, upgrade, put back", "2. ops2 (8.0.4): drain, upgrade, put back"]
    assert terminal.lines()[-2:] == ["nothing was done", ""]
    assert states(lb) == ["up", "up"]


@pytest.mark.parametrize("answer", [b"y\n", b"Yes\n"], ids=["y", "Yes"])
def test_yes_begins_and_ctrl_c_leaves_it_to_be_taken_up_again(two, begin, answer):
    lb, (ops1, ops2) = two
    first = begin(lb)
    first.type(answer)
    first.read_until(b"upgrade ops1 now", seconds=LONG)
    first.read_until(b"waiting for ops1 (8.0.4) to be upgraded", seconds=LONG)
    first.type(CTRL_C)
    assert first.end() == 1
    assert first.lines()[-2] == ('stopped: ops1 stays drained; "opslb upgrade" goes on with it, "opslb ready ops1" puts it back')
    assert states(lb) == ["drained", "up"]

    second = begin(lb)
    second.type(b"y\n")
    second.read_until(b"ops1 (8.0.4) is drained already", seconds=LONG)
    ops1.upgrade(seconds=1, grace=0, version="8.0.5")
    second.read_until(b"ops1 (8.0.5) serves again", seconds=LONG)
    second.read_until(b"upgrade ops2 now", seconds=LONG)
    ops2.upgrade(seconds=1, grace=0, version="8.0.5")
    assert second.end() == 0
    assert second.lines()[-2] == "all hosts run 8.0.5: Upgrade Mode is over"
    assert states(lb) == ["up", "up"]


def test_enter_puts_a_host_back_that_kept_its_version_and_not_before_it_was_empty(two, begin):
    lb, (ops1, _) = two
    terminal = begin(lb, "--only", "ops1")
    terminal.type(b"y\n\n")  # one Enter too many, before there is anything to say it of
    terminal.read_until(b"upgrade ops1 now", seconds=LONG)
    terminal.read_until(b"waiting for ops1 (8.0.4) to be upgraded", seconds=LONG)
    assert states(lb) == ["drained", "up"]
    ops1.upgrade(seconds=1, grace=0)
    terminal.read_until(b"press Enter to put it back all the same", seconds=LONG)
    terminal.type(b"\n")
    assert terminal.end() == 0
    assert "[1/1] ops1 is ready, as you say: putting it back" in terminal.lines()
    assert states(lb) == ["up", "up"]
