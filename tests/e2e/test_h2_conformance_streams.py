"""The states, identifiers and number of streams (RFC 9113 5)."""

import pytest

from support import frames
from support.frames import Code, Kind, Setting, continuation, data, frame, headers, priority, rst_stream, window_update
from support.header_block import literal

MORE = literal("x-more", "1")

# 5.1: frames on a stream in that state. What is sent, given the client, and the codes of the answer.
IDLE = {
    "DATA": data(1, b"test", end=True),
    "RST_STREAM": rst_stream(1),
    "WINDOW_UPDATE": window_update(1, 100),
    "CONTINUATION": continuation(1, MORE),
    "DATA on one of the server's": data(2, b"test", end=True),
    "RST_STREAM on one of the server's": rst_stream(2),
    "WINDOW_UPDATE on one of the server's": window_update(2, 100),
}


@pytest.mark.parametrize("case", IDLE)
def test_on_an_idle_stream_it_is_a_connection_error(h2, case):
    h2.send(IDLE[case])
    h2.expect_goaway(Code.PROTOCOL_ERROR)


@pytest.mark.parametrize("sent, codes", [
    (lambda h2: data(1, b"test", end=True), [Code.STREAM_CLOSED]),
    (lambda h2: h2.get(1), [Code.STREAM_CLOSED]),
    (lambda h2: headers(1, MORE), [Code.STREAM_CLOSED]),
    (lambda h2: continuation(1, MORE), [Code.STREAM_CLOSED, Code.PROTOCOL_ERROR]),
], ids=["DATA", "HEADERS", "trailers", "CONTINUATION"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_on_a_stream_that_the_client_ended_it_is_an_error(h2, method, sent, codes):
    h2.send(getattr(h2, method)(1, end=True) + sent(h2))
    h2.expect_stream_error(1, *codes)


@pytest.mark.parametrize("sent, codes", [
    (lambda h2: data(1, b"test", end=True), [Code.STREAM_CLOSED]),
    (lambda h2: h2.get(1), [Code.STREAM_CLOSED]),
    (lambda h2: continuation(1, MORE), [Code.STREAM_CLOSED, Code.PROTOCOL_ERROR]),
], ids=["DATA", "HEADERS", "CONTINUATION"])
def test_on_a_stream_that_the_client_reset_it_is_an_error(h2, sent, codes):
    h2.send(h2.post(1) + rst_stream(1) + sent(h2))
    h2.expect_stream_error(1, *codes)


@pytest.mark.parametrize("sent, codes", [
    (lambda h2: data(1, b"test", end=True), [Code.STREAM_CLOSED]),
    (lambda h2: h2.get(1), [Code.STREAM_CLOSED]),
    (lambda h2: continuation(1, MORE), [Code.STREAM_CLOSED, Code.PROTOCOL_ERROR]),
], ids=["DATA", "HEADERS", "CONTINUATION"])
def test_on_a_stream_that_is_over_it_is_a_connection_error(h2, sent, codes):
    h2.send(h2.get(1))
    h2.expect_answer(1)
    h2.send(sent(h2))
    h2.expect_goaway(*codes)


@pytest.mark.parametrize("late", [
    priority(1), window_update(1, 1), rst_stream(1), priority(1, on=3), window_update(1, 1) + rst_stream(1),
], ids=["PRIORITY", "WINDOW_UPDATE", "RST_STREAM", "PRIORITY on another", "WINDOW_UPDATE and RST_STREAM"])
def test_what_may_come_late_does_not_disturb_a_connection_whose_stream_is_over(h2, late):
    h2.send(h2.get(1))
    h2.expect_answer(1)
    h2.send(late)
    h2.expect_pong()
    h2.expect_it_goes_on(3)


# 5.1: frames that an ended, still unanswered request has to take.

@pytest.fixture
def held(h2_front):
    """A client that lets no DATA through, so that a stream stays half-closed (remote)."""
    client = h2_front.connect((Setting.INITIAL_WINDOW_SIZE, 0))
    client.send(client.get(1, "/bytes/10"))
    yield client
    h2_front.close()


def test_a_window_update_on_a_half_closed_stream_is_taken(held):
    held.grant(1, 1)
    held.wait(lambda: held.answer(1).pieces, "DATA")
    assert held.answer(1).pieces == [1]


def test_priority_on_a_half_closed_stream_is_taken(held):
    held.send(priority(1))
    held.grant(1, 1)
    held.wait(lambda: held.answer(1).pieces, "DATA")


def test_rst_stream_on_a_half_closed_stream_is_taken(held):
    held.expect_head(1)
    held.send(rst_stream(1))
    held.expect_pong()
    held.send_settings((Setting.INITIAL_WINDOW_SIZE, 1000))
    held.expect_it_goes_on(3)
    assert not held.answer(1).body


def test_rst_stream_at_once_is_taken_and_not_answered_in_kind(h2):
    h2.send(h2.get(1) + rst_stream(1))
    h2.expect_it_goes_on(3)
    assert h2.answer(1).reset is None  # RFC 9113 5.4.2: for fear of loops


def test_an_unknown_code_of_rst_stream_means_nothing_special(h2):
    h2.send(h2.post(1) + frame(Kind.RST_STREAM, 0, 1, b"\0\0\0\xff"))
    h2.expect_pong()
    h2.expect_it_goes_on(3)


# 5.1.1

@pytest.mark.parametrize("streams", [[2], [4], [1, 2], [5, 3], [5, 1], [7, 5, 3]])
def test_a_stream_that_the_client_may_not_open_is_a_connection_error(h2, streams):
    for stream in streams:
        h2.send(h2.get(stream))
    h2.expect_goaway(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


def test_streams_that_were_passed_over_are_closed(h2):
    h2.send(h2.get(5))
    h2.expect_answer(5)
    h2.send(h2.get(3))
    h2.expect_goaway(Code.PROTOCOL_ERROR, Code.STREAM_CLOSED)


def test_the_largest_identifier_is_one(h2):
    h2.send(h2.get(2**31 - 1))
    h2.expect_answer(2**31 - 1)


def test_many_streams_are_answered_each_with_its_own(h2):
    streams = range(1, 101, 2)
    h2.send(b"".join(h2.get(stream, f"/{stream}") for stream in streams))
    for stream in streams:
        assert h2.expect_answer(stream).json()["target"] == f"/{stream}"


# 5.1.2

def test_more_streams_than_allowed_are_refused_and_the_others_go_on(h2):
    most = h2.settings[Setting.MAX_CONCURRENT_STREAMS]
    h2.send(b"".join(h2.post(1 + 2 * each) for each in range(most)))
    h2.expect_pong()
    h2.send(h2.post(1 + 2 * most))
    h2.expect_stream_error(1 + 2 * most, Code.REFUSED_STREAM, Code.PROTOCOL_ERROR)
    if not h2.goaways:
        h2.send(data(1, b"test", end=True))
        h2.expect_answer(1)
        h2.expect_it_goes_on(3 + 2 * most)  # in the place of the one that was answered


# 5.3.1 of RFC 7540: priorities are ignored, but not this.

def test_headers_that_depend_on_themselves_are_a_stream_error(h2):
    h2.send(h2.get(1, priority=(1, 16)))
    h2.expect_stream_error(1, Code.PROTOCOL_ERROR)


def test_priority_that_depends_on_itself_is_a_stream_error(h2):
    h2.send(priority(1, on=1))
    h2.expect_stream_error(1, Code.PROTOCOL_ERROR)


def test_priority_does_not_use_identifiers_up(h2):
    h2.send(priority(3) + h2.get(1))
    h2.expect_answer(1)
    h2.send(priority(9) + h2.get(3))
    h2.expect_answer(3)


# 5.4.1, 6.8, 7

def test_the_connection_is_closed_behind_the_goaway_of_an_error(h2):
    h2.send(frame(Kind.PING, 0, 3, bytes(8)))
    h2.expect_goaway(Code.PROTOCOL_ERROR)  # waits for the end


def test_an_error_of_one_connection_is_none_of_another(h2, h2_front):
    other = h2_front.connect()
    h2.send(data(1, b"test"))
    h2.expect_goaway(Code.PROTOCOL_ERROR)
    other.expect_it_goes_on(1)


@pytest.mark.parametrize("sent", [
    frames.goaway(), frames.goaway(debug=b"see you"), frame(Kind.GOAWAY, 0, 0, b"\0\0\0\0\0\0\0\xff"),
], ids=["in order", "with a reason", "with an unknown code"])
def test_the_clients_goaway_means_nothing_special(h2, sent):
    h2.send(sent)
    h2.expect_pong_or_end()


def test_behind_the_clients_goaway_its_streams_are_answered(h2):
    h2.send(h2.post(1) + frames.goaway() + data(1, b"test", end=True))
    h2.expect_answer(1)


def test_a_closed_sending_side_does_not_lose_the_answers(h2):
    h2.send(h2.get(1, "/bytes/10000") + h2.get(3, "/bytes/10000"))
    h2.half_close()
    assert len(h2.expect_answer(1).body) == len(h2.expect_answer(3).body) == 10000
