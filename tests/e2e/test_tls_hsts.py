"""Strict-Transport-Security (RFC 6797) goes out over TLS where the host sends none."""

import pytest

from support import fronts, tls_peers
from support.conversation import response
from support.http2_client import Http2Client
from support.raw import RawClient, RawOrigin

TLS = [fronts.H1_TLS, fronts.H2_TLS]


@pytest.fixture
def lb(opslb, origin):
    def answer(request, _connection):
        own = {"/own": ["Strict-Transport-Security: max-age=1; includeSubDomains"], "/lower": ["strict-transport-security: max-age=2"]}
        return response(200, "Content-Length: 0", *own.get(request.target, []))
    tls = tls_peers.certificate().tls
    return opslb(backends=[origin(RawOrigin).on_request(answer)], listeners=[
        {"name": "https", "bind": "127.0.0.1:0", "tls": {**tls, "hsts": "8760h"}},
        {"name": "without", "bind": "127.0.0.1:0", "tls": tls},
        {"name": "http", "bind": "127.0.0.1:0"}])


def hsts(lb, front, listener, target="/", method="GET"):
    with front.connect(lb, listener) as client:
        return client.request(method, target).values("Strict-Transport-Security")


@pytest.mark.parametrize("way", TLS, ids=str)
def test_it_is_added_to_every_answer(lb, way):
    assert hsts(lb, way, "https") == ["max-age=31536000"]
    assert hsts(lb, way, "https", method="HEAD") == ["max-age=31536000"]
    assert hsts(lb, way, "https", method="TRACE") == ["max-age=31536000"]  # 405, opslb's own


@pytest.mark.parametrize("way", TLS, ids=str)
def test_the_hosts_own_stays(lb, way):
    assert hsts(lb, way, "https", "/own") == ["max-age=1; includeSubDomains"]
    assert hsts(lb, way, "https", "/lower") == ["max-age=2"]


@pytest.mark.parametrize("way", TLS, ids=str)
def test_there_is_none_by_default(lb, way):
    assert hsts(lb, way, "without") == []


@pytest.mark.parametrize("kind", [RawClient, Http2Client])
def test_there_is_none_over_plain_tcp(lb, kind):
    with kind(lb.port("http")) as client:
        assert client.request().values("Strict-Transport-Security") == []
