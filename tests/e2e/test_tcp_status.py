"""Raw TCP connections in the status of the running process, and drains that wait for them."""

import json

import pytest

from support.raw import RawClient
from support.tcp_hosts import arrival, how_it_ends
from support.timeouts import ANSWER, Deadline

ADMIN = {"bind": "127.0.0.1:0"}


def ask(lb, target, method="GET"):
    with RawClient(lb.admin_port()) as client:
        answer = client.request(method, target, host=f"127.0.0.1:{lb.admin_port()}")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def status(lb):
    return ask(lb, "/api/v1/status")


def backend(lb, name):
    return next(each for each in status(lb)["backends"] if each["name"] == name)


def wait_state(lb, name, state):
    deadline = Deadline(ANSWER)
    while (now := backend(lb, name))["state"] != state:
        assert not deadline.over(), now
    return now


def test_a_listener_of_raw_tcp_says_what_it_is_and_its_connections_count(raw_tcp):
    lb, hosts = raw_tcp(admin=ADMIN)
    (before,) = status(lb)["listeners"]
    assert (before["name"], before["kind"], before["tls"]) == ("tcp", "tcp", False)
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.send("x")
        assert far.read_exactly(1) == b"x"
        now = status(lb)
        assert (now["totals"]["connections"], now["totals"]["connections_open"], now["totals"]["in_flight"]) == (1, 1, 1)
        assert now["totals"]["requests"] == 0
        (host,) = now["backends"]
        assert (host["in_flight"], host["requests"], host["connects"]) == (1, 0, 1)


def test_who_finds_no_host_is_counted_by_that(raw_tcp):
    lb, hosts = raw_tcp(admin=ADMIN)
    hosts[0].pause_tcp()
    assert how_it_ends(lb.port()) == "reset"
    assert status(lb)["totals"]["refused"] == {"no host for raw TCP": 1}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_drain_waits_for_raw_connections_and_sends_new_ones_elsewhere(raw_tcp, workers):
    lb, hosts = raw_tcp(2, admin=ADMIN, workers=workers)
    with RawClient(lb.port()) as client:
        host, far = arrival(hosts)
        other = next(each for each in hosts if each is not host)
        with far:
            ask(lb, f"/api/v1/backends/{host.name}/drain", "POST")
            assert backend(lb, host.name)["state"] == "draining"
            with RawClient(lb.port()), other.next_tcp():
                pass
            client.send("still here")
            assert far.read_exactly(10) == b"still here"
            assert wait_state(lb, host.name, "draining")["in_flight"] == 1
            client.half_close()
            far.half_close()
    wait_state(lb, host.name, "drained")
    ask(lb, f"/api/v1/backends/{host.name}/ready", "POST")
    wait_state(lb, host.name, "up")
    with RawClient(lb.port()), host.next_tcp():
        pass
