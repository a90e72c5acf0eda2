"""Header blocks that are meant to cost much: endless ones, and those that grow when they are decoded (RFC 9113 10.5.1,
RFC 7541 7.3)."""

import contextlib
import itertools

import pytest

from support.flood import costs_nobody_else, keep_sending, sends_it_away
from support.frames import LARGEST, Code, Setting, continuation, headers
from support.h2_front import BodyOrigin, H2Front
from support.header_block import FIRST_DYNAMIC, block, indexed, inserted, literal, table_size
from support.timeouts import ANSWER

LOG = "header block far too large|CONTINUATION flood"


@pytest.fixture
def h2_front(opslb):
    """One for each test: the log tells of abuse once in a while only."""
    with contextlib.closing(BodyOrigin()) as origin:
        yield H2Front(opslb(backends=[origin]), origin)


def endless(h2, piece):
    return itertools.chain([h2.get(1, end_headers=False)],
                           itertools.repeat(continuation(1, piece, end_headers=False), 100_000))


@pytest.mark.parametrize("piece", [
    b"", literal("a", "b"), literal("x-test", "x" * 100), literal("x-test", "x" * (LARGEST - 20)),
    literal("", ""), indexed(2), literal("cookie", "a=b"), inserted("x-test", "x" * 4000),
], ids=["empty", "tiny", "small", "full", "no name", "pseudo-header fields", "cookies", "insertions"])
def test_continuation_without_end_is_sent_away(h2, h2_front, piece):
    sends_it_away(h2_front, endless(h2, piece), LOG, h2)


def test_a_block_in_thousands_of_tiny_pieces_is_sent_away(h2, h2_front):
    whole = block(*h2.fields(), *[("x-test", "x" * 100)] * 200)
    sends_it_away(h2_front, itertools.chain(
        [headers(1, b"", end_headers=False)],
        (continuation(1, whole[at:at + 1], end_headers=False) for at in range(len(whole)))), LOG, h2)


def bombs(h2, per_block):
    """Requests that name the largest entry that the table takes again and again."""
    largest = 4096 - 32 - len("x-bomb")
    yield headers(1, block(*h2.fields()) + inserted("x-bomb", "x" * largest))
    for stream in range(3, 2000, 2):
        yield headers(stream, block(*h2.fields()) + indexed(FIRST_DYNAMIC) * per_block)


def test_a_block_that_decodes_to_64_mib_is_sent_away(h2, h2_front):
    sends_it_away(h2_front, bombs(h2, LARGEST - 200), LOG, h2)


def test_a_bomb_within_cookies_is_sent_away(h2, h2_front):
    largest = 4096 - 32 - len("cookie")
    sends_it_away(h2_front, itertools.chain(
        [headers(1, block(*h2.fields()) + inserted("cookie", "x" * largest))],
        (headers(stream, block(*h2.fields()) + indexed(FIRST_DYNAMIC) * 15_000) for stream in range(3, 200, 2))), LOG, h2)


def test_a_bomb_in_trailers_is_sent_away(h2, h2_front):
    largest = 4096 - 32 - len("x-bomb")
    sends_it_away(h2_front, [
        h2.post(1) + headers(1, inserted("x-bomb", "x" * largest) + indexed(FIRST_DYNAMIC) * 12_000)], LOG, h2)


def test_blocks_that_stay_just_within_the_limit_cost_little_memory(h2, h2_front):
    h2.grants = True
    with costs_nobody_else(h2_front, 64 * 1024):
        sender = keep_sending(h2, itertools.islice(bombs(h2, 14), 100))  # 56 KiB each
        for stream in range(3, 200, 2):
            h2.expect_answer(stream)
        sender.join()


@pytest.mark.parametrize("sizes", [(0, 4096), (4096, 0), (1, 2, 3)], ids=str)
def test_storms_of_table_sizes_cost_nobody_else(h2, h2_front, sizes):
    h2.grants = True
    with costs_nobody_else(h2_front):
        storm = b"".join(map(table_size, sizes))
        storm *= (LARGEST - 300) // len(storm)
        sender = keep_sending(h2, (headers(stream, storm + block(*h2.fields())) for stream in range(1, 400, 2)))
        h2.answer(399)
        while not h2.goaways and not h2.answer(399).ended and (got := h2.read_frame(ANSWER)) is not None:
            h2.take_in(got)
        sender.join()


def test_a_table_that_empties_with_every_request_costs_nobody_else(h2, h2_front):
    h2.grants = True
    fill = b"".join(inserted(f"x-{n}", "x" * 100) for n in range(25))
    with costs_nobody_else(h2_front):
        for stream in range(1, 400, 2):
            h2.send(headers(stream, table_size(0) + table_size(4096) + block(*h2.fields()) + fill))
            h2.expect_answer(stream)


def test_the_server_takes_no_larger_table_than_it_needs(h2):
    # Each connection may hold that much for its client.
    assert h2.settings.get(Setting.HEADER_TABLE_SIZE, 4096) <= 64 * 1024


def test_a_head_that_is_just_too_large_is_refused(h2, h2_front):
    h2.send(h2.get(1, "/", *[(f"x-{n}", "x" * 1000) for n in range(10)], end_headers=False)
            + b"".join(continuation(1, literal(f"y-{n}", "y" * 14_000), end_headers=n == 3) for n in range(4)))
    answer = h2.answer(1)
    h2.wait(lambda: answer.ended or answer.reset is not None or h2.goaways, "a refusal")
    assert answer.status == 431 or answer.reset is not None or h2.goaways[-1][1] == Code.ENHANCE_YOUR_CALM
