"""What holds for one connection stays on it, and nobody can use Connection to have more removed (RFC 9110 7.6.1)."""

import pytest

from support.fronts import HTTP1, HTTP2
from support.conversation import converse, refused, request, response

HOP_BY_HOP = ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: gzip", "Upgrade: other",
              "Proxy-Authorization: Basic eDp4",
              "HTTP2-Settings: AAMA"]


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("line", HOP_BY_HOP + ["Connection: keep-alive", "Connection: close", "Connection:",
                                               "Connection: ,, ,"])
def test_hop_by_hop_fields_of_a_request_are_removed(lb, ops1, front, line):
    seen, _ = converse(lb, ops1, request("GET", "/", line, "X-Kept: 1"), front=front)
    assert line.split(":")[0].lower() not in seen.names()
    assert seen.get("X-Kept") == "1"


@pytest.mark.parametrize("line", ["Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "Upgrade: h2c",
                                  "Proxy-Authenticate: Basic", "Connection: keep-alive"])
def test_hop_by_hop_fields_of_a_response_are_removed(lb, ops1, front, line):
    _, got = converse(lb, ops1, request(), response(200, "Content-Length: 0", line, "X-Kept: 1"), front=front)
    assert line.split(":")[0].lower() not in got.names()
    assert got.get("X-Kept") == "1"


@pytest.mark.parametrize("connection, removed", [
    (["Connection: X-One"], {"x-one"}),
    (["Connection: x-one, keep-alive ,X-TWO"], {"x-one", "x-two"}),
    (["Connection: X-One", "Connection: X-Two"], {"x-one", "x-two"}),
    (["Connection: close, X-One,,"], {"x-one"}),
    (["Connection: X-Absent"], set()),
])
def test_nominated_fields_are_removed_both_ways(lb, ops1, front, connection, removed):
    fields = ["X-One: 1", "X-Two: 2", "X-Three: 3", "X-One: again"]
    seen, got = converse(lb, ops1, request("GET", "/", *([] if front.http2 else connection), *fields),
                         response(200, *connection, "Content-Length: 0", *fields), front=front)
    assert {"x-one", "x-two", "x-three"} - set(got.names()) == removed
    assert {"x-one", "x-two", "x-three"} - set(seen.names()) == (set() if front.http2 else removed)


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("name", [
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Forwarded-Server",
    "X-Proxied-Https", "Via",
    "X-Request-Id", "Host", "Content-Length"])
def test_a_client_cannot_have_removed_what_the_backend_needs(lb, ops1, front, name):
    sent = request("POST", "/", f"Connection: {name}, close", "Content-Length: 4", body="body")
    seen, got = converse(lb, ops1, sent, front=front)
    assert len(seen.values(name)) == 1
    assert (seen.body, got.status) == (b"body", 200)


@pytest.mark.fronts(*HTTP1)
def test_a_client_cannot_have_the_chunked_framing_removed(lb, ops1, front):
    sent = request("POST", "/", "Connection: Transfer-Encoding", "Transfer-Encoding: chunked",
                   body="4\r\nbody\r\n0\r\n\r\n")
    seen, _ = converse(lb, ops1, sent, front=front)
    assert (seen.framing, seen.body) == ("chunked", b"body")


@pytest.mark.parametrize("framing, body", [("Content-Length: 4", "body"), ("Transfer-Encoding: chunked",
                                                                           "4\r\nbody\r\n0\r\n\r\n")])
def test_a_backend_cannot_have_the_framing_removed(lb, ops1, front, framing, body):
    name = framing.split(":")[0]
    _, got = converse(lb, ops1, request(), response(200, f"Connection: {name}, X-Request-Id", framing, body=body), front=front)
    assert got.body == b"body"
    assert len(got.values("X-Request-Id")) == 1
    assert len(got.values(name)) == (0 if front.http2 and name == "Transfer-Encoding" else 1)


@pytest.mark.fronts(*HTTP1)
def test_a_client_cannot_have_an_expectation_removed_and_wait_for_ever(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("POST", "/", "Connection: Expect", "Expect: 100-continue", "Content-Length: 4",
                                         body="body"), front=front)
    assert seen.get("Expect") == "100-continue"


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("value", ["a b", "a;b", "\"a\"", "a=1", "a/b", "a\xe9"])
def test_a_malformed_connection_field_is_refused(lb, ops1, front, value):
    assert refused(lb, request("GET", "/", f"Connection: {value}"), front=front).status == 400
    assert not ops1.has_connection_waiting()


def test_end_to_end_fields_pass_in_their_order_and_spelling(lb, ops1, front):
    lines = ["user-AGENT: Go-http-client/1.1", "Accept: */*", "Authorization: Digest username=\"a\", uri=\"/\"",
             "X-Empty:", "X-Tab:a\tb", "X-High: caf\xe9", "accept: text/plain", "X!#$%&'*+-.^_`|~9: odd",
             "Range: bytes=0-1",
             "Trailer: X-Sum", "X-MMS-Version: 1"]
    want = [tuple(part.strip(" ") for part in line.split(":", 1)) for line in lines]
    seen, got = converse(lb, ops1, request("GET", "/", *lines), response(200, *lines, "Content-Length: 0"), front=front)
    want = front.spelled(want)
    assert [header for header in seen.headers if header in want] == want
    assert [header for header in got.headers if header in want] == want


@pytest.mark.fronts(*HTTP1)
def test_two_lines_of_cookies_stay_two(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("GET", "/", "Cookie: a=1", "Cookie: b=2"), front=front)
    assert seen.values("Cookie") == ["a=1", "b=2"]


@pytest.mark.fronts(*HTTP2)
def test_the_crumbs_of_a_cookie_are_put_together(lb, ops1, front):
    # RFC 9113 8.2.3
    crumbs = ["Cookie: a=1", "X-Between: 1", "Cookie: b=2; c=3", "Cookie: d=4"]
    seen, _ = converse(lb, ops1, request("GET", "/", *crumbs), front=front)
    assert seen.values("Cookie") == ["a=1; b=2; c=3; d=4"]


def test_nothing_else_is_added_to_a_request(lb, ops1, front):
    seen, _ = converse(lb, ops1, request(), front=front)
    assert sorted(seen.names()) == sorted([
        "host", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-forwarded-server",
        "x-proxied-https", "via", "x-request-id"])


def test_nothing_else_is_added_to_a_response(lb, ops1, front):
    _, got = converse(lb, ops1, request(), response(200, "Content-Length: 0"), front=front)
    assert sorted(got.names()) == ["content-length", "x-request-id"]
