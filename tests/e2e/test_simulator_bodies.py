"""The Ops Manager simulator shows what arrived byte for byte, and sends what a test can check."""

import base64
import hashlib
import json
import os
import re
import struct
import time

import pytest

from support.simulator_client import curl, request, simulator, simulator_with, wait_until


def test_echo_shows_the_request_byte_for_byte(simulator):
    raw = (b"PURGE /_sim/echo?a=%2f&b=%zz HTTP/1.1\r\nhOsT: x\r\nX-Two:  a \r\nX-Two: b\r\nX-Bytes: \xe9\xff\r\n\r\n")
    with simulator.connect() as client:
        client.send(raw)
        seen = json.loads(client.response()[2])
        name, port = client.socket.getsockname()
    assert base64.b64decode(seen["head_base64"]) == raw
    assert (seen["method"], seen["target"]) == ("PURGE", "/_sim/echo?a=%2f&b=%zz")
    assert seen["headers"][:3] == [["hOsT", "x"], ["X-Two", "a"], ["X-Two", "b"]]
    assert seen["peer"] == {"address": name, "port": port}
    assert seen["local"]["port"] == simulator.port


def test_echo_shows_chunked_bodies_and_trailers(simulator):
    with simulator.connect() as client:
        client.send(request("POST", "/_sim/echo", "Transfer-Encoding: chunked",
                            body=b"3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"))
        client.send(request("GET", "/_sim/plain"))
        seen = json.loads(client.response()[2])
        assert client.response()[0] == 200
    assert seen["body_bytes"] == 13
    assert seen["body_sha256"] == hashlib.sha256(b"abc0123456789").hexdigest()
    assert seen["trailers"] == [["X-One", "1"], ["X-Two", "2"]]


@pytest.mark.parametrize("lines", [
    ["Content-Length: 3", "Transfer-Encoding: chunked"],
    ["Content-Length: 3", "Content-Length: 3"],
    ["Content-Length: +3"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Host: a", "Host: b"],
])
def test_ambiguous_requests_are_refused(simulator, lines):
    with simulator.connect() as client:
        client.send(request("POST", "/_sim/echo", *lines, body=b"abc"))
        assert client.response()[0] == 400
        assert client.at_end()


def test_an_upload_is_summed_and_invited(simulator):
    data = os.urandom(3_000_000)
    with simulator.connect() as client:
        client.send(request("PUT", "/_sim/upload", "Expect: 100-continue", f"Content-Length: {len(data)}"))
        assert client.head()[0] == 100
        client.send(data)
        _, headers, body = client.response()
    assert json.loads(body)["bytes"] == len(data)
    assert headers["x-sha256"] == hashlib.sha256(data).hexdigest()


def test_an_early_answer_does_not_invite_the_body(simulator):
    with simulator.connect() as client:
        client.send(request("POST", "/_sim/status?code=403&read=0", "Expect: 100-continue", "Content-Length: 1000"))
        status, headers, _ = client.response()
        assert (status, headers["connection"]) == (403, "close")
        assert client.at_end()


def test_answers_of_any_status_with_an_interim_one_before(simulator):
    with simulator.connect() as client:
        client.send(request("GET", "/_sim/status?code=503&interim=103&retry_after=7"))
        assert client.head()[0] == 103
        status, headers, _ = client.response()
        assert (status, headers["retry-after"]) == (503, "7")
        for code in (204, 304):
            client.send(request("GET", f"/_sim/status?code={code}"))
            status, headers, _ = client.response()
            assert status == code and "content-length" not in headers
        client.send(request("HEAD", "/_sim/status"))
        status, headers, _ = client.response(to="HEAD")
        assert status == 200 and int(headers["content-length"]) > 0
        client.send(request("GET", "/_sim/plain"))
        assert client.response()[2] == b"ok\n"


def pattern(size):
    """What /_sim/download sends: splitmix64 of each 8 bytes' position."""
    mask, words = 2**64 - 1, []
    for i in range(1, (size + 7) // 8 + 1):
        value = i * 0x9E3779B97F4A7C15 & mask
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & mask
        value = (value ^ value >> 27) * 0x94D049BB133111EB & mask
        words.append(value ^ value >> 31)
    return struct.pack(f"<{len(words)}Q", *words)[:size]


@pytest.mark.parametrize("size", [0, 1, 13, 65536, 200_003])
@pytest.mark.parametrize("framing", ["chunked=0", "chunked=1", "close=1"])
def test_downloads_are_the_same_bytes_in_every_framing(simulator, size, framing):
    _, headers, body = simulator.get(f"/_sim/download?bytes={size}&{framing}")
    assert body == pattern(size)
    assert headers["x-sha256"] == hashlib.sha256(body).hexdigest()


def test_a_download_can_be_slowed_down(simulator):
    begin = time.monotonic()
    _, _, body = simulator.get("/_sim/download?bytes=50000&rate=100000")
    assert len(body) == 50000 and time.monotonic() - begin > 0.4


def test_a_long_download_needs_no_memory(simulator_with):
    one = simulator_with()
    result = curl("-o", "/dev/null", "-w", "%{size_download}", f"{one.url}/_sim/download?bytes=500000000")
    assert result.stdout == b"500000000"
    with open(f"/proc/{one.process.pid}/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])
    assert peak < 64 * 1024


def test_the_diagnostic_archive_is_silent_and_then_streams(simulator):
    with simulator.connect() as client:
        begin = time.monotonic()
        client.send(request("GET", "/admin/diagnostics?silence=600ms&bytes=300000"))
        while not client.received:
            client.more()
        assert time.monotonic() - begin >= 0.6
        _, headers, body = client.response()
    assert headers["transfer-encoding"] == "chunked" and len(body) == 300000
    assert headers["x-sha256"] == hashlib.sha256(body).hexdigest()


def test_a_client_that_leaves_during_the_silence_is_noticed(simulator_with):
    one = simulator_with()
    with one.connect() as client:
        client.send(request("GET", "/admin/diagnostics?silence=1h"))
        wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 1)
    wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 0)


@pytest.mark.parametrize("framing, header, end", [
    ("chunked=0", b"Content-Length: 6000", b""),
    ("chunked=1", b"Transfer-Encoding: chunked", b"\r\n"),
])
def test_an_answer_can_break_off(simulator, framing, header, end):
    with simulator.connect() as client:
        client.send(request("GET", f"/_sim/break?after=5000&{framing}"))
        while client.more():
            pass
        assert header in client.received
        assert client.received.endswith(pattern(5000) + end)
