"""nghttp and h2load, of the library that opslb's own side of HTTP/2 is made with, and wrk: many requests, none lost."""

import re

import pytest

from support.fronts import HTTP1, HTTP2
from support.site import MUCH, SOME, body_in, run

SIZES = [SOME, pytest.param(MUCH, marks=pytest.mark.slow)]


def frames(told, kind):
    """How many frames of that kind nghttp tells of having received."""
    return len(re.findall(rf"recv {kind} frame", told))


@pytest.mark.fronts(*HTTP2)
def test_nghttp_gets(site, front):
    target = f"/_sim/plain?{front}"
    told = run("nghttp", "--no-verify-peer", "--verbose", "--null-out", site.url(front, target))
    assert ":status: 200" in told
    assert frames(told, "SETTINGS") >= 2 and frames(told, "HEADERS") == 1
    assert not frames(told, "RST_STREAM") and not frames(told, "PUSH_PROMISE")
    assert site.protocol_of(target) == front.protocol


@pytest.mark.fronts(*HTTP2)
def test_nghttp_asks_a_hundred_at_once(site, front):
    told = run("nghttp", "--no-verify-peer", "--multiply", 100, "--stat", "--null-out",
               site.url(front, "/_sim/download?bytes=10000"))
    assert len(re.findall(r" 200 +\S+ /_sim/download", told)) == 100


@pytest.mark.fronts(*HTTP2)
@pytest.mark.parametrize("size", SIZES)
def test_nghttp_uploads_byte_for_byte(site, front, tmp_path, size):
    file, digest = body_in(tmp_path, size)
    receipt = run("nghttp", "--no-verify-peer", "--data", file, site.url(front, "/_sim/upload"))
    assert f'"{digest}"' in receipt and str(size) in receipt


@pytest.mark.fronts(*HTTP2)
def test_nghttp_sends_trailers_and_padding(site, front, tmp_path):
    (tmp_path / "body").write_bytes(b"sample")
    seen = run("nghttp", "--no-verify-peer", "--data", tmp_path / "body", "--no-content-length", "--trailer",
               "x-sum: 1", "--padding", 100, site.url(front, "/_sim/echo"))
    assert re.search(r'"x-sum"[^"]*"1"', seen)


def load(site, front, path, *arguments):
    """What h2load says of that many requests: (succeeded, failed)."""
    told = run("h2load", *(["--h1"] if not front.http2 else []), *arguments, site.url(front, path))
    assert f"{arguments[1]} total" in told
    return tuple(int(re.search(rf"(\d+) {word}", told)[1]) for word in ("succeeded", "failed"))


@pytest.mark.parametrize("path", ["/_sim/plain", "/_sim/download?bytes=100000", "/_sim/download?bytes=100000&chunked=1"])
def test_h2load_loses_no_request(site, front, path):
    streams = ["--max-concurrent-streams", 50] if front.http2 else []
    assert load(site, front, path, "--requests", 2000, "--clients", 10, *streams) == (2000, 0)


@pytest.mark.parametrize("size", [100, 100_000])
def test_h2load_posts(site, front, tmp_path, size):
    file, _ = body_in(tmp_path, size)
    streams = ["--max-concurrent-streams", 20] if front.http2 else []
    assert load(site, front, "/_sim/upload", "--requests", 500, "--clients", 5, *streams, "--data", file) == (500, 0)


@pytest.mark.fronts(*HTTP1)
def test_wrk_meets_no_error(site, front):
    told = run("wrk", "--threads", 2, "--connections", 16, "--duration", "1s", site.url(front, "/_sim/plain"))
    assert int(re.search(r"(\d+) requests in", told)[1]) > 50
    assert "Socket errors" not in told and "Non-2xx" not in told, told
