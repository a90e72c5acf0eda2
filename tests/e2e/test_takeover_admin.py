"""The admin endpoint and drains across a takeover: whoever asks is answered by the process that leads."""

import http.client
import json
import os
import shutil
import signal
import socket

import pytest

from support.arrivals import Arrivals, InFlight
from support.opslb import BINARY
from support.raw import RawClient, RawOrigin
from support.service_manager import with_sockets
from support.timeouts import ANSWER, Deadline, scaled

TCP = {"bind": "127.0.0.1:0"}


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(lb, target, method="GET", status=200):
    with RawClient(lb.admin_port()) as client:
        answer = client.request(method, target, host=f"127.0.0.1:{lb.admin_port()}")
    assert answer.status == status, answer.body
    return json.loads(answer.body)


def backend(lb, name):
    return next(each for each in ask(lb, "/api/v1/status")["backends"] if each["name"] == name)


def wait_state(lb, name, state):
    deadline = Deadline(ANSWER)
    while (now := backend(lb, name))["state"] != state:
        assert not deadline.over(), now
    return now


def ended(process):
    return process.wait(scaled(ANSWER))


def test_the_admin_endpoint_stays_where_it_is_and_tells_of_the_new_process(opslb, origin):
    lb = opslb(backends=[origin()], admin=TCP)
    first = lb.pid
    assert ask(lb, "/api/v1/status")["pid"] == first
    for _ in range(2):
        before = lb.take_over()
        assert ended(before) == 0
        now = ask(lb, "/api/v1/status")
        assert (now["pid"], now["state"]) == (lb.pid, "serving")
    lb.stop()


def test_a_unix_socket_keeps_its_file_until_the_last_process_ends(opslb, origin, tmp_path):
    path = tmp_path / "admin.sock"
    lb = opslb(backends=[origin()], admin={"bind": f"unix:{path}"})
    inode = path.stat().st_ino
    for _ in range(2):
        assert ended(lb.take_over()) == 0
        assert path.stat().st_ino == inode
        connection = UnixConnection(str(path))
        connection.request("GET", "/api/v1/status")
        assert json.loads(connection.getresponse().read())["pid"] == lb.pid
        connection.close()
    lb.stop()
    assert not path.exists()


@pytest.mark.parametrize("takeovers", [0, 1])
def test_a_unix_socket_of_systemd_s_keeps_its_file(opslb, origin, tmp_path, takeovers):
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen(4)
        lb = opslb(backends=[origin()], admin={"bind": f"unix:{path}"}, **with_sockets(listening))
        for _ in range(takeovers):
            assert ended(lb.take_over()) == 0
        lb.stop()
        with socket.socket(socket.AF_UNIX) as client:  # who comes now waits for the next start
            client.connect(str(path))


def test_a_host_is_not_drained_before_all_processes_have_left_it(opslb, origin, tmp_path):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    arrivals = Arrivals(ops1, ops2)
    lb = opslb(backends=[ops1, ops2], admin=TCP, state_file=str(tmp_path / "state.json"))
    long = InFlight(lb, arrivals)
    assert ask(lb, f"/api/v1/backends/{long.at}/drain", "POST")["backend"]["state"] == "draining"
    processes = []
    for _ in range(2):  # what the first has in flight is passed on by the second
        processes.append(lb.take_over())
        assert ask(lb, "/api/v1/status")["pid"] == lb.pid
        assert backend(lb, long.at)["state"] == "draining"
    long.finish()
    wait_state(lb, long.at, "drained")
    assert [ended(each) for each in processes] == [0, 0]
    lb.stop()


def test_nothing_is_drained_or_put_back_while_a_takeover_is_under_way(opslb, origin, tmp_path):
    program = tmp_path / "opslb"
    shutil.copy2(BINARY, program)
    lb = opslb(backends=[origin(), origin()], admin=TCP, state_file=str(tmp_path / "state.json"), binary=program)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    program.unlink()
    program.write_text(f"#!/bin/sh\nread line < {gate}\nexit 1\n", encoding="ascii")
    program.chmod(0o755)
    lb.signal(signal.SIGUSR2)
    lb.wait_log("takeover: started")
    for what in ("drain", "ready"):
        refused = ask(lb, f"/api/v1/backends/ops1/{what}", "POST", status=409)
        assert "another process of opslb is taking over; try again in a few seconds" in refused["detail"]
    gate.write_text("go\n", encoding="ascii")
    lb.wait_log("takeover failed")
    assert ask(lb, "/api/v1/backends/ops1/drain", "POST")["backend"]["state"] in ("draining", "drained")
    lb.stop()


