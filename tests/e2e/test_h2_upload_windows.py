"""How much of a body a client may send ahead: more and more while the host keeps up, no more than at first where it does not, and
nobody waits for somebody else's host."""

import threading

import pytest

from support.conversation import EMPTY
from support.fronts import HTTP2
from support.spoken import Head
from support.timeouts import ANSWER, Deadline

pytestmark = pytest.mark.fronts(*HTTP2)

FIRST = 65_535
LARGEST = 4 << 20
BODY = bytes(12 << 20)


def begin(client, ops1):
    """A stream whose body is still to come, and the host's end of it."""
    stream = client.open_as(Head("POST", "/", "opsmanager.example.com", [("content-length", str(len(BODY)))]))
    conn = ops1.next_connection()
    conn.read_request_head()
    return stream, conn


def test_it_grows_while_the_host_keeps_up(lb, ops1, front):
    with front.connect(lb) as client:
        stream, conn = begin(client, ops1)
        with conn:
            assert client.window_left(stream) == FIRST
            reading = threading.Thread(target=conn.read_exactly, args=(len(BODY),))
            reading.start()
            client.send_data(stream, BODY[:-1])
            client.pump_until(lambda: client.window_left(stream) > 1 << 20, Deadline(ANSWER))
            assert 1 << 20 < client.window_left(stream) <= LARGEST
            client.send_data(stream, BODY[-1:])
            client.send_end(stream)
            reading.join()
            conn.send(EMPTY)
            assert stream.read_response().status == 200


def test_a_host_that_takes_nothing_stops_its_stream_and_no_other(lb, ops1, front):
    with front.connect(lb) as client:
        stalled, silent = begin(client, ops1)
        with silent:
            sent = 0
            while client.window_left(stalled):  # what fits between here and there, sockets included
                room = client.window_left(stalled)
                client.send_data(stalled, bytes(room))
                sent += room
                client.pump_until(lambda: client.window_left(stalled), Deadline(0.5))
                assert sent < len(BODY)
            for _ in range(3):
                stream, conn = begin(client, ops1)
                with conn:
                    reading = threading.Thread(target=conn.read_exactly, args=(len(BODY),))
                    reading.start()
                    client.send_data(stream, BODY)
                    client.send_end(stream)
                    reading.join()
                    conn.send(EMPTY)
                    assert stream.read_response().status == 200
            assert client.window_left(stalled) == 0
            client.cancel(stalled)
