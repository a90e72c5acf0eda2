"""One unambiguous response or a 502: what clients could read differently reaches none and ends its connection."""

import contextlib

import pytest

from support.conversation import EMPTY, assert_client_goes_on, request, response
from support.raw import RawClient

BAD = {
    "repeated Content-Length": response(200, "Content-Length: 2", "Content-Length: 2", body="ok"),
    "different Content-Lengths": response(200, "Content-Length: 2", "Content-Length: 3", body="ok3"),
    "listed Content-Length": response(200, "Content-Length: 2, 2", body="ok"),
    "signed Content-Length": response(200, "Content-Length: +2", body="ok"),
    "negative Content-Length": response(200, "Content-Length: -2", body="ok"),
    "overflowing Content-Length": response(200, "Content-Length: 18446744073709551618", body="ok"),
    "empty Content-Length": response(200, "Content-Length:", body="ok"),
    "hexadecimal Content-Length": response(200, "Content-Length: 0x2", body="ok"),
    "both framings": response(200, "Content-Length: 5", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
    "gzip": response(200, "Transfer-Encoding: gzip", body="ok"),
    "gzip and a length": response(200, "Transfer-Encoding: gzip", "Content-Length: 2", body="ok"),
    "gzip, chunked": response(200, "Transfer-Encoding: gzip, chunked", body="0\r\n\r\n"),
    "chunked not last": response(200, "Transfer-Encoding: chunked, gzip", body="0\r\n\r\n"),
    "chunked twice": response(200, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body="0\r\n\r\n"),
    "identity": response(200, "Transfer-Encoding: identity", body="ok"),
    "empty Transfer-Encoding": response(200, "Transfer-Encoding:", body="ok"),
    "chunked with a parameter": response(200, "Transfer-Encoding: chunked;x=1", body="0\r\n\r\n"),
    "chunked in HTTP/1.0": response(200, "Transfer-Encoding: chunked", body="0\r\n\r\n", version="1.0"),
    "space before the colon": response(200, "Content-Length : 2", body="ok"),
    "folded line": response(200, "X-Any: 1\r\n 2", "Content-Length: 2", body="ok"),
    "no colon": response(200, "X-Any", "Content-Length: 2", body="ok"),
    "empty name": response(200, ": 1", "Content-Length: 2", body="ok"),
    "NUL in a value": response(200, "X-Any: a\x00b", "Content-Length: 2", body="ok"),
    "control byte in a value": response(200, "X-Any: a\x1bb", "Content-Length: 2", body="ok"),
    "bare CR in a value": response(200, "X-Any: a\rSet-Cookie: b", "Content-Length: 2", body="ok"),
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "bare LF behind a field": b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok",
    "NUL in the reason": response(200, "Content-Length: 2", body="ok", reason="a\x00b"),
    "bare CR in the reason": response(200, "Content-Length: 2", body="ok", reason="a\rb"),
    "malformed Connection": response(200, "Connection: a b", "Content-Length: 2", body="ok"),
    "no version": b"200 OK\r\nContent-Length: 2\r\n\r\nok",
    "lower-case version": b"http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "version 2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "version 1.2": b"HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "version 0.9": b"HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nok",
    "status 000": b"HTTP/1.1 000 OK\r\nContent-Length: 2\r\n\r\nok",
    "status 099": b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok",
    "status 600": b"HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\nok",
    "status with a sign": b"HTTP/1.1 +20 OK\r\nContent-Length: 2\r\n\r\nok",
    "two blanks": b"HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nok",
    "tab for a blank": b"HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nok",
    "empty line before": b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTML alone": b"<html>hello</html>\r\n\r\n",
    "TLS alert": b"\x15\x03\x01\x00\x02\x02\x0a",
    "HTTP/2 settings": b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "head over response_head_bytes": response(200, "X-Long: " + "v" * 65536, "Content-Length: 2", body="ok"),
    "unasked 101": response(101, "Connection: Upgrade", "Upgrade: websocket"),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_a_502_and_the_connection_to_the_backend_ends(lb, ops1, front, case):
    with front.connect(lb) as client:
        client.send(request("GET", "/"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(BAD[case])
            answer = client.read_response()
            assert (answer.status, answer.get("Server"), answer.json()["error"]) == (502, "opslb", 502)
            conn.wait_closed()
        assert_client_goes_on(client, ops1)  # and nobody was asked again


@pytest.mark.parametrize("case", ["both framings", "folded line", "status 600", "bare LF behind a field"])
def test_it_is_a_502_for_http10_clients_too(lb, ops1, case):
    with RawClient(lb.port()) as client:
        client.send(request(version="1.0"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(BAD[case])
            assert client.read_response().status == 502


@pytest.mark.parametrize("case", ["space before the colon", "both framings", "bare CR in a value"])
def test_it_is_a_502_however_it_is_cut(lb, ops1, front, case):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            head, _, body = BAD[case].partition(b"\r\n\r\n")
            with contextlib.suppress(OSError):  # it may be refused before its end
                conn.send_slowly(head)
                conn.send(b"\r\n\r\n" + body)
            assert client.read_response().status == 502


@pytest.mark.parametrize("whole, left_over", [
    (EMPTY, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
    (response(200, "Content-Length: 2", body="ok"), b"\r\n"),
    (response(200, "Content-Length: 2", body="ok"), b"x"),
    (response(200, "Transfer-Encoding: chunked", body="2\r\nok\r\n0\r\n\r\n"), b"0\r\n\r\n"),
    (response(304), b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
    (response(204), b"body"),
], ids=["a second response", "an empty line", "one byte too many", "a second last chunk", "behind 304", "behind 204"])
def test_bytes_behind_a_response_are_never_the_next_ones(lb, ops1, front, whole, left_over):
    with front.connect(lb) as client:
        client.send(request("GET", "/"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(whole + left_over)
            assert client.read_response().status == int(whole[9:12])
            conn.wait_closed()
        assert_client_goes_on(client, ops1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_bytes_that_come_while_a_connection_rests_end_it(lb, ops1, front, method):
    with front.connect(lb) as client:
        client.send(request("GET", "/"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(EMPTY)
            assert client.read_response().status == 200
            conn.send(response(408, "Content-Length: 6", body="poison"))  # as some servers do before they close
            conn.wait_closed()
        client.send(request(method, "/next", "Content-Length: 0"))
        with ops1.accept() as conn:
            assert conn.read_request().target == "/next"
            conn.send(response(200, "Content-Length: 4", body="next"))
            assert client.read_response().body == b"next"


def test_a_head_up_to_the_limit_passes(lb, ops1, front):
    start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: "
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(start + "v" * (65536 - len(start) - 4) + "\r\n\r\n")
            assert len(client.read_response().get("X-Long")) == 65536 - len(start) - 4


def test_bad_chunk_framing_that_comes_with_the_head_is_no_response_at_all(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body="zz\r\n"))
            assert client.read_response().status == 502
