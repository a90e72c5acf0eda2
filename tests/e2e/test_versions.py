"""HTTP/1.0 and HTTP/1.1 are spoken here; the backend always gets HTTP/1.1."""

import pytest

from support.conversation import EMPTY, converse, refused, request
from support.raw import RawClient


@pytest.mark.parametrize("version", ["0.9", "1.2", "1.9", "2.0", "3.0", "9.9", "0.0"])
def test_other_versions_are_not_supported(lb, ops1, version):
    answer = refused(lb, request(version=version))
    assert (answer.status, answer.version, answer.get("Server")) == (505, "1.1", "opslb")
    assert not ops1.has_connection_waiting()


def test_an_http09_request_is_no_request(lb, ops1):
    answer = refused(lb, b"GET /\r\n")
    assert answer.status == 400
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_backend_gets_http11(lb, ops1, version):
    seen, got = converse(lb, ops1, request(version=version))
    assert (seen.version, got.version) == ("1.1", "1.1")
    assert seen.get("Via").startswith("1.1 ")


@pytest.mark.parametrize("listener, address", [("http", "127.0.0.1"), ("six", "[::1]")])
def test_http10_without_host_gets_the_address_it_came_to(opslb, raw_origin, listener, address):
    lb = opslb(backends=[raw_origin], listeners=[{"name": "http", "bind": "127.0.0.1:0"}, {"name": "six",
                                                                                           "bind": "[::1]:0"}])
    port = lb.port(listener)
    with RawClient(port, host=address.strip("[]")) as client:
        client.send(request("GET", "/", version="1.0", host=None))
        with raw_origin.accept() as conn:
            seen = conn.read_request()
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert seen.get("Host") == seen.get("X-Forwarded-Host") == f"{address}:{port}"
    assert seen.get("X-Forwarded-Port") == str(port)


def test_http10_with_host_keeps_it(lb, ops1):
    seen, _ = converse(lb, ops1, request(version="1.0", host="other.example.com"))
    assert (seen.get("Host"), seen.get("X-Forwarded-Host"), seen.get("X-Forwarded-Port")) == ("other.example.com",
                                                                                              "other.example.com", "80")


def test_http10_with_an_empty_host_is_refused(lb, ops1):
    assert refused(lb, request(version="1.0", host="")).status == 400
    assert not ops1.has_connection_waiting()
