"""Request bodies reach the backend byte for byte, framed anew."""

import hashlib

import pytest

from support.conversation import EMPTY, converse, request
from support.fronts import HTTP1, only_http1

EVERY_BYTE = bytes(range(256)) * 3


def test_a_body_with_a_length_keeps_it(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("POST", "/", f"Content-Length: {len(EVERY_BYTE)}", body=EVERY_BYTE), front=front)
    assert (seen.framing, seen.body, seen.values("Transfer-Encoding")) == ("length", EVERY_BYTE, [])


def test_a_chunked_body_stays_chunked(lb, ops1, front):
    sent = request("POST", "/", "Transfer-Encoding: chunked", body=b"300\r\n" + EVERY_BYTE + b"\r\n0\r\n\r\n")
    seen, _ = converse(lb, ops1, sent, front=front)
    assert (seen.framing, seen.body, seen.values("Content-Length")) == ("chunked", EVERY_BYTE, [])
    assert seen.get("Transfer-Encoding") == "chunked"


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("body", [
    b"5;name=value\r\nhello\r\n0;last\r\n\r\n",
    b'5;name="quoted;\\"value"\r\nhello\r\n0\r\n\r\n',
    b"0000005\r\nhello\r\n000\r\n\r\n",
    b"1\r\nh\r\n1\r\ne\r\n3\r\nllo\r\n0\r\n\r\n",
], ids=["extension", "quoted extension", "leading zeros", "small chunks"])
def test_no_chunk_line_is_copied(lb, ops1, front, body):
    with front.connect(lb) as client:
        client.send(request("PUT", "/", "Transfer-Encoding: chunked", body=body))
        with ops1.accept() as conn:
            conn.read_request_head()
            raw = conn.read_until(b"0\r\n\r\n")
            assert raw.replace(b"\r\n", b"").translate(None, b"0123456789") == b"hello"
            assert not raw.startswith(b"0")
            conn.send(EMPTY)
            assert client.read_response().status == 200


@pytest.mark.fronts(*HTTP1)
def test_upper_case_sizes_and_codings_are_understood_and_written_in_one_way(lb, ops1, front):
    sent = request("POST", "/", "TRANSFER-ENCODING: Chunked", body=b"1A\r\n" + b"a" * 26 + b"\r\n0\r\n\r\n")
    seen, _ = converse(lb, ops1, sent, front=front)
    assert (seen.body, seen.get("Transfer-Encoding"), seen.chunks) == (b"a" * 26, "chunked", [26])


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_any_method_may_have_a_body(lb, ops1, front, method):
    seen, _ = converse(lb, ops1, request(method, "/", "Content-Length: 4", body="body"), method=method, front=front)
    assert (seen.method, seen.body) == (method, b"body")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_length_of_zero_is_passed_on(lb, ops1, front, method):
    seen, _ = converse(lb, ops1, request(method, "/", "Content-Length: 0"), front=front)
    assert (seen.get("Content-Length"), seen.values("Transfer-Encoding")) == ("0", [])


def test_no_framing_is_made_up_for_a_request_without_a_body(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("POST", "/"), front=front)
    assert not seen.values("Content-Length") and not seen.values("Transfer-Encoding")


def test_an_empty_chunked_body_is_a_chunked_body(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("POST", "/", "Transfer-Encoding: chunked", body="0\r\n\r\n"), front=front)
    assert (seen.framing, seen.body) == ("chunked", b"")


@pytest.mark.fronts(*HTTP1)
def test_a_length_with_leading_zeros_is_one_number(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("POST", "/", "Content-Length: 0004", body="body"), front=front)
    assert (seen.get("Content-Length"), seen.body) == ("4", b"body")


@pytest.mark.fronts(*HTTP1)
def test_an_http10_body_with_a_length_is_passed_on(lb, ops1, front):
    seen, _ = converse(lb, ops1, request("POST", "/", "Content-Length: 4", body="body", version="1.0"), front=front)
    assert (seen.version, seen.framing, seen.body) == ("1.1", "length", b"body")


