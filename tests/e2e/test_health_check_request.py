"""What a health check asks, and which answers are healthy."""

import re

import pytest

from support.opslb import run
from support.raw import RawClient, RawOrigin

pytestmark = pytest.mark.backings()  # the same over TLS

UNCHECKED = "/not-the-health-path"
"""For origins that hand health checks to the test like any other request."""


def version():
    return re.search(r"\d+\.\d+\.\d+\S*", run("version").stdout)[0]


@pytest.mark.parametrize("path", ["/monitor/health", "/other/health?deep=1"])
def test_the_exact_bytes_of_a_check(opslb, origin, path):
    ops1 = origin(health_path=path)
    opslb(backends=[ops1], **({} if path == "/monitor/health" else {"health_check": {"path": path}}))
    (check,) = ops1.wait_health_checks(1)
    assert check.head.decode() == (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{ops1.port}\r\n"
                                   f"User-Agent: opslb-health/{version()}\r\nAccept: */*\r\nConnection: close\r\n\r\n")


def test_the_host_line_is_that_of_the_url(opslb, origin):
    ops1 = origin(health="close")
    opslb(backends=[{"name": "ops1", "url": ops1.url.replace("127.0.0.1", "LOCALHOST")}], wait=False)
    (check, *_) = ops1.wait_health_checks(1)
    assert check.get("Host").lower() == f"localhost:{ops1.port}"


def test_every_check_has_a_connection_of_its_own(opslb, origin):
    ops1 = origin(RawOrigin, health_path=UNCHECKED)
    lb = opslb(backends=[ops1], health_check={"interval": "100ms"}, wait=False)
    for number in range(1, 4):
        with ops1.accept() as conn:
            assert conn.number == number
            assert conn.read_request().target == "/monitor/health"
            conn.answer(200, body=b"healthy")
            assert conn.wait_closed() in ("fin", "reset")
    lb.wait_log("backend ops1 is up")


def test_200_is_healthy_and_no_other_status_is(opslb, origin):
    statuses = [200, 201, 202, 204, 206, 299, 301, 302, 304, 400, 401, 403, 404, 429, 500, 502, 503, 599]
    hosts = [origin(name=f"host{status}", health=f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
             for status in statuses]
    lb = opslb(backends=hosts)
    for status in statuses[1:]:
        assert "warn" in lb.wait_log(rf"backend host{status} is down: answered {status} X to /monitor/health$")
    lb.wait_log("backend host200 is up: answered 200$")
    with RawClient(lb.port()) as client:
        for _ in range(10):
            assert client.request().json()["origin"] == "host200"


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe rest is never read",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nnever",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nhealthy",
    b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
], ids=["long body", "chunked", "no length", "no reason", "1.0", "interim"])
def test_the_head_of_the_final_answer_is_all_that_counts(opslb, origin, answer):
    lb = opslb(backends=[origin(health=answer)])
    lb.wait_log("backend ops1 is up: answered 200$")


@pytest.mark.parametrize("answer, reason", [
    ("close", "connection closed without a complete answer"),
    ("reset", "connection reset"),
    ("hang", "no answer within 300ms"),
    (b"HTTP/1.1 200 OK\r\nContent-Le", "connection closed without a complete answer"),
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "answered with something that is no HTTP response"),
    (b"\x15\x03\x01\x00\x02\x02\x46", "answered with something that is no HTTP response"),
    (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "answered with something that is no HTTP response"),
    (b"HTTP/2 200\r\n\r\n", "answered with something that is no HTTP response"),
    (b"HTTP/1.1 2000 OK\r\n\r\n", "answered with something that is no HTTP response"),
])
def test_what_counts_as_no_answer(opslb, origin, answer, reason):
    ops1, ops2 = origin(health=answer), origin()
    lb = opslb(backends=[ops1, ops2], health_check={"timeout": "300ms"})
    assert reason in lb.wait_log("backend ops1 is down: ")


def test_bytes_of_a_host_cannot_forge_a_log_line(opslb, origin):
    ops1 = origin(health=b"HTTP/1.1 500 \xc2\x9b\tbad\x80 " + b"x" * 5000 + b"\r\n\r\n")
    lb = opslb(backends=[ops1, origin()])
    line = lb.wait_log("backend ops1 is down: answered 500")
    assert line.isprintable() and len(line) < 300
