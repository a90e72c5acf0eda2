"""Who has to show a certificate: nobody, whoever asks for what a backend could read as /agents/, or everybody."""

import ssl

import pytest

from support.certificates import DAY, Authority, now
from support.tls_client import alert, tls_client

VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])


class Certificates:
    """Of the clients in these tests, good ones and others."""

    def __init__(self, directory):
        self.ca = Authority(directory / "ca", "Agents' CA")
        self.lower = Authority(directory / "lower", "Lower CA", issuer=self.ca)
        self.server = self.ca.issue("opslb.example.com")
        stranger = Authority(directory / "other", "Another CA")
        self.clients = {
            "good": self.ca.issue(client="agent-1"),
            "good, by a lower CA": self.lower.issue(client="agent-2"),
            "none": None,
            "expired": self.ca.issue(client="agent-3", not_before=now() - 9 * DAY, not_after=now() - DAY),
            "not valid yet": self.ca.issue(client="agent-4", not_before=now() + DAY),
            "revoked": self.ca.issue(client="agent-5"),
            "for servers": self.ca.issue("agent-6.example.com"),
            "of another CA": stranger.issue(client="agent-7"),
            "self-made": stranger.issue(client="agent-1", chain=[]),
        }
        self.crl = self.ca.revoke(self.clients["revoked"])
        self.lower_crl = self.lower.revoke()

    def context(self, which, version=None):
        return self.ca.client_context(self.clients[which], version=version)


GOOD = ["good"]
BAD = ["none", "expired", "not valid yet", "revoked", "for servers", "of another CA", "self-made"]
WORDS = {"none": "no client certificate", "expired": "certificate has expired", "not valid yet": "certificate is not yet valid",
         "revoked": "certificate revoked", "for servers": "unsuit", "of another CA": "unable to get local issuer",
         "self-made": "unable to get local issuer", "good, by a lower CA": "unable to get certificate CRL"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("ca"))


def listener(mode, certificates, **more):
    return {"name": mode, "bind": "127.0.0.1:0",
            "tls": {**certificates.server.tls, "client_ca": certificates.ca.file, "crl": certificates.crl,
                    "client_certificate": mode, **more}}


@pytest.fixture
def start(opslb, origin, certificates):
    """A process for each test, so that no line of its log is left out because of another's."""
    def begin(mode, **more):
        return opslb(backends=[origin()], workers=1, listeners=[listener(mode, certificates, **more)])
    return begin


# required

@VERSIONS
def test_required_lets_in_whoever_has_a_good_one(start, certificates, version):
    lb = start("required")
    with tls_client(lb, certificates.context("good", version)) as client:
        assert client.request().status == 200
        assert client.request(target="/agents/x").status == 200
    assert lb.wait_access()["client_certificate"] == "CN=agent-1"


@VERSIONS
@pytest.mark.parametrize("which", BAD)
def test_required_refuses_others_in_the_handshake_and_logs_why(start, certificates, which, version):
    lb = start("required")
    told = alert(lb, certificates.context(which, version))
    assert told, "the request was answered"
    lb.wait_log(rf"connection refused: TLS: .*{WORDS[which]}.* peer=127\.0\.0\.1:\d+ listener=required ")
    assert lb.access_log == []


def test_a_client_of_tls_13_gets_to_read_that_a_certificate_is_required(start, certificates):
    """It thinks the handshake over and sends its request; the alert has to survive that."""
    lb = start("required")
    for _ in range(20):
        assert alert(lb, certificates.context("none", ssl.TLSVersion.TLSv1_3)) == "certificate required"


# agents_only

