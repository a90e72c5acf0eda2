"""opslb knows which version each host runs: from the answers that tell it, or from the version manifest; and says when hosts
differ."""

import json

import pytest

from support.raw import OkOrigin, RawClient

FAST = {"interval": "50ms"}


def manifest(version, *more):
    body = json.dumps({"versions": [{"version": "1.2.3"}], "version": version}).encode()
    head = "\r\n".join(["HTTP/1.1 200 OK", *more, f"Content-Length: {len(body)}", "", ""])
    return head.encode() + body


def chunked_manifest(version):
    body = json.dumps({"version": version}).encode()
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in body)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def test_hosts_that_differ_are_told_and_when_it_is_over(opslb, simulator):
    ops1, ops2, ops3 = (simulator(f"ops{number}", "--version", "8.0.4") for number in (1, 2, 3))
    lb = opslb(backends=[ops1, ops2, ops3], health_check=FAST)
    ops1.set_version("8.0.5")
    lb.wait_log("hosts differ, so Ops Manager is in Upgrade Mode: ops2 and ops3 run 8.0.4, ops1 runs 8.0.5")
    ops2.set_version("8.0.5")
    lb.wait_log("Upgrade Mode: ops3 runs 8.0.4, ops1 and ops2 run 8.0.5")
    ops3.set_version("8.0.5")
    lb.wait_log("Upgrade Mode is over: all hosts run 8.0.5")
    assert len([line for line in lb.log_lines if "Upgrade Mode" in line]) == 3


@pytest.mark.backings()
@pytest.mark.parametrize("answer", [
    manifest("8.0.5"), manifest("8.0.5.500.2025"), chunked_manifest("8.0.5"),
    b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps({"version": "8.0.5"}).encode(),
    b"HTTP/1.1 404 Not Found\r\nX-MongoDB-Service-Version: gitHash=1; versionString=8.0.5.1\r\n\r\n"],
    ids=["length", "with a build", "chunks", "until the end", "header of another answer"])
def test_a_host_that_tells_nothing_is_asked(opslb, origin, answer):
    ops1, ops2 = origin(), origin()
    ops1.manifest, ops2.manifest = answer, manifest("8.0.4")
    lb = opslb(backends=[ops1, ops2], health_check=FAST)
    lb.wait_log("Upgrade Mode: ops2 runs 8.0.4, ops1 runs 8.0.5")
    question = ops1.questions[0]
    assert question.target == "/api/public/v1.0/unauth/versionManifest"
    assert question.get("user-agent").startswith("opslb-health/")
    assert question.get("authorization") is None
    ops1.wait_health_checks(len(ops1.health_checks) + 3)
    assert len(ops1.questions) == 1  # it is known


@pytest.mark.parametrize("answer", [
    None, b"HTTP/1.1 302 Found\r\nLocation: /user/login\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n<html>8.0.5</html>    ", b"HTTP/1.1 200 OK\r\nContent-Le", b"garbage",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"[" * 9_000_000,
    b"HTTP/1.1 500 Oops\r\nContent-Length: 20\r\n\r\n" + b'{"version": "8.0.5"}'],
    ids=["404", "redirect", "HTML", "half a head", "garbage", "endless", "500"])
def test_what_is_no_version_leaves_it_unknown(opslb, origin, answer):
    ops1, ops2 = origin(), origin()
    ops1.manifest, ops2.manifest = answer, manifest("8.0.4")
    lb = opslb(backends=[ops1, ops2], health_check=FAST | {"timeout": "300ms"})
    ops1.wait_questions(1)
    ops1.wait_health_checks(len(ops1.health_checks) + 10)
    assert not any("Upgrade Mode" in line or "is down" in line for line in lb.log_lines)
    assert len(ops1.questions) == 1  # not with every check


def test_a_version_in_a_clients_answer_counts(opslb, origin):
    class Telling(OkOrigin):
        version = "8.0.4"

        def _echo(self, request, conn):
            told = f"\r\nX-MongoDB-Service-Version: gitHash=abc; versionString={self.version}.500\r\n".encode()
            return super()._echo(request, conn).replace(b"\r\n", told, 1)
    ops1, ops2 = origin(Telling), origin(Telling)
    lb = opslb(backends=[ops1, ops2], balance="round_robin", health_check={"interval": "1h"})
    with RawClient(lb.port()) as client:
        def ask_both():
            for _ in range(2):
                assert client.request().get("x-mongodb-service-version")
        ask_both()
        ops2.version = "8.0.5"
        ask_both()
        lb.wait_log("Upgrade Mode: ops1 runs 8.0.4, ops2 runs 8.0.5")
        ops1.version = "8.0.5"
        ask_both()
        lb.wait_log("Upgrade Mode is over: all hosts run 8.0.5")
    assert not ops1.questions and not ops2.questions


def test_a_host_that_was_away_is_asked_anew(opslb, origin):
    ops1, ops2 = origin(), origin()
    ops1.manifest = ops2.manifest = manifest("8.0.4")
    lb = opslb(backends=[ops1, ops2], health_check=FAST)
    ops1.wait_questions(1)
    ops2.wait_questions(1)
    ops1.health = 500
    lb.wait_log("backend ops1 is down")
    ops1.manifest = manifest("8.0.5")
    ops1.health = 200
    lb.wait_log("Upgrade Mode: ops2 runs 8.0.4, ops1 runs 8.0.5")
    assert len(ops1.questions) == 2
