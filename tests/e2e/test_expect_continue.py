"""Expect: 100-continue goes from end to end: the backend says whether the body is to be sent (RFC 9110 10.1.1)."""

import pytest

from support.conversation import assert_both_go_on, assert_was_last, refused, request, response
from support.raw import RawClient

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def test_the_backends_100_lets_the_client_send_its_body(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 4", "Expect: 100-continue"))
        with ops1.accept() as conn:
            seen = conn.read_request_head()
            assert seen.get("Expect") == "100-continue"
            assert client.is_silent()  # opslb does not say it by itself
            conn.send(CONTINUE)
            assert client.read_response().status == 100
            client.send("body")
            assert conn.read_exactly(4) == b"body"
            conn.send(response(201, "Content-Length: 0"))
            answer = client.read_response()
            assert (answer.status, answer.values("Connection")) == (201, [])
            assert_both_go_on(client, conn)


def test_a_chunked_body_may_wait_too(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("PUT", "/", "expect: 100-Continue", "Transfer-Encoding: chunked"))
        with ops1.accept() as conn:
            assert conn.read_request_head().get("Expect").lower() == "100-continue"
            conn.send(CONTINUE)
            assert client.read_response().status == 100
            client.send("4\r\nbody\r\n0\r\n\r\n")
            assert conn.read_exactly(14) == b"4\r\nbody\r\n0\r\n\r\n"
            conn.send(response(200, "Content-Length: 0"))
            assert client.read_response().status == 200


@pytest.mark.parametrize("status", [200, 401, 413, 417])
def test_a_final_answer_instead_of_100_ends_the_exchange_without_the_body(lb, ops1, front, status):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 4", "Expect: 100-continue"))
        with ops1.accept() as conn:
            conn.read_request_head()
            conn.send(response(status, "Content-Length: 2", body="no"))
            answer = client.read_response()
            assert (answer.status, answer.body) == (status, b"no")
            # Whether the client sends the body now cannot be known, so neither connection can carry another request.
            assert_was_last(client, answer)
            conn.wait_closed()
            assert not conn.buffer


def test_a_client_that_does_not_wait_is_served_too(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 4", "Expect: 100-continue", body="body"))
        with ops1.accept() as conn:
            assert conn.read_request().body == b"body"
            conn.send(response(200, "Content-Length: 0"))
            assert client.read_response().status == 200


def test_an_http10_client_never_hears_of_it(lb, ops1):
    with RawClient(lb.port()) as client:
        client.send(request("POST", "/", "Content-Length: 4", "Expect: 100-continue", body="body", version="1.0"))
        with ops1.accept() as conn:
            seen = conn.read_request()
            assert (seen.values("Expect"), seen.body) == ([], b"body")
            conn.send(CONTINUE + CONTINUE + response(200, "Content-Length: 0"))
            assert client.read_response().status == 200


@pytest.mark.parametrize("value", ["100-continues", "other", "100-continue, other", "100-continue;q=1", "200-ok", ""])
def test_any_other_expectation_is_refused(lb, ops1, front, value):
    answer = refused(lb, request("POST", "/", "Content-Length: 4", f"Expect: {value}", body="body"), front=front)
    assert (answer.status, answer.json()["error"]) == (417, 417)
    assert not ops1.has_connection_waiting()


def test_any_other_expectation_of_an_http10_client_is_ignored(lb, ops1):
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/", "Expect: other", version="1.0"))
        with ops1.accept() as conn:
            assert not conn.read_request().values("Expect")
            conn.send(response(200, "Content-Length: 0"))
            assert client.read_response().status == 200


def test_a_client_that_gives_up_waiting_sends_its_body_unasked(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 4", "Expect: 100-continue"))
        with ops1.accept() as conn:
            conn.read_request_head()
            client.send("body")
            assert conn.read_exactly(4) == b"body"
            conn.send(CONTINUE + response(200, "Content-Length: 0"))
            assert client.read_response(skip_interim=True).status == 200


def test_opslbs_own_refusal_comes_instead_of_100(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], limits={"body_bytes": "3B"})
    answer = refused(lb, request("POST", "/", "Content-Length: 4", "Expect: 100-continue"), front=front)
    assert answer.status == 413
    assert not raw_origin.has_connection_waiting()
