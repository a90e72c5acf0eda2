"""Two machines with keepalived between them, by the files of conf/keepalived: whatever happens to the one that has the address, the
other one takes it, and a planned hand-over fails no request. The times are told, not judged: `pytest -rP` shows them."""

import signal

import pytest

from support import network, two_machines
from support.timeouts import Deadline, scaled
from support.two_machines import Load, Pair

pytestmark = [
    pytest.mark.skipif(not network.can_be_made(), reason="network namespaces take root"),
    pytest.mark.skipif(bool(two_machines.missing()), reason="not installed: " + ", ".join(two_machines.missing())),
]


@pytest.fixture
def pair(tmp_path):
    with Pair(tmp_path) as started:
        yield started
        for machine in started.machines:
            print(f"keepalived on {machine.name}:\n{machine.keepalived_log()}")


@pytest.fixture
def load(pair):
    clients = Load(pair)
    clients.wait_answers(50)
    clients.wait_seen()  # or the gap would begin only behind what happens
    yield clients
    clients.end()


def tell(what, load):
    print(f"{what}: longest time without an answer {load.longest_gap():.2f} s, "
          f"{len(load)} requests, {load.again} sent again, {len(load.failures)} failed")


def test_killed(pair, load):
    pair.first.opslb.signal(signal.SIGKILL)
    pair.wait_has_address(pair.second)
    load.wait_answers(200)
    load.wait_seen()
    load.end()
    tell("opslb killed", load)
    assert not pair.first.has_address()


def test_frozen(pair, load):
    """It still has its sockets, and its kernel goes on accepting connections: only the check notices."""
    pair.first.opslb.signal(signal.SIGSTOP)
    pair.wait_has_address(pair.second)
    load.wait_answers(200)
    load.wait_seen()
    load.end()
    tell("opslb frozen", load)
    assert not pair.first.has_address()


def test_the_machine_is_gone(pair, load):
    pair.first.lose_power()
    pair.wait_has_address(pair.second)
    load.wait_answers(200)
    load.wait_seen()
    load.end()
    tell("machine gone", load)


def test_a_planned_hand_over_fails_no_request(pair, load):
    pair.first.hand_over()
    pair.wait_has_address(pair.second)
    load.wait_answers(200)
    load.wait_seen()
    load.end()
    tell("handed over", load)
    assert not load.failures
    assert pair.first.opslb.wait_exit() == 0
    assert not pair.first.mark.exists()


def test_who_returns_does_not_take_the_address_back(pair, load):
    pair.first.hand_over()
    pair.wait_has_address(pair.second)
    pair.first.start_opslb()
    load.wait_answers(500)
    load.end()
    assert pair.second.has_address() and not pair.first.has_address()
    assert not load.failures


def test_a_machine_without_any_host_gives_the_address_away(pair, load):
    """Its own way to Ops Manager is broken, the other one's is not."""
    pair.first.opslb.reload(pair.first.opslb.config | {"backends": [{"name": "ops1", "url": "http://192.0.2.21:9"}]})
    pair.wait_has_address(pair.second)
    load.wait_answers(200)
    load.wait_seen()
    load.end()
    tell("no host seen", load)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_hand_over_that_is_stopped_leaves_nothing_behind(pair, signum):
    pair.first.opslb.signal(signal.SIGSTOP)  # so that it does not end
    script = pair.first.begin_hand_over()
    deadline = Deadline(20)
    while not pair.first.drops_new_connections():
        assert script.poll() is None and not deadline.over()
    assert pair.first.mark.exists()
    script.send_signal(signum)
    assert script.wait(scaled(20)) == 1
    assert not pair.first.drops_new_connections() and not pair.first.mark.exists()


@pytest.mark.parametrize("pid", ["0", "", "opslb", str(2 ** 22 + 1)])
def test_a_hand_over_is_refused_where_nothing_runs(pair, pid):
    script = pair.first.begin_hand_over(pid)
    assert script.wait(scaled(20)) in (1, 2)
    assert not pair.first.drops_new_connections() and not pair.first.mark.exists()
    assert pair.first.has_address()


def test_the_hand_over_is_refused_where_the_address_is_not(pair):
    with pytest.raises(AssertionError):
        pair.second.hand_over()
    assert pair.second.opslb.runs and not pair.second.mark.exists()
