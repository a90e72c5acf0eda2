"""What systemd is told over NOTIFY_SOCKET. None runs here: the tests are what it is to a service."""

import contextlib
import ctypes
import os
import pathlib
import signal
import time

import pytest

from support.conversation import EMPTY, request
from support.fronts import H1
from support.raw import RawOrigin
from support.service_manager import ServiceManager
from support.timeouts import ANSWER, Deadline, scaled


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    address = str(tmp_path / "notify") if request.param == "path" else f"@opslb-test-{os.getpid()}-{tmp_path.name}"
    with contextlib.closing(ServiceManager(address)) as started:
        yield started


def start(opslb, manager, *hosts, environment=None, **more):
    return opslb(backends=list(hosts), environment={"NOTIFY_SOCKET": manager.address, **(environment or {})}, **more)


def test_ready_is_told_once_the_listeners_are_open(opslb, manager, origin):
    ops1 = origin(RawOrigin, health="hang")
    lb = start(opslb, manager, ops1, wait=False, health_check={"timeout": "60s", "interval": "60s"})
    ops1.wait_health_checks(1)
    assert not manager.messages
    ops1.drop_connections()
    sender, fields = manager.messages[manager.wait({"READY": "1"})]
    assert sender == lb.pid
    assert fields["STATUS"] == "serving, 0 of 1 hosts are up"
    with H1.connect(lb):
        pass
    lb.stop()


def test_the_status_says_how_many_hosts_are_up(opslb, manager, origin):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    start(opslb, manager, ops1, ops2, health_check={"interval": "200ms"})
    manager.wait({"READY": "1", "STATUS": "serving, 2 of 2 hosts are up"})
    ops1.health = 500
    manager.wait({"STATUS": "serving, 1 of 2 hosts is up"})
    ops1.health = 200
    since = len(manager.messages)
    manager.wait({"STATUS": "serving, 2 of 2 hosts are up"}, since)


@pytest.mark.parametrize("good", [True, False])
def test_a_reload_is_told_from_its_beginning_to_its_end(opslb, manager, origin, good):
    lb = start(opslb, manager, origin())
    since = manager.wait({"READY": "1"}) + 1
    asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    lb.reload(lb.config if good else "{", accepted=good)
    begun = manager.wait({"RELOADING": "1"}, since)
    assert asked <= int(manager.messages[begun][1]["MONOTONIC_USEC"]) <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    manager.wait({"READY": "1"}, begun + 1)
    lb.stop()


def test_the_end_is_told_and_asks_for_time_while_something_is_in_flight(opslb, manager, raw_origin):
    lb = start(opslb, manager, raw_origin)
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            lb.signal(signal.SIGTERM)
            stopping = manager.wait({"STOPPING": "1"})
            more = manager.wait({"EXTEND_TIMEOUT_USEC": "10000000"}, stopping + 1)
            manager.wait({"EXTEND_TIMEOUT_USEC": "10000000"}, more + 1)
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert lb.wait_exit() == 0


def test_a_takeover_tells_the_new_main_process_before_it_speaks(opslb, manager, raw_origin):
    lb = start(opslb, manager, raw_origin)
    manager.wait({"READY": "1"})
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            ready = manager.wait({"READY": "1"}, manager.wait({"MAINPID": str(lb.pid)}))
            told = [sender for sender, _ in manager.messages]
            assert told[ready] == lb.pid and lb.pid not in told[:ready]
            since = len(manager.messages)
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert before.wait(scaled(ANSWER)) == 0
    lb.stop()
    manager.wait({"STOPPING": "1"}, since)
    assert {sender for sender, _ in manager.messages[since:]} == {lb.pid}  # the one that drained was silent


def test_a_takeover_that_fails_tells_nothing(opslb, manager, origin):
    lb = start(opslb, manager, origin())
    since = manager.wait({"READY": "1"}) + 1
    lb.write("{")
    lb.signal(signal.SIGUSR2)
    lb.wait_log("takeover failed")
    lb.stop()
    manager.wait({"STOPPING": "1"}, since)
    assert not any("MAINPID" in fields or "READY" in fields for _, fields in manager.messages[since:])


def test_without_the_variable_nothing_is_told_and_a_wrong_one_is_warned_of(opslb, origin):
    lb = opslb(backends=[origin()], environment={"NOTIFY_SOCKET": "tcp:1"})
    lb.wait_log("NOTIFY_SOCKET names no unix socket .*: tcp:1")
    lb.stop()


