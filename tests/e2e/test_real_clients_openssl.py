"""`openssl s_client`: what the TLS of opslb is, seen from outside."""

import re

import pytest

from support import tls_peers
from support.fronts import H1_TLS
from support.site import ca_file, run

REQUEST = "GET /_sim/plain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

pytestmark = pytest.mark.fronts(H1_TLS)


def s_client(port, *arguments, said=REQUEST, codes=(0,)):
    """What it tells and what it was told, to the end of the answer; without anything to say it ends after the handshake."""
    return run("openssl", "s_client", "-connect", f"localhost:{port}", "-servername", "opslb.example.com", "-CAfile", ca_file(),
               "-verify_return_error", "-verify_hostname", "opslb.example.com", *(["-ign_eof"] if said else []), *arguments,
               input=said, codes=codes)


@pytest.mark.parametrize("version", ["1_2", "1_3"])
def test_it_verifies_the_certificate_and_gets_its_answer(site, front, version):
    told = s_client(site.port(front), f"-tls{version}")
    assert "Verify return code: 0 (ok)" in told or "Verification: OK" in told
    assert f"New, TLSv{version.replace('_', '.')}" in told
    assert "HTTP/1.1 200 OK" in told and told.count("ok\n") == 1


@pytest.mark.parametrize("version", ["1", "1_1"])
def test_older_versions_are_refused(site, front, version):
    # At security level 0 openssl offers them although Debian's defaults do not.
    told = s_client(site.port(front), f"-tls{version}", "-cipher", "ALL:@SECLEVEL=0", codes=(1,))
    assert "HTTP/1.1" not in told


@pytest.mark.parametrize("offered, chosen", [
    ("h2,http/1.1", "h2"), ("http/1.1,h2", "h2"), ("http/1.1", "http/1.1"), ("h2", "h2")])
def test_alpn_chooses_http2_where_it_is_offered(site, front, offered, chosen):
    told = s_client(site.port(front), "-alpn", offered, said="", codes=(0, 1))
    assert f"ALPN protocol: {chosen}" in told


def test_without_alpn_it_is_http11(site, front):
    told = s_client(site.port(front))
    assert "No ALPN negotiated" in told and "HTTP/1.1 200 OK" in told


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA",
                                    "NULL", "aNULL", "3DES"])
def test_ciphers_without_forward_secrecy_or_authenticated_encryption_are_refused(site, front, cipher):
    told = s_client(site.port(front), "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0", codes=(1,))
    assert "HTTP/1.1" not in told


def test_there_is_no_renegotiation_and_no_compression(site, front):
    told = s_client(site.port(front), "-tls1_2")
    assert "Secure Renegotiation IS supported" in told  # the extension of RFC 5746, not the thing
    assert "Compression: NONE" in told
    # "R" alone on a line asks for it.
    begun = REQUEST.replace("Connection: close\r\n\r\n", "")
    told = run("openssl", "s_client", "-connect", f"localhost:{site.port(front)}", "-tls1_2", input=f"{begun}R\n", codes=(0, 1))
    assert "HTTP/1.1 200" not in told


@pytest.mark.parametrize("version", ["1_2", "1_3"])
def test_a_session_is_resumed(site, front, tmp_path, version):
    kept = tmp_path / "session.pem"
    assert "New, " in s_client(site.port(front), f"-tls{version}", "-sess_out", kept)
    told = s_client(site.port(front), f"-tls{version}", "-sess_in", kept)
    assert "Reused, " in told and "HTTP/1.1 200 OK" in told


def test_a_client_certificate_that_is_asked_for_is_shown_and_verified(module_opslb, site, front):
    tls = tls_peers.certificate().tls | {"client_ca": ca_file(), "client_certificate": "required"}
    lb = module_opslb(backends=[site.host], listeners=[front.listener() | {"tls": tls}])
    agent = tls_peers.authority().issue(client="agent-1")
    told = s_client(lb.port(front.scheme), "-cert", agent.certificate, "-key", agent.key)
    assert "HTTP/1.1 200 OK" in told
    assert re.search(r"Acceptable client certificate CA names\n.*Test CA of opslb", told)
    assert "HTTP/1.1 200" not in s_client(lb.port(front.scheme), codes=(0, 1))
