"""Ops Manager requires that its load balancer returns no cached content: nothing is stored, no answer is used twice."""

import pytest

from support.backings import PLAIN
from support.conversation import EMPTY, converse, request, response
from support.fronts import only_http1

pytestmark = pytest.mark.backings(PLAIN)

CACHEABLE = ["Cache-Control: public, max-age=31536000, immutable", 'ETag: "v1"',
             "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
             "Expires: Tue, 01 Jan 2999 00:00:00 GMT", "Date: Mon, 01 Jan 2024 00:00:00 GMT", "Vary: Accept"]


@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
def test_every_request_reaches_a_backend(lb, ops1, front, version):
    for number in range(3):
        body = f"answer {number}"
        seen, got = converse(lb, ops1, request("GET", "/same", version=version),
                             response(200, *CACHEABLE, f"Content-Length: {len(body)}", body=body), front=front)
        assert (seen.target, got.body.decode()) == ("/same", body)


def test_conditional_requests_pass_untouched(lb, ops1, front):
    lines = ['If-None-Match: "v1", W/"v2"', "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT", 'If-Match: "v0"',
             "If-Unmodified-Since: Mon, 01 Jan 2024 00:00:00 GMT", 'If-Range: "v1"', "Range: bytes=0-9, -5",
             "Cache-Control: no-cache, max-age=0", "Pragma: no-cache"]
    seen, got = converse(lb, ops1, request("GET", "/", *lines), response(304, 'ETag: "v1"', "Age: 3"), front=front)
    want = front.spelled([tuple(line.split(": ", 1)) for line in lines])
    assert [line for line in seen.headers if line in want] == want
    assert (got.status, got.get("ETag"), got.get("Age")) == (304, '"v1"', "3")


def test_only_if_cached_is_for_the_backend_to_answer(lb, ops1, front):
    # A cache would have to say 504 by itself.
    seen, got = converse(lb, ops1, request("GET", "/", "Cache-Control: only-if-cached"), front=front)
    assert (seen.get("Cache-Control"), got.status) == ("only-if-cached", 200)


@pytest.mark.parametrize("lines", [
    CACHEABLE, CACHEABLE + ["Age: 12345"], ["Cache-Control: private", "Cache-Control: no-store"],
    ["Pragma: no-cache", "Warning: 110 - \"stale\""],
    ["Surrogate-Control: max-age=9", "CDN-Cache-Control: max-age=9", "X-Accel-Expires: 9", "X-Cache: HIT"], []])
def test_what_a_backend_says_about_caching_reaches_the_client_and_nothing_is_added(lb, ops1, front, lines):
    _, got = converse(lb, ops1, request(), response(200, *lines, "Content-Length: 0"), front=front)
    want = [tuple(line.split(": ", 1)) for line in lines]
    assert [line for line in got.headers if line[0].lower() not in ("content-length", "x-request-id")] == front.spelled(want)


def test_two_clients_that_ask_for_the_same_at_once_are_two_requests(lb, ops1, front):
    with front.connect(lb) as one, front.connect(lb) as two:
        one.send(request("GET", "/same"))
        with ops1.accept() as first:
            first.read_request()
            two.send(request("GET", "/same"))
            with ops1.accept() as second:
                second.read_request()
                second.send(response(200, *CACHEABLE, "Content-Length: 3", body="two"))
                assert two.read_response().body == b"two"
            first.send(response(200, *CACHEABLE, "Content-Length: 3", body="one"))
            assert one.read_response().body == b"one"


def test_a_backend_that_fails_is_not_covered_up_with_what_it_said_before(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], health_check={"interval": "1h"}, workers=1)
    with front.connect(lb) as client:
        client.send(request("GET", "/same"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(200, *CACHEABLE, "Cache-Control: stale-if-error=9999", "Content-Length: 3", body="old"))
            assert client.read_response().body == b"old"
            raw_origin.pause()
        client.send(request("GET", "/same"))
        answer = client.read_response()
        assert (answer.status, answer.get("Server")) == (502, "opslb")


def test_a_part_of_a_body_passes_as_a_part(lb, ops1, front):
    answer = response(206, "Content-Range: bytes 0-1/9", "Content-Length: 2", body="01", reason="Partial Content")
    seen, got = converse(lb, ops1, request("GET", "/", "Range: bytes=0-1"), answer, front=front)
    assert (seen.get("Range"), got.status, got.get("Content-Range"), got.body) == ("bytes=0-1", 206, "bytes 0-1/9",
                                                                                   b"01")
    seen, _ = converse(lb, ops1, request("GET", "/"), EMPTY, front=front)
    assert not seen.values("Range")
