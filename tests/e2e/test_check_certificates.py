"""`opslb check`, a start and a reload look into the certificates and keys that a file names, and tell what is wrong with one at the
key that names it."""

import json
import os
import pathlib
import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from support.certificates import DAY, Authority, certificate_pem, now
from support.opslb import run


class Files:
    """Certificates with one fault each."""

    def __init__(self, directory):
        self.directory = directory
        self.root = Authority(directory / "root", "Root")
        self.lower = Authority(directory / "lower", "Lower", issuer=self.root)
        self.stranger = Authority(directory / "stranger", "Stranger")
        self.good = self.lower.issue("lb.example.com")

    def text(self, name, content):
        file = self.directory / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(0o600)
        return str(file)

    def chain(self, *certificates):
        return self.text(f"chain-{len(list(self.directory.iterdir()))}.pem", certificate_pem(*certificates))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp("files"))


@pytest.fixture
def check(tmp_path):
    """Findings of `opslb check`, each as (severity, path, message), with a certificate in use that is told of as TLS."""
    def run_check(tls, **more):
        file = tmp_path / "opslb.json"
        file.write_text(json.dumps({"listeners": [{"bind": "127.0.0.1:1", "tls": tls}], "backends": [{"url": "http://ops1"}], **more}, indent=1))
        result = run("check", "-c", file)
        found = [re.fullmatch(r"(warning: )?.*opslb\.json:\d+:\d+: ([^ ]+): (.*)", line).groups() for line in result.stderr.splitlines()]
        assert result.returncode == (1 if any(severity is None for severity, _, _ in found) else 0)
        return [("warning" if severity else "error", path.removeprefix("listeners[0].tls."), message) for severity, path, message in found]
    return run_check


def test_a_good_certificate_is_not_worth_a_word(check, files):
    assert check(files.good.tls) == []
    both = files.text("both.pem", open(files.good.certificate, "rb").read() + open(files.good.key, "rb").read())
    assert check({"certificate": both, "key": both}) == []


def test_an_error_stands_at_the_key_that_names_the_file(tmp_path, files):
    file = tmp_path / "opslb.json"
    file.write_text('{"listeners": [{"bind": "127.0.0.1:1",\n  "tls": {"certificate": "' + files.good.certificate + '",\n'
                    '          "key": "missing.key"}}],\n "backends": [{"url": "http://a"}]}')
    result = run("check", "-c", file)
    assert result.stderr == (f'{file}:3:18: listeners[0].tls.key: "{tmp_path}/missing.key" cannot be opened: '
                             "No such file or directory\n")


def cases(files):
    good = files.good
    der = files.good.x509.public_bytes(Encoding.DER)
    other = files.lower.issue("other.example.com")
    locked = files.lower.issue("locked.example.com", passphrase="secret")
    return {
        "no file": ({"certificate": "/nowhere/lb.pem", "key": good.key}, "certificate", "cannot be opened: No such file"),
        "no PEM": ({"certificate": files.text("notes.txt", "hello"), "key": good.key}, "certificate", "has no certificate in PEM form"),
        "empty": ({"certificate": files.text("empty.pem", ""), "key": good.key}, "certificate", "has no certificate in PEM form"),
        "a key in place of a certificate": ({"certificate": good.key, "key": good.key}, "certificate", "has no certificate in PEM form"),
        "binary": ({"certificate": files.text("lb.der", der), "key": good.key}, "certificate", "it is binary, convert it with: openssl x509 -inform der"),
        "damaged": ({"certificate": files.text("damaged.pem", open(good.certificate).read().replace("M", "N", 3)), "key": good.key},
                    "certificate", "certificate number 1 in .* cannot be read"),
        "a certificate in place of a key": ({"certificate": good.certificate, "key": good.certificate}, "key", "has no private key in PEM form"),
        "a key that does not fit": ({"certificate": good.certificate, "key": other.key}, "key", "does not fit the certificate in"),
        "a passphrase": (locked.tls, "key", "has a passphrase, which nobody can type for opslb; remove it with: openssl pkey -in "),
        "expired": (files.lower.issue("old.example.com", not_before=now() - 9 * DAY, not_after=now() - DAY).tls, "certificate",
                    '"CN=old.example.com" expired on .*; renew it'),
        "not valid yet": (files.lower.issue("new.example.com", not_before=now() + DAY).tls, "certificate",
                          '"CN=new.example.com" is not valid before .*; check this machine\'s clock'),
        "chain first": ({"certificate": files.chain(files.lower.x509, good.x509), "key": good.key}, "certificate",
                        'has the certificate of the key, "CN=lb.example.com", as number 2; put it first'),
        "chain in disorder": ({"certificate": files.chain(good.x509, files.root.x509, files.lower.x509), "key": good.key}, "certificate",
                              'has its chain in the wrong order: number 2, "CN=Root", signed none of those before it'),
        "client CA": ({**good.tls, "client_ca": good.key, "client_certificate": "required"}, "client_ca", "has no certificate in PEM form"),
        "list": ({**good.tls, "client_ca": files.root.file, "crl": files.root.file, "client_certificate": "required"}, "crl",
                 "has no certificate revocation list in PEM form"),
    }


