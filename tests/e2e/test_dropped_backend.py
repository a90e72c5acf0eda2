"""What is in flight at a host when it is dropped goes on there."""

import hashlib

import pytest

from support.arrivals import Arrivals, InFlight
from support.conversation import request
from support.raw import RawOrigin

FAST = {"interval": "50ms", "fall": 1}


@pytest.fixture
def lb_and_ops1(opslb, origin):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1, origin(health="close")], health_check=FAST)
    return lb, ops1


def drop(lb, ops1, how):
    since = len(lb.log_lines)
    if how == "pause":
        ops1.pause()
    else:
        ops1.health = how
    lb.wait_log("no host is up", since=since)


@pytest.mark.parametrize("how", [500, "close", "pause"])
def test_a_request_that_waits_for_its_answer_gets_it(lb_and_ops1, front, how):
    lb, ops1 = lb_and_ops1
    held = InFlight(lb, Arrivals(ops1), "POST", front=front)
    drop(lb, ops1, how)
    held.finish()


def test_a_download_goes_on(lb_and_ops1, front):
    lb, ops1 = lb_and_ops1
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + "a" * 100000)
            drop(lb, ops1, 500)
            conn.send("b" * 100000)
            assert client.read_response().body == b"a" * 100000 + b"b" * 100000


def test_an_upload_goes_on(lb_and_ops1, front):
    lb, ops1 = lb_and_ops1
    body = bytes(range(256)) * 1000
    with front.connect(lb) as client:
        client.send(request("POST", "/", f"Content-Length: {len(body)}") + body[:1000])
        with ops1.accept() as conn:
            head = conn.read_request_head()
            drop(lb, ops1, 500)
            client.send(body[1000:])
            assert hashlib.sha256(conn.read_body(head).body).digest() == hashlib.sha256(body).digest()
            conn.answer()
            assert client.read_response().status == 200


def test_a_tunnel_goes_on(lb_and_ops1, front):
    lb, ops1 = lb_and_ops1
    with front.connect(lb) as client:
        client.send(request("GET", "/", "Connection: Upgrade", "Upgrade: websocket"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
            assert client.read_response().status == front.switched
            drop(lb, ops1, 500)
            client.send("ping")
            assert conn.read_exactly(4) == b"ping"
            conn.send("pong")
            assert client.read_exactly(4) == b"pong"
