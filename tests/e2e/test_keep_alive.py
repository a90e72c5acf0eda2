"""Connections last over requests on both sides, independently of each other."""

import pytest

from support.conversation import EMPTY, request, response
from support.fronts import HTTP1, only_http1
from support.raw import OkOrigin


@pytest.mark.parametrize("line", [[], only_http1(["Connection: keep-alive"]), only_http1(["Connection: Keep-Alive, X-Other"])])
def test_a_connection_serves_many_requests(opslb, origin, front, line):
    ops1 = origin()
    lb = opslb(backends=[ops1], workers=1)
    with front.connect(lb) as client:
        for number in range(20):
            client.send(request("GET", f"/{number}", *line))
            answer = client.read_response()
            assert answer.json()["target"] == f"/{number}"
            assert not answer.values("Connection")
    assert ops1.connections == 1


def test_clients_share_the_connections_to_a_backend(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], workers=1)
    for number in range(10):
        with front.connect(lb) as client:
            assert client.request(target=f"/{number}").json()["connection"] == 1


def test_two_requests_at_once_use_two_connections_to_the_backend(lb, ops1, front):
    with front.connect(lb) as one, front.connect(lb) as two:
        one.send(request("GET", "/one"))
        with ops1.accept() as first:
            first.read_request()
            two.send(request("GET", "/two"))
            with ops1.accept() as second:
                assert second.read_request().target == "/two"
                second.send(EMPTY)
                assert two.read_response().status == 200
            first.send(EMPTY)
            assert one.read_response().status == 200


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("line", ["Connection: close", "connection: CLOSE", "Connection: keep-alive, close",
                                  "Connection: X-Other\r\nConnection: close"])
def test_a_client_that_asks_for_the_end_gets_it_after_the_answer(opslb, origin, front, line):
    ops1 = origin()
    lb = opslb(backends=[ops1], workers=1)
    for _ in range(2):
        with front.connect(lb) as client:
            client.send(request("GET", "/", line))
            answer = client.read_response()
            assert answer.get("Connection") == "close"
            assert answer.json()["connection"] == 1  # the backend's connection goes on
            assert client.expect_closed() == "fin"


@pytest.mark.fronts(*HTTP1)
def test_an_http10_connection_ends_after_one_answer(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request(version="1.0"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Content-Length: 2", body="ok"))
            answer = client.read_response()
        assert (answer.get("Connection"), answer.body) == ("close", b"ok")
        assert client.expect_closed() == "fin"


@pytest.mark.fronts(*HTTP1)
def test_an_http10_client_that_asks_for_it_keeps_its_connection(opslb, origin, front):
    lb = opslb(backends=[origin()])
    with front.connect(lb) as client:
        for number in range(3):
            client.send(request("GET", f"/{number}", "Connection: keep-alive", version="1.0"))
            answer = client.read_response()
            assert answer.get("Connection").lower() == "keep-alive"
            assert answer.json()["target"] == f"/{number}"


@pytest.mark.parametrize("last", [
    response(200, "Connection: close", "Content-Length: 2", body="ok"),
    response(200, "Content-Length: 2", body="ok", version="1.0"),
    response(200, "Connection: close", body="ok"),
], ids=["close", "http10", "until close"])
def test_a_backend_that_ends_its_connection_does_not_end_the_clients(lb, ops1, front, last):
    with front.connect(lb) as client:
        for number in range(2):
            client.send(request("POST", f"/{number}", "Content-Length: 0"))
            with ops1.accept() as conn:  # another one each time
                assert conn.read_request().target == f"/{number}"
                conn.send(last)
                conn.half_close()
                answer = client.read_response()
            assert (answer.body, answer.values("Connection")) == (b"ok", [])


def test_a_connection_that_the_backend_said_it_closes_is_not_used_again(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/one"))
        with ops1.accept() as first:
            first.read_request()
            first.send(response(200, "Connection: close", "Content-Length: 0"))
            assert client.read_response().status == 200
            client.send(request("GET", "/two"))
            with ops1.accept() as second:  # although the first one is still open here
                assert second.read_request().target == "/two"
                second.send(EMPTY)
            assert first.expect_closed() == "fin"


def test_an_http10_backend_that_keeps_its_connection_is_asked_again_on_it(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            for _ in range(3):
                conn.read_request()
                conn.send(response(200, "Connection: keep-alive", "Content-Length: 0", version="1.0"))
                assert client.read_response().version == front.version
                client.send(request())
            conn.read_request()
            conn.send(EMPTY)
            assert client.read_response().status == 200


def test_a_post_is_not_written_into_a_connection_that_the_backend_has_closed(lb, ops1, front):
    with front.connect(lb) as client:
        for number in range(5):
            client.send(request("POST", f"/{number}", "Content-Length: 2", body="ok"))
            with ops1.accept() as conn:
                assert conn.read_request().target == f"/{number}"
                conn.send(EMPTY)
                assert client.read_response().status == 200
            # Closed now, a moment before the next request comes.


def test_a_connection_of_one_backend_never_carries_a_request_to_another(opslb, origin, front):
    lb = opslb(backends=[origin(OkOrigin), origin(OkOrigin)], balance="round_robin", workers=1)
    with front.connect(lb) as client:
        answers = [client.request().json() for _ in range(6)]
    assert {answer["origin"] for answer in answers} == {"ops1", "ops2"}
    assert {answer["connection"] for answer in answers} == {1}
