"""Which certificate a client gets is decided by the name that it asks for (SNI)."""

import ssl

import pytest

from support.certificates import Authority
from support.tls_client import tls_client, unverified


@pytest.fixture(scope="module")
def ca(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def lb(module_opslb, ca):
    more = [ca.issue("*.example.com", common_name="star"),
            ca.issue("a.example.com", "A2.Example.com", common_name="a"),
            ca.issue("opslb.example.com", common_name="first, rsa", key="rsa"),
            ca.issue("both.example.org", common_name="both, rsa", key="rsa"),
            ca.issue("both.example.org", common_name="both, ec"),
            ca.issue("both.example.org", common_name="both, ec again"),
            ca.issue("w*.example.net", common_name="part of a label")]
    first = ca.issue("opslb.example.com", common_name="first")
    return module_opslb(backends=[], listeners=[
        {"name": "tls", "bind": "127.0.0.1:0", "redirect_to": "https://opsmanager.example.com",
         "tls": {**first.tls, "certificates": [each.tls for each in more]}}])


def name_for(lb, ca, server_name, ciphers=None):
    context = ca.client_context()
    context.check_hostname = False
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    with tls_client(lb, context, server_name=server_name) as client:
        assert client.request().status == 308
        return client.certificate_name


@pytest.mark.parametrize("server_name, certificate", [
    ("opslb.example.com", "first"),
    ("a.example.com", "a"),
    ("A.EXAMPLE.com", "a"),
    ("a2.example.com", "a"),
    ("b.example.com", "star"),
    ("example.com", "first"),          # a star stands for one label, not for none
    ("x.b.example.com", "first"),      # nor for two
    ("www.example.net", "first"),      # nor for a part of one
    ("unknown.example.org", "first"),
    (None, "first"),
])
def test_the_name_chooses_the_certificate(lb, ca, server_name, certificate):
    assert name_for(lb, ca, server_name) == certificate


@pytest.mark.parametrize("server_name, rsa, ec", [("both.example.org", "both, rsa", "both, ec"),
                                                  ("opslb.example.com", "first, rsa", "first"), (None, "first, rsa", "first")])
def test_an_rsa_and_an_ecdsa_certificate_of_one_name_stand_side_by_side(lb, ca, server_name, rsa, ec):
    assert name_for(lb, ca, server_name, "ECDHE+aRSA") == rsa
    assert name_for(lb, ca, server_name, "ECDHE+aECDSA") == ec


def test_the_whole_chain_is_sent(opslb, tmp_path):
    root = Authority(tmp_path / "root", "Root")
    lower = Authority(tmp_path / "lower", "Lower", issuer=Authority(tmp_path / "middle", "Middle", issuer=root))
    certificate = lower.issue("opslb.example.com")
    lb = opslb(backends=[], listeners=[{"bind": "127.0.0.1:0", "tls": certificate.tls, "redirect_to": "https://a.example.com"}])
    with tls_client(lb, root.client_context()) as client:  # knows the root alone
        assert client.request().status == 308


def test_a_client_without_a_name_of_ours_may_still_not_care(lb):
    with tls_client(lb, unverified(), server_name="127.0.0.1") as client:
        assert client.request().status == 308
