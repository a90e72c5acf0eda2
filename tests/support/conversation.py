"""One exchange through opslb with both ends written out by the test: exact bytes in at the client, exact bytes back
from the origin, and what each of them got to see."""

from support.fronts import H1
from support.http2_client import Http2Client

HOST = "opsmanager.example.com"


def request(method="GET", target="/", *lines, body="", version="1.1", host=HOST):
    """The bytes of a request; nothing is added to `lines` but Host (None: not even that)."""
    fields = ([f"Host: {host}"] if host is not None else []) + list(lines)
    head = "\r\n".join([f"{method} {target} HTTP/{version}", *fields, "", ""])
    return head.encode("latin-1") + (body.encode("latin-1") if isinstance(body, str) else body)


def response(status=200, *lines, body="", reason="OK", version="1.1"):
    """The bytes of a response; nothing is added to `lines`, not even Content-Length."""
    head = "\r\n".join([f"HTTP/{version} {status} {reason}", *lines, "", ""])
    return head.encode("latin-1") + (body.encode("latin-1") if isinstance(body, str) else body)


EMPTY = response(200, "Content-Length: 0")


def converse(lb, origin, sent=request(), answer=EMPTY, method="GET", front=H1):
    """Sends these bytes on a new connection, answers with those: what the origin saw, what the client got."""
    with front.connect(lb) as client:
        client.send(sent)
        with origin.accept() as conn:
            seen = conn.read_request()
            conn.send(answer)
            return seen, client.read_response(method)


def ask(lb, sent=request(), method="GET", front=H1):
    """Sends these bytes on a new connection and reads one response, whoever it is from."""
    with front.connect(lb) as client:
        client.send(sent)
        return client.read_response(method)


def refused(lb, sent, front=H1):
    """The same for a request that opslb has to refuse, and that ends its connection if it is one of HTTP/1."""
    with front.connect(lb) as client:
        client.send(sent)
        got = client.read_response()
        assert_was_last(client, got)
        return got


def assert_was_last(client, answer):
    """No request can follow on the client's connection: opslb says so and closes it in order. In HTTP/2 only the stream has
    ended, without an error although the client may not have said all (RFC 9113 8.1), and the connection goes on."""
    if isinstance(client, Http2Client):
        assert not answer.values("Connection"), answer.head
        if not client.streams[-1].sent_end:
            assert client.streams[-1].wait_reset() == 0
        client.ping()
        assert not client.goaway and not client.ended
    else:
        assert answer.get("Connection") == "close", answer.head
        assert client.expect_closed() == "fin"


def assert_told_to_go(client, answer):
    """The same where it is opslb that takes no further request of anybody: in HTTP/2 the connection ends as well."""
    if isinstance(client, Http2Client):
        assert client.wait_goaway()[0] == 0
    else:
        assert answer.get("Connection") == "close", answer.head
    assert client.expect_closed() == "fin"


def assert_both_go_on(client, conn):
    """Another exchange on the same two connections: the one before ended for both where it should have."""
    client.send(request("GET", "/next"))
    assert conn.read_request().target == "/next"
    conn.send(response(200, "Content-Length: 4", body="next"))
    assert client.read_response().body == b"next"


def assert_client_goes_on(client, origin):
    """Another exchange for the client, on another connection to the backend."""
    client.send(request("GET", "/next"))
    with origin.accept() as conn:
        assert conn.read_request().target == "/next"
        conn.send(response(200, "Content-Length: 4", body="next"))
        assert client.read_response().body == b"next"
