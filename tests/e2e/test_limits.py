"""Every limit of the configuration: reached it is served, beyond it refused, and what is refused costs nobody else."""

import pytest

from support import proxy_protocol
from support.backings import PLAIN
from support.conversation import ask, assert_was_last, refused, request, response
from support.fronts import H1, H2, HTTP1, HTTP2
from support.timeouts import SLOWNESS

pytestmark = pytest.mark.backings(PLAIN)


def padded(size, *lines):
    """A request whose head has exactly that many bytes."""
    bare = len(request("GET", "/", *lines, "X-Pad: "))
    return request("GET", "/", *lines, "X-Pad: " + "x" * (size - bare))


@pytest.mark.fronts(*HTTP1)
def test_head_bytes(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"head_bytes": "1KiB"})
    assert ask(lb, padded(1024), front=front).status == 200
    assert refused(lb, padded(1025), front=front).status == 431


@pytest.mark.fronts(*HTTP2)
def test_head_bytes_of_a_field_section(opslb, origin, front):
    """RFC 9113 10.5.1 counts otherwise than HTTP/1: well below the limit all pass, well beyond it none."""
    lb = opslb(backends=[origin()], limits={"head_bytes": "4KiB"})
    assert ask(lb, padded(2000), front=front).status == 200
    assert ask(lb, padded(8000), front=front).status == 431


@pytest.mark.fronts(*HTTP1)
def test_the_default_head_limit_is_64_kib(opslb, origin, front):
    lb = opslb(backends=[origin()])
    assert ask(lb, padded(64 * 1024), front=front).status == 200
    assert refused(lb, padded(64 * 1024 + 1), front=front).status == 431


@pytest.mark.fronts(*HTTP1)
def test_a_head_over_the_limit_is_refused_before_it_ends(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"head_bytes": "1KiB"})
    with front.connect(lb) as client:
        client.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 1024)
        assert client.read_response().status == 431


def test_header_count(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"header_count": 4})
    assert ask(lb, request("GET", "/", "A: 1", "B: 2", "C: 3"), front=front).status == 200  # and Host
    more = ["E: 5"] if front.http2 else []  # where the host is no field
    assert refused(lb, request("GET", "/", "A: 1", "B: 2", "C: 3", "D: 4", *more), front=front).status == 431


def test_target_bytes(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"target_bytes": "100B"})
    assert ask(lb, request("GET", "/" + "x" * 99), front=front).status == 200
    assert refused(lb, request("GET", "/" + "x" * 100), front=front).status == 414


def test_body_bytes_by_content_length_is_refused_before_a_backend_hears_of_it(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], limits={"body_bytes": "10B"})
    assert ask(lb, request("POST", "/", "Content-Length: 10", body="x" * 10), front=front).status == 200
    assert refused(lb, request("POST", "/", "Content-Length: 11", body="x" * 11), front=front).status == 413
    assert len(ops1.requests) == 1


def test_body_bytes_in_chunks_is_refused_where_the_limit_is_crossed(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], limits={"body_bytes": "10B"})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body="6\r\n123456\r\n"))
        with raw_origin.accept() as conn:
            conn.read_request_head()
            client.send("5\r\n12345\r\n")
            answer = client.read_response()
            assert answer.status == 413
            assert_was_last(client, answer)
            conn.wait_closed()  # the backend does not take the part for the whole
            assert b"0\r\n\r\n" not in bytes(conn.buffer)


def test_response_head_bytes(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], limits={"response_head_bytes": "1KiB"})
    bare = len(response(200, "Content-Length: 0", "X-Pad: "))
    for size, status in ((1024, 200), (1025, 502)):
        with front.connect(lb) as client:
            client.send(request("POST", "/", "Content-Length: 0"))
            with raw_origin.accept() as conn:
                conn.read_request()
                conn.send(response(200, "Content-Length: 0", "X-Pad: " + "x" * (size - bare)))
                assert client.read_response().status == status


def test_a_trailer_section_over_the_head_limit_is_malformed(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], limits={"head_bytes": "1KiB"})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Transfer-Encoding: chunked", body="1\r\nx\r\n0\r\nT: " + "t" * 1100 + "\r\n\r\n"))
        assert client.read_response().status == 400


@pytest.mark.fronts(H1, H2)  # TLS would have to be answered
@pytest.mark.parametrize("workers", [1, 2])
def test_connections_beyond_the_limit_wait_until_one_ends(opslb, origin, front, workers):
    lb = opslb(backends=[origin()], limits={"connections": 2}, workers=workers)
    first, second = front.connect(lb), front.connect(lb)
    assert first.request().status == second.request().status == 200
    with front.connect(lb) as third:
        third.send(request())
        assert third.is_silent(0.5)
        first.close()
        assert third.read_response().status == 200
    second.close()


def test_connections_per_client_gets_429(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"connections_per_client": 2})
    with front.connect(lb) as first, front.connect(lb) as second:
        assert first.request().status == second.request().status == 200
        with front.connect(lb) as third:
            third.send(request("GET", "/api/x"))
            answer = third.read_response()
            assert (answer.status, answer.json()["reason"]) == (429, "Too Many Requests")
            assert third.expect_closed() == "fin"
        with front.connect(lb, source="127.0.0.9") as another:
            assert another.request().status == 200
        first.close()
        for _ in range(100):  # its place is free once opslb has seen the close
            with front.connect(lb) as again:
                if again.request().status == 200:
                    break
        else:
            raise AssertionError("the place of a closed connection was never given back")


def test_connections_per_client_counts_the_client_of_the_proxy_header(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"connections_per_client": 1}, listeners=[front.listener(proxy_protocol=True)])

    def connect(address):
        return front.connect(lb, preamble=proxy_protocol.v1(address))
    with connect("192.0.2.1") as first, connect("192.0.2.2") as second:
        assert first.request().status == second.request().status == 200
        with connect("192.0.2.1") as third:
            assert third.request().status == 429


def test_connections_are_lowered_to_what_the_descriptor_limit_allows(opslb, origin):
    import resource
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY:
        pytest.skip("no limit of open files here")
    lb = opslb(backends=[origin()], limits={"connections": hard})
    lb.wait_log(rf"limits\.connections is lowered from {hard} to {hard // 2}")
    assert resource.prlimit(lb.pid, resource.RLIMIT_NOFILE)[0] == hard


@pytest.mark.fronts(*HTTP1)
@pytest.mark.skipif(SLOWNESS > 1, reason="a sanitizer keeps what was freed for a while")
def test_a_thousand_refused_requests_leave_the_process_as_it_was(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"head_bytes": "1KiB"}, access_log={"path": "off"})
    def resident():
        with open(f"/proc/{lb.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    for _ in range(50):
        refused(lb, padded(1025), front=front)
    before = resident()
    for _ in range(1000):
        refused(lb, padded(1025), front=front)
    assert resident() < before + 4096  # KiB
