"""A client that has said all it will say, and closed its half of the connection, still gets its answers."""

import pytest

from support.fronts import HTTP1
from support.conversation import request, response


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("sent", [
    request(), request(version="1.0"), request("POST", "/", "Content-Length: 4", body="body"),
    request("POST", "/", "Transfer-Encoding: chunked", body="4\r\nbody\r\n0\r\n\r\n")],
    ids=["GET", "HTTP/1.0", "length", "chunked"])
def test_the_answer_comes_although_the_client_sends_no_more(lb, ops1, front, sent):
    with front.connect(lb) as client:
        client.send(sent)
        client.half_close()
        with ops1.accept() as conn:
            conn.read_request()
            assert conn.is_silent()
            conn.send(response(200, "Content-Length: 2", body="ok"))
            assert client.read_response().body == b"ok"
            assert client.expect_closed() == "fin"


@pytest.mark.fronts(*HTTP1)
def test_all_pipelined_requests_are_answered(opslb, origin, front):
    lb = opslb(backends=[origin()])
    with front.connect(lb) as client:
        client.send(request("GET", "/1") + request("GET", "/2") + request("GET", "/3"))
        client.half_close()
        assert [client.read_response().json()["target"] for _ in range(3)] == ["/1", "/2", "/3"]
        assert client.expect_closed() == "fin"


@pytest.mark.fronts(*HTTP1)
def test_a_long_answer_comes_whole(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body="3\r\nabc\r\n"))
            client.read_head()
            client.half_close()
            assert client.read_exactly(8) == b"3\r\nabc\r\n"
            conn.send("3\r\ndef\r\n")
            assert client.read_exactly(8) == b"3\r\ndef\r\n"
            conn.send("0\r\n\r\n")
            assert client.read_exactly(5) == b"0\r\n\r\n"
            assert client.expect_closed() == "fin"


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("start", ["", "\r\n", "G", "GET / HTTP/1.1\r\nHost: a\r\n"])
def test_one_that_closes_before_its_request_is_whole_gets_nothing_that_looks_like_an_answer_to_it(lb, ops1, start, front):
    with front.connect(lb) as client:
        client.send(start)
        client.half_close()
        client.wait_closed()
        assert not client.buffer or client.buffer.startswith(b"HTTP/1.1 400 ")
    assert not ops1.has_connection_waiting()