CASES = ["no file", "no PEM", "empty", "a key in place of a certificate", "binary", "damaged", "a certificate in place of a key",
         "a key that does not fit", "a passphrase", "expired", "not valid yet", "chain first", "chain in disorder", "client CA", "list"]


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_with_a_file_is_an_error(check, files, case):
    tls, path, words = cases(files)[case]
    errors = [(where, message) for severity, where, message in check(tls) if severity == "error"]
    assert len(errors) == 1
    assert errors[0][0] == path
    assert re.search(words, errors[0][1])


def test_the_table_is_complete(files):
    assert list(cases(files)) == CASES


def test_a_further_certificate_is_looked_into_as_well(check, files):
    found = check({**files.good.tls, "certificates": [files.good.tls, {"certificate": files.good.certificate, "key": "/nowhere"}]})
    assert [(severity, path) for severity, path, _ in found] == [("error", "certificates[1].key")]


def test_what_is_wrong_with_all_of_them_is_told_at_once(check, files):
    found = check({"certificate": "/nowhere/a", "key": "/nowhere/b", "client_ca": "/nowhere/c", "crl": "/nowhere/d"},
                  backend_tls={"ca": "/nowhere/e", "certificate": "/nowhere/f", "key": "/nowhere/g"})
    assert [path for severity, path, _ in found if severity == "error"] == [
        "certificate", "key", "client_ca", "crl", "backend_tls.ca", "backend_tls.certificate", "backend_tls.key"]


def warned(files):
    soon = files.lower.issue("soon.example.com", not_after=now() + 29 * DAY)
    nameless = files.lower.issue(common_name="nameless")
    return {
        "ends soon": (soon.tls, "certificate", '"CN=soon.example.com" expires on .*; renew it'),
        "not for servers": (files.lower.issue(client="client").tls, "certificate", "was not made for a server"),
        "no name": (nameless.tls, "certificate", "has no subjectAltName"),
        "stray certificate": ({"certificate": files.chain(files.good.x509, files.lower.x509, files.stranger.x509), "key": files.good.key},
                              "certificate", 'has a certificate that signed none of the others, "CN=Stranger"; remove it'),
        "no CA": ({**files.good.tls, "client_ca": files.good.certificate, "client_certificate": "required"}, "client_ca", "is not a CA's certificate"),
        "list of another CA": ({**files.good.tls, "client_ca": files.root.file, "crl": files.stranger.revoke(), "client_certificate": "required"},
                               "crl", 'has no list of "CN=Root"'),
        "old list": ({**files.good.tls, "client_ca": files.root.file, "crl": files.root.revoke(next_update=now() - DAY),
                      "client_certificate": "required"}, "crl", 'the list of "CN=Root" was to be renewed on'),
    }


WARNED = ["ends soon", "not for servers", "no name", "stray certificate", "no CA", "list of another CA", "old list"]


@pytest.mark.parametrize("case", WARNED)
def test_what_works_but_hurts_is_warned_of(check, files, case):
    tls, path, words = warned(files)[case]
    found = check(tls)
    assert {severity for severity, _, _ in found} == {"warning"}
    assert any(where == path and re.search(words, message) for _, where, message in found), found


def test_a_certificate_with_more_than_30_days_is_good(check, files):
    assert check(files.lower.issue("later.example.com", not_after=now() + 31 * DAY).tls) == []


def test_a_chain_that_was_signed_twice_is_good(check, files):
    again = Authority(files.directory / "again", "Root", issuer=files.stranger)
    assert check({"certificate": files.chain(files.good.x509, files.lower.x509, files.root.x509), "key": files.good.key}) == []
    assert again.x509.subject == files.root.x509.subject


def test_a_key_that_everybody_can_read_is_warned_of(check, files):
    certificate = files.lower.issue("lb.example.com")
    pathlib.Path(certificate.key).chmod(0o644)
    assert check(certificate.tls) == [
        ("warning", "key", f'every user of this machine can read the private key in "{certificate.key}"; run chmod o= on it')]
    pathlib.Path(certificate.key).chmod(0o640)
    assert check(certificate.tls) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_key_that_opslb_may_not_read_is_an_error(check, files):
    certificate = files.lower.issue("lb.example.com")
    pathlib.Path(certificate.key).chmod(0)
    assert "Permission denied" in check(certificate.tls)[0][2]


def test_a_start_is_refused_with_the_same_words(tmp_path, files):
    file = tmp_path / "opslb.json"
    tls = cases(files)["a passphrase"][0]
    file.write_text(json.dumps({"listeners": [{"bind": "127.0.0.1:0", "tls": tls}], "backends": [{"url": "http://ops1"}]}))
    result = run("run", "-c", file)
    assert result.returncode == 1
    assert "listeners[0].tls.key" in result.stderr
    assert "passphrase" in result.stderr
