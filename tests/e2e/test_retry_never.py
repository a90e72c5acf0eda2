"""What is not asked a second time, whatever the method: any answer, and any timeout once the connection stood."""

import pytest

from support.conversation import request, response
from support.raw import RawOrigin, Truncated
from support.retrying import NO_CHECKS, outcomes, preferred, rested


@pytest.fixture
def ops1(origin):
    return origin(RawOrigin)


@pytest.fixture
def ops2(origin):
    return origin(name="ops2")


@pytest.fixture
def start(opslb, ops1, ops2):
    return lambda **more: opslb(backends=[preferred(ops1), ops2], health_check=NO_CHECKS, workers=1, **more)


@pytest.mark.parametrize("status, reason", [(503, "Service Unavailable"), (429, "Too Many Requests"), (500, "Server Error"),
                                            (502, "Bad Gateway"), (504, "Gateway Timeout"), (404, "Not Found")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_passes_through_as_it_is(start, ops1, ops2, front, status, reason, method):
    lb = start()
    with front.connect(lb) as client:
        client.send(request(method, "/api/x"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(status, "Retry-After: 17", "Server: Jetty", "Content-Length: 5", body="busy\n",
                               reason=reason))
            answer = client.read_response()
    assert (answer.status, answer.reason, answer.get("Retry-After")) == (status, front.reason(reason), "17")
    assert (answer.get("Server"), answer.body) == ("Jetty", b"busy\n")
    assert outcomes(lb.wait_access()) == [("ops1", "done")]
    assert not ops2.requests


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("used_before", [False, True], ids=["new", "used"])
def test_a_slow_request_is_not_run_a_second_time(start, ops1, ops2, front, method, used_before):
    lb = start(timeouts={"idle": "200ms"})
    with front.connect(lb) as client:
        conn = rested(client, ops1) if used_before else None
        client.send(request(method, "/slow"))
        conn = conn or ops1.next_connection()
        conn.read_request()
        answer = client.read_response()
        assert (answer.status, answer.get("Server"), answer.get("Retry-After")) == (504, "opslb", None)
        assert conn.wait_closed() in ("fin", "reset")
    assert outcomes(lb.wait_access(lambda entry: entry["target"] == "/slow")) == [("ops1", "idle timeout")]
    assert ops1.connections == 1
    assert not ops2.requests


def test_an_answer_that_stops_halfway_is_cut_and_not_asked_for_again(start, ops1, ops2, front):
    lb = start(timeouts={"idle": "200ms"})
    with front.connect(lb) as client:
        client.send(request("GET", "/slow"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            with pytest.raises(Truncated) as cut:
                client.read_response()
    assert cut.value.received == b"half"
    assert ops1.connections == 1
    assert not ops2.requests


@pytest.mark.parametrize("garbage", [
    b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"])
def test_what_is_no_http_response_is_an_answer_too(start, ops1, ops2, front, garbage):
    lb = start()
    with front.connect(lb) as client:
        client.send(request("GET", "/asked"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(garbage)
            assert client.read_response().status == 502
    assert outcomes(lb.wait_access()) == [("ops1", "no valid HTTP response")]
    assert not ops2.requests


def test_nothing_is_asked_again_for_a_client_that_has_gone(start, ops1, ops2, front):
    lb = start()
    with front.connect(lb) as client:
        client.send(request("GET", "/asked"))
        with ops1.accept() as conn:
            conn.read_request()
            client.reset()
            assert conn.wait_closed() in ("fin", "reset")
    assert outcomes(lb.wait_access()) == [("ops1", "client closed")]
    assert not ops2.requests
