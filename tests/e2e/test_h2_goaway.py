"""How opslb ends an HTTP/2 connection in order (RFC 9113 6.8): in two steps, so that a client can tell which of its requests
will be answered and which it may send again elsewhere."""

import contextlib
import signal

import pytest

from support.frames import Code, data
from support.h2_front import BodyOrigin, H2Front

ANY = 2**31 - 1


@pytest.fixture
def h2_front(opslb):
    with contextlib.closing(BodyOrigin()) as origin:
        yield H2Front(opslb(backends=[origin]), origin)
        origin.check()


def wait_goaways(client, count):
    client.wait(lambda: len(client.goaways) >= count, f"GOAWAY number {count}")
    assert all(code == Code.NO_ERROR for _, code, _ in client.goaways)
    return client.goaways[count - 1][0]


def test_a_drain_is_announced_before_the_last_stream_is_named(h2, h2_front):
    h2.replies = False  # so that opslb does not know yet whether the client has heard
    h2.send(h2.post(1))
    h2.expect_pong()
    h2_front.lb.signal(signal.SIGTERM)
    assert wait_goaways(h2, 1) == ANY
    h2.send(h2.get(3) + data(1, b"test", end=True))  # it was on its way
    h2.expect_answer(3)
    h2.expect_answer(1)
    assert wait_goaways(h2, 2) == 3  # even so, after a while
    h2.expect_end()
    assert h2_front.lb.wait_exit() == 0


def test_streams_that_were_open_are_answered_and_then_the_connection_ends(h2, h2_front):
    streams = range(1, 100, 2)
    h2.send(b"".join(h2.post(stream) for stream in streams))
    h2.expect_pong()
    h2_front.lb.signal(signal.SIGTERM)
    assert wait_goaways(h2, 2) == 99
    h2.send(b"".join(data(stream, b"test", end=True) for stream in streams))
    for stream in streams:
        assert h2.expect_answer(stream).json()["body_bytes"] == 4
    h2.expect_end()
    assert h2_front.lb.wait_exit() == 0


def test_a_client_that_never_stops_sees_every_stream_up_to_the_last_answered(h2, h2_front):
    h2.grants = True
    sent = []

    def send_some():
        for _ in range(10):
            sent.append(1 + 2 * len(sent))
            h2.send(h2.get(sent[-1], f"/{sent[-1]}"))

    send_some()
    h2.expect_answer(1)
    h2_front.lb.signal(signal.SIGTERM)
    while len(h2.goaways) < 2:
        send_some()
        h2.wait(lambda: h2.answer(sent[-10]).ended or len(h2.goaways) == 2, "an answer, or the second GOAWAY")
    last = h2.goaways[1][0]
    h2.expect_end()
    assert all(h2.answer(stream).ended for stream in sent if stream <= last)
    assert not any(h2.answer(stream).status for stream in sent if stream > last)
    reached = {request.target for request in h2_front.origin.requests}
    assert reached == {f"/{stream}" for stream in sent if stream <= last}  # the others may be sent again


def test_behind_the_second_goaway_no_stream_is_served(h2, h2_front):
    h2.send(h2.post(1))
    h2.expect_pong()
    h2_front.lb.signal(signal.SIGTERM)
    assert wait_goaways(h2, 2) == 1
    h2.send(h2.get(3, "/late") + data(1, b"test", end=True))
    h2.expect_answer(1)
    h2.expect_end()
    assert h2.answer(3).status is None
    assert "/late" not in [request.target for request in h2_front.origin.requests]


def test_a_connection_without_requests_ends_after_keep_alive(opslb, origin):
    with contextlib.closing(H2Front(opslb(backends=[origin()], timeouts={"keep_alive": "300ms"}), None)) as front:
        client = front.connect()
        client.expect_it_goes_on(1)
        client.expect_goaway(Code.NO_ERROR)


def test_a_reload_leaves_connections_and_streams_alone(h2, h2_front):
    h2.send(h2.post(1))
    h2.expect_pong()
    h2_front.lb.reload({"backends": [h2_front.origin], "timeouts": {"idle": "100s"},
                        "listeners": h2_front.lb.config["listeners"]})
    h2.send(data(1, b"test", end=True))
    h2.expect_answer(1)
    h2.expect_it_goes_on(3)
    assert not h2.goaways


def test_a_reload_without_the_listener_ends_its_connections_in_order(h2, h2_front):
    h2.send(h2.post(1))
    h2.expect_pong()
    h2_front.lb.reload({"backends": [h2_front.origin], "listeners": [{"name": "other", "bind": "127.0.0.1:0"}]})
    assert wait_goaways(h2, 2) == 1
    h2.send(data(1, b"test", end=True))
    h2.expect_answer(1)
    h2.expect_end()
