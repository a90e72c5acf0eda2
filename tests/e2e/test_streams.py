"""Many requests at once on one HTTP/2 connection: each goes its own way, and none has to wait for another."""

import hashlib

import pytest

from support.arrivals import Arrivals
from support.conversation import HOST, request, response
from support.fronts import HTTP2
from support.raw import RawOrigin
from support.spoken import Head

pytestmark = pytest.mark.fronts(*HTTP2)

LONG = 40_000_000
PIECE = bytes(range(256)) * 64


def ask(client, target):
    return client.open(request("GET", target))


def upload(client, target, size):
    """The stream of an upload of which nothing was sent yet."""
    return client.open_as(Head("POST", target, HOST, [("content-length", str(size))]))


def fill(client, stream):
    """Sends until no more is taken; how much that was."""
    sent = 0
    while room := client.wait_window(stream, 0.5):
        part = (PIECE[sent % len(PIECE):])[:room]
        client.send_data(stream, part)
        sent += len(part)
    return sent


def test_answers_come_in_any_order(lb, ops1, front):
    with front.connect(lb) as client:
        streams = [ask(client, f"/{number}") for number in range(20)]
        conns = [ops1.next_connection() for _ in streams]
        for conn in reversed(conns):
            conn.answer(body=conn.read_request().target.encode())
            conn.close()
        for number, stream in enumerate(streams):
            assert stream.read_response().body == f"/{number}".encode()


def test_a_slow_answer_keeps_no_other_waiting(lb, ops1, front):
    with front.connect(lb) as client:
        slow = ask(client, "/slow")
        with ops1.accept() as held:
            held.read_request()
            held.send(response(200, "Content-Length: 8", body="half"))
            slow.read_head()
            for number in range(5):
                quick = ask(client, f"/quick/{number}")
                with ops1.accept() as conn:
                    conn.read_request()
                    conn.answer(body=b"quick")
                    assert quick.read_response().body == b"quick"
            held.send("half")
            assert slow.read_rest() == b"halfhalf"


def test_a_backend_that_does_not_read_stops_its_stream_and_no_other(lb, ops1, front):
    with front.connect(lb) as client:
        stuck = upload(client, "/stuck", LONG)
        with ops1.accept() as held:
            held.read_request_head()
            sent = fill(client, stuck)
            assert 0 < sent < LONG
            other = upload(client, "/other", 1_000_000)
            with ops1.accept() as conn:
                head = conn.read_request_head()
                client.send_data(other, bytes(1_000_000))
                client.send_end(other)
                assert len(conn.read_body(head).body) == 1_000_000
                conn.answer(body=b"whole")
                assert other.read_response().body == b"whole"
            assert client.window_left(stuck) == 0
            # It goes on where it stopped.
            taken = hashlib.sha256(held.read_exactly(sent)).digest()
            assert taken == hashlib.sha256((PIECE * (sent // len(PIECE) + 1))[:sent]).digest()
            rest = PIECE[sent % len(PIECE):]
            client.send_data(stuck, rest)
            assert held.read_exactly(len(rest)) == rest


def test_an_answer_that_is_not_read_stops_no_other(lb, ops1, front):
    with front.connect(lb, window=1 << 16) as client:
        unread = ask(client, "/unread")
        with ops1.accept() as held:
            held.read_request()
            held.send(response(200, f"Content-Length: {LONG}", body=PIECE))
            unread.read_head()
            while held.send_some(PIECE, 0.5):
                pass
            for number in range(3):
                other = ask(client, f"/other/{number}")
                with ops1.accept() as conn:
                    conn.read_request()
                    conn.answer(body=bytes(300_000))
                    assert len(other.read_response().body) == 300_000
            assert unread.read_body(len(PIECE)) == PIECE


@pytest.mark.parametrize("begun", [False, True], ids=["before its answer", "within its answer"])
def test_a_stream_that_is_cancelled_takes_no_other_along(lb, ops1, front, begun):
    with front.connect(lb) as client:
        goes, stays = ask(client, "/goes"), ask(client, "/stays")
        conns = {}
        for _ in range(2):
            conn = ops1.next_connection()
            conns[conn.read_request().target] = conn
        if begun:
            conns["/goes"].send(response(200, "Content-Length: 8", body="half"))
            goes.read_head()
        client.cancel(goes)
        conns["/goes"].wait_closed()
        conns["/stays"].answer(body=b"here")
        assert stays.read_response().body == b"here"
        conns["/stays"].close()


def test_a_response_that_breaks_off_breaks_its_stream_alone(lb, ops1, front):
    with front.connect(lb) as client:
        broken, whole = ask(client, "/broken"), ask(client, "/whole")
        conns = {}
        for _ in range(2):
            conn = ops1.next_connection()
            conns[conn.read_request().target] = conn
        conns["/broken"].send(response(200, "Content-Length: 8", body="half"))
        broken.wait_for(b"half")
        conns["/broken"].reset()
        assert broken.wait_reset() != 0
        conns["/whole"].answer(body=b"whole")
        assert whole.read_response().body == b"whole"
        conns["/whole"].close()


def test_streams_of_one_connection_are_spread_over_hosts(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(3)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, balance="round_robin", workers=2)
    with front.connect(lb) as client:
        streams = [ask(client, f"/{number}") for number in range(30)]
        found = [arrivals.next() for _ in streams]
        assert sorted(each.at for each in found) == ["ops1"] * 10 + ["ops2"] * 10 + ["ops3"] * 10
        for each in found:
            each.answer()
        assert all(stream.read_response().status == 200 for stream in streams)


def test_one_client_with_a_hundred_streams_waits_for_max_requests_and_gets_all(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[{"name": "ops1", "url": ops1.url, "max_requests": 3}])
    with front.connect(lb) as client:
        streams = [ask(client, f"/{number}") for number in range(100)]
        assert sorted(stream.read_response().json()["target"] for stream in streams) == sorted(each.target for each in streams)
