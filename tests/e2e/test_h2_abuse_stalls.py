"""Clients that begin and do not go on: each is bounded by a timeout that has a name in the configuration."""

import contextlib
import time

import pytest

from support import frames
from support.flood import costs_nobody_else
from support.frames import LARGEST_WINDOW, PREFACE, Code, Setting, continuation, data
from support.h2_front import BodyOrigin, H2Front
from support.header_block import literal
from support.raw import RawClient
from support.timeouts import scaled

SHORT = "700ms"
PATIENCE = 5.0  # far more than SHORT, far less than any default


@pytest.fixture(scope="module")
def h2_front(module_opslb):
    with contextlib.closing(BodyOrigin()) as origin:
        yield H2Front(module_opslb(backends=[origin], timeouts={
            "request_head": SHORT, "keep_alive": "20s", "idle": SHORT, "idle_for": {}}), origin)
        origin.check()


@pytest.mark.parametrize("start", [
    b"P", b"PRI * HT", PREFACE[:18], PREFACE[:-1], PREFACE, PREFACE + b"\0\0", PREFACE + frames.settings((1, 1))[:-1],
], ids=["1 byte", "8 bytes", "18 bytes", "all but 1 byte", "no settings", "2 bytes of settings", "settings that are cut"])
def test_a_preface_that_does_not_come_is_bounded_by_request_head(h2_front, start):
    with RawClient(h2_front.port) as client:
        client.send(start)
        assert client.wait_closed(PATIENCE) in ("fin", "reset")


def test_a_preface_that_comes_slowly_is_bounded_by_request_head(h2_front):
    began = time.monotonic()
    with RawClient(h2_front.port) as client:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for byte in PREFACE:
                client.send(bytes([byte]))
                if not client.is_silent(0.1):
                    break
        client.wait_closed(PATIENCE)
    assert time.monotonic() - began < scaled(PATIENCE)


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_a_header_block_that_does_not_end_is_bounded_by_request_head(h2, h2_front, pieces):
    with costs_nobody_else(h2_front):
        h2.send(h2.get(1, end_headers=False))
        for _ in range(pieces):
            h2.send(continuation(1, literal("x-test", "1"), end_headers=False))
        h2.expect_end(PATIENCE)
    assert h2.goaways and h2.goaways[-1][1] != Code.NO_ERROR


def test_a_header_block_that_goes_on_slowly_is_bounded_by_request_head(h2):
    h2.send(h2.get(1, end_headers=False))
    began = time.monotonic()
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        while time.monotonic() - began < scaled(PATIENCE):
            h2.send(continuation(1, literal("x-test", "1"), end_headers=False))
            if not h2.is_silent(0.1):
                break
    h2.expect_end(PATIENCE)
    assert time.monotonic() - began < scaled(PATIENCE)


def test_a_frame_that_is_cut_is_bounded_too(h2, h2_front):
    with costs_nobody_else(h2_front):
        h2.send(h2.get(1)[:-5])
        h2.expect_end(PATIENCE)


def test_a_body_that_does_not_go_on_is_bounded_by_idle(h2, h2_front):
    h2.send(h2.post(1) + data(1, b"the first"))
    answer = h2.answer(1)
    h2.wait(lambda: answer.ended or answer.reset is not None, "the end of the request", PATIENCE)
    assert answer.status == 408 or answer.reset not in (None, Code.NO_ERROR)
    h2.expect_it_goes_on(3)


@pytest.mark.parametrize("streams", [1, 100])
def test_bodies_that_the_client_gives_no_window_are_bounded_by_idle_and_in_memory(h2_front, streams):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, 0))
    target = f"/bytes/{10_000_000 + streams}"
    with costs_nobody_else(h2_front, 64 * 1024):
        numbers = range(1, 2 * streams, 2)
        client.send(b"".join(client.get(n, target) for n in numbers))
        for n in numbers:
            client.wait(lambda: client.answer(n).reset is not None, f"the end of stream {n}", PATIENCE)
            assert not client.answer(n).body and not client.answer(n).ended
    assert h2_front.lb.wait_access(lambda entry: entry.get("target") == target)["end"] == "idle timeout"


def test_a_connection_window_that_stays_shut_is_bounded_by_idle_and_in_memory(h2_front):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, LARGEST_WINDOW))
    with costs_nobody_else(h2_front, 64 * 1024):
        client.send(b"".join(client.get(n, "/bytes/10000000") for n in range(1, 40, 2)))
        for n in range(1, 40, 2):
            client.wait(lambda: client.answer(n).reset is not None, f"the end of stream {n}", PATIENCE)
    assert sum(len(client.answer(n).body) for n in range(1, 40, 2)) == frames.WINDOW
    client.grant(0, 1_000_000)
    client.expect_it_goes_on(41)


def test_a_client_that_does_not_read_is_bounded_by_idle_and_in_memory(h2_front):
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, LARGEST_WINDOW))
    client.grant(0, LARGEST_WINDOW - 100_000)
    with costs_nobody_else(h2_front, 64 * 1024):
        client.send(b"".join(client.get(n, "/bytes/100000000") for n in range(1, 20, 2)))
        h2_front.lb.wait_access(lambda entry: entry.get("target") == "/bytes/100000000", seconds=2 * PATIENCE)


def test_settings_that_are_never_acknowledged_are_an_error(h2_front):
    client = h2_front.connect(greets=False)
    client.replies = False
    client.send(PREFACE)
    client.send_settings()
    client.send(client.get(1))
    client.expect_answer(1)
    client.expect_goaway(Code.SETTINGS_TIMEOUT, seconds=PATIENCE)  # RFC 9113 6.5.3
