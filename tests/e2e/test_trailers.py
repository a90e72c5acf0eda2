"""Trailer fields of chunked bodies pass both ways, but for those that would be believed in a head (RFC 9110 6.5.1)."""

import pytest

from support.conversation import EMPTY, assert_was_last, converse, request, response
from support.fronts import HTTP1, HTTP2, only_http1

NEVER_IN_A_TRAILER = [
    "Transfer-Encoding: chunked", "Content-Length: 4", "Host: evil.example.com", "Trailer: X", "Connection: close",
    "Authorization: Basic eDp4", "Proxy-Authorization: Basic eDp4", "Cookie: a=1", "Set-Cookie: a=1",
    "Expect: 100-continue", "TE: gzip",
    "Upgrade: websocket", "Keep-Alive: 1", "Content-Type: text/html", "Content-Encoding: gzip",
    "Content-Range: bytes 0-1/2",
    "Cache-Control: public", "Max-Forwards: 0", "If-Match: x", "Range: bytes=0-1", "Age: 1", "Vary: *", "Location: /x",
]
NOT_IN_HTTP2 = ["Transfer-Encoding: chunked", "Connection: close", "TE: gzip", "Upgrade: websocket", "Keep-Alive: 1"]
"""Fields of one connection, malformed there (RFC 9113 8.2.2)."""
WHO_IS_THE_CLIENT = [
    "X-Forwarded-For: 203.0.113.1", "X-Forwarded-Host: evil", "Forwarded: for=203.0.113.1", "X-Real-IP: 203.0.113.1",
    "X-Forwarded-Proto: https", "X-Proxied-Https: on", "X_Forwarded_For: 203.0.113.1", "x.real.ip: 203.0.113.1",
    "Via: 1.1 x",
    "X-Request-Id: other", "Proxy-ssl-id: x", "X-Original-Host: evil", "Client-Cert: x", "X-Forwarded-Anything: x",
]


PROTOCOL_ERROR = 1


def chunked(*trailers):
    return "4\r\nbody\r\n0\r\n" + "".join(f"{line}\r\n" for line in trailers) + "\r\n"


@pytest.fixture(scope="module")
def lb(module_opslb, ops1):
    return module_opslb(backends=[ops1], forwarded={"client_ip_header": "X-Agent-Address"})


def test_trailers_of_a_request_reach_the_backend_in_order(lb, ops1, front):
    sent = request("POST", "/", "Trailer: X-Sum", "Transfer-Encoding: chunked",
                   body=chunked("X-Sum: 1", "x-odd:\t2 ", "X-Sum: 3"))
    seen, _ = converse(lb, ops1, sent, front=front)
    assert (seen.body, seen.trailers) == (b"body", front.spelled([("X-Sum", "1"), ("x-odd", "2"), ("X-Sum", "3")]))


def test_trailers_of_a_response_reach_the_client_in_order(lb, ops1, front):
    answer = response(200, "Trailer: X-Sum", "Transfer-Encoding: chunked",
                      body=chunked("X-Sum: 1", "X-Empty:", "X-Sum: 3"))
    _, got = converse(lb, ops1, request("GET", "/", "TE: trailers"), answer, front=front)
    assert (got.body, got.trailers) == (b"body", front.spelled([("X-Sum", "1"), ("X-Empty", ""), ("X-Sum", "3")]))


@pytest.mark.parametrize("line", [
    *(only_http1(line) if line in NOT_IN_HTTP2 else line for line in NEVER_IN_A_TRAILER), *WHO_IS_THE_CLIENT,
    "X-Agent-Address: 203.0.113.1", "x_agent_address: 1"])
def test_a_request_cannot_say_in_a_trailer_what_it_may_not_say_there(lb, ops1, front, line):
    sent = request("POST", "/", "Transfer-Encoding: chunked", body=chunked("X-Before: 1", line, "X-After: 2"))
    seen, _ = converse(lb, ops1, sent, front=front)
    assert seen.trailers == front.spelled([("X-Before", "1"), ("X-After", "2")])