# The watchdog.

QUICK = {"WATCHDOG_USEC": "50000"}


def test_the_watchdog_hears_while_all_turns_and_the_new_process_after_a_takeover(opslb, manager, origin):
    lb = start(opslb, manager, origin(), environment=QUICK)
    at = -1
    for _ in range(3):
        at = manager.wait({"WATCHDOG": "1"}, at + 1)
    before = lb.take_over()
    ready = manager.wait({"READY": "1"}, at)
    for _ in range(3):
        ready = manager.wait({"WATCHDOG": "1"}, ready + 1)
        assert manager.messages[ready][0] == lb.pid
    assert before.wait(scaled(ANSWER)) == 0
    lb.stop()


@pytest.mark.parametrize("variables", [{"WATCHDOG_PID": "1", **QUICK}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}])
def test_a_watchdog_of_another_process_or_without_a_time_is_none(opslb, manager, origin, variables):
    ops1 = origin(RawOrigin)
    lb = start(opslb, manager, ops1, environment=variables, health_check={"interval": "200ms"})
    for health, text in ((500, "0 of 1 hosts are"), (200, "1 of 1 hosts is")):  # time enough, and an end to it
        ops1.health = health
        manager.wait({"STATUS": f"serving, {text} up"})
    assert not any("WATCHDOG" in fields for _, fields in manager.messages)
    lb.stop()


class Stopped:
    """One thread of another process that does not run, while the others do: held where it rests, so that it holds no lock."""

    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000
    EPOLL = {"x86_64": ("232", "281", "441"), "aarch64": ("22", "441")}[os.uname().machine]  # epoll_wait, _pwait, _pwait2

    def __init__(self, thread):
        self.thread = thread
        self._at = pathlib.Path(f"/proc/{thread}/syscall")
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        self._libc.ptrace.restype = ctypes.c_long

    def _ask(self, what):
        if self._libc.ptrace(what, self.thread, None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace {what}")

    def __enter__(self):
        deadline = Deadline(ANSWER)
        while self._at.read_text(encoding="ascii").split()[0] not in self.EPOLL:
            assert not deadline.over(), f"thread {self.thread} never rests"
        self._ask(self.SEIZE)
        self._ask(self.INTERRUPT)
        os.waitpid(self.thread, self.WALL)
        return self

    def __exit__(self, *_):
        self._ask(self.DETACH)


def thread_of(pid, name):
    return next(int(each.name) for each in pathlib.Path(f"/proc/{pid}/task").iterdir()
                if (each / "comm").read_text(encoding="ascii").strip() == name)


@pytest.mark.parametrize("number", [0, 1])
def test_a_worker_that_is_stuck_silences_the_watchdog_until_it_goes_on(opslb, manager, origin, number):
    ops1 = origin(RawOrigin)
    lb = start(opslb, manager, ops1, environment=QUICK, workers=2, health_check={"interval": "200ms"})
    manager.wait({"WATCHDOG": "1"})
    with Stopped(thread_of(lb.pid, f"worker-{number}")):
        since = len(manager.messages)
        for health, text in ((500, "0 of 1 hosts are"), (200, "1 of 1 hosts is")):  # the main thread turns all the while
            ops1.health = health
            since_here = manager.wait({"STATUS": f"serving, {text} up"}, since)
        heard = sum("WATCHDOG" in fields for _, fields in manager.messages[since:since_here])
        assert heard <= 1  # for what had been answered before
    manager.wait({"WATCHDOG": "1"}, since_here)
    lb.stop()


def test_a_main_thread_that_is_stuck_silences_the_watchdog(opslb, manager, origin):
    ops1 = origin(RawOrigin)
    lb = start(opslb, manager, ops1, environment=QUICK)
    manager.wait({"WATCHDOG": "1"})
    with Stopped(lb.pid):
        since = len(manager.messages)
        for _ in range(20):  # the workers turn all the while
            with H1.connect(lb) as client:
                client.send(request())
                with ops1.accept() as conn:
                    conn.read_request()
                    conn.send(EMPTY)
                    assert client.read_response().status == 200
        assert len(manager.messages) == since
    manager.wait({"WATCHDOG": "1"}, since)
    lb.stop()
