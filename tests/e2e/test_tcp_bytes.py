"""Raw TCP (`tcp_port`): whatever the ends say to each other arrives, as it was said and in bounded memory."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import struct
import subprocess
import threading

import pytest

from support.backings import TLS
from support.certificates import Authority
from support.raw import RawClient
from support.timeouts import ANSWER, SLOWNESS, Deadline, scaled

PATTERN = os.urandom(1 << 20)
MUCH = 200 * len(PATTERN)


@contextlib.contextmanager
def conversation(lb, hosts, **more):
    """Both ends of one connection through opslb."""
    with RawClient(lb.port(), **more) as client, hosts[0].next_tcp() as far:
        yield client, far


def send_much(end):
    for _ in range(MUCH // len(PATTERN)):
        end.send(PATTERN)
    end.half_close()


def digest_of_all(end, digests, name):
    digest = hashlib.sha256()
    while end.fill(60):
        digest.update(end.take(len(end.buffer)))
    digests[name] = digest.hexdigest()


def test_200_mb_pass_each_way_at_once(raw_tcp):
    lb, hosts = raw_tcp(workers=1)
    digests = {}
    with conversation(lb, hosts) as ends:
        threads = [threading.Thread(target=send_much, args=(each,)) for each in ends]
        threads += [threading.Thread(target=digest_of_all, args=(each, digests, name)) for name, each in enumerate(ends)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    expected = hashlib.sha256()
    for _ in range(MUCH // len(PATTERN)):
        expected.update(PATTERN)
    assert digests == {0: expected.hexdigest(), 1: expected.hexdigest()}
    entry = lb.wait_access()
    assert (entry["end"], entry["bytes_in"], entry["bytes_out"]) == ("done", MUCH, MUCH)


def test_messages_of_all_sizes_go_to_and_fro(raw_tcp):
    lb, hosts = raw_tcp()
    with conversation(lb, hosts) as (client, far):
        for size in (1, 2, 100, 16 * 1024, 100_000, 3, 1_000_000, 1):
            for sender, reader in ((client, far), (far, client)):
                thread = threading.Thread(target=sender.send, args=(PATTERN[:size],))
                thread.start()
                assert reader.read_exactly(size) == PATTERN[:size]
                thread.join()
        assert client.is_silent(0.05) and far.is_silent(0.05)


def message(number, answers, body):
    """A message of MongoDB's wire protocol, OP_MSG: its own length comes first."""
    return struct.pack("<iiii", 16 + len(body), number, answers, 2013) + body


def read_message(end):
    head = end.read_exactly(16)
    size, number, answers, kind = struct.unpack("<iiii", head)
    assert kind == 2013
    return number, answers, end.read_exactly(size - 16)


def test_a_conversation_in_the_wire_protocol(raw_tcp):
    lb, hosts = raw_tcp()
    with conversation(lb, hosts) as (client, far):
        client.send(message(1, 0, b"hello"))
        assert read_message(far) == (1, 0, b"hello")
        far.send(message(1, 1, b"maxWireVersion"))
        assert read_message(client) == (1, 1, b"maxWireVersion")
        client.send_slowly(message(2, 0, b"find") + message(3, 0, b"getMore"), size=7)  # two requests, in many pieces
        assert [read_message(far), read_message(far)] == [(2, 0, b"find"), (3, 0, b"getMore")]
        batches = [message(number, 2, PATTERN[:number * 100_000]) for number in range(2, 6)]
        sender = threading.Thread(target=far.send, args=(b"".join(batches),))
        sender.start()
        for number in range(2, 6):
            assert read_message(client) == (number, 2, PATTERN[:number * 100_000])
        sender.join()


@pytest.mark.parametrize("backing", [TLS], indirect=True, ids=str)
def test_an_https_url_adds_no_tls(raw_tcp):
    lb, hosts = raw_tcp()
    assert hosts[0].url.startswith("https://")
    with conversation(lb, hosts) as (client, far):
        client.send("plain")
        assert far.read_exactly(5) == b"plain"


