"""Requests that come before the answer to the one before: answered one after the other, in order (RFC 9112 9.3.2)."""

import threading

import pytest

from support.conversation import EMPTY, request, response
from support.fronts import HTTP1

pytestmark = pytest.mark.fronts(*HTTP1)


def test_requests_in_one_segment_are_answered_in_order(opslb, origin, front):
    lb = opslb(backends=[origin()])
    sent = b"".join(request("GET", f"/{number}") for number in range(50))
    with front.connect(lb) as client:
        client.send(sent)
        assert [client.read_response().json()["target"] for _ in range(50)] == [f"/{number}" for number in range(50)]


def test_bodies_between_pipelined_requests_are_not_mixed_up(opslb, origin, front):
    lb = opslb(backends=[origin()])
    with front.connect(lb) as client:
        client.send(request("POST", "/1", "Content-Length: 20", body="GET /no HTTP/1.1\r\n\r\n")
                    + request("POST", "/2", "Transfer-Encoding: chunked",
                              body="14\r\nGET /no HTTP/1.1\r\n\r\n\r\n0\r\n\r\n")
                    + request("GET", "/3"))
        seen = [client.read_response().json() for _ in range(3)]
    assert [(each["target"], each["framing"], each["body_bytes"]) for each in seen] == [
        ("/1", "length", 20), ("/2", "chunked", 20), ("/3", "none", 0)]


def test_a_pipelined_request_waits_for_the_answer_to_the_one_before(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/1") + request("GET", "/2"))
        with ops1.accept() as conn:
            assert conn.read_request().target == "/1"
            assert not conn.buffer
            assert conn.is_silent() and not ops1.has_connection_waiting()
            conn.send(response(200, "Content-Length: 3", body="one"))
            assert client.read_response().body == b"one"
            assert conn.read_request().target == "/2"
            conn.send(response(200, "Content-Length: 3", body="two"))
            assert client.read_response().body == b"two"


def test_requests_cut_at_any_byte_are_the_same_requests(opslb, origin, front):
    lb = opslb(backends=[origin()])
    sent = (request("POST", "/1", "Transfer-Encoding: chunked", body="3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
            + request("POST", "/2", "Content-Length: 2", body="de") + request("GET", "/3"))
    with front.connect(lb) as client:
        client.send_slowly(sent)
        seen = [client.read_response().json() for _ in range(3)]
    assert [(each["target"], each["body_bytes"]) for each in seen] == [("/1", 3), ("/2", 2), ("/3", 0)]


def test_what_follows_a_request_that_ends_the_connection_is_not_answered(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/1", "Connection: close") + request("GET", "/2"))
        with ops1.accept() as conn:
            assert conn.read_request().target == "/1"
            conn.send(EMPTY)
            assert client.read_response().get("Connection") == "close"
            assert client.expect_closed() == "fin"
            assert conn.is_silent() and not ops1.has_connection_waiting()


def test_a_malformed_request_behind_a_good_one_is_refused_after_its_answer(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/1") + b"GET /2 HTTP/1.1\r\nHost : a\r\n\r\n" + request("GET", "/3"))
        with ops1.accept() as conn:
            assert conn.read_request().target == "/1"
            conn.send(EMPTY)
            assert [client.read_response().status for _ in range(2)] == [200, 400]
            assert client.expect_closed() == "fin"
            assert conn.is_silent() and not ops1.has_connection_waiting()


def test_empty_lines_before_a_request_are_skipped(opslb, origin, front):
    # RFC 9112 2.2: at least one, for old clients that sent one after a POST.
    lb = opslb(backends=[origin()])
    with front.connect(lb) as client:
        client.send(b"\r\n" + request("POST", "/1", "Content-Length: 2", body="ok") + b"\r\n" + request("GET", "/2"))
        assert [client.read_response().json()["target"] for _ in range(2)] == ["/1", "/2"]


def test_many_requests_at_once_leave_room_for_other_clients(opslb, origin, front):
    # Those that opslb answers itself never have to wait for anybody.
    lb = opslb(backends=[origin()], workers=1)
    count = 20_000
    with front.connect(lb) as busy, front.connect(lb) as other:
        sender = threading.Thread(target=busy.send, args=(request("OPTIONS", "*", "Max-Forwards: 0") * count,))
        sender.start()
        assert busy.read_response("OPTIONS").status == 200
        assert other.request(target="/other").json()["target"] == "/other"
        for _ in range(count - 1):
            assert busy.read_response("OPTIONS").status == 200
        sender.join()
