"""Frames by the thousand that lead nowhere (RFC 9113 10.5): whoever sends them is asked to calm down and closed."""

import contextlib
import itertools

import pytest

from support import frames
from support.flood import costs_nobody_else, keep_sending, sends_it_away
from support.frames import LARGEST, Code, Setting, data, frame, ping, priority, rst_stream, window_update
from support.h2_front import BodyOrigin, H2Front

STREAMS = range(1, 2**31, 2)
MANY = 200_000  # frames; far more than anybody is let through
TAKEN_BACK = "too many requests opened and taken back"
EMPTY = "flood of empty DATA"
UNKNOWN = "flood of unknown frames"


def by_thousand(one):
    return itertools.repeat(one * 1000, MANY // 1000)


def by_stream(make, most=20_000):
    """make(stream) for one stream after the other."""
    return (make(stream) for stream in STREAMS[:most])


# What is sent, given the client, and what the log says of it.
FLOODS = {
    "rapid reset": (lambda h2: by_stream(lambda n: h2.get(n) + rst_stream(n)), TAKEN_BACK),
    "rapid reset of uploads": (lambda h2: by_stream(lambda n: h2.post(n) + rst_stream(n)), TAKEN_BACK),
    "rapid reset with a body": (lambda h2: by_stream(lambda n: h2.post(n) + data(n, b"x" * 10) + rst_stream(n)), TAKEN_BACK),
    "SETTINGS": (lambda h2: by_thousand(frames.settings()), "SETTINGS flood"),
    "SETTINGS with values": (lambda h2: by_thousand(frames.settings((Setting.MAX_CONCURRENT_STREAMS, 1),
                                                                    (Setting.HEADER_TABLE_SIZE, 0))), "SETTINGS flood"),
    "SETTINGS with thousands of values": (lambda h2: itertools.repeat(
        frames.settings(*[(Setting.MAX_CONCURRENT_STREAMS, n) for n in range(LARGEST // 6)]), 2000), "SETTINGS flood"),
    "a window that opens and shuts": (lambda h2: itertools.chain(
        [h2.get(1, "/bytes/100000")],
        itertools.repeat(b"".join(frames.settings((Setting.INITIAL_WINDOW_SIZE, size)) for size in (0, 1)) * 100, 1000)),
        "SETTINGS flood"),
    # CVE-2019-9511: whatever is granted byte by byte makes a frame of every byte.
    "a window that grows by a byte for each of many streams": (lambda h2: itertools.chain(
        [frames.settings((Setting.INITIAL_WINDOW_SIZE, 0)), *(h2.get(n, "/bytes/100000") for n in STREAMS[:100])],
        (frames.settings((Setting.INITIAL_WINDOW_SIZE, size)) for size in range(1, 60_000))), "SETTINGS flood"),
    "a window of one stream that grows by a byte": (lambda h2: itertools.chain(
        [frames.settings((Setting.INITIAL_WINDOW_SIZE, 0)), h2.get(1, "/bytes/100000")],
        itertools.repeat(window_update(1, 1), 60_000)), "WINDOW_UPDATE flood"),
    "PING": (lambda h2: by_thousand(ping()), "PING flood"),
    "PING with ACK": (lambda h2: by_thousand(ping(ack=True)), "PING flood"),
    "empty DATA": (lambda h2: itertools.chain([h2.post(1)], by_thousand(data(1))), EMPTY),
    "DATA of nothing but padding": (lambda h2: itertools.chain([h2.post(1)], by_thousand(data(1, pad=0))), EMPTY),
    "PRIORITY": (lambda h2: by_thousand(priority(1, on=3)), "PRIORITY flood"),
    "PRIORITY of ever new streams": (lambda h2: by_stream(lambda n: priority(n, on=max(n - 2, 0)), MANY), "PRIORITY flood"),
    "WINDOW_UPDATE on the connection": (lambda h2: by_thousand(window_update(0, 1)), "WINDOW_UPDATE flood"),
    "WINDOW_UPDATE on a stream": (lambda h2: itertools.chain([h2.post(1)], by_thousand(window_update(1, 1))),
                                  "WINDOW_UPDATE flood"),
    "RST_STREAM of a stream that is over": (lambda h2: itertools.chain([h2.get(1)], by_thousand(rst_stream(1))), TAKEN_BACK),
    "unknown frames": (lambda h2: by_thousand(frame(0x16, 0, 0, b"")), UNKNOWN),
    "unknown frames of full size": (lambda h2: itertools.repeat(frame(0x16, 0, 0, bytes(LARGEST)), 20_000), UNKNOWN),
    "unknown frames on a stream": (lambda h2: itertools.chain([h2.post(1)], by_thousand(frame(0xee, 0, 1, b"x"))), UNKNOWN),
    "GOAWAY": (lambda h2: itertools.chain([h2.post(1)], by_thousand(frames.goaway())), UNKNOWN),
}


@pytest.fixture
def h2_front(opslb):
    """One for each test: the log tells of abuse once in a while only."""
    with contextlib.closing(BodyOrigin()) as origin:
        yield H2Front(opslb(backends=[origin]), origin)


@pytest.mark.parametrize("case", FLOODS)
def test_it_is_sent_away(h2, h2_front, case):
    flood, log = FLOODS[case]
    h2.unacknowledged += [None] * MANY  # SETTINGS may be among it
    sends_it_away(h2_front, flood(h2), log, h2)


def test_streams_beyond_the_limit_are_refused_but_not_for_ever(h2, h2_front):
    h2.send(b"".join(h2.post(n) for n in STREAMS[:h2.settings[Setting.MAX_CONCURRENT_STREAMS]]))
    h2.expect_pong()
    with costs_nobody_else(h2_front):
        sender = keep_sending(h2, (h2.get(n) for n in STREAMS[2000:22_000]))
        h2.expect_goaway(Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR)  # RFC 9113 5.1.2 leaves the choice
        sender.join()


def test_rapid_resets_leave_the_backend_in_peace(h2, h2_front):
    before = h2_front.origin.connections
    sends_it_away(h2_front, by_stream(lambda n: h2.get(n) + rst_stream(n)), TAKEN_BACK, h2)
    assert h2_front.origin.connections - before < 2000


def dribble(h2, streams, grant):
    """As slowly as it takes to see that every grant was used: grant(n) is sent, and a PING behind it answered."""
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 0))
    h2.send(b"".join(h2.get(n, "/bytes/100000") for n in STREAMS[:streams]))
    for n in STREAMS[:streams]:
        h2.expect_head(n)
    for n in range(1, 10_000):
        grant(n)
        h2.wait(lambda: h2.goaways or len(h2.answer(1).body) == n, f"byte {n}")
        if h2.goaways:
            return
    raise AssertionError(h2.describe("nobody minded"))


@pytest.mark.parametrize("streams, way", [(100, "settings"), (1, "window")])
def test_windows_that_grow_by_a_byte_at_a_time_are_not_paid_for_by_what_they_move(h2, h2_front, streams, way):
    # CVE-2019-9511: a frame for every byte.
    with costs_nobody_else(h2_front):
        dribble(h2, streams, lambda n: (h2.send_settings((Setting.INITIAL_WINDOW_SIZE, n)) if way == "settings"
                                        else h2.grant(1, 1)))
        h2.expect_goaway(Code.ENHANCE_YOUR_CALM)
