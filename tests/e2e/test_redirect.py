"""A listener with redirect_to answers everything with 308 to the same target at another origin, and needs no backend."""

import pytest

from support import fronts, tls_peers

TO = "https://opsmanager.example.com"


@pytest.fixture(scope="module")
def lb(module_opslb):
    return module_opslb(listeners=[
        {"name": "http", "bind": "127.0.0.1:0", "redirect_to": TO},
        {"name": "https", "bind": "127.0.0.1:0", "redirect_to": TO + ":8443/", "tls": {**tls_peers.certificate().tls, "hsts": "1h"}}])


@pytest.mark.parametrize("way", fronts.ALL, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("target", ["/", "/a/b?c=d&e", "/a%20b/%2F;x=1//../c?%zz=%", "/agents/api?x", "/%e4?[]{}|"])
def test_the_target_goes_along_byte_for_byte(lb, way, method, target):
    with way.connect(lb) as client:
        answer = client.request(method, target)
        assert answer.status == 308
        assert answer.values("Location") == [TO + (":8443" if way.tls else "") + target]
        assert answer.json() == {"error": 308, "reason": "Permanent Redirect",
                                 "detail": f"this service is at {TO}{':8443' if way.tls else ''}"}


@pytest.mark.parametrize("target, behind", [("http://a.example.com/x?y", "/x?y"), ("http://a.example.com", "/"),
                                            ("http://a.example.com?y", "/?y")])
def test_of_the_absolute_form_only_path_and_query_count(lb, target, behind):
    with fronts.H1.connect(lb) as client:
        assert client.request(target=target).values("Location") == [TO + behind]


def test_the_server_as_a_whole_is_its_root(lb):
    with fronts.H1.connect(lb) as client:
        assert client.request("OPTIONS", "*").values("Location") == [TO + "/"]


def test_it_is_an_answer_of_opslb(lb):
    with fronts.H1.connect(lb) as client:
        answer = client.request(headers=[("X-Request-Id", "abc"), ("Accept", "text/html")])
        assert answer.values("Server") == ["opslb"]
        assert answer.values("Cache-Control") == ["no-store"]
        assert answer.values("X-Request-Id") == ["abc"]
        assert answer.values("Content-Type") == ["text/html; charset=utf-8"]
    entry = lb.wait_access(lambda entry: entry["request_id"] == "abc")
    assert (entry["status"], entry["end"]) == (308, "redirected")
    assert "backend" not in entry


def test_head_gets_no_body(lb):
    with fronts.H1.connect(lb) as client:
        assert client.request("HEAD", "/x").values("Location") == [TO + "/x"]
        assert client.request("GET", "/y").status == 308  # the connection is still in order


def test_a_request_with_a_body_is_answered_at_once(lb):
    with fronts.H1.connect(lb) as client:
        client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        assert client.read_response().status == 308
        client.expect_closed()


@pytest.mark.parametrize("start, status", [("GET /x HTTP/1.1\r\n\r\n", 400), ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
                                           ("GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
                                           ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)])
def test_what_is_malformed_is_refused_all_the_same(lb, start, status):
    with fronts.H1.connect(lb) as client:
        client.send(start)
        answer = client.read_response()
        assert answer.status == status
        assert not answer.values("Location")


def test_hsts_goes_along_over_tls_only(lb):
    with fronts.H1_TLS.connect(lb) as client:
        assert client.request().values("Strict-Transport-Security") == ["max-age=3600"]
    with fronts.H1.connect(lb) as client:
        assert client.request().values("Strict-Transport-Security") == []


def test_a_reload_may_turn_it_into_a_listener_that_serves_and_back(opslb, origin):
    redirecting = {"listeners": [{"name": "http", "bind": "127.0.0.1:0", "redirect_to": TO}]}
    lb = opslb(**redirecting)
    lb.reload({"listeners": [{"name": "http", "bind": "127.0.0.1:0"}], "backends": [origin()]})
    with fronts.H1.connect(lb) as client:
        assert client.request().status == 200
    lb.reload(redirecting)
    with fronts.H1.connect(lb) as client:
        assert client.request().status == 308
