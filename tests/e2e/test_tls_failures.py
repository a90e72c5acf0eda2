"""A handshake that comes to nothing is counted and logged by its cause, and a client that speaks plain HTTP is told so."""

import json
import socket
import ssl
import struct

import pytest

from support.certificates import Authority
from support.raw import RawClient
from support.timeouts import scaled
from support.tls_client import TlsClient, tls_client, unverified
from support.tls_socket import TlsSocket


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def lb(opslb, origin, ca):
    return opslb(backends=[origin()], workers=1, timeouts={"request_head": "1s"},
                 listeners=[{"name": "tls", "bind": "127.0.0.1:0", "tls": {**ca.issue("opslb.example.com").tls, "hsts": "1h"}}])


def test_plain_http_is_told_that_this_port_speaks_https(lb):
    with RawClient(lb.port()) as client:
        answer = client.request(target="/api/x")
        assert answer.status == 400
        assert answer.json()["detail"] == "this port speaks HTTPS; write https:// in front of the address"
        assert answer.values("Server") == ["opslb"]
        assert answer.values("Cache-Control") == ["no-store"]
        assert not answer.values("Strict-Transport-Security")  # RFC 6797 7.2
        client.expect_closed()
    lb.wait_log(r"connection refused: plain HTTP on a TLS port peer=127\.0\.0\.1:\d+ listener=tls ")
    entry = lb.wait_access()
    assert entry["status"] == 400
    assert "tls" not in entry


@pytest.mark.parametrize("start", [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
                                   b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", b"NONSENSE\r\n\r\n"])
def test_so_is_whatever_else_looks_like_http(lb, start):
    with RawClient(lb.port()) as client:
        client.send(start)
        answer = client.read_response()
        assert answer.status == 400
        assert "HTTPS" in answer.json()["detail"]


@pytest.mark.parametrize("start", [b"\x00" * 40, b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff",
                                   b"\r\n\r\n\x00\r\nQUIT\n" + b"\x21\x11\x00\x00"])
def test_garbage_gets_no_http(lb, start):
    with RawClient(lb.port()) as client:
        client.send(start)
        client.half_close()
        assert not bytes(client.read_to_end()).startswith(b"HTTP")
    lb.wait_log("connection refused: TLS: handshake failed: ")


def test_an_alert_of_the_client_is_logged_by_its_name(lb, tmp_path):
    stranger = Authority(tmp_path / "other")
    with pytest.raises(ssl.SSLCertVerificationError):
        tls_client(lb, stranger.client_context())
    lb.wait_log("connection refused: TLS: alert from the client: unknown CA")


def test_a_handshake_has_the_time_of_a_request_head(lb):
    with socket.create_connection(("127.0.0.1", lb.port())) as sock:
        sock.settimeout(scaled(20))
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")  # the beginning of a ClientHello
        assert sock.recv(100) == b""
    lb.wait_log("connection refused: TLS: handshake not complete in time")


def test_a_client_that_says_nothing_is_closed_without_a_word(lb):
    with socket.create_connection(("127.0.0.1", lb.port())) as sock:
        sock.settimeout(scaled(20))
        assert sock.recv(100) == b""
    lb.stop()
    assert not any("refused:" in line for line in lb.log_lines)
    assert lb.access_log == []


def test_the_time_for_the_first_head_does_not_begin_anew_behind_the_handshake(lb):
    with tls_client(lb, unverified()) as client:
        client.send("GET / HTTP/1.1\r\n")
        assert client.read_response().status == 408


def test_a_client_that_leaves_in_the_handshake_is_counted(lb):
    sock = socket.create_connection(("127.0.0.1", lb.port()))
    sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    lb.wait_log("connection refused: TLS: the client left in the handshake")


def test_every_cause_is_counted_in_the_last_line(lb):
    for _ in range(3):
        with pytest.raises(ssl.SSLError):
            tls_client(lb, unverified(alpn=["spdy/3"]))
    with tls_client(lb, unverified()) as client:
        assert client.request().status == 200
    lb.stop()
    assert 'connections=4 tls_handshakes=1 connections_refused=3 "TLS: no protocol in common (ALPN)"=3' in lb.log_lines[-1]
    assert sum("connection refused:" in line for line in lb.log_lines) < 3  # at most one a second


def test_the_access_log_tells_how_a_request_was_secured(lb):
    with tls_client(lb, unverified(version=ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")) as client:
        client.request()
    entry = lb.wait_access()
    assert (entry["tls"], entry["cipher"]) == ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256")


def test_opslb_ends_while_a_handshake_stands_still(opslb, origin, ca):
    lb = opslb(backends=[origin()], timeouts={"request_head": "2s"},
               listeners=[{"bind": "127.0.0.1:0", "tls": ca.issue("opslb.example.com").tls}])
    with socket.create_connection(("127.0.0.1", lb.port())) as silent, socket.create_connection(("127.0.0.1", lb.port())) as slow:
        slow.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        with tls_client(lb, unverified()) as client:  # both of the others are accepted by now
            assert client.request().status == 200
            lb.stop()
        assert silent.recv(1) == b""


def test_the_backend_is_told_that_the_client_speaks_tls(lb):
    with tls_client(lb, unverified()) as client:
        headers = dict(client.request(host="opsmanager.example.com").json()["headers"])
        assert (headers["X-Forwarded-Proto"], headers["X-Proxied-Https"], headers["X-Forwarded-Port"]) == ("https", "on", "443")


def test_a_proxy_header_comes_before_tls(opslb, origin, ca):
    lb = opslb(backends=[origin()], workers=1, listeners=[
        {"name": "tls", "bind": "127.0.0.1:0", "proxy_protocol": True, "proxy_protocol_from": ["127.0.0.1"],
         "tls": ca.issue("opslb.example.com").tls}])
    header = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n"

    def with_hello_behind_it(sock):
        """Header and ClientHello in one segment."""
        return TlsSocket(HeldBack(sock, header), unverified())
    for begin, preamble in ((with_hello_behind_it, b""), (lambda sock: TlsSocket(sock, unverified()), header)):
        with TlsClient(lb.port(), tls=begin, preamble=preamble) as client:
            assert dict(client.request().json()["headers"])["X-Forwarded-For"] == "192.0.2.7"
    assert lb.wait_access()["client"] == "192.0.2.7"
    with RawClient(lb.port(), preamble=header) as client:
        assert client.request().status == 400
    lb.wait_log("plain HTTP on a TLS port peer=192.0.2.7:4711")


class HeldBack:
    """A socket that puts `first` in front of the first bytes that are sent."""

    def __init__(self, sock, first):
        self._sock, self._first = sock, first

    def send(self, data):
        whole, self._first = self._first + bytes(data), b""
        self._sock.sendall(whole)
        return len(data)

    def __getattr__(self, name):
        return getattr(self._sock, name)
