"""Requests over HTTP/2 that are malformed: the stream is reset, and no backend takes them for whole (RFC 9113 8.1.1)."""

import pytest

from support import frames
from support.frames import Code, data, headers
from support.header_block import block
from support.raw_h2 import HOST


def without(h2, name):
    return [field for field in h2.fields() if field[0] != name]


def instead(h2, name, value):
    return [(key, value if key == name else old) for key, old in h2.fields()]


# The header block of a request, given the client.
MALFORMED = {
    # 8.2, 8.2.1
    "an upper-case name": lambda h2: [*h2.fields(), ("X-TEST", "ok")],
    "a name with one upper-case letter": lambda h2: [*h2.fields(), ("x-tesT", "ok")],
    "an empty name": lambda h2: [*h2.fields(), ("", "ok")],
    "a blank in a name": lambda h2: [*h2.fields(), ("x test", "ok")],
    "a colon in a name": lambda h2: [*h2.fields(), ("x:test", "ok")],
    "a NUL in a name": lambda h2: [*h2.fields(), ("x\0test", "ok")],
    "a line break in a name": lambda h2: [*h2.fields(), ("x\r\ntest", "ok")],
    "a high byte in a name": lambda h2: [*h2.fields(), ("x-t\xe9st", "ok")],
    "DEL in a name": lambda h2: [*h2.fields(), ("x-test\x7f", "ok")],
    "a NUL in a value": lambda h2: [*h2.fields(), ("x-test", "o\0k")],
    "CR in a value": lambda h2: [*h2.fields(), ("x-test", "o\rk")],
    "LF in a value": lambda h2: [*h2.fields(), ("x-test", "o\nk")],
    "a header line in a value": lambda h2: [*h2.fields(), ("x-test", "ok\r\nx-forwarded-for: 192.0.2.1")],
    "a blank before a value": lambda h2: [*h2.fields(), ("x-test", " ok")],
    "a tab behind a value": lambda h2: [*h2.fields(), ("x-test", "ok\t")],
    # 8.2.2
    "Connection": lambda h2: [*h2.fields(), ("connection", "keep-alive")],
    "Connection: close": lambda h2: [*h2.fields(), ("connection", "close")],
    "Keep-Alive": lambda h2: [*h2.fields(), ("keep-alive", "timeout=5")],
    "Proxy-Connection": lambda h2: [*h2.fields(), ("proxy-connection", "keep-alive")],
    "Transfer-Encoding": lambda h2: [*h2.fields(), ("transfer-encoding", "chunked")],
    "Upgrade": lambda h2: [*h2.fields(), ("upgrade", "websocket")],
    "TE with more than trailers": lambda h2: [*h2.fields(), ("te", "trailers, deflate;q=0.5")],
    "TE without trailers": lambda h2: [*h2.fields(), ("te", "gzip")],
    # 8.3
    "an unknown pseudo-header field": lambda h2: [*h2.fields()[:2], (":test", "ok"), *h2.fields()[2:]],
    "a pseudo-header field of responses": lambda h2: [(":status", "200"), *h2.fields()],
    "a pseudo-header field behind a field": lambda h2: [("x-test", "ok"), *h2.fields()],
    "one pseudo-header field behind a field": lambda h2: [*h2.fields()[:3], ("x-test", "ok"), h2.fields()[3]],
    "an unknown pseudo-header field behind all": lambda h2: [*h2.fields(), (":test", "ok")],
    "an empty pseudo-header name": lambda h2: [*h2.fields()[:3], (":", "ok")],
    # 8.3.1
    "no :method": lambda h2: without(h2, ":method"),
    "no :scheme": lambda h2: without(h2, ":scheme"),
    "no :path": lambda h2: without(h2, ":path"),
    "no :method and no :scheme": lambda h2: h2.fields()[2:],
    "nothing at all": lambda h2: [],
    "fields alone": lambda h2: [("host", HOST), ("x-test", "ok")],
    "an empty :path": lambda h2: instead(h2, ":path", ""),
    ":method twice": lambda h2: [h2.fields()[0], *h2.fields()],
    ":scheme twice": lambda h2: [h2.fields()[1], *h2.fields()],
    ":path twice": lambda h2: [h2.fields()[2], *h2.fields()],
    ":authority twice": lambda h2: [h2.fields()[3], *h2.fields()],
    ":method twice, the second behind all": lambda h2: [*h2.fields(), h2.fields()[0]],
    ":path without a slash": lambda h2: instead(h2, ":path", "agents/x"),
    ":path that is a URL": lambda h2: instead(h2, ":path", "http://other.example.com/"),
    ":path with a blank": lambda h2: instead(h2, ":path", "/a b"),
    ":path with a second request": lambda h2: instead(h2, ":path", "/ HTTP/1.1\r\nHost: other\r\n\r\nGET /"),
    ":path with a NUL": lambda h2: instead(h2, ":path", "/a\0b"),
    ":path with a line break": lambda h2: instead(h2, ":path", "/a\nb"),
    ":method with a blank": lambda h2: instead(h2, ":method", "GET / HTTP/1.1\r\nX:"),
    ":method that is empty": lambda h2: instead(h2, ":method", ""),
    ":method that is no token": lambda h2: instead(h2, ":method", "GE(T"),
    ":scheme that is empty": lambda h2: instead(h2, ":scheme", ""),
    ":scheme that is none": lambda h2: instead(h2, ":scheme", "ht tp"),
    ":authority with a user": lambda h2: instead(h2, ":authority", "user@" + HOST),
    "Host with a user": lambda h2: [*without(h2, ":authority"), ("host", "user@" + HOST)],
    ":authority with a path": lambda h2: instead(h2, ":authority", HOST + "/path"),
    ":authority with a blank": lambda h2: instead(h2, ":authority", "a b"),
    ":authority with a line break": lambda h2: instead(h2, ":authority", "a\r\nx-real-ip: 192.0.2.1"),
    ":authority with a bad port": lambda h2: instead(h2, ":authority", HOST + ":http"),
    "Host beside another :authority": lambda h2: [*h2.fields(), ("host", "other.example.com")],
    "two Hosts": lambda h2: [*h2.fields(), ("host", HOST), ("host", HOST)],
    "two Hosts and no :authority": lambda h2: [*without(h2, ":authority"), ("host", HOST), ("host", HOST)],
    "an empty :authority and no Host": lambda h2: instead(h2, ":authority", ""),
    "neither :authority nor Host": lambda h2: without(h2, ":authority"),
    # 8.5, RFC 8441 4
    "CONNECT with :path": lambda h2: [(":method", "CONNECT"), (":path", "/"), (":authority", HOST)],
    "CONNECT with :scheme": lambda h2: [(":method", "CONNECT"), (":scheme", h2.scheme), (":authority", HOST)],
    "CONNECT without :authority": lambda h2: [(":method", "CONNECT")],
    ":protocol without CONNECT": lambda h2: [*h2.fields(), (":protocol", "websocket")][-1:] + h2.fields(),
    ":protocol without :path": lambda h2: [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", h2.scheme),
                                           (":authority", HOST)],
    # Content-Length (8.1.1) that cannot be true, or is not one
    "Content-Length without a body": lambda h2: [*h2.fields(), ("content-length", "4")],
    "Content-Length of two": lambda h2: [*h2.fields(), ("content-length", "0"), ("content-length", "0")],
    "Content-Length that is a list": lambda h2: [*h2.fields(), ("content-length", "0, 0")],
    "Content-Length with a sign": lambda h2: [*h2.fields(), ("content-length", "+0")],
    "Content-Length that is negative": lambda h2: [*h2.fields(), ("content-length", "-1")],
    "Content-Length that is empty": lambda h2: [*h2.fields(), ("content-length", "")],
    "Content-Length over 63 bits": lambda h2: [*h2.fields(), ("content-length", "9223372036854775808")],
}
# Those that RFC 9113 itself does not call malformed, but opslb cannot pass on: an answer of 400 does as well.
AMBIGUOUS = {name for name in MALFORMED if name.startswith((":authority with", "Host beside", "two Hosts", "neither",
                                                            "an empty :authority", ":path", ":scheme that", "a tab", "a blank",
                                                            "Content-Length of two", "CONNECT without"))}
