"""1xx answers pass at once and in order, and never reach an HTTP/1.0 client (RFC 9110 15.2)."""

import pytest

from support.conversation import assert_both_go_on, converse, request, response
from support.fronts import HTTP1

HINTS = response(103, "Link: </a.css>; rel=preload", "Link: </b.css>; rel=preload", reason="Early Hints")


def test_103_reaches_the_client_while_the_backend_still_works(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(HINTS)
            hints = client.read_response()
            assert (hints.status, hints.reason) == (103, front.reason("Early Hints"))
            assert hints.values("Link") == ["</a.css>; rel=preload", "</b.css>; rel=preload"]
            assert not hints.values("Connection")
            conn.send(response(200, "Content-Length: 2", body="ok"))
            assert client.read_response().body == b"ok"
            assert_both_go_on(client, conn)


@pytest.mark.parametrize("status", [100, 102, 103, 110, 199])
def test_any_1xx_passes(lb, ops1, front, status):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(status, "X-Part: 1") * 3 + response(200, "Content-Length: 2", body="ok"))
            got = [client.read_response() for _ in range(4)]
    assert [each.status for each in got] == [status, status, status, 200]
    assert got[3].body == b"ok"


def test_hop_by_hop_fields_are_removed_from_them_too(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(103, "Connection: X-Secret", "X-Secret: 1", "Keep-Alive: 1", "X-Kept: 1")
                      + response(200, "Content-Length: 0"))
            hints = client.read_response()
    assert hints.names() == ["x-kept"]


@pytest.mark.parametrize("status", [100, 102, 103])
def test_no_1xx_reaches_an_http10_client(lb, ops1, status):
    _, got = converse(lb, ops1, request(version="1.0"),
                      response(status, "X-Part: 1") * 2 + response(200, "Content-Length: 2", body="ok"))
    assert (got.status, got.body) == (200, b"ok")


def test_1xx_to_head_and_then_204(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("HEAD"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(HINTS + response(204))
            assert [client.read_response("HEAD").status for _ in range(2)] == [103, 204]


@pytest.mark.parametrize("line", ["Content-Length: 2", "Transfer-Encoding: chunked"])
def test_a_1xx_that_says_it_has_a_body_is_refused(lb, ops1, front, line):
    _, got = converse(lb, ops1, request(), response(103, line) + response(200, "Content-Length: 0"), front=front)
    assert got.status == 502


def test_a_backend_that_dies_after_a_1xx_is_told_as_502(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(HINTS)
            assert client.read_response().status == 103
            conn.close()
        assert client.read_response().status == 502
        assert not ops1.has_connection_waiting()


def send_too_many(lb, ops1, client):
    """More 1xx than fit into all the buffers on the way to a client that takes none of them, until opslb has had enough."""
    client.send(request())
    with ops1.accept() as conn:
        conn.read_request()
        with pytest.raises(OSError):
            conn.send(response(103, "X-Part: " + "x" * 8000) * 8000)


def test_they_wait_for_a_client_that_takes_none_of_them(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": "1s"})
    with front.connect(lb) as client:
        send_too_many(lb, ops1, client)
        assert lb.wait_access(lambda entry: True)["end"] == "idle timeout"


@pytest.mark.fronts(*HTTP1)
def test_nothing_follows_one_that_broke_off(opslb, ops1, front):
    """What came behind half a head would be part of it."""
    lb = opslb(backends=[ops1], timeouts={"idle": "1s"})
    with front.connect(lb) as client:
        send_too_many(lb, ops1, client)
        try:
            while client.fill():
                pass
        except OSError:
            pass  # cut
        heads = bytes(client.buffer).split(b"\r\n\r\n")
    assert {head.partition(b"\r\n")[0] for head in heads[:-1]} == {b"HTTP/1.1 103 OK"}
    assert b"HTTP/1.1 504" not in heads[-1]
