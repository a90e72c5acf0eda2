"""Windows in both directions (RFC 9113 5.2 and 6.9). That opslb never sends more than they allow is checked by the client
itself, with every DATA frame of every test."""

import pytest

from support.conversation import EMPTY
from support.frames import LARGEST, LARGEST_WINDOW, WINDOW, Code, Setting, data, rst_stream, window_update
from support.h2_front import H2Front
from support.raw import RawOrigin


@pytest.mark.parametrize("stream", [0, 1])
def test_a_window_update_of_nothing_is_an_error(h2, stream):
    h2.send(h2.post(1) + window_update(stream, 0))
    h2.expect_stream_error(1, Code.PROTOCOL_ERROR)


@pytest.mark.parametrize("increments", [[LARGEST_WINDOW], [LARGEST_WINDOW, LARGEST_WINDOW],
                                        [LARGEST_WINDOW - WINDOW, 1]], ids=["at once", "twice", "by one"])
def test_a_window_of_the_connection_over_31_bits_is_a_connection_error(h2, increments):
    for increment in increments:
        h2.send(window_update(0, increment))
    h2.expect_goaway(Code.FLOW_CONTROL_ERROR)


@pytest.mark.parametrize("increments", [[LARGEST_WINDOW], [LARGEST_WINDOW, LARGEST_WINDOW],
                                        [LARGEST_WINDOW - WINDOW, 1]], ids=["at once", "twice", "by one"])
def test_a_window_of_a_stream_over_31_bits_resets_the_stream(h2, increments):
    h2.send(h2.post(1))
    for increment in increments:
        h2.send(window_update(1, increment))
    h2.expect_reset(1, Code.FLOW_CONTROL_ERROR)
    h2.expect_it_goes_on(3)


def test_a_new_initial_size_that_takes_a_window_over_31_bits_is_a_connection_error(h2):
    h2.send(h2.post(1) + window_update(1, LARGEST_WINDOW - WINDOW))
    h2.expect_pong()
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, WINDOW + 1))
    h2.expect_goaway(Code.FLOW_CONTROL_ERROR)


def test_the_largest_windows_are_allowed(h2):
    h2.send(window_update(0, LARGEST_WINDOW - WINDOW) + h2.post(1) + window_update(1, LARGEST_WINDOW - WINDOW))
    h2.send(data(1, end=True))
    h2.expect_answer(1)


def test_no_more_than_the_window_of_a_stream_is_sent(h2):
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 1))
    h2.send(h2.get(1, "/bytes/4"))
    for count in range(1, 4):
        h2.wait(lambda: len(h2.answer(1).body) == count, f"byte {count}")
        h2.expect_pong()
        assert h2.answer(1).pieces == [1] * count  # and no more has come
        h2.grant(1, 1)
    h2.expect_answer(1)


def test_no_more_than_the_window_of_the_connection_is_sent(h2):
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, LARGEST_WINDOW))
    h2.send(h2.get(1, "/bytes/100000") + h2.get(3, "/bytes/100000"))
    h2.wait(lambda: h2.window == 0, "a used-up window")
    h2.expect_pong()
    h2.grant(0, 200_000)
    assert len(h2.expect_answer(1).body) == len(h2.expect_answer(3).body) == 100_000


def test_a_new_initial_size_counts_for_open_streams(h2):
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 0))
    h2.send(h2.get(1, "/bytes/10"))
    h2.expect_head(1)
    assert not h2.answer(1).pieces
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 1))
    h2.wait(lambda: h2.answer(1).pieces, "DATA")
    assert h2.answer(1).pieces == [1]


def test_a_window_may_become_negative(h2):
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 3))
    h2.send(h2.get(1, "/bytes/10"))
    h2.wait(lambda: len(h2.answer(1).body) == 3, "3 bytes")
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 0))  # now it is -3
    h2.wait(lambda: h2.settings_acks == 3, "the ACK")
    h2.grant(1, 3)
    h2.expect_pong()
    assert len(h2.answer(1).body) == 3
    h2.grant(1, 1)
    h2.wait(lambda: len(h2.answer(1).body) == 4, "the next byte")
    h2.expect_pong()
    assert h2.answer(1).pieces[-1] == 1


