"""What the tests of the Ops Manager simulator itself need, apart from what all others use: a simulator whose first line they
have read themselves, and a client that reads responses by the book."""

import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

BINARY = os.path.join(os.environ.get("OPSLB_BUILD", "build"), "ops-manager-simulator")
PATIENCE = 20.0


class Simulator:
    """One running simulator on ports of its own."""

    def __init__(self, *options):
        self.process = subprocess.Popen([BINARY, *options], stdout=subprocess.PIPE, text=True)
        self.ready_line = self.process.stdout.readline()
        found = re.fullmatch(r"ops-manager-simulator (\S+) listening on (http://\S+:(\d+)) control (http://\S+:(\d+))\n",
                             self.ready_line)
        assert found, f"unexpected first line {self.ready_line!r}"
        self.url, self.port = found[2], int(found[3])
        self.control_url, self.control_port = found[4], int(found[5])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()

    def connect(self):
        return Client(self.port)

    def get(self, target, *lines):
        """One GET on a connection of its own."""
        with self.connect() as client:
            client.send(request("GET", target, *lines, "Connection: close"))
            return client.response()

    def control(self, target):
        with Client(self.control_port) as client:
            client.send(request("GET", target, "Connection: close"))
            status, _, body = client.response()
            assert status == 200, body
            return json.loads(body)

    def echo(self, *lines, target="/_sim/echo"):
        status, _, body = self.get(target, *lines)
        assert status == 200, body
        return json.loads(body)


class Client:
    """A raw connection that reads responses by the book, and nothing behind them."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    def line(self):
        while b"\r\n" not in self.received:
            assert self.more(), f"closed after {self.received!r}"
        line, self.received = self.received.split(b"\r\n", 1)
        return line.decode("latin-1")

    def exactly(self, size):
        while len(self.received) < size:
            assert self.more(), f"closed after {len(self.received)} of {size} bytes"
        data, self.received = self.received[:size], self.received[size:]
        return data

    def fields(self):
        result = {}
        while line := self.line():
            name, value = line.split(":", 1)
            result[name.lower()] = value.strip()
        return result

    def head(self):
        version, status = self.line().split(" ")[:2]
        assert version == "HTTP/1.1"
        return int(status), self.fields()

    def response(self, to="GET"):
        """(status, headers, body); trailers are added to the headers."""
        status, headers = self.head()
        if to == "HEAD" or status in (204, 304) or status < 200:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.line(), 16):
                body += self.exactly(size)
                assert self.line() == ""
            headers.update(self.fields())
            return status, headers, body
        if "content-length" in headers:
            return status, headers, self.exactly(int(headers["content-length"]))
        while self.more():
            pass
        return status, headers, self.received

    def at_end(self):
        """True once the other side has closed without a further byte."""
        assert not self.received
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def request(method, target, *lines, body=b""):
    head = [f"{method} {target} HTTP/1.1", *lines]
    if not any(line.lower().startswith("host:") for line in lines):
        head.insert(1, "Host: opsmanager.example.com")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), *arguments], capture_output=True, check=False)


@pytest.fixture
def simulator_with():
    """Starts simulators with options, and stops them."""
    started = []

    def start(*options):
        started.append(Simulator(*options))
        return started[-1]

    yield start
    codes = [each.stop() for each in started if each.process.poll() is None]
    assert all(code == 0 for code in codes)


@pytest.fixture(scope="module")
def simulator():
    one = Simulator("--name", "ops7", "--version", "8.0.3", "--agent-key", "group1:key1")
    yield one
    assert one.stop() == 0