@pytest.mark.parametrize("line", NEVER_IN_A_TRAILER)
def test_a_response_cannot_say_in_a_trailer_what_it_may_not_say_there(lb, ops1, front, line):
    answer = response(200, "Transfer-Encoding: chunked", body=chunked("X-Before: 1", line, "X-After: 2"))
    _, got = converse(lb, ops1, request(), answer, front=front)
    assert got.trailers == front.spelled([("X-Before", "1"), ("X-After", "2")])


@pytest.mark.fronts(*HTTP2)
@pytest.mark.parametrize("line", NOT_IN_HTTP2)
def test_a_field_of_one_connection_in_a_trailer_is_malformed_in_http2(lb, ops1, front, line):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body="4\r\nbody\r\n"))
        with ops1.accept() as conn:
            conn.read_request_head()
            conn.wait_for(b"body")
            client.send(f"0\r\n{line}\r\n\r\n")
            assert client.streams[-1].wait_reset() == PROTOCOL_ERROR
            conn.wait_closed()
            assert not conn.buffer.endswith(b"0\r\n\r\n")


def test_nominated_fields_are_removed_from_trailers_too(lb, ops1, front):
    """RFC 9110 7.6.1. Over HTTP/2 a client has no Connection."""
    nominated = ["Connection: X-One", "Connection: close, x-two"]
    trailers = chunked("X-One: 1", "X-Sum: 1", "X-Two: 2")
    sent = request("POST", "/", *([] if front.http2 else nominated), "Transfer-Encoding: chunked", body=trailers)
    seen, got = converse(lb, ops1, sent, response(200, *nominated, "Transfer-Encoding: chunked", body=trailers), front=front)
    all_of_them = front.spelled([("X-One", "1"), ("X-Sum", "1"), ("X-Two", "2")])
    assert seen.trailers == (all_of_them if front.http2 else [("X-Sum", "1")])
    assert got.trailers == front.spelled([("X-Sum", "1")])


def test_trailers_are_dropped_for_an_http10_client(lb, ops1):
    answer = response(200, "Transfer-Encoding: chunked", body=chunked("X-Sum: 1"))
    _, got = converse(lb, ops1, request(version="1.0"), answer)
    assert (got.framing, got.body) == ("close", b"body")


def test_the_backend_learns_that_the_client_takes_trailers(lb, ops1, front):
    nominated = [] if front.http2 else ["Connection: TE"]
    seen, _ = converse(lb, ops1, request("GET", "/", "TE: trailers", *nominated), front=front)
    assert seen.get("TE") == "trailers"
    assert "TE" in seen.get("Connection").split(", ")


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("value", ["gzip", "gzip;q=0.5", "deflate, chunked"])
def test_no_other_transfer_coding_is_asked_of_the_backend(lb, ops1, front, value):
    seen, _ = converse(lb, ops1, request("GET", "/", f"TE: {value}"), EMPTY, front=front)
    assert not seen.values("TE")


@pytest.mark.parametrize("count", [127, 128])
def test_many_trailers_pass(lb, ops1, front, count):
    lines = [f"X-{number}: {number}" for number in range(count)]
    seen, _ = converse(lb, ops1, request("POST", "/", "Transfer-Encoding: chunked", body=chunked(*lines)), front=front)
    assert len(seen.trailers) == count


@pytest.mark.parametrize("lines", [[f"X-{number}: 1" for number in range(129)], ["X-Long: " + "v" * 66000]],
                         ids=["too many", "too long"])
def test_trailers_over_the_limits_of_a_head_are_refused(lb, ops1, front, lines):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body=chunked(*lines)))
        with ops1.accept() as conn:
            conn.read_request_head()
            answer = client.read_response()
            assert answer.status == 400
            assert_was_last(client, answer)
            conn.wait_closed()
            assert not conn.buffer.endswith(b"\r\n0\r\n\r\n")