def test_the_head_goes_out_before_the_body_has_come(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 6"))
        with ops1.accept() as conn:
            seen = conn.read_request_head()
            client.send("abc")
            assert conn.read_exactly(3) == b"abc"
            client.send("def")
            assert conn.read_exactly(3) == b"def"
            assert seen.get("Content-Length") == "6"
            conn.send(EMPTY)
            assert client.read_response().status == 200


def test_every_chunk_goes_out_when_it_comes(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked"))
        with ops1.accept() as conn:
            conn.read_request_head()
            for piece in (b"first", b"second", b"third"):
                client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                assert conn.read_exactly(len(piece) + 5) == b"%x\r\n%s\r\n" % (len(piece), piece)
            client.send("0\r\n\r\n")
            assert conn.read_exactly(5) == b"0\r\n\r\n"
            conn.send(EMPTY)
            assert client.read_response().status == 200


@pytest.mark.fronts(*HTTP1)
def test_a_part_of_a_chunk_is_not_held_back(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body="a\r\n01234"))
        with ops1.accept() as conn:
            conn.read_request_head()
            assert conn.read_exactly(10) == b"5\r\n01234\r\n"
            client.send("56789\r\n0\r\n\r\n")
            assert conn.read_exactly(15) == b"5\r\n56789\r\n0\r\n\r\n"
            conn.send(EMPTY)
            assert client.read_response().status == 200


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("framing", [
    b"zz\r\n", b"5\nhello", b"5 \r\nhello\r\n", b" 5\r\nhello\r\n", b"+5\r\nhello\r\n", b"0x5\r\nhello\r\n", b"\r\nhello",
    b"5\r\nhello!\r\n", b"5\r\nhello\n", b"5;\r\nhello\r\n", b'5;a="b\r\nhello\r\n', b"5;;\r\nhello\r\n",
    b"8000000000000000\r\nhello", b"5\r\nhello\r\n7FFFFFFFFFFFFFFF\r\n", b"0\r\nno colon\r\n\r\n", b"0\r\n folded: x\r\n\r\n",
])
def test_bad_chunk_framing_is_refused_and_never_complete_for_the_backend(lb, ops1, front, framing):
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body=framing))
        with ops1.accept() as conn:
            conn.read_request_head()
            answer = client.read_response()
            assert (answer.status, answer.get("Connection")) == (400, "close")
            conn.wait_closed()
            assert not bytes(conn.buffer).endswith(b"0\r\n\r\n")
        assert client.expect_closed() == "fin"


@pytest.mark.parametrize("chunk", [1, 7, 4096, 16384, 1000003])
def test_large_bodies_arrive_whole_whatever_their_chunks(opslb, origin, front, chunk):
    lb = opslb(backends=[origin()])
    body = bytes((position * 31) % 251 for position in range(20_000 * min(chunk, 100)))
    pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)]
    encoded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body=encoded))
        seen = client.read_response().json()
        assert (seen["body_bytes"], seen["body_sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        assert client.request(target="/next").json()["target"] == "/next"


def break_off(client, ops1, start):
    """The connection on which a request came that begins with `start`, once all of that is there."""
    client.send(start)
    conn = ops1.next_connection()
    conn.read_request_head()
    return conn


@pytest.mark.parametrize("end", ["reset", "close", "abandon"])
@pytest.mark.parametrize("start", [
    request("POST", "/", "Content-Length: 10", body="half"),
    request("POST", "/", "Transfer-Encoding: chunked", body="a\r\nhalf"),
    request("POST", "/", "Transfer-Encoding: chunked", body="4\r\nhalf\r\n"),
    request("POST", "/", "Transfer-Encoding: chunked", body="4\r\nhalf\r\n0\r\nX-Sum: 1\r\n"),
], ids=["length", "within a chunk", "no last chunk", "within the trailer"])
def test_a_body_that_breaks_off_is_not_passed_off_as_whole(lb, ops1, start, front, end):
    with front.connect(lb) as client:
        with break_off(client, ops1, start) as conn:
            while b"half" not in conn.buffer:
                assert conn.fill()
            getattr(client, end)()
            conn.wait_closed()
            assert not conn.buffer.endswith(b"0\r\n\r\n")
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("start", [
    request("POST", "/", "Content-Length: 10", body="half"),
    only_http1(request("POST", "/", "Transfer-Encoding: chunked", body="a\r\nhalf")),
    only_http1(request("POST", "/", "Transfer-Encoding: chunked", body="4\r\nhalf\r\n")),
    only_http1(request("POST", "/", "Transfer-Encoding: chunked", body="4\r\nhalf\r\n0\r\nX-Sum: 1\r\n")),
], ids=["length", "within a chunk", "no last chunk", "within the trailer"])
def test_so_is_one_that_the_client_ends_too_early_in_order(lb, ops1, front, start):
    with front.connect(lb) as client:
        with break_off(client, ops1, start) as conn:
            conn.wait_for(b"half")
            client.half_close()
            conn.wait_closed()
            assert not conn.buffer.endswith(b"0\r\n\r\n")
    assert not ops1.has_connection_waiting()


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("rest", ["x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\na\r\n",
                                  "1\r\nab\r\n",
                                  "1\r\na\n", "1\r\na\r0\r\n\r\n", ";a\r\n", "\r\n", "11111111111111111\r\na",
                                  "1;a\rb\r\na\r\n", "1;\x00\r\na\r\n", "0\r\nX : 1\r\n\r\n", "0\r\n X: 1\r\n\r\n",
                                  "0\r\nX: 1\n\r\n",
                                  "0\r\n\n", "1;" + "a" * 5000 + "\r\na\r\n"])
def test_bad_chunk_framing_is_refused_and_ends_both_connections(lb, ops1, front, rest):
    with front.connect(lb) as client:
        with break_off(client, ops1, request("POST", "/", "Transfer-Encoding: chunked", body="4\r\ngood\r\n")) as conn:
            client.send(rest)
            answer = client.read_response()
            assert (answer.status, answer.get("Connection")) == (400, "close")
            assert client.expect_closed() == "fin"
            conn.wait_closed()
            assert conn.buffer.startswith(b"4\r\ngood\r\n")
            assert not conn.buffer.endswith(b"0\r\n\r\n")
    assert not ops1.has_connection_waiting()
