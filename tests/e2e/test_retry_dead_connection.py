"""A connection that dies before one byte of the answer: who may be asked again, and where. The table is that of RFC 9110 9.2.2:
a safe request may be repeated, an idempotent one only if the likely reason is that the host had closed an idle connection."""

import pytest

from support.conversation import request
from support.raw import RawOrigin
from support.retrying import NO_CHECKS, end, outcomes, preferred, rested

SAFE = ["GET", "HEAD", "OPTIONS"]
IDEMPOTENT = ["PUT", "DELETE"]
OTHERS = ["POST", "PATCH", "PROPFIND"]
ENDS = ["fin", "reset"]
LOST = "backend closed the connection"


@pytest.fixture
def ops1(origin):
    return origin(RawOrigin)


@pytest.fixture
def ops2(origin):
    return origin(name="ops2")


@pytest.fixture
def lb(opslb, ops1, ops2):
    return opslb(backends=[preferred(ops1), ops2], health_check=NO_CHECKS, workers=1)


def entry_of(lb, target="/asked"):
    return lb.wait_access(lambda entry: entry["target"] == target)


# A new connection: the host itself may have died over the request.

@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", SAFE)
def test_on_a_new_connection_a_safe_request_goes_to_another_host(lb, ops1, ops2, front, method, how):
    with front.connect(lb) as client:
        client.send(request(method, "/asked"))
        with ops1.accept() as conn:
            conn.read_request()
            end(conn, how)
        assert client.read_response(method).status == 200
    assert [seen.method for seen in ops2.requests] == [method]
    assert outcomes(entry_of(lb)) == [("ops1", LOST), ("ops2", "done")]
    assert ops1.connections == 1


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", IDEMPOTENT + OTHERS)
def test_on_a_new_connection_no_other_request_is_repeated(lb, ops1, ops2, front, method, how):
    with front.connect(lb) as client:
        client.send(request(method, "/asked"))
        with ops1.accept() as conn:
            conn.read_request()
            end(conn, how)
        answer = client.read_response()
        assert (answer.status, answer.get("Server"), answer.get("Retry-After")) == (502, "opslb", None)
    assert outcomes(entry_of(lb)) == [("ops1", LOST)]
    assert ops1.connections == 1
    assert not ops2.requests


# A connection that had rested: the host may have closed it before it saw the request.

@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", SAFE + IDEMPOTENT)
def test_on_a_used_connection_an_idempotent_request_gets_a_new_one_to_the_same_host(lb, ops1, ops2, front, method, how):
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request(method, "/asked"))
        used.read_request()
        end(used, how)
        with ops1.accept() as conn:
            assert conn.read_request().target == "/asked"
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert client.read_response(method).status == 200
    assert outcomes(entry_of(lb)) == [("ops1", LOST), ("ops1", "done")]
    assert not ops2.requests


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("method", OTHERS)
def test_on_a_used_connection_no_other_request_is_repeated(lb, ops1, ops2, front, method, how):
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request(method, "/asked"))
        used.read_request()
        end(used, how)
        assert client.read_response().status == 502
    assert outcomes(entry_of(lb)) == [("ops1", LOST)]
    assert ops1.connections == 1
    assert not ops2.requests


@pytest.mark.parametrize("method", SAFE)
def test_the_used_connection_is_no_try(lb, ops1, ops2, front, method):
    """When the new connection dies as well, the host has been tried, and a safe request moves on."""
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request(method, "/asked"))
        used.read_request()
        used.close()
        with ops1.accept() as conn:
            conn.read_request()
        assert client.read_response(method).status == 200
    assert outcomes(entry_of(lb)) == [("ops1", LOST), ("ops1", LOST), ("ops2", "done")]
    assert [seen.target for seen in ops2.requests] == ["/asked"]