AMBIGUOUS -= {":authority with a user"}


@pytest.mark.parametrize("case", MALFORMED)
def test_it_is_refused_and_no_backend_hears_of_it(h2, h2_front, case):
    before = len(h2_front.origin.requests)
    h2.send(headers(1, block(*MALFORMED[case](h2))))
    if case in AMBIGUOUS:
        h2.expect_refusal(1)
    else:
        h2.expect_reset(1, Code.PROTOCOL_ERROR)
    h2.expect_it_goes_on(3, "/behind")
    assert [request.target for request in h2_front.origin.requests[before:]] == ["/behind"]


# What follows a POST that is open, given the client.
BAD_BODIES = {
    "more DATA than Content-Length": (("content-length", "1"), lambda: data(1, b"test", end=True)),
    "more DATA than Content-Length, in two": (("content-length", "1"), lambda: data(1, b"test") + data(1, b"test", end=True)),
    "more DATA than Content-Length, none of it the last": (("content-length", "1"), lambda: data(1, b"test")),
    "less DATA than Content-Length": (("content-length", "10"), lambda: data(1, b"test", end=True)),
    "no DATA but Content-Length": (("content-length", "10"), lambda: data(1, end=True)),
    "trailers before Content-Length is reached": (("content-length", "10"),
                                                  lambda: data(1, b"test") + headers(1, block(("x-test", "ok")))),
    "DATA beyond a Content-Length of 0": (("content-length", "0"), lambda: data(1, b"t", end=True)),
    "padding does not count": (("content-length", "10"), lambda: data(1, b"test", pad=6, end=True)),
    # 8.1
    "a second HEADERS without END_STREAM": (("x-test", "ok"), lambda: (
        data(1, b"test") + headers(1, block(("x-test", "ok")), end=False))),
    "a second HEADERS at once, without END_STREAM": (("x-test", "ok"), lambda: headers(1, block(("x-test", "ok")), end=False)),
    # 8.3: trailers
    "a pseudo-header field in trailers": (("x-test", "ok"), lambda: (
        data(1, b"test") + headers(1, block((":method", "POST"))))),
    "a pseudo-header field in trailers, behind another": (("x-test", "ok"), lambda: (
        data(1, b"test") + headers(1, block(("x-test", "ok"), (":path", "/"))))),
    "a pseudo-header field in trailers that do not end": (("x-test", "ok"), lambda: (
        data(1, b"test") + headers(1, block((":method", "POST")), end=False))),
    "an upper-case name in trailers": (("x-test", "ok"), lambda: data(1, b"test") + headers(1, block(("X-Test", "ok")))),
    "Connection in trailers": (("x-test", "ok"), lambda: data(1, b"test") + headers(1, block(("connection", "close")))),
    "a line break in trailers": (("x-test", "ok"), lambda: data(1, b"test") + headers(1, block(("x-test", "a\r\nb: c")))),
    # 8.4
    "PUSH_PROMISE": (("x-test", "ok"), lambda: frames.push_promise(1, 2, block((":method", "GET")))),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_request_that_turns_out_to_be_malformed_is_reset(h2, case):
    field, sent = BAD_BODIES[case]
    h2.send(h2.post(1, "/", field) + sent())
    h2.expect_stream_error(1, Code.PROTOCOL_ERROR)
    if not h2.goaways:
        h2.expect_it_goes_on(3)


def test_a_body_that_breaks_its_promise_is_not_passed_off_as_whole(h2, h2_front):
    before = len(h2_front.origin.requests)
    h2.send(h2.post(1, "/short", ("content-length", "10")) + data(1, b"test"))
    h2_front.origin.wait_requests(before + 1)  # its head has come
    h2.send(data(1, end=True))
    h2.expect_reset(1, Code.PROTOCOL_ERROR)
    h2.expect_it_goes_on(3)
    assert [request.body for request in h2_front.origin.requests[before:] if request.target == "/short"] == [b""]
