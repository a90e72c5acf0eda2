"""docs/coming-from-haproxy-and-nginx.md: each line that it calls unsafe does in the real HAProxy or nginx what is said there, and
opslb does not."""

import contextlib
import functools
import shutil

import pytest

from support import other_proxies
from support.conversation import EMPTY, request
from support.message import Truncated
from support.raw import RawClient, RawOrigin

pytestmark = pytest.mark.skipif(not (shutil.which("haproxy") and shutil.which("nginx")), reason="the peers are not installed")

LIE = "203.0.113.9"
CLIENT = "127.0.0.1"


def haproxy(**lines):
    return functools.partial(other_proxies.haproxy, **lines)


def nginx(location=""):
    return functools.partial(other_proxies.nginx, location=location)


CAREFUL_HAPROXY = haproxy(frontend="\n    ".join((
    "http-request del-header Forwarded", "http-request set-header X-Forwarded-For %[src]",
    "http-request set-header X-Forwarded-Host %[req.hdr(Host)]", "http-request set-header X-Forwarded-Proto http",
    "http-request set-header X-Proxied-Https off")))
CAREFUL_NGINX = nginx("\n            ".join((
    "proxy_set_header Host $http_host;", "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Host $http_host;", "proxy_set_header X-Forwarded-Proto http;",
    "proxy_set_header X-Proxied-Https off;", 'proxy_set_header Forwarded "";')))


@pytest.fixture
def hosts(origin):
    return lambda count=1: [origin(RawOrigin) for _ in range(count)]


def through(port, sent):
    """What comes back for these bytes: a response, or None for a connection that was closed without one."""
    with RawClient(port) as client:
        client.send(sent)
        try:
            return client.read_response()
        except (OSError, Truncated):
            return None


def seen_behind(port, host, sent):
    host.on_request(lambda *_: EMPTY)
    before = len(host.requests)
    through(port, sent)
    return host.wait_requests(before + 1)[before]


def believed_address(seen):
    """Jetty's ForwardedRequestCustomizer: Forwarded first, else the leftmost element of the first X-Forwarded-For."""
    forwarded = seen.get("Forwarded")
    if forwarded:
        return forwarded.partition("for=")[2].partition(";")[0]
    return (seen.get("X-Forwarded-For") or "").partition(",")[0].strip()


def believed_target(seen):
    return seen.target


def believed_port(seen):
    return seen.get("X-Forwarded-Port")


def believed_session(seen):
    return seen.get("Proxy-ssl-id")


