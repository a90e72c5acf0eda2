"""The Ops Manager simulator takes WebSocket upgrades and PROXY headers."""

import base64
import hashlib
import json
import socket

import pytest

from support.simulator_client import request, simulator, simulator_with


def websocket_frame(text):
    mask, data = b"\x01\x02\x03\x04", text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data)]) + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(data))


def test_websocket_messages_come_back(simulator):
    key = base64.b64encode(b"0123456789abcdef").decode()
    expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    with simulator.connect() as client:
        # The first message comes in one piece with the request.
        client.send(request("GET", "/_sim/ws", "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {key}",
                            "Sec-WebSocket-Version: 13", body=websocket_frame("first")))
        status, headers = client.head()
        assert (status, headers["sec-websocket-accept"], headers["x-ops-host"]) == (101, expected, "ops7")
        assert client.exactly(7) == b"\x81\x05first"
        client.send(websocket_frame("second"))
        assert client.exactly(8) == b"\x81\x06second"


def test_websocket_wants_an_upgrade(simulator):
    assert simulator.get("/_sim/ws")[0] == 400


V2 = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.mark.parametrize("header, kind, client", [
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 80\r\n", "TCP4", "192.0.2.1"),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 1111 80\r\n", "TCP6", "2001:db8::1"),
    (b"PROXY UNKNOWN\r\n", "UNKNOWN", "127.0.0.1"),
    (V2 + b"\x20\x00\x00\x00", "LOCAL", "127.0.0.1"),
    (V2 + b"\x21\x11\x00\x0f" + bytes([192, 0, 2, 1, 192, 0, 2, 2, 4, 87, 0, 80]) + b"\x04\x00\x00", "TCP4", "192.0.2.1"),
    (V2 + b"\x21\x21\x00\x24" + socket.inet_pton(socket.AF_INET6, "2001:db8::1") +
     socket.inet_pton(socket.AF_INET6, "2001:db8::2") + b"\x04\x57\x00\x50", "TCP6", "2001:db8::1"),
])
def test_a_proxy_header_names_the_client(simulator_with, header, kind, client):
    one = simulator_with("--proxy-protocol")
    with one.connect() as connection:
        for byte in header:
            connection.send(bytes([byte]))
        connection.send(request("GET", "/_sim/echo") + request("GET", "/_sim/echo"))
        for _ in range(2):
            seen = json.loads(connection.response()[2])
            assert seen["proxy"]["kind"] == kind
            assert seen["jetty"]["client"] == client
    assert one.control("/_sim/stats")["proxy_headers"][0]["kind"] == kind


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PROXY TCP4 nonsense\r\n", V2 + b"\x31\x11\x00\x00"])
def test_a_connection_without_a_good_proxy_header_is_reset(simulator_with, start):
    one = simulator_with("--proxy-protocol")
    with one.connect() as connection:
        connection.send(start)
        assert connection.at_end()
