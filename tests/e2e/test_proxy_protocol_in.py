"""Connections that begin with a PROXY header: the client it names is the client; what has to have one and has not is closed
without an answer, logged and counted."""

import contextlib

import pytest

from support import proxy_protocol as pp
from support.backings import PLAIN
from support.conversation import request
from support.fronts import H1, HTTP1
from support.raw import OkOrigin, RawClient

pytestmark = pytest.mark.backings(PLAIN)


def listener(front, **more):
    return [front.listener(proxy_protocol=True, **more)]


def client_of(answer):
    return dict(answer.json()["headers"])["X-Forwarded-For"]


@pytest.fixture(scope="module")
def lb(module_opslb, front, backing):
    with contextlib.closing(OkOrigin(**backing.options())) as ops1:
        yield module_opslb(backends=[ops1], listeners=listener(front))


@pytest.mark.parametrize("header, client", [
    (pp.v1("192.0.2.7"), "192.0.2.7"),
    (pp.v1("2001:db8::7", "2001:db8::1"), "2001:db8::7"),
    (pp.v1("::ffff:192.0.2.7", "::ffff:192.0.2.1"), "192.0.2.7"),
    (pp.V1_UNKNOWN, "127.0.0.1"),
    (b"PROXY UNKNOWN what ever stands here\r\n", "127.0.0.1"),
    (pp.v2("192.0.2.8"), "192.0.2.8"),
    (pp.v2("2001:db8::8"), "2001:db8::8"),
    (pp.v2("::ffff:192.0.2.8", "::1"), "192.0.2.8"),
    (pp.v2_local(), "127.0.0.1"),
    (pp.v2_unix(), "127.0.0.1"),
    (pp.v2("192.0.2.9", tlvs=pp.tlv(pp.ALPN, b"http/1.1") + pp.tlv(pp.NOOP, b"\0" * 50)), "192.0.2.9"),
    (pp.v2("192.0.2.9", checksum=True), "192.0.2.9"),
    (pp.v2("192.0.2.9", tlvs=pp.tlv(pp.SSL, b"x" * 60000)), "192.0.2.9"),
    (pp.v2("192.0.2.9", tlvs=pp.tlv(pp.NOOP, bytes(65535 - 12 - 3))), "192.0.2.9"),
    (pp.v2_local(tlvs=bytes(65535)), "127.0.0.1"),
], ids=lambda value: None if len(value) > 1000 else repr(value))
def test_the_header_says_who_the_client_is(lb, front, header, client):
    with front.connect(lb, preamble=header) as connection:
        assert client_of(connection.request()) == client
        assert client_of(connection.request()) == client  # for the whole connection


@pytest.mark.fronts(H1)
def test_a_header_in_single_bytes_is_read(lb, front):
    with front.connect(lb) as connection:
        connection.send_slowly(pp.v2("192.0.2.7", checksum=True))
        connection.send(request())
        assert client_of(connection.read_response()) == "192.0.2.7"


@pytest.mark.parametrize("begin, reason", [
    (request(), "no PROXY header"),
    (b"\x16\x03\x01\x02\x00\x01", "no PROXY header"),
    (b"PROXY TCP4 192.0.2.1\r\n", "invalid PROXY header"),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "invalid PROXY header"),
    (b"PROXY TCP9 192.0.2.1 192.0.2.2 1 2\r\n", "invalid PROXY header"),
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "invalid PROXY header"),
    (b"PROXY " + b"x" * 200, "invalid PROXY header"),
    (pp.v2_raw(0x31, pp.TCP4, bytes(12)), "invalid PROXY header"),
    (pp.v2_raw(pp.PROXY, pp.TCP4, bytes(4)), "invalid PROXY header"),
    (pp.v2("192.0.2.1", checksum=True)[:-1] + b"\0", "invalid PROXY header"),
])
def test_what_is_no_header_is_closed_without_an_answer(opslb, origin, front, begin, reason):
    lb = opslb(backends=[origin()], listeners=listener(front))
    with RawClient(lb.port(front.scheme)) as connection:
        connection.send(begin)
        assert connection.expect_closed() in ("fin", "reset")
    lb.wait_log(rf"connection refused: {reason}.*peer=127\.0\.0\.1:\d+ listener={front.scheme}")
    assert lb.access_log == []


def test_a_header_that_does_not_end_is_closed_after_request_head(opslb, origin, front):
    lb = opslb(backends=[origin()], listeners=listener(front), timeouts={"request_head": "300ms"})
    with RawClient(lb.port(front.scheme)) as connection:
        connection.send(b"PROXY TCP4 192.")
        assert connection.expect_closed() in ("fin", "reset")
    lb.wait_log("connection refused: incomplete PROXY header")


def test_refusals_are_counted_although_their_log_lines_are_limited(opslb, origin, front):
    lb = opslb(backends=[origin()], listeners=listener(front))
    for _ in range(50):
        with RawClient(lb.port(front.scheme)) as connection:
            connection.send(b"GET ")
            connection.expect_closed()
    lb.stop()
    lb.wait_log('connections_refused=50 "no PROXY header"=50 ')
    assert sum("connection refused" in line for line in lb.log_lines) < 20


def test_a_peer_outside_the_list_is_refused(opslb, origin, front):
    lb = opslb(backends=[origin()], listeners=listener(front, proxy_protocol_from=["127.0.0.9"]))
    with front.connect(lb, source="127.0.0.9", preamble=pp.v1("192.0.2.7")) as connection:
        assert client_of(connection.request()) == "192.0.2.7"
    with RawClient(lb.port(front.scheme), source="127.0.0.8") as connection:
        connection.send(pp.v1("192.0.2.7") + request())
        assert connection.expect_closed() in ("fin", "reset")
    lb.wait_log(r"connection refused: its address is not in proxy_protocol_from.*peer=127\.0\.0\.8:")


def test_a_peer_outside_the_list_may_be_a_plain_client(opslb, origin, front):
    lb = opslb(backends=[origin()],
               listeners=listener(front, proxy_protocol_from=["127.0.0.9"], proxy_protocol_others="direct"))
    with front.connect(lb, source="127.0.0.9", preamble=pp.v2("192.0.2.7")) as connection:
        assert client_of(connection.request()) == "192.0.2.7"
    with front.connect(lb, source="127.0.0.8") as connection:
        assert client_of(connection.request()) == "127.0.0.8"


@pytest.mark.fronts(H1)
def test_it_cannot_claim_to_be_somebody_else(opslb, origin, front):
    lb = opslb(backends=[origin()],
               listeners=listener(front, proxy_protocol_from=["127.0.0.9"], proxy_protocol_others="direct"))
    with front.connect(lb, source="127.0.0.8") as connection:
        connection.send(pp.v1("192.0.2.7") + request())
        assert connection.read_response().status == 400


@pytest.mark.fronts(*HTTP1)
def test_the_header_names_the_port_a_client_without_host_came_to(lb, front):
    with front.connect(lb, preamble=pp.v1("192.0.2.7", "192.0.2.1", 1234, 8443)) as connection:
        connection.send(b"GET / HTTP/1.0\r\n\r\n")
        headers = dict(connection.read_response().json()["headers"])
        assert headers["X-Forwarded-Host"] == headers["Host"] == "192.0.2.1:8443"
        assert headers["X-Forwarded-Port"] == "8443"


def test_without_a_list_everybody_may_and_a_warning_says_so(opslb, origin, front):
    lb = opslb(backends=[origin()], listeners=listener(front))
    lb.wait_log(r"proxy_protocol_from")
