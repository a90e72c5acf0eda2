"""Bodies of any length stream both ways, whole, in bounded memory: who reads slowly slows the sender down."""

import hashlib
import pathlib
import re
import socket
import threading

import pytest

from support.backings import PLAIN
from support.conversation import request, response
from support.fronts import only_http1
from support.timeouts import SLOWNESS

SIZES = [16_000_000, pytest.param(200_000_000, marks=pytest.mark.slow)]
MORE_THAN_FITS = 80_000_000
PIECE = bytes((position * 31) % 251 for position in range(1 << 20))

MOST_MEMORY = 48 << 20
"""What the process may grow by while much more than that passes."""

MOST_FOR_200 = 100 << 20
"""What the whole process may hold while 200 bodies of 1 GiB pass to slow readers."""

MOST_IN_FLIGHT = 48 << 20
"""What may be on the way between peers of which one does not read: the kernel's buffers of four sockets, and opslb's."""


def resident(lb):
    """Bytes of memory that the process holds now."""
    status = pathlib.Path(f"/proc/{lb.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def memory_is_bounded(lb, before):
    """A sanitizer keeps what was freed for a while, so nothing can be said of its memory."""
    return SLOWNESS > 1 or resident(lb) - before < MOST_MEMORY


def pieces(size):
    for at in range(0, size, len(PIECE)):
        yield PIECE[:min(len(PIECE), size - at)]


def sum_of(size):
    digest = hashlib.sha256()
    for piece in pieces(size):
        digest.update(piece)
    return digest.hexdigest()


def read_sum(read, size):
    """The SHA-256 of the next `size` bytes of what `read` gives piece by piece, which are not kept."""
    digest = hashlib.sha256()
    while size:
        piece = read()
        assert 0 < len(piece) <= size, f"{len(piece)} bytes came where {size} are left"
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_big_body_up(opslb, simulator, front, chunked, size):
    lb = opslb(backends=[simulator()])
    before = resident(lb)
    with front.connect(lb) as client:
        client.send(request("POST", "/_sim/upload",
                            "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"))
        for piece in pieces(size):
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            client.send("0\r\n\r\n")
        receipt = client.read_response().json()
        assert (receipt["bytes"], receipt["sha256"]) == (size, sum_of(size))
        assert memory_is_bounded(lb, before)
        assert client.request(target="/_sim/plain").body == b"ok\n"


@pytest.mark.parametrize("size", SIZES)
def test_a_big_body_down_with_a_length(lb, ops1, front, size):
    before = resident(lb)
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            sender = threading.Thread(target=lambda: [conn.send(each) for each in
                                                      (response(200, f"Content-Length: {size}"), *pieces(size))])
            sender.start()
            assert client.read_head().get("Content-Length") == str(size)
            assert read_sum(client.read_piece, size) == sum_of(size)
            sender.join()
        assert memory_is_bounded(lb, before)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
@pytest.mark.parametrize("options", ["chunked=1", "close=1"])
def test_a_big_body_down_whose_length_is_not_known(opslb, simulator, front, options, version, size):
    lb = opslb(backends=[simulator()])
    before = resident(lb)
    with front.connect(lb) as client:
        client.send(request("GET", f"/_sim/download?bytes={size}&sum=0&{options}", version=version))
        assert not client.read_head().values("Content-Length")
        assert sum(len(piece) for piece in iter(client.read_piece, b"")) == size
    assert memory_is_bounded(lb, before)


def test_chunked_downloads_arrive_with_the_sum_in_their_trailer(opslb, simulator, front):
    lb = opslb(backends=[simulator()])
    with front.connect(lb) as client:
        answer = client.request(target="/_sim/download?bytes=20000000&chunked=1")
        assert len(answer.body) == 20_000_000
        assert dict(answer.trailers)[front.spelled([("X-Sha256", "")])[0][0]] == hashlib.sha256(answer.body).hexdigest()


def send_until_it_stalls(wire, size):
    """Sends up to `size` bytes while the peer takes them; how many it took before it took none for a while."""
    sent = 0
    for piece in pieces(size):
        view = memoryview(piece)
        while view:
            taken = wire.send_some(view, 1)
            if not taken:
                return sent
            sent += taken
            view = view[taken:]
    return sent


def stalled_part(sent):
    """Where in the pattern a sender goes on who has sent so many bytes."""
    return PIECE[sent % len(PIECE):]


def send_rest(wire, sent, size):
    while sent < size:
        piece = stalled_part(sent)[:size - sent]
        wire.send(piece)
        sent += len(piece)


@pytest.mark.parametrize("slow", ["client", "backend"])
def test_who_does_not_read_stops_the_sender_and_costs_no_memory(lb, ops1, front, slow):
    before = resident(lb)
    with front.connect(lb) as client:
        if slow == "client":
            client.send(request())
        else:
            client.send(request("POST", "/", f"Content-Length: {MORE_THAN_FITS}"))
        with ops1.accept() as conn:
            conn.read_request_head()
            sender = conn if slow == "client" else client
            if slow == "client":
                conn.send(response(200, f"Content-Length: {MORE_THAN_FITS}"))
            sent = send_until_it_stalls(sender, MORE_THAN_FITS)
            assert sent < MOST_IN_FLIGHT
            assert memory_is_bounded(lb, before)
            # Whoever else comes is served meanwhile.
            with front.connect(lb) as other:
                other.send(request("GET", "/other"))
                with ops1.accept() as second:
                    assert second.read_request().target == "/other"
                    second.send(response(200, "Content-Length: 2", body="ok"))
                    assert other.read_response().body == b"ok"
            # And when the reader reads again, nothing was lost.
            rest = threading.Thread(target=send_rest, args=(sender, sent, MORE_THAN_FITS))
            rest.start()
            if slow == "client":
                client.read_head()
            read = client.read_piece if slow == "client" else conn.read_some
            assert read_sum(read, MORE_THAN_FITS) == sum_of(MORE_THAN_FITS)
            rest.join()
            assert memory_is_bounded(lb, before)
            if slow == "backend":
                conn.send(response(200, "Content-Length: 0"))
                assert client.read_response().status == 200


def test_many_stalled_downloads_cost_little_each(lb, ops1, front):
    before = resident(lb)
    clients = []
    origins = []
    try:
        for _ in range(50):
            clients.append(front.connect(lb))
            clients[-1].sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            clients[-1].send(request())
            origins.append(ops1.next_connection())
            origins[-1].read_request()
            origins[-1].send(response(200, f"Content-Length: {MORE_THAN_FITS}"))
            for piece in pieces(16 << 20):
                if origins[-1].send_some(piece, 0.001) < len(piece):
                    break
        for client in clients:
            client.read_head()
        assert memory_is_bounded(lb, before)
    finally:
        for wire in clients + origins:
            wire.reset()


@pytest.mark.slow
@pytest.mark.backings(PLAIN)
@pytest.mark.parametrize("options", ["", "&chunked=1"], ids=["length", "chunked"])
def test_200_large_downloads_with_slow_readers_take_less_than_100_mb(opslb, simulator, front, options):
    lb = opslb(backends=[simulator()])
    clients = []
    try:
        for _ in range(200):
            clients.append(front.connect(lb))
            clients[-1].send(request("GET", f"/_sim/download?bytes={1 << 30}&sum=0{options}"))
        for client in clients:
            client.read_head()
        for _ in range(5):
            for client in clients:
                assert client.read_piece()
            assert SLOWNESS > 1 or resident(lb) < MOST_FOR_200
    finally:
        for client in clients:
            client.reset()
