"""send_proxy_protocol: backends are told each connection's client, and it serves that client's connection alone."""

import pytest

from support import proxy_protocol
from support.backings import PLAIN
from support.conversation import request
from support.raw import RawOrigin
from support.retrying import NO_CHECKS, preferred, rested

VERSIONS = ["v1", "v2"]


def one(lb, client, origin, target="/"):
    """A request of this client that has to come on a new connection of the backend; that connection."""
    client.send(request("GET", target))
    conn = origin.next_connection()
    assert conn.read_request().target == target
    conn.answer()
    assert client.read_response().status == 200
    return conn


def again(client, conn, target="/again"):
    """One that has to come on this connection, without another header."""
    client.send(request("GET", target))
    assert conn.read_request().target == target
    conn.answer()
    assert client.read_response().status == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_begins_with_its_client(opslb, raw_origin, front, version):
    lb = opslb(backends=[raw_origin], send_proxy_protocol=version)
    with front.connect(lb, source="127.0.0.9") as client:
        conn = one(lb, client, raw_origin)
        assert proxy_protocol.parse(conn.preamble) == (int(version[1]), "PROXY", client.local, client.remote)


@pytest.mark.parametrize("version", VERSIONS)
def test_ipv6_clients_are_told_as_such_and_mapped_ones_as_ipv4(opslb, raw_origin, front, version):
    lb = opslb(backends=[raw_origin], send_proxy_protocol=version, listeners=[front.listener(bind="[::]:0")])
    for host in ("::1", "127.0.0.1"):
        with front.connect(lb, host=host) as client:
            conn = one(lb, client, raw_origin)
            assert proxy_protocol.parse(conn.preamble)[2:] == (client.local[:2], client.remote[:2])


def test_off_is_the_default(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        assert one(lb, client, raw_origin).preamble == b""
    assert raw_origin.health_checks[0].preamble == b""


@pytest.mark.parametrize("version, preamble", [("v1", b"PROXY UNKNOWN\r\n"), ("v2", proxy_protocol.v2_local())])
def test_health_checks_announce_nobody(opslb, raw_origin, version, preamble):
    opslb(backends=[raw_origin], send_proxy_protocol=version, health_check={"interval": "50ms"})
    checks = raw_origin.wait_health_checks(3)
    assert [check.preamble for check in checks[:3]] == [preamble] * 3


@pytest.mark.parametrize("version", VERSIONS)
def test_it_serves_all_requests_of_its_clients_connection_and_no_other(opslb, raw_origin, front, version):
    lb = opslb(backends=[raw_origin], send_proxy_protocol=version, workers=1)
    with front.connect(lb) as first, front.connect(lb) as second:  # from the same address
        of_first, of_second = one(lb, first, raw_origin), one(lb, second, raw_origin)
        for number in range(5):
            again(first, of_first, f"/first/{number}")
            again(second, of_second, f"/second/{number}")
        first.close()
        assert of_first.expect_closed() == "fin"  # nobody else may have it
        with front.connect(lb) as third:
            of_third = one(lb, third, raw_origin)
            assert proxy_protocol.parse(of_third.preamble)[2] == third.local
        again(second, of_second)
    assert raw_origin.connections == 3


@pytest.mark.parametrize("version", VERSIONS)
def test_the_client_is_the_one_that_a_header_named_to_opslb(opslb, raw_origin, front, version):
    lb = opslb(backends=[raw_origin], send_proxy_protocol=version,
               listeners=[front.listener(proxy_protocol=True, proxy_protocol_from=["127.0.0.0/8"])])
    for header in (proxy_protocol.v1("192.0.2.7", "198.51.100.1", 1234, 443),
                   proxy_protocol.v2("2001:db8::7", "2001:db8::1", 1234, 443)):
        with front.connect(lb, preamble=header) as client:
            conn = one(lb, client, raw_origin)
            assert proxy_protocol.parse(conn.preamble)[2:] == proxy_protocol.parse(header)[2:]
    with front.connect(lb, preamble=proxy_protocol.v2_local()) as client:
        conn = one(lb, client, raw_origin)
        assert proxy_protocol.parse(conn.preamble)[2:] == (client.local, client.remote)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_trusted_proxy_says_of_its_client_changes_nothing_here(opslb, raw_origin, front, version):
    """A connection has one client; the requests on it may be of many, and their headers say whose."""
    lb = opslb(backends=[raw_origin], send_proxy_protocol=version, forwarded={"trusted_proxies": ["127.0.0.0/8"]})
    with front.connect(lb) as client:
        client.send(request("GET", "/", "X-Forwarded-For: 192.0.2.7"))
        with raw_origin.accept() as conn:
            assert conn.read_request().get("X-Forwarded-For") == "192.0.2.7"
            assert proxy_protocol.parse(conn.preamble)[2] == client.local
            conn.answer()
        assert client.read_response().status == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_that_is_repeated_is_announced_again(opslb, origin, front, version):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    lb = opslb(backends=[preferred(ops1), ops2], send_proxy_protocol=version, health_check=NO_CHECKS)
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request("GET", "/repeated"))
        used.read_request()
        used.close()
        with ops1.accept() as conn:  # a new connection to the same host
            conn.read_request()
            assert proxy_protocol.parse(conn.preamble)[2:] == (client.local, client.remote)
        with ops2.accept() as conn:  # and then another host
            assert conn.read_request().target == "/repeated"
            assert proxy_protocol.parse(conn.preamble)[2:] == (client.local, client.remote)
            conn.answer()
            assert client.read_response().status == 200


def test_an_idle_connection_of_a_client_is_closed_before_the_backend_would(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], send_proxy_protocol="v1", timeouts={"backend_keep_alive": "200ms"})
    with front.connect(lb) as client:
        conn = one(lb, client, raw_origin)
        assert conn.expect_closed() == "fin"
        one(lb, client, raw_origin, "/next")


def test_a_backend_that_closes_idle_connections_costs_no_post(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], send_proxy_protocol="v2")
    with front.connect(lb) as client:
        for number in range(10):
            client.send(request("POST", f"/{number}", "Content-Length: 4", body="body"))
            conn = raw_origin.next_connection()
            conn.read_request()
            conn.answer()
            assert client.read_response().status == 200
            conn.close()


def test_a_reload_that_turns_it_on_uses_no_connection_without_header(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], workers=1)
    with front.connect(lb) as client:
        assert one(lb, client, raw_origin).preamble == b""
        lb.reload({"backends": [raw_origin], "workers": 1, "send_proxy_protocol": "v1"})
        conn = one(lb, client, raw_origin, "/on")
        assert proxy_protocol.parse(conn.preamble)[0] == 1
        lb.reload({"backends": [raw_origin], "workers": 1, "send_proxy_protocol": "v2"})
        if raw_origin.tls is None:  # over TLS no connection outlives the certificates that it was made with
            again(client, conn)  # its client was announced, in whichever version
        with front.connect(lb) as other:
            assert proxy_protocol.parse(one(lb, other, raw_origin).preamble)[0] == 2


@pytest.mark.backings(PLAIN)  # the relay that puts TLS before a simulator knows no such headers
@pytest.mark.parametrize("version", VERSIONS)
def test_a_host_that_insists_on_headers_is_served(opslb, simulator, front, version):
    ops1 = simulator("ops1", "--proxy-protocol")
    lb = opslb(backends=[ops1], send_proxy_protocol=version)
    with front.connect(lb, source="127.0.0.9") as client:
        for _ in range(3):
            answer = client.request(target="/_sim/echo")
            assert answer.status == 200
            assert "127.0.0.9" in str(answer.json()["proxy"])
