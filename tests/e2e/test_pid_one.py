"""opslb as process 1 of a container: a namespace of processes in which it is the first."""

import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from support.conversation import EMPTY, request
from support.fronts import H1
from support.load import Load, keep_alive, one_connection_each
from support.opslb import BINARY, START, TAKEN_OVER
from support.timeouts import ANSWER, Deadline, scaled

UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def can_make_namespaces():
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not can_make_namespaces(), reason="no namespaces of processes can be made here")


def children(pid):
    return [int(each) for each in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


class Container:
    """An opslb whose process 1 gets the signals."""

    def __init__(self, lb):
        self.lb = lb
        [self.init] = children(lb.pid)

    def signal(self, number, send=os.kill):
        self.lb.will_be_signalled(number)
        send(self.init, number)

    def wait_exit(self):
        """The code of process 1, which unshare passes on."""
        return self.lb.wait_exit()

    def take_over(self):
        """Until another process serves."""
        since = len(self.lb.log_lines)
        self.signal(signal.SIGUSR2)
        return self.lb.wait_log(TAKEN_OVER, START, since)

    def processes(self):
        """Those below process 1, by their numbers inside."""
        status = (pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii") for pid in children(self.init))
        return [int(re.search(r"^NSpid:.*\t(\d+)$", each, re.MULTILINE)[1]) for each in status]

    def wait_one_process(self):
        """Until the ones that drained have ended, and were waited for."""
        deadline = Deadline(ANSWER)
        while len(children(self.init)) != 1:
            assert not deadline.over(), self.lb.describe("several processes are left")
            os.sched_yield()  # their end is no event outside the namespace


@pytest.fixture
def container(opslb):
    """container(…) as opslb(…)."""
    return lambda **config: Container(opslb(under=UNSHARE, **config))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_is_finished_and_the_exit_code_is_0(container, raw_origin, number):
    inside = container(backends=[raw_origin])
    with H1.connect(inside.lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            inside.signal(number)
            inside.lb.wait_log("ending requests_in_flight=1")
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert inside.wait_exit() == 0


def test_a_second_signal_ends_it_at_once(container, raw_origin):
    inside = container(backends=[raw_origin])
    with H1.connect(inside.lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            inside.signal(signal.SIGTERM)
            inside.lb.wait_log("ending")
            inside.signal(signal.SIGTERM)
            assert inside.wait_exit() == 1


def test_other_signals_are_passed_on(container, origin):
    inside = container(backends=[origin()])
    inside.signal(signal.SIGHUP)
    inside.lb.wait_log("configuration reloaded")
    inside.signal(signal.SIGUSR1)
    inside.lb.wait_log("log files reopened")
    inside.signal(signal.SIGTERM)
    assert inside.wait_exit() == 0


@pytest.mark.parametrize("way", [one_connection_each, keep_alive])
def test_takeovers_do_not_end_the_container(container, origin, way):
    inside = container(backends=[origin()])
    with Load(inside.lb, way) as load:
        for _ in range(3):
            load.wait_more(20)
            inside.take_over()
            load.wait_more(20)
            inside.wait_one_process()
    inside.signal(signal.SIGTERM)  # reaches the last one
    assert inside.wait_exit() == 0


def test_sigterm_while_the_old_process_drains_ends_both_and_then_the_container(container, raw_origin):
    inside = container(backends=[raw_origin])
    with H1.connect(inside.lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            inside.take_over()
            inside.signal(signal.SIGTERM)
            inside.lb.wait_log("ending requests_in_flight=1$")
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert inside.wait_exit() == 0


def test_a_takeover_that_fails_changes_nothing(container, origin):
    inside = container(backends=[origin()])
    inside.lb.write("{")
    inside.signal(signal.SIGUSR2)
    inside.lb.wait_log("takeover failed")
    with H1.connect(inside.lb) as client:
        assert client.request().status == 200
    inside.signal(signal.SIGTERM)
    assert inside.wait_exit() == 0


@pytest.mark.parametrize("number, code", [(signal.SIGKILL, 137), (signal.SIGABRT, 134)])
def test_the_container_ends_as_the_process_that_serves_did(container, origin, number, code):
    inside = container(backends=[origin()])
    [serving] = children(inside.init)
    os.kill(serving, number)
    assert inside.wait_exit() == code


def test_a_successor_that_dies_while_the_old_process_drains_ends_the_container_soon(container, raw_origin):
    inside = container(backends=[raw_origin])
    [before] = children(inside.init)
    with H1.connect(inside.lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            inside.take_over()
            [successor] = children(before)
            os.kill(successor, signal.SIGKILL)
            inside.lb.wait_log("the process that took over has ended")
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert inside.wait_exit() == 1  # so that it is started anew


def test_orphans_of_others_are_waited_for(container, origin):
    inside = container(backends=[origin()])
    script = "(exec 1>&- 2>&-; sleep 0.01) & echo done"
    for _ in range(3):
        entered = subprocess.run(["nsenter", "-t", str(inside.init), "-p", "sh", "-c", script],
                                 capture_output=True, check=True, timeout=scaled(ANSWER))
        assert entered.stdout == b"done\n"
    inside.wait_one_process()
    inside.signal(signal.SIGTERM)
    assert inside.wait_exit() == 0


def test_a_file_with_errors_ends_it_with_1(opslb):
    lb = opslb(under=UNSHARE, wait=False, listeners=[], backends=[])
    assert lb.wait_exit() == 1


def test_a_terminal_s_interrupt_comes_once(opslb, raw_origin):
    """It goes to every process of the group in the foreground, and twice would cut."""
    lb = opslb(under=[*UNSHARE, "setsid"], backends=[raw_origin])
    inside = Container(lb)
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            inside.signal(signal.SIGINT, os.killpg)
            lb.wait_log("ending requests_in_flight=1")
            assert client.is_silent()
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert inside.wait_exit() == 0


def test_who_is_not_process_1_has_nobody_above_it(opslb, origin):
    lb = opslb(backends=[origin()])
    assert not children(lb.pid)
    assert os.readlink(f"/proc/{lb.pid}/exe") == str(BINARY)
    lb.stop()