@pytest.mark.parametrize("which", BAD)
def test_agents_only_asks_for_one_and_goes_on_without(start, certificates, which):
    lb = start("agents_only")
    with tls_client(lb, certificates.context(which)) as client:
        assert client.request(target="/user/login").status == 200
        refused = client.request(target="/agents/api/automation/conf/v1/x")
        assert refused.status == 403
        assert refused.json()["error"] == 403
        assert "client certificate" in refused.json()["detail"]
        assert client.request(target="/api/public/v1.0").status == 200
    entry = lb.wait_access(lambda entry: entry["status"] == 403)
    assert "client_certificate" not in entry
    assert "backend" not in entry
    if which == "none":
        assert not any("does not count" in line for line in lb.log_lines)
    else:
        lb.wait_log(rf"info .*client certificate does not count: .*{WORDS[which]}.* subject=\"CN=agent-")


def test_agents_only_lets_agents_in(start, certificates):
    lb = start("agents_only")
    with tls_client(lb, certificates.context("good")) as client:
        assert client.request(target="/agents/x").json()["target"] == "/agents/x"
        assert client.request(target="/user/login").status == 200


@pytest.mark.parametrize("target", ["/agents", "/agents/", "//agents/x", "/%61gents/x", "/x/../agents/y", "/agents;v=1/x", "/./agents/x",
                                    "/x/..;/agents/y", "/%2561gents/x", "/%u0061gents/x", "/agents%2Fx", "/agents/..%3Bx/y",
                                    "http://opsmanager.example.com/agents/x", "/agents?x", "/x/%2e%2e/agents/y"])
def test_whatever_a_backend_could_read_as_agents_needs_one(start, certificates, target):
    lb = start("agents_only")
    with tls_client(lb, certificates.context("none")) as client:
        assert client.request(target=target).status == 403


@pytest.mark.parametrize("target", ["/", "/agent", "/agentsx", "/x?/agents/", "/x/agents/", "/agents/../x"])
def test_other_paths_do_not(start, certificates, target):
    lb = start("agents_only")
    with tls_client(lb, certificates.context("none")) as client:
        assert client.request(target=target).json()["target"] == target


def test_the_body_of_a_refused_request_does_not_pass_for_another_request(start, certificates):
    lb = start("agents_only")
    with tls_client(lb, certificates.context("none")) as client:
        assert client.request("POST", "/agents/x", body=b"GET /agents/y HTTP/1.1\r\nHost: a\r\n\r\n").status == 403
        client.expect_closed()
    lb.stop()
    assert len(lb.access_log) == 1


# none, and what is asked for

def test_nobody_is_asked_for_one_where_none_is_needed(opslb, origin, certificates):
    lb = opslb(backends=[origin()], listeners=[{"bind": "127.0.0.1:0", "tls": certificates.server.tls}])
    with tls_client(lb, certificates.context("good")) as client:
        assert client.request(target="/agents/x").status == 200
    assert "client_certificate" not in lb.wait_access()


# Lists of revoked ones, and whom they concern

def test_without_a_list_a_revoked_certificate_is_good(start, certificates):
    lb = start("required", crl=None)
    with tls_client(lb, certificates.context("revoked")) as client:
        assert client.request().status == 200


def test_a_lower_ca_needs_its_own_list_where_there_are_lists(start, certificates, tmp_path):
    assert alert(start("required"), certificates.context("good, by a lower CA"))
    both = tmp_path / "both.pem"
    both.write_bytes(open(certificates.crl, "rb").read() + open(certificates.lower_crl, "rb").read())
    with tls_client(start("required", crl=str(both)), certificates.context("good, by a lower CA")) as client:
        assert client.request().status == 200


def test_a_lower_ca_can_be_trusted_alone(start, certificates):
    lb = start("required", client_ca=certificates.lower.file, crl=certificates.lower_crl)
    with tls_client(lb, certificates.context("good, by a lower CA")) as client:
        assert client.request().status == 200
    assert alert(lb, certificates.context("good"))


def test_after_its_day_a_list_lets_nobody_in(start, certificates):
    old = certificates.ca.revoke(next_update=now() - DAY)
    lb = start("required", crl=old)
    assert alert(lb, certificates.context("good"))
    lb.wait_log("CRL has expired")