def test_heads_and_empty_ends_need_no_window(h2):
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 0))
    h2.send(h2.get(1, "/bytes/0"))
    assert h2.expect_answer(1).body == b""


def test_a_stream_without_window_does_not_hold_its_neighbours(h2):
    h2.send_settings((Setting.INITIAL_WINDOW_SIZE, 0))
    h2.send(h2.get(1, "/bytes/1000"))
    h2.expect_head(1)
    h2.send(h2.get(3, "/bytes/1000"))
    h2.grant(3, 1000)
    assert len(h2.expect_answer(3).body) == 1000
    assert not h2.answer(1).body


# The client's own DATA.

def upload(h2, stream, left, pad=None):
    """DATA as the server's windows allow it, `left` payload bytes in all, padding on top."""
    h2.send(h2.post(stream))
    h2.granted.setdefault(stream, h2.first_window)
    extra = 0 if pad is None else pad + 1
    while left:
        h2.wait(lambda: min(h2.granted[0], h2.granted[stream]) > extra, "window for an upload")
        size = min(left, LARGEST - extra, h2.granted[0] - extra, h2.granted[stream] - extra)
        left -= size
        h2.granted[0] -= size + extra
        h2.granted[stream] -= size + extra
        h2.send(data(stream, bytes(size), end=not left, pad=pad))


def test_a_body_larger_than_every_window_goes_through(h2):
    size = 3 * max(h2.first_window, WINDOW)
    upload(h2, 1, size)
    assert h2.expect_answer(1).json()["body_bytes"] == size


def test_padding_is_given_back_as_window(h2):
    h2.send(h2.post(1))
    h2.granted[1] = h2.first_window
    for _ in range((max(h2.first_window, h2.granted[0]) + WINDOW) // 256):  # almost all of it padding
        h2.wait(lambda: min(h2.granted[0], h2.granted[1]) >= 257, "window for an upload")
        h2.granted[0] -= 257
        h2.granted[1] -= 257
        h2.send(data(1, b"x", pad=255))
    h2.send(data(1, end=True))
    h2.expect_answer(1)


def test_what_came_on_streams_that_were_reset_is_given_back_as_window(h2):
    used = 0
    for stream in range(1, 2 * 40, 2):
        h2.send(h2.post(stream))
        for _ in range(4):
            h2.wait(lambda: h2.granted[0] >= LARGEST, "window for an upload")
            h2.granted[0] -= LARGEST
            used += LARGEST
            h2.send(data(stream, bytes(LARGEST)))
        h2.send(rst_stream(stream))
    assert used > WINDOW
    h2.expect_it_goes_on(101)


@pytest.fixture
def stalled(opslb, origin):
    """A client whose upload the backend does not read, so that windows run out."""
    ops1 = origin(RawOrigin)
    front = H2Front(opslb(backends=[ops1]), ops1)
    client = front.connect()
    client.send(client.post(1))
    with ops1.accept():
        yield client
    front.close()


def test_more_data_than_the_window_of_a_stream_is_a_flow_control_error(stalled):
    # Far more than that window and all that opslb and the kernel may have passed on.
    try:
        for _ in range(16 * 1024 * 1024 // LARGEST):
            stalled.send(data(1, bytes(LARGEST)))
    except OSError:
        pass  # it has closed already
    stalled.expect_stream_error(1, Code.FLOW_CONTROL_ERROR)


def test_an_upload_that_nobody_reads_gets_no_more_window(opslb, origin):
    ops1 = origin(RawOrigin)
    front = H2Front(opslb(backends=[ops1]), ops1)
    client = front.connect()
    client.send(client.post(1))
    client.granted[1] = client.first_window
    with ops1.accept() as conn:
        conn.read_request_head()
        sent = 0
        while client.granted[1] >= LARGEST and sent < 64 * 1024 * 1024:
            client.wait(lambda: client.granted[0] >= LARGEST or client.granted[1] < LARGEST, "window of the connection")
            sent += LARGEST
            client.granted[0] -= LARGEST
            client.granted[1] -= LARGEST
            client.send(data(1, bytes(LARGEST)))
            client.expect_pong()
        assert sent < 64 * 1024 * 1024
        client.send(client.get(3))  # the neighbour goes on
        with ops1.accept() as other:
            other.read_request()
            other.send(EMPTY)
            client.expect_answer(3)
    front.close()
