"""Every method passes, but for the two that are no business of a reverse proxy's."""

import pytest

from support.backings import PLAIN
from support.conversation import converse, refused, request
from support.fronts import HTTP1, only_http1

pytestmark = pytest.mark.backings(PLAIN)

ALLOW = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("method", sorted(ALLOW))
def test_the_methods_in_allow_pass(lb, ops1, front, method):
    seen, got = converse(lb, ops1, request(method), method=method, front=front)
    assert (seen.method, got.status) == (method, 200)


@pytest.mark.parametrize("sent", [
    request("CONNECT", "db1.example.com:27017", host="db1.example.com:27017"), only_http1(request("CONNECT", "/")),
    only_http1(request("CONNECT", "*")),
    request("CONNECT", "db1.example.com:27017", "Content-Length: 4", body="body"),
    only_http1(request("CONNECT", "db1.example.com:27017", version="1.0")),
    request("TRACE", "/"), only_http1(request("TRACE", "*")), only_http1(request("TRACE", "http://a/")),
    request("TRACE", "/", "Max-Forwards: 0"),
    only_http1(request("TRACE", "/", version="1.0")), request("TRACE", "/api/public/v1.0", "Accept: text/html"),
], ids=lambda sent: sent.split(b"\r\n")[0].decode())
def test_connect_and_trace_are_not_allowed(lb, ops1, front, sent):
    answer = refused(lb, sent, front=front)
    assert (answer.status, answer.get("Server")) == (405, "opslb")
    assert set(answer.get("Allow").split(", ")) == ALLOW
    assert not ops1.has_connection_waiting()


@pytest.mark.fronts(*HTTP1)
def test_nothing_is_tunnelled_behind_a_refused_connect(lb, ops1, front):
    answer = refused(lb, request("CONNECT", "db1.example.com:27017") + request("GET", "/smuggled"), front=front)
    assert answer.status == 405
    assert not ops1.has_connection_waiting()
