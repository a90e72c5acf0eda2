"""Connections to backends rest between requests, and are closed by opslb before the backend would: a POST that meets a closing
connection is lost."""

import time

import pytest

from support.conversation import EMPTY, request, response
from support.raw import RawOrigin
from support.retrying import outcomes, rested

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def test_opslb_closes_a_connection_that_nobody_uses(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], timeouts={"backend_keep_alive": "300ms"})
    with front.connect(lb) as client:
        began = time.monotonic()
        conn = rested(client, raw_origin)
        assert conn.expect_closed() == "fin"
        assert time.monotonic() - began >= 0.3
        client.send(request("POST"))
        with raw_origin.accept() as other:
            other.read_request()
            other.answer()
            assert client.read_response().status == 200
    assert raw_origin.connections == 2


def test_every_use_starts_that_anew(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], timeouts={"backend_keep_alive": "1s"})
    with front.connect(lb) as client:
        conn = rested(client, raw_origin)
        client.send(request("GET", "/long"))
        conn.read_request()
        assert conn.is_silent(1.3)  # in use: its time does not run
        conn.answer()
        assert client.read_response().status == 200
        client.send(request("GET", "/next"))
        assert conn.read_request().target == "/next"
        conn.answer()
        assert client.read_response().status == 200


@pytest.mark.parametrize("method", METHODS)
def test_a_backend_that_closes_idle_connections_costs_no_request(opslb, raw_origin, front, method):
    lb = opslb(backends=[raw_origin], workers=1)
    with front.connect(lb) as client:
        for number in range(30):
            client.send(request(method, f"/{number}"))
            conn = raw_origin.next_connection()
            conn.read_request()
            conn.send(EMPTY)
            assert client.read_response().status == 200
            conn.close()  # without a word, and just before the next request
    lb.wait_access(lambda entry: entry["target"] == "/29")
    if method != "GET":  # which may be sent twice, so nobody looks first whether the connection still stands
        assert all(outcomes(entry) == [("ops1", "done")] for entry in lb.access_log)
    assert raw_origin.connections == 30


@pytest.mark.parametrize("answer", [
    response(200, "Connection: close", "Content-Length: 0"), response(200, "Content-Length: 0", version="1.0"),
    response(200, "connection: X, CLOSE", "Content-Length: 0")])
def test_a_connection_that_the_backend_gives_up_is_not_used_again(opslb, raw_origin, front, answer):
    lb = opslb(backends=[raw_origin], workers=1)
    with front.connect(lb) as client:
        for number in (1, 2):
            client.send(request("POST"))
            with raw_origin.accept() as conn:
                assert conn.number == number
                conn.read_request()
                conn.send(answer)
                assert client.read_response().status == 200
                assert conn.expect_closed() in ("fin", "reset")


def test_what_a_backend_says_unasked_is_not_taken_for_an_answer(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], workers=1)
    with front.connect(lb) as client:
        conn = rested(client, raw_origin)
        conn.send(response(408, "Content-Length: 0", "Connection: close"))
        assert conn.wait_closed() in ("fin", "reset")
        client.send(request("POST", "/next"))
        with raw_origin.accept() as other:
            assert other.read_request().target == "/next"
            other.answer()
            assert client.read_response().status == 200


def test_bytes_behind_an_answer_are_not_the_next_one(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], workers=1)
    with front.connect(lb) as client:
        client.send(request("GET", "/one"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(EMPTY + response(200, "Content-Length: 4", body="evil"))
            assert client.read_response().body == b""
            assert conn.wait_closed() in ("fin", "reset")
        client.send(request("GET", "/two"))
        with raw_origin.accept() as conn:
            assert conn.read_request().target == "/two"
            conn.answer(body=b"good")
            assert client.read_response().body == b"good"


def test_a_reload_keeps_no_connection_of_the_old_configuration_in_use(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], workers=1, timeouts={"backend_keep_alive": "300ms"})
    with front.connect(lb) as client:
        conn = rested(client, ops1)
        lb.reload({"backends": [{"name": "other", "url": ops1.url}], "workers": 1})
        client.send(request("GET", "/next"))
        with ops1.accept() as other:
            assert other.read_request().target == "/next"
            other.answer()
            assert client.read_response().status == 200
        assert conn.expect_closed() == "fin"
