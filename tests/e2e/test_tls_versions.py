"""Which versions and ciphers of TLS are spoken: Mozilla's "intermediate", less what has no forward secrecy."""

import re
import ssl
import subprocess

import pytest

from support.certificates import Authority
from support.timeouts import ANSWER, scaled
from support.tls_client import alert, tls_client, unverified

V1_1, V1_2, V1_3 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca")).issue("opslb.example.com", key="rsa")


@pytest.fixture(scope="module")
def both(module_opslb, certificate):
    """Two listeners, one of them for TLS 1.3 only."""
    return module_opslb(backends=[], listeners=[
        {"name": "any", "bind": "127.0.0.1:0", "tls": certificate.tls, "redirect_to": "https://opsmanager.example.com"},
        {"name": "1.3", "bind": "127.0.0.1:0", "tls": {**certificate.tls, "min_version": "1.3"},
         "redirect_to": "https://opsmanager.example.com"}])


@pytest.mark.parametrize("listener, version, name", [("any", V1_2, "TLSv1.2"), ("any", V1_3, "TLSv1.3"), ("1.3", V1_3, "TLSv1.3")])
def test_modern_versions_are_spoken(both, listener, version, name):
    with tls_client(both, unverified(version=version), listener) as client:
        assert client.tls.version() == name
        assert client.tls.compression() is None
        assert client.request().status == 308


@pytest.mark.parametrize("listener, version", [("any", V1_1), ("1.3", V1_1), ("1.3", V1_2)])
def test_older_ones_are_refused_with_an_alert_and_a_word_in_the_log(both, listener, version):
    since = len(both.log_lines)
    assert alert(both, unverified(version=version), listener) == "protocol version"
    if not any("no version in common" in line for line in both.log_lines[:since]):  # else it may be left out: once a second
        both.wait_log(rf"connection refused: TLS: no version in common.* listener={listener} ", since=since)


@pytest.mark.parametrize("cipher", ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"])
def test_tls_12_has_forward_secrecy_and_authenticated_encryption(both, cipher):
    with tls_client(both, unverified(version=V1_2, ciphers=cipher)) as client:
        assert client.tls.cipher()[0] == cipher


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "AES256-SHA", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA",
                                    "DHE-RSA-AES128-GCM-SHA256"])
def test_other_ciphers_are_refused(both, cipher):
    assert alert(both, unverified(version=V1_2, ciphers=cipher + ":@SECLEVEL=0")) == "handshake failure"


def test_the_client_chooses_among_the_ciphers(both):
    for cipher in ("ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES256-GCM-SHA384"):
        others = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384"
        with tls_client(both, unverified(version=V1_2, ciphers=f"{cipher}:{others}")) as client:
            assert client.tls.cipher()[0] == cipher


def s_client(lb, *arguments, say=b""):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{lb.port('any')}", *arguments], input=say,
                          capture_output=True, timeout=scaled(ANSWER), check=False)


def test_a_client_cannot_renegotiate(both):
    result = s_client(both, "-tls1_2", say=b"R\n")
    assert b"RENEGOTIATING" in result.stdout + result.stderr
    assert b"no renegotiation" in result.stderr


@pytest.mark.parametrize("group, used", [("X25519", "X25519"), ("P-256", "prime256v1"), ("P-384", "secp384r1")])
def test_keys_are_exchanged_over_modern_curves(both, group, used):
    result = s_client(both, "-tls1_3", "-groups", group)
    assert re.search(f"^(Server|Peer) Temp Key: .*{used}", result.stdout.decode(), re.MULTILINE)


@pytest.mark.skipif(ssl.OPENSSL_VERSION_INFO < (3, 5), reason="OpenSSL 3.5 is the first to know it")
def test_keys_are_exchanged_so_that_no_quantum_computer_finds_them(both):
    """With clients that can, as browsers do."""
    for offered in ("X25519MLKEM768", "X25519MLKEM768:X25519"):
        result = s_client(both, "-tls1_3", "-groups", offered)
        assert b"Negotiated TLS1.3 group: X25519MLKEM768" in result.stdout


def test_other_groups_are_refused(both):
    result = s_client(both, "-tls1_3", "-groups", "ffdhe2048")
    assert b"handshake failure" in result.stderr


def test_nothing_is_taken_before_the_handshake_is_over(both):
    """RFC 8446 8: early data can be sent again by whoever recorded it."""
    result = s_client(both, "-tls1_3")
    assert b"Max Early Data: 0" in result.stdout or b"Early data was not sent" in result.stdout
