"""Certificates are read again on SIGHUP, and by themselves when their files change. Connections that stand are left alone, and
no request fails."""

import contextlib
import pathlib
import signal
import threading

import pytest

from support import tls_peers
from support.certificates import DAY, Authority, now
from support.raw import OkOrigin, RawClient
from support.timeouts import ANSWER, Deadline
from support.tls_client import alert, tls_client


@pytest.fixture
def ca(tmp_path):
    return Authority(tmp_path / "ca")


def listener(tls):
    return {"name": "tls", "bind": "127.0.0.1:0", "tls": tls}


def serial(lb, ca, **more):
    """Of the certificate that a new connection sees."""
    with tls_client(lb, ca.client_context(), **more) as client:
        assert client.request().status == 200
        return int(client.tls.getpeercert()["serialNumber"], 16)


def wait_serial(lb, ca, wanted, **more):
    deadline = Deadline(ANSWER)
    while serial(lb, ca, **more) != wanted:
        assert not deadline.over(), lb.describe("the new certificate is not seen")


def test_sighup_reads_the_same_files_again(opslb, origin, ca):
    certificate = ca.issue("opslb.example.com")
    lb = opslb(backends=[origin()], workers=2, listeners=[listener(certificate.tls)])
    with tls_client(lb, ca.client_context()) as old:
        old.request()
        certificate.replace_by(ca.issue("opslb.example.com"))
        lb.reload(lb.config)
        assert all(serial(lb, ca) == certificate.serial for _ in range(10))  # at every worker
        assert old.request().status == 200  # the connection of before stays


def test_files_that_change_are_read_again_by_themselves(opslb, origin, ca):
    certificate, other = ca.issue("opslb.example.com"), ca.issue("other.example.com")
    lb = opslb(backends=[origin()], workers=2, listeners=[listener({**certificate.tls, "certificates": [other.tls]})])
    with tls_client(lb, ca.client_context()) as old:
        old.request()
        certificate.replace_by(ca.issue("opslb.example.com"))
        lb.wait_log("certificates reloaded")
        wait_serial(lb, ca, certificate.serial)
        since = len(lb.log_lines)
        other.replace_by(ca.issue("other.example.com"))
        lb.wait_log("certificates reloaded", since=since)
        wait_serial(lb, ca, other.serial, server_name="other.example.com")
        assert old.request().status == 200


def test_what_hurts_about_a_new_certificate_is_warned_of(opslb, origin, ca):
    certificate = ca.issue("opslb.example.com")
    lb = opslb(backends=[origin()], listeners=[listener(certificate.tls)])
    certificate.replace_by(ca.issue("opslb.example.com", not_after=now() + 9 * DAY))
    lb.wait_log(r'warn  listeners\[0\]\.tls\.certificate: "CN=opslb\.example\.com" expires on ')


def test_the_cas_of_the_hosts_are_read_again(opslb, tmp_path):
    wrong = Authority(tmp_path / "wrong", "Another CA")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(open(wrong.file, "rb").read())
    with contextlib.closing(OkOrigin(tls=tls_peers.of_a_host)) as host:
        lb = opslb(backends=[host], backend_tls={"ca": str(trusted)}, health_check={"interval": "200ms"}, timeouts={"hold": "0s"})
        with RawClient(lb.port()) as client:
            assert client.request().status == 503
        trusted.write_bytes(open(tls_peers.authority().file, "rb").read())
        lb.wait_log("certificates for the backends reloaded")
        with RawClient(lb.port()) as client:
            assert client.request().status == 200


def test_a_list_of_revoked_certificates_is_read_again(opslb, origin, ca, tmp_path):
    agent = ca.issue(client="agent-1")
    crl = tmp_path / "agents.crl"
    crl.write_bytes(open(ca.revoke(), "rb").read())
    tls = {**ca.issue("opslb.example.com").tls, "client_ca": ca.file, "crl": str(crl), "client_certificate": "required"}
    lb = opslb(backends=[origin()], listeners=[listener(tls)])
    assert alert(lb, ca.client_context(agent)) is None
    crl.write_bytes(open(ca.revoke(agent), "rb").read())
    lb.wait_log("certificates reloaded")
    deadline = Deadline(ANSWER)
    while alert(lb, ca.client_context(agent)) is None:
        assert not deadline.over()


