"""A response that breaks off reaches the client as broken, never as a complete one, whatever either side speaks."""

import pytest

from support.conversation import assert_client_goes_on, request, response
from support.fronts import HTTP1, only_http1
from support.raw import ProtocolError, Truncated

PARTS = {
    "length": response(200, "Content-Length: 10", body="half!"),
    "length, no body byte": response(200, "Content-Length: 10"),
    "within a chunk": response(200, "Transfer-Encoding: chunked", body="a\r\nhalf!"),
    "between chunks": response(200, "Transfer-Encoding: chunked", body="5\r\nhalf!\r\n"),
    "within a size": response(200, "Transfer-Encoding: chunked", body="5\r\nhalf!\r\n1"),
    "no empty line behind the last chunk": response(200, "Transfer-Encoding: chunked", body="5\r\nhalf!\r\n0\r\n"),
    "within the trailer": response(200, "Transfer-Encoding: chunked", body="5\r\nhalf!\r\n0\r\nX-Sum: 1\r\n"),
    "chunked, no body byte": response(200, "Transfer-Encoding: chunked"),
}
MALFORMED = ["x\r\n", "-1\r\n", "5 \r\n", " 5\r\n", "5\n", "5\r\nhalf!5\r\n", "5\r\nhalf!\n0\r\n\r\n", "0\r\n\n",
             "0\r\nX : 1\r\n\r\n",
             "fffffffffffffffff\r\n", "5;a\nb\r\n", "0\r\nX: \x01\r\n\r\n", "\r\n"]


def is_seen_broken(client):
    """True unless what the client gets can be taken for a whole message."""
    try:
        client.read_response()
    except (Truncated, ConnectionResetError):
        return True
    return False


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
@pytest.mark.parametrize("part", PARTS)
def test_a_response_that_ends_too_early_is_seen_to_be_broken(lb, ops1, front, part, version, end):
    with front.connect(lb) as client:
        client.send(request(version=version))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(PARTS[part])
            if "no body byte" not in part:
                client.wait_for(b"half!")
            getattr(conn, end)()
        assert is_seen_broken(client)


@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
def test_a_reset_before_the_close_that_would_end_a_body_breaks_it(lb, ops1, front, version):
    with front.connect(lb) as client:
        client.send(request(version=version))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, body="half!"))
            client.wait_for(b"half!")
            conn.reset()
        assert is_seen_broken(client)


@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
@pytest.mark.parametrize("rest", MALFORMED)
def test_a_malformed_chunk_breaks_the_response(lb, ops1, front, rest, version):
    with front.connect(lb) as client:
        client.send(request(version=version))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body="4\r\ngood\r\n"))
            client.wait_for(b"good")
            conn.send(rest)
            assert is_seen_broken(client)
            conn.wait_closed()


@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
def test_a_chunk_that_is_malformed_from_the_start_breaks_it_too(lb, ops1, front, version):
    with front.connect(lb) as client:
        client.send(request(version=version))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body="g\r\n"))
            try:
                answer = client.read_response()
            except (Truncated, ConnectionResetError, ProtocolError):
                return
            assert answer.status == 502  # nothing was passed on yet


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("start", ["", "H", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"])
def test_a_head_that_breaks_off_is_a_502(lb, ops1, start, front, end):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 2", body="ok"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(start)
            getattr(conn, end)()
            answer = client.read_response()
            assert (answer.status, answer.get("Server")) == (502, "opslb")
        # Nothing of the broken answer was passed on, so the client's connection is as good as before.
        assert_client_goes_on(client, ops1)


@pytest.mark.fronts(*HTTP1)
def test_nothing_follows_a_broken_response_on_its_connection(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/1") + request("GET", "/2"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(PARTS["length"])
            conn.close()
        assert client.read_head().get("Content-Length") == "10"
        assert client.wait_closed() in ("fin", "reset")
        assert client.buffer in (b"half!", b"")
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("chunked", [0, 1])
def test_a_long_download_that_breaks_off(opslb, simulator, front, chunked):
    lb = opslb(backends=[simulator()])
    with front.connect(lb) as client:
        client.send(request("GET", f"/_sim/break?after=3000000&chunked={chunked}"))
        assert is_seen_broken(client)
    entry = lb.wait_access(lambda entry: entry["target"].startswith("/_sim/break"))
    assert entry["end"] != "done"