# Drains that are made when another process still has connections.


class Kept:
    """A connection on which opslb has answered one request, and which it keeps for the next."""

    def __init__(self, lb, arrivals):
        self.client = RawClient(lb.port())
        self.arrivals = arrivals
        self.request(200)

    def request(self, status):
        """The name of the backend that it reached."""
        self.client.send("GET /next HTTP/1.1\r\nHost: opsmanager.example.com\r\n\r\n")
        arrival = self.arrivals.next()
        arrival.answer(status)
        assert self.client.read_response().status == status
        return arrival.at


def drain(lb, name):
    ask(lb, f"/api/v1/backends/{name}/drain", "POST")
    wait_state(lb, name, "drained")


@pytest.mark.parametrize("takeovers", [1, 2])
def test_a_drain_holds_for_what_comes_on_connections_of_the_processes_before(opslb, origin, tmp_path, takeovers):
    origins = [origin(RawOrigin) for _ in range(3)]
    arrivals = Arrivals(*origins)
    lb = opslb(backends=origins, admin=TCP, balance="round_robin", state_file=str(tmp_path / "state.json"))
    kept = [Kept(lb, arrivals) for _ in range(6)]
    processes = [lb.take_over() for _ in range(takeovers)]
    drain(lb, "ops1")
    # Each of these is the last on its connection, and round robin would have brought two of them to ops1.
    assert "ops1" not in [each.request(200) for each in kept]
    assert [ended(each) for each in processes] == [0] * takeovers
    lb.stop()


def test_a_request_on_a_connection_of_the_process_before_keeps_a_host_from_being_drained(opslb, origin, tmp_path):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    arrivals = Arrivals(ops1, ops2)
    lb = opslb(backends=[ops1, ops2], admin=TCP, state_file=str(tmp_path / "state.json"))
    kept = [Kept(lb, arrivals) for _ in range(2)]
    before = lb.take_over()
    for each in kept:
        each.client.send("GET /long HTTP/1.1\r\nHost: opsmanager.example.com\r\n\r\n")
    there = {arrival.at: arrival for arrival in (arrivals.next(), arrivals.next())}
    assert set(there) == {"ops1", "ops2"}
    assert ask(lb, "/api/v1/backends/ops1/drain", "POST")["backend"]["state"] == "draining"
    lb.wait_log("backend ops1 is drained here, too in_flight=1")
    deadline = Deadline(ANSWER)
    while (now := backend(lb, "ops1"))["in_flight"] != 1:  # until all workers have heard of it, one more may be on its way
        assert not deadline.over(), now
    assert (now["state"], now["drain"]["more"]) == ("draining", 1)
    there["ops1"].answer()
    wait_state(lb, "ops1", "drained")
    there["ops2"].answer()
    assert [each.client.read_response().status for each in kept] == [200, 200]
    assert ended(before) == 0
    lb.stop()


def test_what_is_put_back_is_put_back_for_the_processes_before_too(opslb, origin, tmp_path):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    arrivals = Arrivals(ops1, ops2)
    lb = opslb(backends=[ops1, ops2], admin=TCP, state_file=str(tmp_path / "state.json"),
               health_check={"interval": "200ms", "rise": 1})
    kept = Kept(lb, arrivals)
    before = lb.take_over()
    for name in ("ops1", "ops2"):  # with both still out, nobody would be left for what comes on that connection
        drain(lb, name)
        ask(lb, f"/api/v1/backends/{name}/ready", "POST")
        lb.wait_log(f"backend {name} is put back here, too")
        wait_state(lb, name, "up")
    assert kept.request(200) in ("ops1", "ops2")
    assert ended(before) == 0
    lb.stop()


def test_a_host_that_only_the_new_process_knows_is_drained_there(opslb, origin, tmp_path):
    ops1, ops2, ops3 = origin(RawOrigin), origin(RawOrigin), origin(RawOrigin)
    arrivals = Arrivals(ops1, ops2, ops3)
    lb = opslb(backends=[ops1, ops2], admin=TCP, state_file=str(tmp_path / "state.json"))
    kept = Kept(lb, arrivals)
    lb.write({**lb.config, "backends": [ops1, ops2, ops3]})
    before = lb.take_over()
    drain(lb, "ops3")
    assert kept.request(200) in ("ops1", "ops2")
    assert ended(before) == 0
    lb.stop()
