"""Single frames that are wrong in themselves, and those that have to be accepted (RFC 9113 4 and 6)."""

import pytest

from support import frames
from support.frames import (ACK, END_HEADERS, END_STREAM, LARGEST, PADDED, WITH_PRIORITY, Code, Kind, continuation, data,
                            frame, headers, ping, priority, rst_stream, window_update)
from support.header_block import literal

UNKNOWN = 0x16
MORE = literal("x-more", "1")

# What is sent on a connection without streams, and the code of the GOAWAY that has to come.
CONNECTION_ERRORS = {
    # 4.2, and the size of each frame
    "a PING of 7 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.PING, 0, 0, b"1234567")),
    "a PING of 9 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.PING, 0, 0, b"123456789")),
    "an empty PING": (Code.FRAME_SIZE_ERROR, frame(Kind.PING)),
    "a GOAWAY of 7 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.GOAWAY, 0, 0, bytes(7))),
    "SETTINGS of 3 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.SETTINGS, 0, 0, b"\0\3\0")),
    "SETTINGS of 8 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.SETTINGS, 0, 0, b"\0\3\0\0\0\x64\0\2")),
    "SETTINGS with ACK and payload": (Code.FRAME_SIZE_ERROR, frame(Kind.SETTINGS, ACK, 0, b"\0\3\0\0\0\x64")),
    "SETTINGS with ACK and a single byte": (Code.FRAME_SIZE_ERROR, frame(Kind.SETTINGS, ACK, 0, b"\0")),
    "a WINDOW_UPDATE of 3 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.WINDOW_UPDATE, 0, 0, b"\0\0\1")),
    "a WINDOW_UPDATE of 8 bytes": (Code.FRAME_SIZE_ERROR, frame(Kind.WINDOW_UPDATE, 0, 0, b"\0\0\0\1" * 2)),
    # The stream identifier
    "DATA on stream 0": (Code.PROTOCOL_ERROR, data(0, b"test", end=True)),
    "HEADERS on stream 0": (Code.PROTOCOL_ERROR, headers(0, b"\x82\x86\x84")),
    "PRIORITY on stream 0": (Code.PROTOCOL_ERROR, priority(0)),
    "RST_STREAM on stream 0": (Code.PROTOCOL_ERROR, rst_stream(0)),
    "CONTINUATION on stream 0": (Code.PROTOCOL_ERROR, continuation(0, MORE)),
    "SETTINGS on a stream": (Code.PROTOCOL_ERROR, frame(Kind.SETTINGS, 0, 1, b"\0\3\0\0\0\x64")),
    "PING on a stream": (Code.PROTOCOL_ERROR, frame(Kind.PING, 0, 3, bytes(8))),
    "GOAWAY on a stream": (Code.PROTOCOL_ERROR, frame(Kind.GOAWAY, 0, 1, bytes(8))),
    # Frames that a client may never send
    "PUSH_PROMISE": (Code.PROTOCOL_ERROR, frames.push_promise(1, 2, b"\x82\x86\x84")),
    "a WINDOW_UPDATE of nothing on the connection": (Code.PROTOCOL_ERROR, window_update(0, 0)),
}


@pytest.mark.parametrize("case", CONNECTION_ERRORS)
def test_it_is_a_connection_error(h2, case):
    code, sent = CONNECTION_ERRORS[case]
    h2.send(sent)
    assert h2.expect_goaway(code) == 0