IDENTITY = [
    ("haproxy: option forwardfor", haproxy(frontend="option forwardfor if-none"), f"X-Forwarded-For: {LIE}", believed_address,
     LIE, CLIENT),
    ("nginx: $proxy_add_x_forwarded_for", nginx("proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
     f"X-Forwarded-For: {LIE}", believed_address, LIE, CLIENT),
    ("haproxy: Forwarded left alone", haproxy(frontend="http-request set-header X-Forwarded-For %[src]"),
     f"Forwarded: for={LIE}", believed_address, LIE, CLIENT),
    ("nginx: Forwarded left alone", nginx("proxy_set_header X-Forwarded-For $remote_addr;"),
     f"Forwarded: for={LIE}", believed_address, LIE, CLIENT),
    ("haproxy: careful, but Proxy-ssl-id", CAREFUL_HAPROXY, "Proxy-ssl-id: x", believed_session, "x", None),
    ("nginx: careful, but Proxy-ssl-id", CAREFUL_NGINX, "Proxy-ssl-id: x", believed_session, "x", None),
    ("haproxy: careful, but X-Forwarded-Port", CAREFUL_HAPROXY, "X-Forwarded-Port: 9", believed_port, "9", "80"),
    ("nginx: careful, but X-Forwarded-Port", CAREFUL_NGINX, "X-Forwarded-Port: 9", believed_port, "9", "80"),
    ("haproxy: careful", CAREFUL_HAPROXY, f"X-Forwarded-For: {LIE}", believed_address, CLIENT, CLIENT),
    ("nginx: careful", CAREFUL_NGINX, f"X-Forwarded-For: {LIE}", believed_address, CLIENT, CLIENT),
]


@pytest.mark.parametrize("peer, field, believed, there, here", [row[1:] for row in IDENTITY], ids=[row[0] for row in IDENTITY])
def test_who_ops_manager_takes_the_client_for(hosts, opslb, tmp_path, peer, field, believed, there, here):
    ops1, = hosts()
    sent = request("GET", "/", field)
    lb = opslb(backends=[ops1])
    with contextlib.closing(peer(tmp_path, [ops1])) as proxy:
        assert believed(seen_behind(proxy.port, ops1, sent)) == there
        assert believed(seen_behind(lb.port(), ops1, sent)) == here


def test_absolute_form_targets(hosts, opslb, tmp_path):
    ops1, = hosts()
    sent = "GET http://opsmanager.example.com/x HTTP/1.1\r\nHost: opsmanager.example.com\r\n\r\n"
    lb = opslb(backends=[ops1])
    with contextlib.closing(CAREFUL_HAPROXY(tmp_path, [ops1])) as proxy:
        assert seen_behind(proxy.port, ops1, sent).target == "http://opsmanager.example.com/x"
        assert seen_behind(lb.port(), ops1, sent).target == "/x"


def test_a_path_behind_proxy_pass_rewrites_the_target(hosts, opslb, tmp_path):
    """HTTP Digest signs the target as the client wrote it, so the API then answers 401."""
    host, = hosts()
    sent = request("GET", "/api//public/a%2Fb/./c?d=%2F")
    with contextlib.closing(other_proxies.nginx(tmp_path, [host], path="/")) as proxy:
        assert seen_behind(proxy.port, host, sent).target == "/api/public/a/b/c?d=%2F"
    assert seen_behind(opslb(backends=[host]).port(), host, sent).target == "/api//public/a%2Fb/./c?d=%2F"


def test_bodies_over_a_megabyte(hosts, opslb, tmp_path):
    ops1, = hosts()
    ops1.on_request(lambda *_: EMPTY)
    sent = request("POST", "/", "Content-Length: 1500000", body="x" * 1_500_000)
    lb = opslb(backends=[ops1])
    with contextlib.closing(nginx()(tmp_path, [ops1])) as proxy:
        refused = through(proxy.port, request("POST", "/", "Content-Length: 1500000"))
        assert refused.status == 413
        assert through(lb.port(), sent).status == 200


def test_a_slow_request_is_run_twice(hosts, opslb, tmp_path):
    """With another host that is as slow: both had it, and both are out (max_fails=1)."""
    ops1, ops2 = hosts(2)
    for each in (ops1, ops2):
        each.on_request(lambda _, conn: conn.wait_closed() and None)
    with contextlib.closing(nginx("proxy_read_timeout 1s;")(tmp_path, [ops1, ops2])) as proxy:
        assert through(proxy.port, request()).status == 504
        assert len(ops1.requests) + len(ops2.requests) == 2
        proxy.wait_log("upstream timed out")
    lb = opslb(backends=[ops1, ops2], timeouts={"idle": "1s"})
    before = len(ops1.requests) + len(ops2.requests)
    assert through(lb.port(), request()).status == 504
    assert len(ops1.requests) + len(ops2.requests) == before + 1


@pytest.mark.parametrize("peer", [
    haproxy(defaults="retry-on all-retryable-errors\n    retries 2\n    option redispatch 1"),
    nginx("proxy_next_upstream error timeout non_idempotent;"),
], ids=["haproxy", "nginx"])
def test_a_post_is_sent_again(hosts, opslb, tmp_path, peer):
    """The host closes the connection when it has read, and perhaps acted on, the request."""
    ops1, ops2 = hosts(2)
    for each in (ops1, ops2):
        each.on_request(lambda _, conn: conn.close())
    sent = request("POST", "/", "Content-Length: 2", body="ok")
    with contextlib.closing(peer(tmp_path, [ops1, ops2])) as proxy:
        through(proxy.port, sent)
        assert len(ops1.requests) + len(ops2.requests) >= 2
    lb = opslb(backends=[ops1, ops2])
    before = len(ops1.requests) + len(ops2.requests)
    assert through(lb.port(), sent).status == 502
    assert len(ops1.requests) + len(ops2.requests) == before + 1


def test_slow_answers_take_a_host_out_that_is_well(hosts, opslb, tmp_path):
    """One slow request, and nginx leaves ops1 alone for ten seconds; opslb goes on using it."""
    ops1, ops2 = hosts(2)
    ops1.on_request(lambda seen, conn: (conn.wait_closed() and None) if seen.target == "/slow" else EMPTY)
    ops2.on_request(lambda *_: EMPTY)
    with contextlib.closing(nginx("proxy_read_timeout 1s;")(tmp_path, [ops1, ops2])) as proxy:
        before = 0
        while not ops1.requests or ops1.requests[-1].target != "/slow":  # in turn
            assert through(proxy.port, request(target="/slow")).status == 200
            before = len(ops1.requests)
        for _ in range(8):
            through(proxy.port, request())
        assert len(ops1.requests) == before
    lb = opslb(backends=[ops1, ops2], balance="round_robin", timeouts={"idle": "1s"})
    statuses = [through(lb.port(), request(target="/slow")).status for _ in range(2)]
    assert sorted(statuses) == [200, 504]
    before = len(ops1.requests)
    for _ in range(8):
        assert through(lb.port(), request()).status == 200
    assert len(ops1.requests) == before + 4


def test_redirects_keep_the_target(hosts, opslb, tmp_path):
    ops1, = hosts()
    sent = request(target="/v2/x%2Fy?a=b;c")
    lb = opslb(backends=[ops1], listeners=[{"name": "http", "bind": "127.0.0.1:0", "redirect_to": "https://opsmanager.example.com"}])
    lines = haproxy(frontend="http-request redirect scheme https code 308")
    with contextlib.closing(lines(tmp_path, [ops1])) as proxy:
        for port in (proxy.port, lb.port()):
            answer = through(port, sent)
            assert (answer.status, answer.get("Location")) == (308, "https://opsmanager.example.com/v2/x%2Fy?a=b;c")
