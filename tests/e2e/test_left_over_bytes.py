"""Bytes that a backend sends behind its response belong to nobody: no other client may get them as its answer."""

import os
import signal

import pytest

from support.conversation import EMPTY, request, response
from support.raw import RawOrigin

EVIL = response(200, "Content-Length: 5", body="EVIL!")
BLOCK = 16 * 1024
"""What opslb receives at once: a response that ends exactly there leaves the rest in the kernel."""


def whole_blocks(count):
    head = response(200, f"Content-Length: {count * BLOCK:07}")
    size = count * BLOCK - len(head)
    return response(200, f"Content-Length: {size:07}", body="x" * size), size


@pytest.mark.parametrize("blocks", [1, 52])
def test_they_are_never_the_next_clients_answer(opslb, origin, front, blocks):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], workers=1)
    good, size = whole_blocks(blocks)
    with front.connect(lb) as first, front.connect(lb) as second:
        first.send(request("GET", "/first"))
        conn = ops1.next_connection()
        conn.read_request()
        os.kill(lb.pid, signal.SIGSTOP)  # so that all of it is there at once
        conn.send(good + EVIL)
        os.kill(lb.pid, signal.SIGCONT)
        assert len(first.read_response().body) == size
        second.send(request("GET", "/second"))
        with ops1.accept() as another:  # a connection of its own
            assert another.read_request().target == "/second"
            another.send(response(200, "Content-Length: 2", body="ok"))
            assert second.read_response().body == b"ok"
        conn.close()


def test_a_body_after_the_answer_to_head_is_nobodys(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], workers=1)
    with front.connect(lb) as first, front.connect(lb) as second:
        first.send(request("HEAD", "/first"))
        conn = ops1.next_connection()
        conn.read_request()
        conn.send(response(200, f"Content-Length: {len(EVIL)}"))
        assert first.read_response("HEAD").status == 200
        os.kill(lb.pid, signal.SIGSTOP)
        conn.send(EVIL)
        second.send(request("GET", "/second"))  # noticed together with the bytes
        os.kill(lb.pid, signal.SIGCONT)
        with ops1.accept() as another:
            assert another.read_request().target == "/second"
            another.send(EMPTY)
            assert second.read_response().body == b""
        conn.close()
