"""Sessions are resumed by tickets: at every worker, after a reload, and nowhere where the client might be somebody else."""

import ssl

import pytest

from support.certificates import Authority
from support.tls_client import tls_client

V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = pytest.mark.parametrize("version", [V1_2, V1_3], ids=["1.2", "1.3"])


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path / "ca")


def listener(tls, name="tls"):
    return {"name": name, "bind": "127.0.0.1:0", "tls": tls, "redirect_to": "https://opsmanager.example.com"}


def visit(lb, context, session=None, **more):
    """One request; the session with the tickets that came, and whether `session` was resumed."""
    with tls_client(lb, context, session=session, **more) as client:
        assert client.request().status == 308  # tickets of TLS 1.3 come before it
        return client.tls.session, client.tls.session_reused


@VERSIONS
def test_a_session_is_resumed_at_every_worker(opslb, ca, version):
    lb = opslb(backends=[], workers=2, listeners=[listener(ca.issue("opslb.example.com").tls)])
    context = ca.client_context(version=version)
    session, _ = visit(lb, context)
    for _ in range(20):  # the kernel spreads them
        session, resumed = visit(lb, context, session)
        assert resumed


@VERSIONS
def test_a_session_outlives_a_reload_and_a_new_certificate(opslb, ca, version):
    lb = opslb(backends=[], listeners=[listener(ca.issue("opslb.example.com").tls)])
    context = ca.client_context(version=version)
    session, _ = visit(lb, context)
    lb.reload({"backends": [], "listeners": [listener(ca.issue("opslb.example.com").tls)]})
    assert visit(lb, context, session)[1]


@VERSIONS
def test_a_session_is_not_resumed_by_another_process(opslb, ca, version):
    listeners = [listener(ca.issue("opslb.example.com").tls)]
    context = ca.client_context(version=version)
    session, _ = visit(opslb(backends=[], listeners=listeners), context)
    assert not visit(opslb(backends=[], listeners=listeners), context, session)[1]


@VERSIONS
def test_a_session_of_one_listener_is_not_resumed_at_another(opslb, ca, version):
    certificate = ca.issue("opslb.example.com").tls
    lb = opslb(backends=[], listeners=[listener(certificate, "a"), listener(certificate, "b")])
    context = ca.client_context(version=version)
    session, _ = visit(lb, context, listener="a")
    assert visit(lb, context, session, listener="a")[1]
    session, resumed = visit(lb, context, session, listener="b")
    assert not resumed


@VERSIONS
@pytest.mark.parametrize("what", ["client_ca", "crl", "client_certificate"])
def test_a_session_does_not_carry_a_client_certificate_past_a_change_of_who_is_let_in(opslb, ca, tmp_path, version, what):
    agent = ca.issue(client="agent-1")
    tls = {**ca.issue("opslb.example.com").tls, "client_ca": ca.file, "client_certificate": "agents_only"}
    lb = opslb(backends=[], listeners=[listener(tls)])
    context = ca.client_context(agent, version=version)
    session, _ = visit(lb, context)
    session, resumed = visit(lb, context, session)
    assert resumed
    changed = {"client_ca": Authority(tmp_path / "other").file, "crl": ca.revoke(agent), "client_certificate": "required"}
    lb.reload({"backends": [], "listeners": [listener({**tls, what: changed[what]})]})
    assert not visit(lb, context, session)[1]


@VERSIONS
def test_a_resumed_session_brings_its_client_certificate_along(opslb, origin, ca, version):
    agent = ca.issue(client="agent-1")
    tls = {**ca.issue("opslb.example.com").tls, "client_ca": ca.file, "client_certificate": "agents_only"}
    lb = opslb(backends=[origin()], listeners=[{"name": "tls", "bind": "127.0.0.1:0", "tls": tls}])
    context = ca.client_context(agent, version=version)
    with tls_client(lb, context) as client:
        assert client.request(target="/agents/x").status == 200
        session = client.tls.session
    with tls_client(lb, context, session=session) as client:
        assert client.tls.session_reused
        assert client.request(target="/agents/x").status == 200
    lb.wait_access(lambda entry: entry.get("client_certificate") == "CN=agent-1", since=1)