def test_the_host_may_speak_first(raw_tcp):
    lb, hosts = raw_tcp()
    with conversation(lb, hosts) as (client, far):
        far.send("220 welcome")
        assert client.read_exactly(11) == b"220 welcome"


def test_what_looks_like_http_is_no_http_here(raw_tcp):
    lb, hosts = raw_tcp()
    said = b"GET /monitor/health HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n"
    with conversation(lb, hosts) as (client, far):
        client.send(said + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x16\x03\x01")
        client.half_close()
        assert far.read_to_end() == said + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x16\x03\x01"


@pytest.mark.parametrize("first", [0, 1], ids=["client", "host"])
def test_either_end_may_close_its_half_first(raw_tcp, first):
    lb, hosts = raw_tcp()
    with conversation(lb, hosts) as ends:
        early, late = ends[first], ends[1 - first]
        early.send(PATTERN[:1000])
        early.half_close()
        assert late.read_to_end() == PATTERN[:1000]
        for _ in range(3):  # the other half goes on
            late.send(PATTERN[:200_000])
            assert early.read_exactly(200_000) == PATTERN[:200_000]
        late.half_close()
        assert early.wait_closed() == "fin"
    assert lb.wait_access()["end"] == "done"


def resident(lb):
    """KiB of memory that the process has in use."""
    status = pathlib.Path(f"/proc/{lb.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


@pytest.mark.skipif(SLOWNESS > 1, reason="a sanitizer keeps what was freed for a while")
def test_an_end_that_reads_nothing_holds_the_other_one_back(raw_tcp):
    lb, hosts = raw_tcp(workers=1)
    with conversation(lb, hosts) as warm:
        warm[0].send("x")
        assert warm[1].read_exactly(1) == b"x"
    before = resident(lb)
    pairs = []
    try:
        for _ in range(20):
            client = RawClient(lb.port())
            far = hosts[0].next_tcp()
            pairs.append((client, far))
            sent = 0
            while size := far.send_some(PATTERN[sent % len(PATTERN):], 0.2):  # until nobody takes more
                sent += size
            assert sent < 64 * 1024 * 1024  # what the sockets hold and one pipe
        assert resident(lb) < before + 8 * 1024
        client, far = pairs[-1]
        far.half_close()
        whole, rest = divmod(sent, len(PATTERN))
        assert client.read_to_end() == PATTERN * whole + PATTERN[:rest]  # and nothing was lost
    finally:
        for client, far in pairs:
            client.close()
            far.close()


def descriptors(lb):
    return len(list(pathlib.Path(f"/proc/{lb.pid}/fd").iterdir()))


def test_connections_that_have_ended_leave_no_descriptor_behind(raw_tcp):
    lb, hosts = raw_tcp(workers=1)
    before = descriptors(lb)
    for number in range(60):
        with conversation(lb, hosts) as (client, far):
            client.send(PATTERN[:300_000])
            assert far.read_exactly(300_000) == PATTERN[:300_000]
            if number % 3 == 0:
                client.reset()
            elif number % 3 == 1:
                far.reset()
    lb.wait_access(lambda entry: len(lb.access_log) >= 60)
    deadline = Deadline(ANSWER)  # the last descriptor is closed right behind its line in the log
    while descriptors(lb) > before + 10 and not deadline.over():
        threading.Event().wait(0.02)
    assert descriptors(lb) <= before + 10  # and a few pipes, which are kept for a while


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_tls_between_client_and_host_is_theirs_alone(raw_tcp, tmp_path):
    lb, hosts = raw_tcp()
    ca = Authority(tmp_path)
    pair = ca.issue("queryable.example.com")
    port = hosts[0].tcp_port
    hosts[0].pause_tcp()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pair.certificate, "-key", pair.key, "-rev"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        while b"ACCEPT" not in server.stdout.readline():
            assert server.poll() is None
        client = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{lb.port()}", "-CAfile", ca.file, "-verify_return_error",
             "-verify_hostname", "queryable.example.com", "-quiet"],
            input=b"hello through opslb\nCLOSE\n", capture_output=True, timeout=scaled(ANSWER), check=False)
        assert b"blspo hguorht olleh" in client.stdout, client
    finally:
        server.kill()
        server.wait()
