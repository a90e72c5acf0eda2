"""Frames at random, most of them right, many of them in the wrong place, some cut: whatever comes in, only HTTP/2 comes out (the
client reads strictly), and the next client is served. fuzz_http2 looks for the same within a process; here there are
sockets, backends and clients that vanish."""

import contextlib
import itertools
import random

import pytest

from support import fronts
from support.frames import (Kind, Setting, continuation, data, frame, goaway, headers, ping, priority, push_promise, rst_stream)
from support.header_block import block, inserted, literal, table_size
from support.timeouts import scaled

pytestmark = pytest.mark.fronts(fronts.H2)

CONNECTIONS = 100
PATHS = ["/", "/bytes/0", "/bytes/1", "/bytes/70000", "/bytes/3000000"]
FIELDS = [("x-test", "1"), ("content-length", "4"), ("te", "trailers"), ("cookie", "a=b"), ("expect", "100-continue"),
          ("UPPER", "1"), ("connection", "close"), ("host", "other")]


class Sender:
    """Makes frames for one connection."""

    def __init__(self, rng, h2):
        self._rng, self._h2 = rng, h2
        self._fresh = itertools.count(1, 2)
        self._used = [1]

    def stream(self):
        return self._rng.choice(self._used[-6:] + [0, 2] if self._rng.random() < 0.05 else self._used[-6:])

    def request(self, method, **how):
        self._used.append(next(self._fresh))
        more = self._rng.choices(FIELDS, k=self._rng.choice([0, 0, 0, 1, 2]))
        fields = block(*self._h2.fields(method, self._rng.choice(PATHS), *more))
        return headers(self._used[-1], fields, **how)

    # What the client has to remember, it sends by itself.

    def settings(self):
        size = self._rng.choice([0, 1, 1000, 65_535, 2**20])
        self._h2.send_settings((Setting.INITIAL_WINDOW_SIZE, size))
        return b""

    def grant(self, stream, size):
        self._h2.grant(stream, size)
        return b""

    def body(self):
        return data(self.stream(), bytes(self._rng.choice([0, 1, 4, 16_384])), end=self._rng.random() < 0.4,
                    pad=self._rng.choice([None, None, 0, 200]))

    def split(self):
        whole = self.request("GET", end_headers=False)
        return whole + continuation(self._used[-1], literal("x-more", "1"), end_headers=self._rng.random() < 0.9)

    def junk(self):
        kind = self._rng.choice([kind for kind in range(12) if kind not in (Kind.SETTINGS, Kind.WINDOW_UPDATE)])
        return frame(kind, self._rng.randrange(256), self.stream(),
                     self._rng.randbytes(self._rng.choice([0, 1, 4, 5, 8, 100])))

    def next(self):
        rng = self._rng
        return rng.choices([
            lambda: self.request("GET"), lambda: self.request("POST", end=False), self.body, self.split, self.settings,
            lambda: rst_stream(self.stream(), rng.randrange(20)), lambda: self.grant(self.stream(), rng.choice([1, 70_000])),
            lambda: self.grant(0, 70_000), ping, lambda: priority(self.stream(), on=rng.randrange(9)),
            lambda: headers(self.stream(), block(("x-trailer", "1"))), self.junk, goaway,
            lambda: push_promise(1, 2, b"\x82"), lambda: headers(self.stream(), rng.randbytes(20)),
            lambda: headers(next(self._fresh), table_size(rng.choice([0, 4096])) + inserted("x", "y")),
        ], [30, 20, 30, 5, 5, 8, 8, 8, 3, 2, 4, 2, 1, 0.2, 0.3, 0.3])[0]()


def leave(rng, h2):
    """One of the ways in which clients go."""
    how = rng.choice(["reset", "close", "half_close", "listen"])
    if how == "listen":
        with contextlib.suppress(TimeoutError):
            while (got := h2.read_frame(0.05)) is not None:
                h2.take_in(got)
    with contextlib.suppress(OSError):  # the server may have gone first
        getattr(h2, how, h2.close)()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_only_http2_goes_back_and_the_next_is_served(h2_front, seed):
    rng = random.Random(seed)
    for _ in range(CONNECTIONS):
        h2 = h2_front.connect(grants=True)
        sender = Sender(rng, h2)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for _ in range(rng.choice([2, 10, 40])):
                piece = sender.next()
                h2.send(piece if rng.random() < 0.99 else piece[:rng.randrange(len(piece) + 1)])
                if rng.random() < 0.2:
                    read_what_is_there(h2)
        leave(rng, h2)
    h2_front.connect().expect_it_goes_on(1)
    h2_front.close()


def read_what_is_there(h2):
    with contextlib.suppress(TimeoutError):
        for _ in range(20):
            if (got := h2.read_frame(0.001 / scaled(1))) is None:
                return
            h2.take_in(got)
