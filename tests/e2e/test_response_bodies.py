"""Response bodies reach the client byte for byte, framed anew for the version it speaks."""

import pytest

from support.conversation import converse, request, response
from support.fronts import HTTP1, only_http1

EVERY_BYTE = bytes(range(256)) * 3
CHUNKED = b"100\r\n" + EVERY_BYTE[:256] + b"\r\n200;ext=1\r\n" + EVERY_BYTE[256:] + b"\r\n0;last\r\n\r\n"


@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
def test_a_body_with_a_length_keeps_it(lb, ops1, front, version):
    answer = response(200, "Content-Length: 768", "Content-Type: application/x-any", body=EVERY_BYTE)
    _, got = converse(lb, ops1, request(version=version), answer, front=front)
    assert (got.framing, got.body, got.get("Content-Type")) == ("length", EVERY_BYTE, "application/x-any")
    assert got.version == front.version  # RFC 9110 2.5: opslb's own, whatever the client said


def test_a_chunked_body_is_framed_anew(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: CHUNKED", body=CHUNKED))
            got = client.read_response()  # which takes no extension
    assert (got.framing, got.body) == (front.framed("chunked"), EVERY_BYTE)
    assert got.values("Transfer-Encoding") == ([] if front.http2 else ["chunked"])
    assert not got.values("Content-Length")


@pytest.mark.fronts(*HTTP1)
@pytest.mark.parametrize("lines", [[], ["Connection: keep-alive"]])
def test_a_chunked_body_ends_with_the_connection_for_an_http10_client(lb, ops1, front, lines):
    with front.connect(lb) as client:
        client.send(request("GET", "/", *lines, version="1.0"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body=CHUNKED))
            got = client.read_response()
    assert (got.framing, got.body) == ("close", EVERY_BYTE)
    assert not got.values("Transfer-Encoding") and not got.values("Content-Length")
    assert got.get("Connection") == "close"


@pytest.mark.parametrize("backend_version", ["1.0", "1.1"])
def test_a_body_until_close_is_framed_for_a_client_whose_connection_lasts(lb, ops1, front, backend_version):
    with front.connect(lb) as client:
        for _ in range(2):
            client.send(request())
            with ops1.accept() as conn:
                conn.read_request()
                conn.send(response(200, body=EVERY_BYTE, version=backend_version))
                conn.half_close()
                got = client.read_response()
            assert (got.framing, got.body, got.values("Connection")) == (front.framed("chunked"), EVERY_BYTE, [])


@pytest.mark.fronts(*HTTP1)
def test_a_body_until_close_stays_one_for_an_http10_client(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/", "Connection: keep-alive", version="1.0"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, body=EVERY_BYTE))
            conn.half_close()
            got = client.read_response()
    assert (got.framing, got.body, got.get("Connection")) == ("close", EVERY_BYTE, "close")


@pytest.mark.parametrize("answer", [
    response(200, "Content-Length: 0"), response(200, "Transfer-Encoding: chunked", body="0\r\n\r\n"), response(200)],
    ids=["length", "chunked", "until close"])
@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
def test_an_empty_body_is_an_empty_body(lb, ops1, front, answer, version):
    with front.connect(lb) as client:
        client.send(request(version=version))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(answer)
            conn.half_close()
            got = client.read_response()
    assert (got.status, got.body) == (200, b"")


def test_bytes_go_out_when_they_come(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked"))
            client.read_head()
            for piece in (b"first", b"second"):
                conn.send(b"%x\r\n%s\r\n" % (len(piece), piece))
                assert client.read_piece() == piece
            conn.send("a\r\n01234")
            assert client.read_piece() == b"01234"
            conn.send("56789\r\n0\r\n\r\n")
            assert client.read_rest() == b"56789"


def test_the_head_goes_out_before_the_body_has_come(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Content-Length: 4"))
            client.read_head()
            conn.send("body")
            assert client.read_body(4) == b"body"


@pytest.mark.parametrize("answer", [
    response(200, "Content-Length: 768", "X-Long: " + "v" * 30000, body=EVERY_BYTE),
    response(404, "Content-Length: 768", "X-Empty:", "X-Twice: 1", "X-Twice: 2", body=EVERY_BYTE, reason=""),
    response(200, "Transfer-Encoding: chunked", body=CHUNKED),
], ids=["large head", "empty reason", "chunked"])
def test_a_response_cut_at_any_byte_is_the_same_response(lb, ops1, front, answer):
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send_slowly(answer, 1 if len(answer) < 5000 else 997)
            got = client.read_response()
    assert got.body == EVERY_BYTE
    assert got.status == int(answer[9:12])


def test_the_reason_phrase_is_the_backends(lb, ops1, front):
    for reason in ("Fine, thanks", "", "caf\xe9"):
        _, got = converse(lb, ops1, request(), response(299, "Content-Length: 0", reason=reason), front=front)
        assert (got.status, got.reason) == (299, front.reason(reason))


def test_a_status_line_without_its_last_blank_is_understood(lb, ops1, front):
    _, got = converse(lb, ops1, request(), b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", front=front)
    assert (got.status, got.body) == (200, b"ok")


@pytest.mark.parametrize("status", [200, 201, 206, 301, 302, 307, 400, 401, 403, 404, 409, 416, 429, 500, 502, 503,
                                    599])
def test_any_final_status_passes_with_its_fields_and_body(lb, ops1, front, status):
    answer = response(status, "Retry-After: 7", "Location: http://other.example.com/", "Set-Cookie: a=1",
                      "Set-Cookie: b=2",
                      "WWW-Authenticate: Digest realm=\"MMS\", qop=\"auth\"", "Server: Jetty", "Content-Length: 4",
                      body="body")
    _, got = converse(lb, ops1, request(), answer, front=front)
    assert (got.status, got.body, got.get("Server"), got.get("Retry-After")) == (status, b"body", "Jetty", "7")
    assert got.values("Set-Cookie") == ["a=1", "b=2"]
    assert got.get("Location") == "http://other.example.com/"
    assert got.get("WWW-Authenticate") == 'Digest realm="MMS", qop="auth"'
