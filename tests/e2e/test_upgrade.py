"""Upgraded connections (WebSocket): bytes both ways once both ends agreed, an ordinary exchange when they do not."""

import base64
import os
import threading

import pytest

from support.fronts import HTTP1, HTTP2, only_http1
from support.spoken import Head
from support.conversation import HOST, assert_both_go_on, assert_client_goes_on, converse, request, response

BY_EXTENDED_CONNECT = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
"""HTTP/2 has no key (RFC 8441 5)."""
ASKS = [*BY_EXTENDED_CONNECT, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
ENABLE_CONNECT_PROTOCOL = 8
SWITCHES = response(101, "Connection: Upgrade", "Upgrade: websocket",
                    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                    reason="Switching Protocols")


def asking(front, target="/ws", *lines):
    """The request for an upgrade as this front has it."""
    return request("GET", target, *(BY_EXTENDED_CONNECT if front.http2 else ASKS), *lines)


def upgraded(lb, ops1, front, more=b""):
    """Both ends of a connection that was upgraded; `more` comes in the same segment as the 101."""
    client = front.connect(lb)
    client.send(asking(front))
    conn = ops1.next_connection()
    conn.read_request()
    conn.send(SWITCHES + more)
    assert client.read_response().status == front.switched
    return client, conn


@pytest.mark.fronts(*HTTP1)
def test_the_request_and_the_101_say_all_that_the_ends_need(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/ws?a=1", *ASKS, "Sec-WebSocket-Protocol: chat"))
        with ops1.accept() as conn:
            seen = conn.read_request()
            assert (seen.target, seen.get("Connection"), seen.get("Upgrade")) == ("/ws?a=1", "Upgrade", "websocket")
            assert seen.get("Sec-WebSocket-Key") == "dGhlIHNhbXBsZSBub25jZQ=="
            assert seen.get("Sec-WebSocket-Protocol") == "chat"
            assert seen.get("X-Forwarded-Proto") == front.scheme
            conn.send(SWITCHES)
            got = client.read_response()
            assert (got.status, got.get("Connection").lower(), got.get("Upgrade")) == (101, "upgrade", "websocket")
            assert got.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.fronts(*HTTP2)
def test_an_extended_connect_becomes_an_upgrade_for_the_backend(lb, ops1, front):
    with front.connect(lb) as client:
        assert client.wait_settings()[ENABLE_CONNECT_PROTOCOL] == 1
        client.send(asking(front, "/ws?a=1", "Sec-WebSocket-Protocol: chat"))
        with ops1.accept() as conn:
            seen = conn.read_request()
            assert (seen.method, seen.target, seen.version) == ("GET", "/ws?a=1", "1.1")
            assert (seen.get("Connection"), seen.get("Upgrade")) == ("Upgrade", "websocket")
            assert (seen.get("Host"), seen.get("X-Forwarded-Proto")) == (HOST, front.scheme)
            assert len(base64.b64decode(seen.get("Sec-WebSocket-Key"), validate=True)) == 16
            assert (seen.get("Sec-WebSocket-Version"), seen.get("Sec-WebSocket-Protocol")) == ("13", "chat")
            assert seen.framing == "none"
            conn.send(SWITCHES)
            got = client.read_response()
            assert got.status == 200
            assert not {"connection", "upgrade"} & set(got.names())


@pytest.mark.fronts(*HTTP2)
def test_streams_beside_a_tunnel_go_on(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        tunnel = client.streams[-1]
        beside = client.open_as(Head("GET", "/beside", HOST, [], ends=True))
        with ops1.accept() as other:
            assert other.read_request().target == "/beside"
            other.answer(body=b"beside")
            assert beside.read_response().body == b"beside"
        client.send_data(tunnel, b"still there")
        assert conn.read_exactly(11) == b"still there"


def test_bytes_pass_both_ways_as_they_are(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        for piece in (b"\x81\x05hello", b"\x00\r\n\r\n\xff", b"GET / HTTP/1.1\r\n\r\n", os.urandom(100000)):
            client.send(piece)
            assert conn.read_exactly(len(piece)) == piece
            conn.send(piece[::-1])
            assert client.read_exactly(len(piece)) == piece[::-1]


def test_bytes_that_come_with_the_101_are_the_new_protocols(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front, b"HTTP/1.1 200 OK\r\n\r\nfirst")
    with client, conn:
        assert client.read_exactly(24) == b"HTTP/1.1 200 OK\r\n\r\nfirst"


def test_bytes_that_the_client_sends_before_the_101_wait_for_it(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(asking(front) + b"early")
        with ops1.accept() as conn:
            conn.read_request()
            assert conn.is_silent()
            conn.send(SWITCHES)
            assert client.read_response().status == front.switched
            assert conn.read_exactly(5) == b"early"


def test_much_passes_both_ways_at_once(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    up, down = os.urandom(1 << 20) * 8, os.urandom(1 << 20) * 8
    with client, conn:
        senders = [threading.Thread(target=end.send, args=(what,)) for end, what in ((client, up), (conn, down))]
        received = []
        reader = threading.Thread(target=lambda: received.append(conn.read_exactly(len(up))))
        for thread in [*senders, reader]:
            thread.start()
        assert client.read_exactly(len(down)) == down
        for thread in [*senders, reader]:
            thread.join()
        assert received == [up]


def test_one_side_may_end_before_the_other(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        client.send("last words")
        client.half_close()
        assert conn.read_to_end() == b"last words"
        conn.send("answer to them")
        conn.half_close()
        assert client.read_to_end() == b"answer to them"


def test_the_backend_may_end_first_as_well(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        conn.send("bye")
        conn.half_close()
        assert client.read_to_end() == b"bye"
        client.send("bye then")
        client.half_close()
        assert conn.read_to_end() == b"bye then"


@pytest.mark.parametrize("who", ["client", "backend"])
def test_a_reset_on_one_side_ends_the_other(lb, ops1, front, who):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        if who == "client":
            client.reset()
            conn.wait_closed()
        else:
            conn.reset()
            client.wait_tunnel_ended()


@pytest.mark.fronts(*HTTP2)
def test_a_stream_that_is_reset_ends_its_tunnel_and_no_other(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        client.abandon()
        conn.wait_closed()
        assert_client_goes_on(client, ops1)


@pytest.mark.parametrize("status, lines", [only_http1(200, []), (403, []), (426, ["Upgrade: websocket", "Connection: Upgrade"])])
def test_a_backend_may_refuse_and_the_connection_goes_on(lb, ops1, front, status, lines):
    with front.connect(lb) as client:
        client.send(asking(front))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(status, *lines, "Content-Length: 2", body="no"))
            got = client.read_response()
            assert (got.status, got.body) == (status, b"no")
            named = status == 426 and not front.http2
            assert [value.lower() for value in got.values("Upgrade")] == (["websocket"] if named else [])
            assert_both_go_on(client, conn)


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("protocols", [
    "h2c", "H2C", "websocket, h2c", "h2c, websocket", "h2", "HTTP/2.0", "websocket, http/1.1",
    "TLS/1.2", "tls/1.0, websocket"])
def test_nobody_gets_to_speak_http_to_a_backend_behind_opslb(lb, ops1, front, protocols):
    # RFC 9113 3.1 made h2c obsolete; a tunnel of requests around every rule of a proxy is what it was used for.
    seen, got = converse(lb, ops1, request("GET", "/", "Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocols}",
                                           "HTTP2-Settings: AAMAAABkAAQAAP__"), front=front)
    assert got.status == 200
    assert not seen.values("Upgrade") and not seen.values("HTTP2-Settings") and not seen.values("Connection")


@pytest.mark.parametrize("lines", [
    [], only_http1(["Upgrade: websocket"]), only_http1(["Connection: Upgrade"]),
    only_http1(["Connection: Upgrade", "Upgrade: h2c"]),
    only_http1(["Connection: Upgrade", "Upgrade: websocket", "Upgrade: other"])])
def test_a_101_that_nobody_asked_for_is_no_answer(lb, ops1, front, lines):
    with front.connect(lb) as client:
        client.send(request("GET", "/", *lines))
        with ops1.accept() as conn:
            assert not conn.read_request().values("Upgrade")
            conn.send(SWITCHES)
            assert client.read_response().status == 502
            conn.wait_closed()


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("sent", [
    request("POST", "/ws", *ASKS, "Content-Length: 4", body="body"),
    request("POST", "/ws", *ASKS, "Transfer-Encoding: chunked", body="4\r\nbody\r\n0\r\n\r\n"),
    request("GET", "/ws", *ASKS, version="1.0"),
], ids=["length", "chunked", "HTTP/1.0"])
def test_a_request_that_cannot_be_upgraded_is_an_ordinary_one(lb, ops1, front, sent):
    # RFC 9110 7.8: a server ignores Upgrade in HTTP/1.0. A body would have to be over first.
    seen, got = converse(lb, ops1, sent, front=front)
    assert (seen.values("Upgrade"), got.status) == ([], 200)
    assert seen.body == (b"" if seen.method == "GET" else b"body")


@pytest.mark.fronts(*HTTP1)
def test_no_request_follows_on_an_upgraded_connection(lb, ops1, front):
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        conn.half_close()
        assert client.expect_closed() == "fin"
        client.send(request("GET", "/smuggled"))
        client.half_close()
        assert conn.read_to_end() == request("GET", "/smuggled")
    assert not ops1.has_connection_waiting()


def test_the_access_log_tells_of_it_when_it_is_over(lb, ops1, front):
    since = len(lb.access_log)
    client, conn = upgraded(lb, ops1, front)
    with client, conn:
        client.send("12345")
        assert conn.read_exactly(5) == b"12345"
    entry = lb.wait_access(lambda entry: entry["status"] == 101, since=since)  # for HTTP/2, too: what the backend said
    assert (entry["target"], entry["backend"]) == ("/ws", "ops1")


def test_a_websocket_of_the_simulator_echoes(opslb, simulator, front):
    lb = opslb(backends=[simulator()])
    with front.connect(lb) as client:
        client.send(asking(front, "/_sim/ws"))
        got = client.read_response()
        assert got.status == front.switched
        assert front.http2 or got.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        mask = b"\x01\x02\x03\x04"
        client.send(b"\x81\x85" + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(b"hello")))
        assert client.read_exactly(7) == b"\x81\x05hello"
