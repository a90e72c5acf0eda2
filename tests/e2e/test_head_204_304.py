"""Answers without a body whatever their fields say (RFC 9112 6.3): what follows is not mistaken for one."""

import pytest

from support.fronts import H1
from support.conversation import EMPTY, assert_both_go_on, assert_client_goes_on, request, response
from support.raw import RawClient


def conversation(lb, ops1, method, answer, front=H1):
    """The answer as the client gets it; a GET afterwards on both connections shows where it ended."""
    with front.connect(lb) as client:
        client.send(request(method))
        with ops1.accept() as conn:
            assert conn.read_request().method == method
            conn.send(answer)
            got = client.read_response(method)
            assert_both_go_on(client, conn)
            return got


@pytest.mark.parametrize("lines, length", [
    (["Content-Length: 1234567"], "1234567"), (["Content-Length: 0"], "0"), (["Transfer-Encoding: chunked"], None),
    ([], None)])
def test_head_has_no_body_but_the_fields_of_one(lb, ops1, front, lines, length):
    got = conversation(lb, ops1, "HEAD", response(200, *lines, 'ETag: "x"'), front=front)
    assert (got.status, got.get("Content-Length"), got.get("ETag")) == (200, length, '"x"')
    assert not got.values("Connection")


@pytest.mark.parametrize("lines, length", [
    ([], None), (["Content-Length: 99"], "99"), (["Content-Length: 0"], "0"), (["Transfer-Encoding: chunked"], None)])
def test_304_has_no_body_but_may_say_how_long_it_would_be(lb, ops1, front, lines, length):
    got = conversation(lb, ops1, "GET", response(304, *lines, 'ETag: "x"', reason="Not Modified"), front=front)
    assert (got.status, got.get("Content-Length"), got.get("ETag")) == (304, length, '"x"')


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
@pytest.mark.parametrize("lines", [[], ["Content-Length: 0"]])
def test_204_has_no_body_and_no_framing(lb, ops1, front, method, lines):
    got = conversation(lb, ops1, method, response(204, *lines, "X-Other: 1", reason="No Content"), front=front)
    assert (got.status, got.get("X-Other")) == (204, "1")
    assert not got.values("Content-Length") and not got.values("Transfer-Encoding")


@pytest.mark.parametrize("method, answer", [
    ("GET", response(204, "Content-Length: 5", body="later")),
    ("GET", response(204, "Transfer-Encoding: chunked", body="0\r\n\r\n")),
], ids=["204 length", "204 chunked"])
def test_a_204_that_says_it_has_a_body_is_refused(lb, ops1, front, method, answer):
    with front.connect(lb) as client:
        client.send(request(method))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(answer)
            assert client.read_response(method).status == 502
            conn.wait_closed()


@pytest.mark.parametrize("method, answer", [
    ("HEAD", response(200, "Content-Length: 4", body="body")),
    ("GET", response(304, "Content-Length: 4", body="body")),
    ("GET", response(204, body="body")),
], ids=["HEAD", "304", "204"])
def test_a_body_that_may_not_be_there_reaches_nobody(lb, ops1, front, method, answer):
    with front.connect(lb) as client:
        client.send(request(method))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(answer)
            assert client.read_response(method).status == int(answer[9:12])
            conn.wait_closed()
        assert_client_goes_on(client, ops1)


@pytest.mark.parametrize("status", [200, 304])
def test_http10_clients_too(lb, ops1, status):
    with RawClient(lb.port()) as client:
        client.send(request("HEAD", "/", "Connection: keep-alive", version="1.0"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(status, "Content-Length: 4"))
            got = client.read_response("HEAD")
            assert (got.get("Content-Length"), got.get("Connection").lower()) == ("4", "keep-alive")
            client.send(request("GET", "/next", version="1.0"))
            assert conn.read_request().target == "/next"
            conn.send(EMPTY)
            assert client.read_response().status == 200
