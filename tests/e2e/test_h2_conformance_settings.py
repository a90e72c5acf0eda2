"""SETTINGS: which values are refused, and that those which are not take effect (RFC 9113 6.5)."""

import pytest

from support import frames
from support.frames import LARGEST_WINDOW, Code, Setting
from support.header_block import FIRST_DYNAMIC, block, indexed, inserted

REFUSED = {
    "ENABLE_PUSH of 2": (Code.PROTOCOL_ERROR, (Setting.ENABLE_PUSH, 2)),
    "INITIAL_WINDOW_SIZE over 31 bits": (Code.FLOW_CONTROL_ERROR, (Setting.INITIAL_WINDOW_SIZE, LARGEST_WINDOW + 1)),
    "INITIAL_WINDOW_SIZE of 32 bits": (Code.FLOW_CONTROL_ERROR, (Setting.INITIAL_WINDOW_SIZE, 2**32 - 1)),
    "MAX_FRAME_SIZE below 2^14": (Code.PROTOCOL_ERROR, (Setting.MAX_FRAME_SIZE, 2**14 - 1)),
    "MAX_FRAME_SIZE of 0": (Code.PROTOCOL_ERROR, (Setting.MAX_FRAME_SIZE, 0)),
    "MAX_FRAME_SIZE of 2^24": (Code.PROTOCOL_ERROR, (Setting.MAX_FRAME_SIZE, 2**24)),
    "ENABLE_CONNECT_PROTOCOL of 2": (Code.PROTOCOL_ERROR, (Setting.ENABLE_CONNECT_PROTOCOL, 2)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_a_connection_error(h2, case):
    code, pair = REFUSED[case]
    h2.send(frames.settings(pair))
    h2.expect_goaway(code)


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_a_connection_error_in_the_preface_too(h2_front, case):
    code, pair = REFUSED[case]
    client = h2_front.connect(greets=False)
    client.send(frames.PREFACE + frames.settings(pair))
    client.expect_goaway(code)


@pytest.mark.parametrize("pairs", [
    [], [(Setting.ENABLE_PUSH, 0)], [(Setting.ENABLE_PUSH, 1)], [(Setting.MAX_CONCURRENT_STREAMS, 0)],
    [(Setting.MAX_FRAME_SIZE, 2**14)], [(Setting.MAX_FRAME_SIZE, 2**24 - 1)],
    [(Setting.INITIAL_WINDOW_SIZE, LARGEST_WINDOW)], [(Setting.MAX_HEADER_LIST_SIZE, 2**32 - 1)],
    [(Setting.HEADER_TABLE_SIZE, 0)], [(Setting.HEADER_TABLE_SIZE, 2**16)],
    [(0xff, 1)], [(0, 0)], [(0xffff, 2**32 - 1), (Setting.ENABLE_PUSH, 0)],
], ids=str)
def test_they_are_acknowledged_and_requests_answered(h2, pairs):
    h2.send_settings(*pairs)
    h2.wait(lambda: h2.settings_acks == 2, "the ACK")
    h2.expect_it_goes_on(1)
    h2.expect_it_goes_on(3)


def test_each_settings_frame_gets_an_ack_of_its_own(h2):
    for _ in range(3):
        h2.send_settings()
    h2.wait(lambda: h2.settings_acks == 4, "the ACKs")


@pytest.mark.parametrize("sizes", [(100, 1), (1,), (0, 0, 1), (LARGEST_WINDOW, 1)], ids=str)
def test_of_several_values_the_last_counts(h2, sizes):
    h2.send_settings(*[(Setting.INITIAL_WINDOW_SIZE, size) for size in sizes])
    h2.wait(lambda: h2.settings_acks == 2, "the ACK")
    h2.send(h2.get(1, "/bytes/10"))
    h2.wait(lambda: h2.answer(1).pieces, "DATA")
    assert h2.answer(1).pieces == [1]


def test_frames_of_the_server_stay_within_the_least_frame_size(h2):
    h2.send(h2.get(1, "/bytes/60000"))  # read_frame() fails on larger ones
    assert max(h2.expect_answer(1).pieces) <= 2**14


def test_the_server_keeps_no_table_for_a_client_that_has_none(h2):
    h2.send_settings((Setting.HEADER_TABLE_SIZE, 0))
    h2.wait(lambda: h2.settings_acks == 2, "the ACK")
    for stream in (1, 3, 5):
        h2.expect_it_goes_on(stream)
    assert not h2.decoder.header_table.dynamic_entries


def test_the_client_may_use_the_table_that_the_server_offers(h2):
    size = h2.settings.get(Setting.HEADER_TABLE_SIZE, 4096)
    if size == 0:
        pytest.skip("the server offers no table")
    h2.send(frames.headers(1, block(*h2.fields()) + inserted("x-kept", "yes")))
    h2.expect_answer(1)
    h2.send(frames.headers(3, block(*h2.fields()) + indexed(FIRST_DYNAMIC)))
    assert h2.expect_answer(3).seen("x-kept") == ["yes"]
