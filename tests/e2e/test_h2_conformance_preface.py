"""How an HTTP/2 connection begins (RFC 9113 3.4)."""

import pytest

from support import frames
from support.frames import PREFACE, Code, Setting


def test_the_servers_first_frame_is_settings_and_it_acknowledges_the_clients(h2_front):
    client = h2_front.connect(greets=False)
    client.send(PREFACE)
    client.send_settings()
    client.take_in(client.read_frame())  # fails unless it is SETTINGS
    assert client.settings is not None
    client.wait(lambda: client.settings_acks == 1, "the ACK of the client's settings")


def test_a_request_may_follow_the_preface_at_once(h2_front):
    client = h2_front.connect(greets=False)
    client.send(PREFACE)
    client.send_settings()
    client.send(client.get(1))
    assert client.expect_answer(1).body


@pytest.mark.parametrize("size", [1, 3, 24])
def test_a_preface_in_pieces_is_a_preface(h2_front, size):
    client = h2_front.connect(greets=False)
    client.send_slowly(PREFACE, size)
    client.send_settings()
    client.expect_pong()


def test_the_servers_settings_allow_a_hundred_streams_and_no_push(h2):
    assert h2.settings.get(Setting.MAX_CONCURRENT_STREAMS, 0) >= 100  # what RFC 9113 6.5.2 recommends
    assert h2.settings.get(Setting.ENABLE_PUSH, 0) == 0


def test_the_server_offers_connect_with_a_protocol(h2):
    assert h2.settings.get(Setting.ENABLE_CONNECT_PROTOCOL) == 1  # RFC 8441 3, for WebSocket


@pytest.mark.parametrize("start", [
    b"INVALID CONNECTION PREFACE\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n" + frames.settings(),
    b"PRI * HTTP/2.0\r\n\r\n" + frames.settings(),
    b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n" + frames.settings(),
    b"pri * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frames.settings(),
    frames.settings() + PREFACE,
], ids=["no preface", "wrong end", "half of it", "wrong version", "lower case", "behind settings"])
def test_what_is_not_the_preface_ends_the_connection(h2_front, start):
    client = h2_front.connect(greets=False)
    client.send(start)
    assert client.wait_closed() in ("fin", "reset")


@pytest.mark.parametrize("first", [
    frames.ping(), frames.window_update(0, 1), frames.settings_ack(), frames.priority(1),
    frames.headers(1, b"\x82\x86\x84"), frames.goaway(), frames.frame(0x16, 0, 0, b"unknown"),
], ids=["PING", "WINDOW_UPDATE", "SETTINGS with ACK", "PRIORITY", "HEADERS", "GOAWAY", "an unknown frame"])
def test_a_preface_without_settings_is_a_connection_error(h2_front, first):
    client = h2_front.connect(greets=False)
    client.send(PREFACE + first)
    client.expect_goaway(Code.PROTOCOL_ERROR)