def test_a_key_that_does_not_fit_is_told_once_and_the_old_pair_stays(opslb, origin, ca):
    certificate = ca.issue("opslb.example.com")
    before = certificate.serial
    lb = opslb(backends=[origin()], listeners=[listener(certificate.tls)])
    good_key = open(certificate.key, "rb").read()
    with open(certificate.key, "wb") as file:
        file.write(open(ca.issue("x.example.com").key, "rb").read())
    lb.wait_log("certificates not reloaded, the old ones stay in use: .* does not fit the certificate")
    assert serial(lb, ca) == before
    with open(certificate.key, "wb") as file:
        file.write(good_key)
    lb.wait_log("certificates reloaded")  # which comes three looks later
    assert sum("not reloaded" in line for line in lb.log_lines) == 1
    assert serial(lb, ca) == before


@pytest.mark.parametrize("spoil, words", [
    (lambda certificate: certificate.write_text(""), "has no certificate in PEM form"),
    (pathlib.Path.unlink, "cannot be opened: No such file"),
])
def test_a_certificate_that_is_gone_does_not_stop_the_service(opslb, origin, ca, spoil, words):
    certificate = ca.issue("opslb.example.com")
    lb = opslb(backends=[origin()], listeners=[listener(certificate.tls)])
    spoil(pathlib.Path(certificate.certificate))
    lb.wait_log(f"certificates not reloaded, the old ones stay in use: .*{words}")
    assert serial(lb, ca) == certificate.serial


def test_a_reload_with_a_bad_certificate_changes_nothing(opslb, origin, ca, tmp_path):
    certificate = ca.issue("opslb.example.com")
    lb = opslb(backends=[origin()], listeners=[listener(certificate.tls)])
    since = len(lb.log_lines)
    lb.write({**lb.config, "workers": 1, "listeners": [listener(ca.issue("a", passphrase="secret").tls)]})
    lb.signal(signal.SIGHUP)
    lb.wait_log(r"listeners\[0\]\.tls\.key: .* has a passphrase", since=since)
    lb.wait_log("configuration not reloaded, the old one stays in use", since=since)
    assert serial(lb, ca) == certificate.serial


def test_a_refused_reload_does_not_keep_new_certificates_out(opslb, origin, ca):
    """As where a renewal sends SIGHUP while somebody is at work on the file."""
    certificate = ca.issue("opslb.example.com")
    lb = opslb(backends=[origin()], listeners=[listener(certificate.tls)])
    certificate.replace_by(ca.issue("opslb.example.com"))
    lb.write("no configuration")
    lb.signal(signal.SIGHUP)
    lb.wait_log("configuration not reloaded, the old one stays in use")
    wait_serial(lb, ca, certificate.serial)


def test_new_certificates_are_used_whatever_became_of_those_for_the_hosts(opslb, origin, ca, tmp_path):
    certificate, hosts = ca.issue("opslb.example.com"), tmp_path / "hosts.pem"
    hosts.write_bytes(open(tls_peers.authority().file, "rb").read())
    with contextlib.closing(OkOrigin(tls=tls_peers.of_a_host)) as host:
        lb = opslb(backends=[host], listeners=[listener(certificate.tls)], backend_tls={"ca": str(hosts)})
        renewed = ca.issue("opslb.example.com")
        hosts.write_text("spoilt")
        certificate.replace_by(renewed)
        lb.wait_log("certificates for the backends not reloaded, the old one stays in use")
        wait_serial(lb, ca, renewed.serial)


def test_no_request_fails_while_certificates_are_replaced(opslb, origin, ca):
    certificate = ca.issue("opslb.example.com")
    lb = opslb(backends=[origin()], workers=2, listeners=[listener(certificate.tls)])
    over = threading.Event()
    failures, answered, seen = [], [], set()

    def ask(keeps_connection):
        context = ca.client_context()
        with contextlib.ExitStack() as stack:
            client = None
            while not over.is_set():
                try:
                    if client is None or not keeps_connection:
                        client = stack.enter_context(tls_client(lb, context))
                        seen.add(int(client.tls.getpeercert()["serialNumber"], 16))
                    answered.append(client.request().status)
                    if not keeps_connection:
                        client.close()
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(error)
                    return
    threads = [threading.Thread(target=ask, args=(keeps,)) for keeps in (True, False, False)]
    for thread in threads:
        thread.start()
    try:
        serials = {certificate.serial}
        for _ in range(2):
            since = len(lb.log_lines)
            certificate.replace_by(ca.issue("opslb.example.com"))
            serials.add(certificate.serial)
            lb.wait_log("certificates reloaded", since=since)
            wait_serial(lb, ca, certificate.serial)
            lb.signal(signal.SIGHUP)
            lb.wait_log("configuration reloaded", since=since)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert set(answered) == {200}
    assert seen <= serials
    assert certificate.serial in seen
