"""A body whose length is known is whole with its last byte (RFC 9113 8.1.1): END_STREAM may come later, and costs nothing."""

import pytest

from support.conversation import EMPTY
from support.frames import Code, data, headers
from support.h2_front import H2Front
from support.header_block import block
from support.raw import RawOrigin


@pytest.fixture
def ops1(origin):
    return origin(RawOrigin)


@pytest.fixture
def client(opslb, ops1):
    front = H2Front(opslb(backends=[ops1]), ops1)
    yield front.connect()
    front.close()


@pytest.mark.parametrize("body", [b"", b"body"])
@pytest.mark.parametrize("end", [None, data(1, b"", end=True), headers(1, block(("x-checksum", "1")), end=True)],
                         ids=["never", "frame", "trailers"])
def test_the_backend_may_answer_before_end_stream_and_keeps_its_connection(client, ops1, body, end):
    client.send(client.post(1, "/", ("content-length", str(len(body)))) + (data(1, body) if body else b""))
    with ops1.accept() as conn:
        assert conn.read_request().body == body
        conn.send(EMPTY)
        client.expect_head(1)
        if end is not None:
            client.send(end)
        client.expect_answer(1)
        client.send(client.get(3))
        assert conn.read_request().target == "/"
        conn.send(EMPTY)
        client.expect_answer(3)


def test_a_byte_too_many_is_an_error_of_the_stream_alone(client, ops1):
    client.send(client.post(1, "/", ("content-length", "4")) + data(1, b"body"))
    with ops1.accept() as conn:
        assert conn.read_request().body == b"body"
        client.send(data(1, b"!"))
        client.expect_stream_error(1, Code.PROTOCOL_ERROR)
        client.send(client.get(3))
        with ops1.accept() as other:
            other.read_request()
            other.send(EMPTY)
            client.expect_answer(3)
