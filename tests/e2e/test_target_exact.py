"""The request target goes through byte for byte (HTTP Digest signs it); only the absolute form becomes the origin form."""

import pytest

from support.backings import PLAIN
from support.conversation import ask, converse, refused, request
from support.fronts import HTTP1, only_http1

pytestmark = pytest.mark.backings(PLAIN)

ODD = [
    "/", "//", "///a//b/", "/a/./b/../c", "/../../etc/passwd", "/a%2Fb", "/a%2fb%41%zz%", "/%", "/%2e%2e/", "/a;b=c;d",
    "/;", "/a?", "/?", "/a?b?c", "/a?b=c&b=d&&=", "/a?x=/../y", "/a?q=%20+%2B", "/a?redirect=http://evil.example.com/",
    "/a'b\"c<d>e`f{g}h|i\\j^k", "/a[1]", "/~user/!$&'()*+,;=:@", "/*", "/a:b@c", "/http://a/", "/" + "a" * 8000,
    "/agents/../api",
    "/api/public/v1.0/groups/a%20b/hosts?pageNum=1&itemsPerPage=100",
]


@pytest.mark.parametrize("target", ODD, ids=lambda target: target[:30].encode("ascii", "backslashreplace").decode())
def test_the_origin_form_is_untouched(lb, ops1, front, target):
    seen, _ = converse(lb, ops1, request("GET", target), front=front)
    assert seen.target == target
    assert seen.head.startswith(b"GET " + target.encode("latin-1") + b" HTTP/1.1\r\n")


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("absolute, origin, host", [
    ("http://other.example.com/", "/", "other.example.com"),
    ("http://other.example.com", "/", "other.example.com"),
    ("HTTP://other.example.com/a//b/../%2f?q=1?", "/a//b/../%2f?q=1?", "other.example.com"),
    ("https://other.example.com:8443/a", "/a", "other.example.com:8443"),
    ("http://other.example.com?q=1", "/?q=1", "other.example.com"),
    ("http://[2001:db8::1]:8080/a", "/a", "[2001:db8::1]:8080"),
    ("http://Other.Example.COM/?u=http://a/", "/?u=http://a/", "Other.Example.COM"),
])
def test_the_absolute_form_becomes_the_origin_form_and_its_host_wins(lb, ops1, absolute, origin, front, host):
    # RFC 9112 3.2.2: Host is to be ignored beside it. Jetty would believe the scheme and the host in it.
    seen, _ = converse(lb, ops1, request("GET", absolute), front=front)
    assert (seen.target, seen.get("Host"), seen.get("X-Forwarded-Host")) == (origin, host, host)
    assert seen.get("X-Forwarded-Proto") == front.scheme


@pytest.mark.fronts(*HTTP1)
def test_the_absolute_form_works_for_an_http10_client_without_host(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("GET", "http://other.example.com/a", version="1.0", host=None), front=front)
    assert (seen.target, seen.get("Host")) == ("/a", "other.example.com")


def test_the_asterisk_goes_through_for_options(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("OPTIONS", "*"), method="OPTIONS", front=front)
    assert seen.head.startswith(b"OPTIONS * HTTP/1.1\r\n")


@pytest.mark.fronts(*HTTP1)
def test_the_absolute_form_of_the_asterisk_becomes_the_asterisk(lb, ops1, front):
    # RFC 9112 3.2.4
    seen, _ = converse(lb, ops1, request("OPTIONS", "http://other.example.com:8001"), method="OPTIONS", front=front)
    assert (seen.target, seen.get("Host")) == ("*", "other.example.com:8001")


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("method, target", [
    ("GET", "*"), ("GET", "a"), ("GET", "ftp://a/"), ("GET", "http:///a"), ("GET", "http://"), ("GET", "http://a b/"),
    ("GET", "http://user@a/"), ("GET", "http://a:b/"), ("GET", "http://a:0/"), ("GET", "http://a:99999/"),
    ("GET", "http://[::1/"),
    ("GET", "opsmanager.example.com:443"), ("GET", "?a"), ("GET", "/a#b"), ("GET", "/a b"), ("GET", "/a\tb"),
    ("GET", "/a\x00b"),
    ("GET", "/a\x7fb"), ("GET", "/caf\xe9"), ("GET", "/\xff"), ("GET", "\\a"), ("GET", "http:/a"), ("GET", "http:a"),
    ("OPTIONS", "**"), ("OPTIONS", "*/a"),
])
def test_any_other_form_is_refused(lb, ops1, front, method, target):
    assert refused(lb, request(method, target), front=front).status == 400
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("target", ["*", "/api/public/v1.0", only_http1("http://other.example.com/")])
@pytest.mark.parametrize("zero", ["0", "00"])
def test_options_that_may_go_no_further_is_answered_here(lb, ops1, front, target, zero):
    # RFC 9110 7.6.2
    answer = ask(lb, request("OPTIONS", target, f"Max-Forwards: {zero}"), "OPTIONS", front=front)
    assert (answer.status, answer.body, answer.get("Server"), answer.get("Content-Length")) == (200, b"", "opslb", "0")
    assert {"GET", "POST", "OPTIONS"} <= set(answer.get("Allow").split(", "))
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("before, behind", [("1", "0"), ("10", "9"), ("007", "6")])
def test_options_that_may_go_further_counts_down(lb, ops1, front, before, behind):
    seen, _ = converse(lb, ops1, request("OPTIONS", "*", f"Max-Forwards: {before}"), method="OPTIONS", front=front)
    assert seen.get("Max-Forwards") == behind


def test_max_forwards_of_other_methods_means_nothing(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("GET", "/", "Max-Forwards: 0"), front=front)
    assert seen.get("Max-Forwards") == "0"


@pytest.mark.parametrize("lines", [["Max-Forwards: -1"], ["Max-Forwards: a"], ["Max-Forwards:"], ["Max-Forwards: 1",
                                                                                                  "Max-Forwards: 0"]])
def test_a_malformed_max_forwards_is_refused(lb, ops1, front, lines):
    assert refused(lb, request("OPTIONS", "*", *lines), front=front).status == 400
    assert not ops1.has_connection_waiting()
