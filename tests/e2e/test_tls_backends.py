"""Hosts behind https:// URLs: their certificates are verified by default, for requests and health checks alike, and what is wrong
with one is a health reason that names the cause. Clients are never told names."""

import socket
import ssl
import threading

import pytest

from support.certificates import DAY, Authority, now
from support.raw import OkOrigin, RawClient, RawOrigin, Truncated
from support.timeouts import scaled
from support.tls_socket import TlsSocket

FAST = {"interval": "50ms", "timeout": "1s"}


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "Ops CA")


class Host:
    """The TLS of an origin: shows one certificate, and remembers what clients asked for. `handshakes` holds the server's
    side of each."""

    def __init__(self, shown, client_ca=None, version=None):
        self.handshakes = []
        self.names = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.sni_callback = lambda tls, name, context: self.names.append(name)
        self.context.set_alpn_protocols(["h2", "http/1.1"])
        if version is not None:
            self.context.maximum_version = version
        if client_ca is not None:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.show(shown)

    def show(self, shown):
        self.context.load_cert_chain(shown.certificate, shown.key)

    def __call__(self, sock, received=b""):
        made = TlsSocket(sock, self.context, server_side=True, received=received)
        self.handshakes.append(made.tls)
        return made


def backend(origin, host="localhost"):
    return {"name": origin.name, "url": f"https://{host}:{origin.port}"}


def down_because(lb):
    """Why the only host is down, as the one event of its going says it."""
    return lb.wait_log("no host is up: ").split("(ops1: ")[1]


def test_a_host_whose_certificate_is_in_order_serves(opslb, origin, ca):
    host = Host(ca.issue("localhost"))
    lb = opslb(backends=[backend(origin(tls=host))], backend_tls={"ca": ca.file}, health_check=FAST)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
    assert set(host.names) == {"localhost"}
    assert {each.selected_alpn_protocol() for each in host.handshakes} == {"http/1.1"}
    assert {each.version() for each in host.handshakes} == {"TLSv1.3"}


def test_a_check_ends_with_close_notify(opslb, origin, ca):
    """RFC 8446 6.1."""
    ops1 = origin(tls=Host(ca.issue("localhost")))
    opslb(backends=[backend(ops1)], backend_tls={"ca": ca.file}, health_check=FAST)
    ops1.wait_checks_ended(2)


def test_an_address_in_the_url_has_to_be_in_the_certificate_and_is_no_server_name(opslb, origin, ca):
    host = Host(ca.issue("127.0.0.1"))
    lb = opslb(backends=[backend(origin(tls=host), "127.0.0.1")], backend_tls={"ca": ca.file}, health_check=FAST)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
    assert set(host.names) == {None}


def test_tls_1_2_will_do(opslb, origin, ca):
    host = Host(ca.issue("localhost"), version=ssl.TLSVersion.TLSv1_2)
    lb = opslb(backends=[backend(origin(tls=host))], backend_tls={"ca": ca.file}, health_check=FAST)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200


