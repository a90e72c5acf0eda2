"""A client that is gone ends what a backend does for it, wherever the exchange stands."""

import pytest

from support.conversation import request, response
from support.fronts import HTTP2


def logged(lb, target):
    return lb.wait_access(lambda entry: entry["target"] == target)


@pytest.mark.parametrize("sent", [request("GET", "/waits"), request("POST", "/waits", "Content-Length: 4",
                                                                    body="body")], ids=["GET", "POST"])
def test_a_reset_while_the_backend_works_ends_its_exchange(opslb, raw_origin, front, sent):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(sent)
        with raw_origin.accept() as conn:
            conn.read_request()
            client.reset()
            conn.wait_closed()
    assert logged(lb, "/waits")["end"] == "client closed"
    assert not raw_origin.has_connection_waiting()  # nobody is asked again for nobody


def test_a_reset_within_the_answer_ends_its_exchange(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request("GET", "/streams"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body="3\r\nabc\r\n"))
            client.read_head()
            client.reset()
            conn.wait_closed()
    entry = logged(lb, "/streams")
    assert (entry["status"], entry["end"]) == (200, "client closed")


def test_a_reset_within_the_body_ends_its_exchange(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request("POST", "/uploads", "Content-Length: 10", body="half!"))
        with raw_origin.accept() as conn:
            conn.read_request_head()
            assert conn.read_exactly(5) == b"half!"
            client.reset()
            conn.wait_closed()
    assert logged(lb, "/uploads")["end"] == "client closed"


@pytest.mark.fronts(*HTTP2)
@pytest.mark.parametrize("begun", [False, True], ids=["before", "within"])
def test_a_stream_that_is_reset_ends_its_exchange_and_no_other(opslb, raw_origin, front, begun):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request("GET", "/streams"))
        with raw_origin.accept() as conn:
            conn.read_request()
            if begun:
                conn.send(response(200, "Transfer-Encoding: chunked", body="3\r\nabc\r\n"))
                client.read_head()
            client.abandon()
            conn.wait_closed()
        assert logged(lb, "/streams")["end"] == "client closed"
        client.send(request("GET", "/next"))
        with raw_origin.accept() as conn:
            assert conn.read_request().target == "/next"
            conn.answer()
            assert client.read_response().status == 200


def test_a_close_shows_when_the_answer_has_nowhere_to_go(opslb, raw_origin, front):
    # Until then it looks just like a client that has closed its half and waits.
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request("GET", "/streams"))
        with raw_origin.accept() as conn:
            conn.read_request()
            client.close()
            conn.send(response(200, "Transfer-Encoding: chunked"))
            for _ in range(1000):
                try:
                    conn.send("3\r\nabc\r\n")
                except OSError:
                    break
                if not conn.is_silent(0.01):
                    break
            conn.wait_closed()
    assert logged(lb, "/streams")["end"] == "client closed"


def test_a_client_that_goes_while_no_host_is_up_is_no_longer_waited_for(opslb, raw_origin, front):
    raw_origin.health = 500
    lb = opslb(backends=[raw_origin], timeouts={"hold": "600s"})
    with front.connect(lb) as client:
        client.send(request("GET", "/held"))
        raw_origin.wait_health_checks(len(raw_origin.health_checks) + 1)
        client.reset()
    assert logged(lb, "/held")["end"] == "client closed"


def test_the_next_client_gets_its_own_answer(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], workers=1)
    for number in range(5):
        with front.connect(lb) as gone:
            gone.send(request("GET", "/gone"))
            with raw_origin.accept() as conn:
                conn.read_request()
                gone.reset()
                conn.wait_closed()
        with front.connect(lb) as client:
            client.send(request("GET", f"/{number}"))
            with raw_origin.accept() as conn:
                assert conn.read_request().target == f"/{number}"
                conn.send(response(200, "Content-Length: 1", body=str(number)))
                assert client.read_response().body == str(number).encode()