@pytest.mark.parametrize("method", IDEMPOTENT)
def test_an_idempotent_request_is_not_repeated_twice(lb, ops1, ops2, front, method):
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request(method, "/asked"))
        used.read_request()
        used.close()
        with ops1.accept() as conn:
            conn.read_request()
        assert client.read_response().status == 502
    assert outcomes(entry_of(lb)) == [("ops1", LOST), ("ops1", LOST)]
    assert not ops2.requests


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_host_that_cannot_be_reached_again_passes_it_on(lb, ops1, ops2, front, method):
    """The used connection died and no new one can be made: what has not reached anybody may go anywhere."""
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request(method, "/asked"))
        used.read_request()
        ops1.pause()
        used.close()
        assert client.read_response().json()["origin"] == "ops2"
    assert outcomes(entry_of(lb)) == [("ops1", LOST), ("ops1", "connection refused"), ("ops2", "done")]


# Bodies.

@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("used_before", [False, True], ids=["new", "used"])
def test_a_request_whose_body_has_begun_is_never_repeated(lb, ops1, ops2, front, method, used_before):
    with front.connect(lb) as client:
        conn = rested(client, ops1) if used_before else None
        client.send(request(method, "/asked", "Content-Length: 10", body="half"))
        conn = conn or ops1.next_connection()
        conn.read_request_head()
        assert conn.read_exactly(4) == b"half"
        conn.close()
        assert client.read_response().status == 502
    assert outcomes(entry_of(lb)) == [("ops1", LOST)]
    assert ops1.connections == 1
    assert not ops2.requests


@pytest.mark.parametrize("framing, body", [("Content-Length: 4", b"body"),
                                           ("Transfer-Encoding: chunked", b"4\r\nbody\r\n0\r\n\r\n")])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_one_whose_body_has_not_begun_is_repeated_and_the_body_follows(lb, ops1, ops2, front, method, framing, body):
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request(method, "/asked", framing))
        used.read_request_head()
        used.close()
        with ops1.accept() as conn:
            head = conn.read_request_head()
            client.send(body)
            assert conn.read_body(head).body == b"body"
            conn.answer()
            assert client.read_response().status == 200
    assert outcomes(entry_of(lb)) == [("ops1", LOST), ("ops1", "done")]
    assert not ops2.requests


def test_a_post_whose_head_was_written_is_not_repeated_although_its_body_has_not_begun(lb, ops1, ops2, front):
    with front.connect(lb) as client:
        used = rested(client, ops1)
        client.send(request("POST", "/asked", "Content-Length: 4"))
        used.read_request_head()
        used.close()
        assert client.read_response().status == 502
    assert ops1.connections == 1
    assert not ops2.requests


# One byte of an answer.

@pytest.mark.parametrize("begun", ["H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"])
@pytest.mark.parametrize("used_before", [False, True], ids=["new", "used"])
def test_an_answer_that_has_begun_ends_all_tries(lb, ops1, ops2, front, begun, used_before):
    with front.connect(lb) as client:
        conn = rested(client, ops1) if used_before else None
        client.send(request("GET", "/asked"))
        conn = conn or ops1.next_connection()
        conn.read_request()
        conn.send(begun)
        conn.close()
        assert client.read_response().status == 502
    assert len(outcomes(entry_of(lb))) == 1
    assert ops1.connections == 1
    assert not ops2.requests


def test_so_does_an_interim_one(lb, ops1, ops2, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/asked"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n")
            assert client.read_response().status == 103
        assert client.read_response().status == 502
    assert not ops2.requests


# All of them.

def test_a_safe_request_asks_each_host_once(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(3)]
    for each in hosts:
        each.on_request(lambda request, conn: conn.close())
    lb = opslb(backends=hosts, health_check=NO_CHECKS)
    with front.connect(lb) as client:
        assert client.request(target="/asked").status == 502
    assert [len(each.requests) for each in hosts] == [1, 1, 1]
    assert sorted(outcomes(entry_of(lb))) == [("ops1", LOST), ("ops2", LOST), ("ops3", LOST)]


def test_the_client_may_go_on_after_a_502(lb, ops1, front):
    with front.connect(lb) as client:
        for _ in range(3):
            client.send(request("POST", "/asked", "Content-Length: 4", body="body"))
            with ops1.accept() as conn:
                conn.read_request()
            assert client.read_response().status == 502
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.answer()
            assert client.read_response().status == 200
