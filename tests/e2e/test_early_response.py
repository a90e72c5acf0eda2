"""A backend may answer before the request's body is over: the client gets to read the answer, the upload ends."""

import contextlib
import threading

import pytest

from support.conversation import EMPTY, assert_was_last, request, response
from support.fronts import HTTP1
from support.http2_stream import StreamReset
from support.timeouts import ANSWER, scaled

FRAMINGS = {"length": ("Content-Length: 1000000", b"x" * 1000),
            "chunked": ("Transfer-Encoding: chunked", b"3e8\r\n" + b"x" * 1000 + b"\r\n")}


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_answer_arrives_and_both_connections_end(lb, ops1, front, framing):
    line, start = FRAMINGS[framing]
    with front.connect(lb) as client:
        client.send(request("POST", "/", line, body=start))
        with ops1.accept() as conn:
            conn.read_request_head()
            conn.send(response(413, "Content-Length: 8", body="too much"))
            answer = client.read_response()
            assert (answer.status, answer.body) == (413, b"too much")
            assert_was_last(client, answer)
            conn.wait_closed()
            assert not conn.buffer.endswith(b"0\r\n\r\n")


def test_a_client_that_goes_on_sending_can_still_read_the_answer(lb, ops1, front):
    # A reset in reaction to what it sends would throw the answer away, unread, in the client's own kernel.
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 4000000"))
        with ops1.accept() as conn:
            conn.read_request_head()
            conn.send(response(413, "Content-Length: 8", body="too much"))
            conn.wait_closed()
            with contextlib.suppress(StreamReset):  # in HTTP/2 it is told
                client.send(b"x" * 4000000)
            answer = client.read_response()
            assert (answer.status, answer.body) == (413, b"too much")
            assert_was_last(client, answer)


def test_an_answer_can_begin_early_and_go_on_while_the_body_comes(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 6", body="abc"))
        with ops1.accept() as conn:
            conn.read_request_head()
            assert conn.read_exactly(3) == b"abc"
            conn.send(response(200, "Transfer-Encoding: chunked", body="3\r\nABC\r\n"))
            client.read_head()
            assert client.read_body(3) == b"ABC"
            client.send("def")
            assert conn.read_exactly(3) == b"def"
            conn.send("3\r\nDEF\r\n0\r\n\r\n")
            assert client.read_rest() == b"DEF"


def test_a_backend_that_does_not_read_but_answers_and_closes_is_heard(lb, ops1, front):
    """Jetty does so with a body that is too large: its kernel resets the connection because of what was not read."""
    with front.connect(lb) as client:
        def upload():
            with contextlib.suppress(OSError):  # opslb stops taking it some time after its answer
                client.send(request("POST", "/", "Content-Length: 50000000"))
                for _ in range(50):
                    client.send(b"x" * 1000000)
        sender = threading.Thread(target=upload)
        sender.start()
        with ops1.accept() as conn:
            conn.read_request_head()
            conn.send(response(413, "Content-Length: 8", "Connection: close", body="too much"))
            answer = client.read_response()
            assert (answer.status, answer.body) == (413, b"too much")
        sender.join(scaled(ANSWER))
        assert not sender.is_alive()


@pytest.mark.fronts(*HTTP1)
def test_an_answer_that_comes_with_the_whole_body_read_keeps_the_connections(lb, ops1, front):
    with front.connect(lb) as client:
        for _ in range(3):
            client.send(request("POST", "/", "Content-Length: 4", body="body"))
        with ops1.accept() as conn:
            for _ in range(3):
                assert conn.read_request().body == b"body"
                conn.send(EMPTY)
                answer = client.read_response()
                assert (answer.status, answer.values("Connection")) == (200, [])
