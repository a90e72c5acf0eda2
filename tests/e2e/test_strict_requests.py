"""One unambiguous request or a refusal: what two parsers could read differently never reaches a backend."""

import contextlib

import pytest

from support.conversation import converse, refused, request
from support.raw import RawClient

CHUNKED_BODY = "0\r\n\r\n"


def with_lines(*lines, body=""):
    return request("POST", "/", *lines, body=body)


BAD = {
    # Content-Length
    "repeated Content-Length, equal": with_lines("Content-Length: 4", "Content-Length: 4", body="body"),
    "repeated Content-Length, different": with_lines("Content-Length: 4", "Content-Length: 5", body="body5"),
    "listed Content-Length": with_lines("Content-Length: 4, 4", body="body"),
    "Content-Length with plus": with_lines("Content-Length: +4", body="body"),
    "Content-Length with minus": with_lines("Content-Length: -4", body="body"),
    "negative zero": with_lines("Content-Length: -0"),
    "hexadecimal Content-Length": with_lines("Content-Length: 0x4", body="body"),
    "blank within Content-Length": with_lines("Content-Length: 4 4", body="body"),
    "empty Content-Length": with_lines("Content-Length:"),
    "Content-Length with a fraction": with_lines("Content-Length: 4.0", body="body"),
    "Content-Length over 63 bits": with_lines("Content-Length: 9223372036854775808"),
    "Content-Length over 64 bits": with_lines("Content-Length: 18446744073709551620", body="body"),
    "Content-Length far over 64 bits": with_lines("Content-Length: " + "9" * 100),
    "Content-Length with a vertical tab": with_lines("Content-Length: \x0b4", body="body"),
    "Content-Length with a high digit": with_lines("Content-Length: \xb2", body="bo"),
    # Transfer-Encoding
    "both framings": with_lines("Content-Length: 5", "Transfer-Encoding: chunked", body=CHUNKED_BODY),
    "both framings the other way round": with_lines("Transfer-Encoding: chunked", "Content-Length: 5",
                                                    body=CHUNKED_BODY),
    "repeated Transfer-Encoding": with_lines("Transfer-Encoding: chunked", "Transfer-Encoding: chunked",
                                             body=CHUNKED_BODY),
    "chunked twice": with_lines("Transfer-Encoding: chunked, chunked", body=CHUNKED_BODY),
    "chunked not last": with_lines("Transfer-Encoding: chunked, gzip", body=CHUNKED_BODY),
    "identity": with_lines("Transfer-Encoding: identity"),
    "identity and a length": with_lines("Transfer-Encoding: identity", "Content-Length: 4", body="body"),
    "gzip alone": with_lines("Transfer-Encoding: gzip"),
    "gzip and a length": with_lines("Transfer-Encoding: gzip", "Content-Length: 4", body="body"),
    "empty Transfer-Encoding": with_lines("Transfer-Encoding:"),
    "empty Transfer-Encoding and a length": with_lines("Transfer-Encoding:", "Content-Length: 4", body="body"),
    "chunked with a parameter": with_lines("Transfer-Encoding: chunked;q=1", body=CHUNKED_BODY),
    "chunked in quotes": with_lines('Transfer-Encoding: "chunked"', body=CHUNKED_BODY),
    "chunked with a comma behind": with_lines("Transfer-Encoding: chunked,", body=CHUNKED_BODY),
    "chunked with a comma before": with_lines("Transfer-Encoding: ,chunked", body=CHUNKED_BODY),
    "almost chunked": with_lines("Transfer-Encoding: xchunked", body=CHUNKED_BODY),
    "chunked with a vertical tab": with_lines("Transfer-Encoding: \x0bchunked", body=CHUNKED_BODY),
    "chunked with a high byte": with_lines("Transfer-Encoding: chunked\xa0", body=CHUNKED_BODY),
    "chunked in HTTP/1.0": request("POST", "/", "Transfer-Encoding: chunked", body=CHUNKED_BODY, version="1.0"),
    "chunked behind a fold": with_lines("Transfer-Encoding:\r\n chunked", body=CHUNKED_BODY),
    # Field lines
    "space before the colon": with_lines("Content-Length : 4", body="body"),
    "tab before the colon": with_lines("X-Any\t: 1"),
    "folded line": with_lines("X-Any: 1\r\n 2"),
    "folded with a tab": with_lines("X-Any: 1\r\n\t2"),
    "folded first line": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "no colon": with_lines("X-Any"),
    "empty name": with_lines(": 1"),
    "blank within a name": with_lines("X Any: 1"),
    "leading blank": b"POST / HTTP/1.1\r\nHost: a\r\n Content-Length: 4\r\n\r\nbody",
    "NUL in a name": with_lines("X\x00: 1"),
    "high byte in a name": with_lines("X\xe9: 1"),
    "brackets in a name": with_lines("X(a): 1"),
    "NUL in a value": with_lines("X-Any: a\x00b"),
    "bell in a value": with_lines("X-Any: a\x07b"),
    "DEL in a value": with_lines("X-Any: a\x7fb"),
    "bare CR in a value": with_lines("X-Any: a\rb"),
    "bare CR before a line": with_lines("X-Any: a\r\r\nX-Other: b"),
    "bare CR that hides a field": with_lines("X-Any: a\rTransfer-Encoding: chunked", body=CHUNKED_BODY),
    "bare LF behind a field": b"GET / HTTP/1.1\r\nHost: a\nX-Any: 1\r\n\r\n",
    "bare LF behind the request line": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "bare LF as the empty line": b"GET / HTTP/1.1\r\nHost: a\r\n\n",
    "all bare LF": b"GET / HTTP/1.1\nHost: a\n\n",
    # Host
    "no Host": request(host=None),
    "Host twice": request("GET", "/", "Host: opsmanager.example.com"),
    "Host twice, the second other": request("GET", "/", "Host: evil.example.com"),
    "Host twice in HTTP/1.0": request("GET", "/", "Host: evil.example.com", version="1.0"),
    "Host twice, one empty": request("GET", "/", "Host:"),
    "two in one Host": request(host="a, b"),
    "blank within Host": request(host="a b"),
    "path in Host": request(host="a/b"),
    "user in Host": request(host="user@a"),
    "bad port in Host": request(host="a:b"),
    "port 0 in Host": request(host="a:0"),
    "port too large in Host": request(host="a:65536"),
    "empty port in Host": request(host="a:"),
    "open bracket in Host": request(host="[::1"),
    "not IPv6 in brackets": request(host="[a]"),
    "IPv6 without brackets": request(host="::1"),
    "NUL in Host": request(host="a\x00b"),
    "no Host beside the absolute form": request("GET", "http://a/", host=None),
    "bad Host beside the absolute form": request("GET", "http://a/", host="b c"),
    # The request line
    "leading blank in the request line": b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "two blanks before the version": b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab for a blank": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "blank behind the version": b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "no version": b"GET /\r\nHost: a\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "lower-case version": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "version without minor": b"GET / HTTP/1\r\nHost: a\r\n\r\n",
    "version with two digits": b"GET / HTTP/1.10\r\nHost: a\r\n\r\n",
    "no such version syntax": b"GET / HTTP/1,1\r\nHost: a\r\n\r\n",
    "method that is no token": b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the method": b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "empty method": b" / HTTP/1.1\r\nHost: a\r\n\r\n",
    "bare CR in the request line": b"GET /\rHTTP/1.1\r\nHost: a\r\n\r\n",
    "bare CR behind the request line": b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "response instead of a request": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "PROXY header where none is due": b"PROXY TCP4 203.0.113.1 192.0.2.1 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "bare LF before the request": b"\n" + request(),
    "bare CR before the request": b"\r" + request(),
    # Connection
    "Connection that is no list of tokens": with_lines("Connection: a b"),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_refused_with_400_and_close_and_no_backend_hears_of_it(lb, ops1, case):
    answer = refused(lb, BAD[case])
    assert (answer.status, answer.get("Server")) == (400, "opslb")
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("value", ["gzip, chunked", "gzip,chunked", "br, gzip , Chunked", "gzip;q=1, chunked",
                                   "identity, chunked"])
def test_a_list_of_codings_that_ends_in_chunked_is_not_implemented(lb, ops1, value):
    answer = refused(lb, with_lines(f"Transfer-Encoding: {value}", body=CHUNKED_BODY))
    assert answer.status == 501
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("case", ["both framings", "listed Content-Length", "folded line", "Host twice"])
def test_what_follows_a_refused_request_is_not_served(lb, ops1, case):
    with RawClient(lb.port()) as client:
        client.send(BAD[case] + request("GET", "/smuggled"))
        assert client.read_response().status == 400
        assert client.expect_closed() == "fin"
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("case", ["repeated Content-Length, different", "bare CR that hides a field",
                                  "folded with a tab", "bare LF as the empty line"])
def test_it_is_refused_however_it_is_cut(lb, ops1, case):
    with RawClient(lb.port()) as client:
        head, _, body = BAD[case].partition(b"\r\n\r\n")
        with contextlib.suppress(OSError):  # it may be refused before its end
            client.send_slowly(head)
            client.send(b"\r\n\r\n" + body)
        assert client.read_response().status == 400
        assert client.wait_closed() == "fin"
    assert not ops1.has_connection_waiting()


GOOD = {
    "no blank behind the colon": ("X-Any:1", "1"),
    "many blanks around a value": ("X-Any: \t 1 \t ", "1"),
    "colon in a value": ("X-Any: a:b", "a:b"),
    "obs-text": ("X-Any: \x80\xff", "\x80\xff"),
    "empty value": ("X-Any:", ""),
    "only blanks": ("X-Any:   ", ""),
    "tab within a value": ("X-Any: a\tb", "a\tb"),
}


@pytest.mark.parametrize("case", GOOD)
def test_what_is_odd_but_clear_passes(lb, ops1, case):
    line, value = GOOD[case]
    seen, got = converse(lb, ops1, request("GET", "/", line))
    assert (seen.get("X-Any"), got.status) == (value, 200)


@pytest.mark.parametrize("host", ["a", "A.b", "a.example.com.", "a:1", "a:65535", "127.0.0.1", "127.0.0.1:8080",
                                  "[::1]", "[2001:db8::1]:443",
                                  "under_score.example.com", "xn--bcher-kva.example"])
def test_every_proper_host_passes_as_it_came(lb, ops1, host):
    seen, _ = converse(lb, ops1, request(host=host))
    assert (seen.get("Host"), seen.get("X-Forwarded-Host")) == (host, host)


@pytest.mark.parametrize("method", ["GET", "get", "M-SEARCH", "X!#$%&'*+.^_`|~9", "PROPFIND", "TRACES", "CONNECTX",
                                    "trace"])
def test_any_token_is_a_method(lb, ops1, method):
    seen, _ = converse(lb, ops1, request(method))
    assert seen.method == method
