"""Client and opslb agree on HTTP/1.1 or HTTP/2 within the handshake (ALPN, RFC 7301)."""

import pytest

from support.certificates import Authority
from support.tls_client import alert, tls_client, unverified


@pytest.fixture(scope="module")
def lb(module_opslb, tmp_path_factory):
    certificate = Authority(tmp_path_factory.mktemp("ca")).issue("opslb.example.com")
    return module_opslb(backends=[], listeners=[{"bind": "127.0.0.1:0", "tls": certificate.tls, "redirect_to": "https://a.example.com"}])


@pytest.mark.parametrize("offered, chosen", [
    (None, None), (["http/1.1"], "http/1.1"), (["http/1.0"], "http/1.0"), (["http/1.0", "http/1.1"], "http/1.1"),
    (["spdy/3", "http/1.1"], "http/1.1"), (["h2"], "h2"), (["http/1.1", "h2"], "h2"), (["h2", "http/1.1"], "h2"),
])
def test_the_best_of_what_the_client_offers_is_chosen(lb, offered, chosen):
    with tls_client(lb, unverified(alpn=offered)) as client:
        assert client.tls.selected_alpn_protocol() == chosen


@pytest.mark.parametrize("offered", [None, ["http/1.1"], ["http/1.0"]])
def test_http_1_is_spoken_where_it_was_chosen_or_nothing_was_offered(lb, offered):
    with tls_client(lb, unverified(alpn=offered)) as client:
        assert client.request().status == 308
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert client.read_response().status in (400, 505)


def test_http_2_is_spoken_where_it_was_chosen(lb):
    with tls_client(lb, unverified(alpn=["h2"])) as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0")
        assert client.read_exactly(9)[3] == 4  # SETTINGS


def test_a_client_that_speaks_neither_is_told_so(lb):
    assert alert(lb, unverified(alpn=["spdy/3"])) == "no application protocol"
    lb.wait_log(r"connection refused: TLS: no protocol in common \(ALPN\)")