# The same behind a request that is open: what is sent, given the client.
ERRORS_ON_A_STREAM = {
    "DATA that is larger than allowed": (Code.FRAME_SIZE_ERROR, lambda h2: data(1, bytes(LARGEST + 1), end=True)),
    "DATA with as much padding as payload": (Code.PROTOCOL_ERROR,
                                             lambda h2: frame(Kind.DATA, PADDED | END_STREAM, 1, b"\x05Test")),
    "DATA with more padding than payload": (Code.PROTOCOL_ERROR,
                                            lambda h2: frame(Kind.DATA, PADDED | END_STREAM, 1, b"\x06Test")),
    "padded DATA without the length of it": ((Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR),
                                             lambda h2: frame(Kind.DATA, PADDED | END_STREAM, 1)),
    "RST_STREAM of 3 bytes": (Code.FRAME_SIZE_ERROR, lambda h2: frame(Kind.RST_STREAM, 0, 1, b"\0\0\1")),
    "RST_STREAM of 5 bytes": (Code.FRAME_SIZE_ERROR, lambda h2: frame(Kind.RST_STREAM, 0, 1, bytes(5))),
    "a WINDOW_UPDATE of 3 bytes": (Code.FRAME_SIZE_ERROR, lambda h2: frame(Kind.WINDOW_UPDATE, 0, 1, b"\0\0\1")),
    "HEADERS that are larger than allowed": (Code.FRAME_SIZE_ERROR,
                                             lambda h2: h2.get(3, "/", *[(f"x-{n}", "x" * 4000) for n in range(5)])),
    "HEADERS with more padding than payload": (Code.PROTOCOL_ERROR, lambda h2: frame(
        Kind.HEADERS, PADDED | END_STREAM | END_HEADERS, 3, b"\x05\x82\x86\x84")),
    "padded HEADERS without the length of it": ((Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR), lambda h2: frame(
        Kind.HEADERS, PADDED | END_STREAM | END_HEADERS, 3)),
    "HEADERS too short for their priority": ((Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR), lambda h2: frame(
        Kind.HEADERS, WITH_PRIORITY | END_STREAM | END_HEADERS, 3, b"\0\0\0\0")),
    "PUSH_PROMISE": (Code.PROTOCOL_ERROR, lambda h2: frames.push_promise(1, 2, b"\x82\x86\x84")),
    # A header block is contiguous (4.3, 6.2, 6.10)
    "PRIORITY within a header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + priority(3) + continuation(3, MORE))),
    "another stream's HEADERS within a header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + h2.get(5) + continuation(3, MORE))),
    "DATA within a header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.post(3, end_headers=False) + data(3, b"test", end=True))),
    "DATA between CONTINUATION frames": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.post(3, end_headers=False) + continuation(3, MORE, end_headers=False) + data(3, b"test", end=True))),
    "DATA on another stream within a header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + data(1, b"test"))),
    "PING within a header block": (Code.PROTOCOL_ERROR, lambda h2: h2.get(3, end_headers=False) + ping()),
    "SETTINGS within a header block": (Code.PROTOCOL_ERROR, lambda h2: h2.get(3, end_headers=False) + frames.settings()),
    "WINDOW_UPDATE within a header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + window_update(0, 1))),
    "RST_STREAM within its own header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + rst_stream(3))),
    "an unknown frame within a header block": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + frame(UNKNOWN, 0, 0, bytes(8)))),
    "CONTINUATION for another stream": (Code.PROTOCOL_ERROR, lambda h2: h2.get(3, end_headers=False) + continuation(5, MORE)),
    "CONTINUATION for stream 0": (Code.PROTOCOL_ERROR, lambda h2: h2.get(3, end_headers=False) + continuation(0, MORE)),
    "CONTINUATION behind HEADERS that were whole": (Code.PROTOCOL_ERROR, lambda h2: h2.get(3) + continuation(3, MORE)),
    "CONTINUATION behind a CONTINUATION that was the last": (Code.PROTOCOL_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + continuation(3, MORE) + continuation(3, MORE))),
    "CONTINUATION behind DATA": (Code.PROTOCOL_ERROR, lambda h2: (
        data(1, b"test") + continuation(1, MORE, end_headers=False))),
    "CONTINUATION that is larger than allowed": (Code.FRAME_SIZE_ERROR, lambda h2: (
        h2.get(3, end_headers=False) + continuation(3, literal("x-large", "x" * LARGEST)))),
}


@pytest.mark.parametrize("case", ERRORS_ON_A_STREAM)
def test_it_is_an_error_beside_an_open_stream(h2, case):
    codes, sent = ERRORS_ON_A_STREAM[case]
    h2.send(h2.post(1) + sent(h2))
    h2.expect_stream_error(1, *(codes if isinstance(codes, tuple) else (codes,)))


@pytest.mark.parametrize("size", [0, 4, 6])
def test_priority_that_is_not_5_bytes_long_is_a_stream_error(h2, size):
    h2.send(h2.post(1) + frame(Kind.PRIORITY, 0, 1, bytes(size)))
    h2.expect_stream_error(1, Code.FRAME_SIZE_ERROR)