FAULTS = {
    "another name": (lambda ca, other: ca.issue("om1.internal", "om2.internal"),
                     "TLS failed: certificate is for om1.internal, om2.internal, backend is called localhost"),
    "unknown issuer": (lambda ca, other: other.issue("localhost"),
                       "TLS failed: certificate was issued by CN=Other CA, which backend_tls.ca does not vouch for"),
    "expired": (lambda ca, other: ca.issue("localhost", not_before=now() - 30 * DAY, not_after=now() - DAY),
                "TLS failed: certificate of CN=localhost expired on "),
    "not yet valid": (lambda ca, other: ca.issue("localhost", not_before=now() + DAY),
                      "TLS failed: certificate of CN=localhost is not valid yet"),
    "a client's": (lambda ca, other: ca.issue("localhost", client="agent"), "TLS failed: "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_certificate_is_the_reason_why_the_host_is_down(opslb, origin, ca, tmp_path, fault):
    make, reason = FAULTS[fault]
    host = Host(make(ca, Authority(tmp_path, "Other CA")))
    lb = opslb(backends=[backend(origin(tls=host))], backend_tls={"ca": ca.file}, timeouts={"hold": "0s"},
               health_check=FAST)
    assert down_because(lb).startswith(reason)
    with RawClient(lb.port()) as client:
        answer = client.request("GET", "/api/x")
    assert answer.status == 503
    assert "TLS failed; look at the hosts' certificates" in answer.json()["detail"]
    assert b"internal" not in answer.body and b"localhost" not in answer.body


def test_without_verify_every_certificate_will_do(opslb, origin, tmp_path):
    host = Host(Authority(tmp_path, "Other CA").issue("om1.internal", not_before=now() - 30 * DAY, not_after=now() - DAY))
    lb = opslb(backends=[backend(origin(tls=host))], backend_tls={"verify": False}, health_check=FAST)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200


def test_server_name_is_asked_for_and_verified_instead(opslb, origin, ca):
    host = Host(ca.issue("om.internal"))
    lb = opslb(backends=[backend(origin(tls=host))], backend_tls={"ca": ca.file, "server_name": "om.internal"},
               health_check=FAST)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
    assert set(host.names) == {"om.internal"}


def test_a_certificate_of_our_own_is_shown_to_hosts_that_ask(opslb, origin, ca):
    own = ca.issue(client="opslb")
    host = Host(ca.issue("localhost"), client_ca=ca.file)
    lb = opslb(backends=[backend(origin(tls=host))], health_check=FAST,
               backend_tls={"ca": ca.file, "certificate": own.certificate, "key": own.key})
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
    subjects = {dict(part[0] for part in each.getpeercert()["subject"])["commonName"] for each in host.handshakes}
    assert subjects == {"opslb"}


@pytest.mark.parametrize("announced", ["off", "v1"])
def test_after_a_reload_nothing_is_sent_on_a_connection_that_was_made_with_another_certificate(opslb, origin, ca, announced):
    """What rests belongs to a client where it is announced, and to all otherwise."""
    host = Host(ca.issue("localhost"), client_ca=ca.file)
    served = origin(tls=host)
    shown = []
    served.on_request(lambda request, conn: shown.append(conn.sock.tls.getpeercert()["subject"][0][0][1]) or
                      b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def config(own):
        return {"backends": [backend(served)], "health_check": FAST, "workers": 1, "send_proxy_protocol": announced,
                "backend_tls": {"ca": ca.file, "certificate": own.certificate, "key": own.key}}

    lb = opslb(**config(ca.issue(client="before")))
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
        lb.reload(config(ca.issue(client="after")))
        assert client.request().status == 200
    assert shown == ["before", "after"]


def test_after_a_reload_with_https_nothing_is_sent_in_the_clear_any_more(opslb, origin, ca):
    served = origin(OkOrigin)
    checked = {"health_check": FAST | {"interval": "1h"}, "workers": 1}
    lb = opslb(backends=[{"name": "ops1", "url": f"http://localhost:{served.port}"}], **checked)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
        host = served.tls = Host(ca.issue("localhost"))
        lb.reload({"backends": [backend(served)], "backend_tls": {"ca": ca.file}} | checked)
        assert client.request().status == 200
    assert served.connections == 2
    assert len(host.handshakes) == 2  # a check's, and the request's


def test_a_host_that_speaks_plain_http_is_told_from_one_that_fails(opslb, origin):
    plain = origin(RawOrigin)
    lb = opslb(backends=[backend(plain)], health_check=FAST, wait=False)
    with plain.accept() as conn:
        conn.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    assert down_because(lb) == "TLS failed: no TLS spoken there, perhaps plain HTTP)"


def test_sessions_are_resumed(opslb, origin, ca):
    host = Host(ca.issue("localhost"))
    served = origin(tls=host)
    lb = opslb(backends=[backend(served)], backend_tls={"ca": ca.file}, health_check=FAST | {"interval": "1h"},
               workers=1)
    served.on_request(lambda request, conn: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with RawClient(lb.port()) as client:
        for _ in range(3):
            assert client.request().status == 200
    check, first, *later = host.handshakes
    assert not first.session_reused
    assert [each.session_reused for each in later] == [True, True]


def test_a_certificate_that_goes_bad_between_two_checks_costs_502_and_the_log_says_why(opslb, origin, ca):
    host = Host(ca.issue("localhost"))
    lb = opslb(backends=[backend(origin(tls=host))], backend_tls={"ca": ca.file}, health_check=FAST | {"interval": "1h", "fall": 1})
    host.show(ca.issue("om1.internal"))
    with RawClient(lb.port()) as client:
        answer = client.request("GET", "/api/x")
    assert answer.status == 502
    assert "(TLS failed)" in answer.json()["detail"] and b"internal" not in answer.body
    entry = lb.wait_access(lambda entry: entry["status"] == 502)
    assert "certificate is for om1.internal, backend is called localhost" in entry["tried"]
    assert down_because(lb).startswith("TLS failed: certificate is for om1.internal")  # the check was brought forward


def test_a_request_goes_to_another_host_if_tls_fails_with_the_first(opslb, origin, ca):
    bad, good = Host(ca.issue("localhost")), Host(ca.issue("localhost"))
    hosts = [origin(tls=bad), origin(tls=good)]
    lb = opslb(backends=[backend(each) for each in hosts], backend_tls={"ca": ca.file}, balance="round_robin",
               health_check=FAST | {"interval": "1h"})
    bad.show(ca.issue("om1.internal"))
    with RawClient(lb.port()) as client:
        assert [client.request("POST", body=b"x").json()["origin"] for _ in range(4)] == ["ops2"] * 4


def test_a_handshake_that_hangs_ends_with_the_time_to_connect(opslb, origin, ca):
    host = Host(ca.issue("localhost"))
    silent = threading.Event()

    def sometimes(sock, received=b""):
        if silent.is_set():
            threading.Event().wait(scaled(30))
        return host(sock, received)
    lb = opslb(backends=[backend(origin(tls=sometimes))], backend_tls={"ca": ca.file}, timeouts={"connect": "200ms"},
               health_check=FAST | {"interval": "1h"})
    silent.set()
    with RawClient(lb.port()) as client:
        answer = client.request("GET", "/api/x")
    assert (answer.status, "(no answer to TLS)" in answer.json()["detail"]) == (502, True)


@pytest.mark.parametrize("orderly", [True, False], ids=["close_notify", "cut"])
def test_a_body_that_ends_with_the_connection_is_whole_only_after_close_notify(opslb, origin, ca, orderly):
    host = Host(ca.issue("localhost"))

    def answer(request, conn):
        conn.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        if orderly:
            conn.sock.shutdown(socket.SHUT_WR)
            return
        conn.sock.plain.shutdown(socket.SHUT_WR)
    served = origin(RawOrigin, tls=host).on_request(answer)
    lb = opslb(backends=[backend(served)], backend_tls={"ca": ca.file}, health_check=FAST)
    with RawClient(lb.port()) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: ops\r\n\r\n")
        if orderly:
            assert client.read_response().body == b"hello"
        else:
            with pytest.raises(Truncated):
                client.read_response()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_proxy_header_goes_before_tls_in_the_clear(opslb, origin, ca, version):
    host = Host(ca.issue("localhost"))
    served = origin(tls=host)
    seen = []
    served.on_request(lambda request, conn: seen.append(conn.preamble) or
                      b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    lb = opslb(backends=[backend(served)], backend_tls={"ca": ca.file}, send_proxy_protocol=version, health_check=FAST)
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
    assert seen[0].startswith(b"PROXY TCP4 127.0.0.1 " if version == "v1" else b"\r\n\r\n\x00\r\nQUIT\n\x21\x11")
    assert all(check.preamble for check in served.health_checks)


def test_a_session_ticket_on_a_resting_connection_does_not_close_it(opslb, origin, ca):
    """TLS 1.3 tickets may come at any time. Python sends them with the first bytes it writes."""
    host = Host(ca.issue("localhost"))
    served = origin(OkOrigin, tls=host)
    lb = opslb(backends=[backend(served)], backend_tls={"ca": ca.file}, health_check=FAST | {"interval": "1h"}, workers=1)
    with RawClient(lb.port()) as client:
        for _ in range(20):
            assert client.request().status == 200
    assert served.connections == 1


