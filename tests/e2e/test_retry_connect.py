"""A request whose connection could not be made goes to another host, whatever its method: nobody has seen it."""

import contextlib
import socket

import pytest

from support.fronts import H1
from support.conversation import request
from support.retrying import NO_CHECKS, outcomes, preferred

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH", "PROPFIND"]


@contextlib.contextmanager
def deaf(port):
    """A port that takes no connection: the queue of its listener is full, so that further SYNs are dropped."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", port))
        yield


def ask(lb, method, body=b"", target="/", front=H1):
    with front.connect(lb) as client:
        return client.request(method, target, body=body)


@pytest.mark.parametrize("method", METHODS)
def test_a_refused_connection_moves_it_on(opslb, origin, front, method):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[preferred(ops1), ops2], health_check=NO_CHECKS)
    ops1.pause()
    assert ask(lb, method, front=front).status == 200
    assert [seen.method for seen in ops2.requests] == [method]
    entry = lb.wait_access()
    assert entry["tried"] == "ops1(least requests: connection refused) ops2(only one left: done)"
    assert (entry["backend"], entry["status"]) == ("ops2", 200)


def test_its_body_goes_along(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[preferred(ops1), ops2], health_check=NO_CHECKS)
    ops1.pause()
    body = bytes(range(256)) * 8192
    assert ask(lb, "POST", body, front=front).json()["body_bytes"] == len(body)
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body="3\r\nabc\r\n0\r\n\r\n"))
        assert client.read_response().json()["body_bytes"] == 3


def test_a_connection_that_is_not_made_in_time_moves_it_on(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[preferred(ops1), ops2], health_check=NO_CHECKS, timeouts={"connect": "200ms"})
    ops1.pause()
    with deaf(ops1.port):
        assert ask(lb, "POST", b"body", front=front).json()["origin"] == "ops2"
        entry = lb.wait_access()
        assert outcomes(entry) == [("ops1", "no answer to connect"), ("ops2", "done")]
        assert entry["total_ms"] >= 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_host_is_tried_once_and_then_it_is_502(opslb, origin, front, method):
    hosts = [origin() for _ in range(4)]
    lb = opslb(backends=hosts, health_check=NO_CHECKS)
    for each in hosts:
        each.pause()
    answer = ask(lb, method, target="/api/x", front=front)
    assert (answer.status, answer.get("Server"), answer.get("Retry-After")) == (502, "opslb", None)
    assert answer.json() == {"error": 502, "reason": "Bad Gateway",
                             "detail": "no Ops Manager host could be used for this request (connection refused)"}
    entry = lb.wait_access()
    assert sorted(outcomes(entry)) == [(each.name, "connection refused") for each in hosts]
    assert entry["status"] == 502


def test_the_only_host_is_tried_once(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], health_check=NO_CHECKS)
    ops1.pause()
    assert ask(lb, "GET", front=front).status == 502
    assert outcomes(lb.wait_access()) == [("ops1", "connection refused")]


def test_the_connection_of_the_client_goes_on_after_a_502(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], health_check=NO_CHECKS)
    ops1.pause()
    with front.connect(lb) as client:
        assert client.request().status == 502
        ops1.resume()
        assert client.request().status == 200


def test_a_full_host_is_waited_for_after_another_failed(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    ops2.on_request(lambda request, conn: None)
    lb = opslb(backends=[preferred(ops1), {"name": "ops2", "url": ops2.url, "max_requests": 1}], health_check=NO_CHECKS,
               timeouts={"queue": "200ms"})
    ops1.pause()
    with front.connect(lb) as holds:
        holds.send(request())
        ops2.wait_requests(1)
        answer = ask(lb, "GET", target="/waits", front=front)
        assert (answer.status, answer.get("Server")) == (503, "opslb")  # not 502: ops2 can be reached, only not now
        assert int(answer.get("Retry-After")) > 0
    entry = lb.wait_access(lambda entry: entry["target"] == "/waits")
    assert outcomes(entry) == [("ops1", "connection refused")]
    assert entry["total_ms"] >= 200