# What is sent on a connection without streams, and does not disturb it.
HARMLESS = {
    "an unknown frame": frame(UNKNOWN, 0, 0, bytes(8)),
    "an unknown frame on a stream that is idle": frame(UNKNOWN, 0, 1, bytes(8)),
    "an unknown frame with all flags": frame(0xff, 0xff, 0, b""),
    "an unknown frame of full size": frame(UNKNOWN, 0, 0, bytes(LARGEST)),
    "flags that PING does not have": frame(Kind.PING, 0x16, 0, b"strange!"),
    "flags that SETTINGS does not have": frame(Kind.SETTINGS, 0xfe, 0),
    "flags that WINDOW_UPDATE does not have": frame(Kind.WINDOW_UPDATE, 0xff, 0, b"\0\0\0\1"),
    "the reserved bit of PING": frame(Kind.PING, 0, 0, b"reserved", reserved=1),
    "the reserved bit of SETTINGS": frame(Kind.SETTINGS, 0, 0, reserved=1),
    "the reserved bit within WINDOW_UPDATE": frame(Kind.WINDOW_UPDATE, 0, 0, b"\x80\0\0\1"),
    "PRIORITY on a stream that is idle": priority(1),
    "PRIORITY of the least weight": priority(1, weight=1),
    "PRIORITY of the greatest weight": priority(1, weight=256),
    "PRIORITY that depends on another stream": priority(1) + priority(3, on=1),
    "PRIORITY that excludes others": priority(1) + priority(3, on=1, exclusive=True),
    "PRIORITY that depends on a stream nobody opened": priority(1, on=101),
    "a WINDOW_UPDATE on the connection": window_update(0, 1),
    "an ACK of a PING that was never sent": ping(ack=True),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_it_does_not_disturb_the_connection(h2, case):
    h2.unacknowledged += [None] * case.count("SETTINGS")
    h2.send(HARMLESS[case])
    h2.expect_pong()
    h2.expect_it_goes_on(5)


def test_the_reserved_bit_of_a_stream_identifier_is_ignored(h2):
    request = h2.get(1)
    h2.send(request[:5] + bytes([request[5] | 0x80]) + request[6:])
    h2.expect_answer(1)


def test_data_of_full_size_is_taken(h2):
    h2.send(h2.post(1) + data(1, bytes(LARGEST), end=True))
    assert h2.expect_answer(1).json()["body_bytes"] == LARGEST


def test_headers_of_full_size_are_taken(h2):
    short = len(h2.get(1, "/", ("x-fill", "x" * 1000))) - 9
    h2.send(h2.get(1, "/", ("x-fill", "x" * (1000 + LARGEST - short))))
    h2.expect_answer(1)


@pytest.mark.parametrize("payload", [b"12345678", bytes(8), b"\xff" * 8])
def test_a_ping_comes_back_with_the_same_payload(h2, payload):
    h2.expect_pong(payload)


def test_the_ack_of_a_ping_is_not_answered(h2):
    h2.send(ping(b"unasked!", ack=True))
    h2.expect_pong(b"question")
    assert h2.pongs == [b"question"]


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_a_header_block_may_come_in_pieces(h2, pieces):
    h2.send(h2.get(1, end_headers=False))
    for _ in range(pieces - 1):
        h2.send(continuation(1, MORE, end_headers=False))
    h2.send(continuation(1, MORE))
    assert h2.expect_answer(1).seen("x-more") == ["1"] * pieces


def test_a_header_block_may_be_split_within_a_field_and_with_empty_pieces(h2):
    whole = h2.get(1, "/", ("x-more", "1"))[9:]
    h2.send(headers(1, b"", end_headers=False) + continuation(1, whole[:7], end_headers=False)
            + continuation(1, b"", end_headers=False) + continuation(1, whole[7:]))
    assert h2.expect_answer(1).seen("x-more") == ["1"]


@pytest.mark.parametrize("pad", [0, 1, 255])
def test_padding_is_not_part_of_the_message(h2, pad):
    h2.send(h2.post(1, pad=pad) + data(1, b"test", pad=pad) + data(1, b"", pad=pad) + data(1, b"more", end=True, pad=pad))
    assert h2.expect_answer(1).json()["body_bytes"] == 8


@pytest.mark.parametrize("priorities", [(0, 1), (0, 256), (7, 16), (0, 16, True)])
def test_headers_may_carry_a_priority(h2, priorities):
    h2.send(h2.get(1, priority=priorities) + h2.get(3, priority=priorities, pad=10))
    h2.expect_answer(1)
    h2.expect_answer(3)


def test_an_error_of_the_connection_says_which_request_was_the_last(h2):
    h2.send(h2.get(1) + h2.get(3))
    h2.expect_answer(1)
    h2.expect_answer(3)
    h2.send(frame(Kind.PING, 0, 3, bytes(8)))
    assert h2.expect_goaway(Code.PROTOCOL_ERROR) == 3
