"""Plain bodies of a known length go from socket to socket inside the kernel. Nothing but the cost may tell: every byte arrives,
is counted and moves the clocks, and nothing is left over when either side breaks off."""

import hashlib
import os
import pathlib
import random
import threading

import pytest

from support.backings import PLAIN
from support.conversation import request, response
from support.fronts import H1
from support.message import Truncated
from support.timeouts import ANSWER, Deadline

pytestmark = [pytest.mark.fronts(H1), pytest.mark.backings(PLAIN)]

BYTES = random.Random(4).randbytes(3_000_000)
PIPE = 65536
SIZES = [PIPE, PIPE + 1, 2 * PIPE, 2 * PIPE + 1, 4 * PIPE, 4 * PIPE + 1, 5 * PIPE, 9 * PIPE - 1, len(BYTES)]
"""A pipe takes 256 KiB, or 64 where the kernel gives no more; what is not longer than 64 is copied."""
MUCH = 64_000_000
"""More than the kernel's buffers hold, of two connections together."""


def sum_of(content):
    return hashlib.sha256(content).hexdigest()


def logged(lb, target):
    return lb.wait_access(lambda entry: entry["target"] == target)


def descriptors(lb):
    return len(os.listdir(f"/proc/{lb.pid}/fd"))


def send_until_it_breaks(wire, size):
    """On a thread of its own: the other side is to break it off in the middle."""
    def send():
        try:
            for _ in range(size // len(BYTES)):
                wire.send(BYTES)
        except OSError:
            pass
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def test_bodies_of_any_length_down_on_one_connection(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/first"))
        with ops1.accept() as conn:
            assert conn.read_request().target == "/first"
            conn.send(response(200, "Content-Length: 0"))
            client.read_response()
            for size in SIZES:
                client.send(request("GET", f"/down/{size}"))
                assert conn.read_request().target == f"/down/{size}"
                # The head comes alone, and the body in two parts.
                conn.send(response(200, f"Content-Length: {size}"))
                head = client.read_until(b"\r\n\r\n")
                conn.send(BYTES[:PIPE])
                assert client.read_exactly(PIPE) == BYTES[:PIPE]
                sender = threading.Thread(target=conn.send, args=(BYTES[PIPE:size],))
                sender.start()
                assert sum_of(client.read_exactly(size - PIPE)) == sum_of(BYTES[PIPE:size])
                sender.join()
                entry = logged(lb, f"/down/{size}")
                assert (entry["bytes_out"], entry["end"]) == (len(head) + size, "done")
            client.send(request("GET", "/small"))
            assert conn.read_request().target == "/small"
            conn.send(response(200, "Content-Length: 5", body="small"))
            assert client.read_response().body == b"small"


def test_bodies_of_any_length_up_on_one_connection(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/first"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Content-Length: 0"))
            client.read_response()
            for size in SIZES:
                head = request("POST", f"/up/{size}", f"Content-Length: {size}")
                client.send(head)
                conn.read_request_head()
                sender = threading.Thread(target=client.send, args=(BYTES[:size],))
                sender.start()
                assert sum_of(conn.read_exactly(size)) == sum_of(BYTES[:size])
                sender.join()
                conn.send(response(200, "Content-Length: 2", body="ok"))
                assert client.read_response().body == b"ok"
                entry = logged(lb, f"/up/{size}")
                assert (entry["bytes_in"], entry["end"]) == (len(head) + size, "done")


def test_a_long_body_that_stops_to_think_is_passed_on_as_far_as_it_came(lb, ops1, front):
    """The kernel is asked to tell of bytes only once there are many of them: nobody may wait for those in vain."""
    with front.connect(lb) as client:
        client.send(request("GET", "/long"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, f"Content-Length: {len(BYTES)}"))
            client.read_head()
            sent = 0
            for part in (1000, PIPE, 1, 5 * PIPE, 100):
                conn.send(BYTES[sent:sent + part])
                assert client.read_exactly(part) == BYTES[sent:sent + part]
                sent += part
            sender = threading.Thread(target=conn.send, args=(BYTES[sent:],))
            sender.start()
            assert sum_of(client.read_exactly(len(BYTES) - sent)) == sum_of(BYTES[sent:])
            sender.join()
            client.send(request("POST", "/long", f"Content-Length: {len(BYTES)}"))
            conn.read_request_head()
            client.send(BYTES[:100])
            assert conn.read_exactly(100) == BYTES[:100]
            sender = threading.Thread(target=client.send, args=(BYTES[100:],))
            sender.start()
            assert sum_of(conn.read_exactly(len(BYTES) - 100)) == sum_of(BYTES[100:])
            sender.join()
            conn.send(response(200, "Content-Length: 5", body="short"))
            assert client.read_response().body == b"short"


def test_a_body_that_is_read_up_to_the_end_of_the_connection(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/", version="1.0"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Connection: close"))
            sender = threading.Thread(target=lambda: (conn.send(BYTES), conn.close()))
            sender.start()
            client.read_head()
            assert sum_of(client.read_rest()) == sum_of(BYTES)
            sender.join()


def test_what_follows_an_upload_is_the_next_request(lb, ops1, front):
    size = 10 * PIPE + 7
    with front.connect(lb) as client:
        client.send(request("POST", "/up", f"Content-Length: {size}"))
        with ops1.accept() as conn:
            conn.read_request_head()
            both = BYTES[:size] + request("GET", "/next")
            sender = threading.Thread(target=client.send, args=(both,))
            sender.start()
            assert sum_of(conn.read_exactly(size)) == sum_of(BYTES[:size])
            sender.join()
            conn.send(response(200, "Content-Length: 2", body="up"))
            assert client.read_response().body == b"up"
            assert conn.read_request().target == "/next"
            conn.send(response(200, "Content-Length: 4", body="next"))
            assert client.read_response().body == b"next"


def test_bytes_behind_a_response_reach_no_other_client(lb, ops1, front):
    size = 4 * PIPE
    with front.connect(lb) as client:
        client.send(request("GET", "/longer"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, f"Content-Length: {size}"))
            client.read_head()
            conn.send(BYTES[:size] + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            assert sum_of(client.read_rest()) == sum_of(BYTES[:size])
            conn.wait_closed()
        client.send(request("GET", "/next"))
        with ops1.accept() as conn:
            assert conn.read_request().target == "/next"
            conn.send(response(200, "Content-Length: 4", body="good"))
            assert client.read_response().body == b"good"


def test_a_backend_that_closes_within_the_body_leaves_it_visibly_short(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("GET", "/short"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, f"Content-Length: {len(BYTES)}"))
            client.read_head()
            conn.send(BYTES[:5 * PIPE])
            assert client.read_body(5 * PIPE) == BYTES[:5 * PIPE]
        with pytest.raises(Truncated):
            client.read_rest()
    entry = logged(lb, "/short")
    assert (entry["status"], entry["end"]) == (200, "backend closed the connection")


@pytest.mark.parametrize("way", ["down", "up"])
def test_a_client_that_breaks_off_within_the_body_ends_the_backends_connection(lb, ops1, front, way):
    target = f"/breaks/{way}"
    with front.connect(lb) as client:
        client.send(request("POST", target, f"Content-Length: {MUCH}") if way == "up" else request("GET", target))
        with ops1.accept() as conn:
            conn.read_request_head()
            if way == "down":
                conn.send(response(200, f"Content-Length: {MUCH}"))
            sender = send_until_it_breaks(client if way == "up" else conn, MUCH // 4)
            reader = conn if way == "up" else client
            if way == "down":
                client.read_until(b"\r\n\r\n")
            assert reader.read_exactly(1_000_000) == BYTES[:1_000_000]
            client.reset()
            if way == "up":
                while conn.fill():
                    conn.buffer.clear()
            else:
                conn.wait_closed()
            sender.join()
    assert logged(lb, target)["end"] == "client closed"


def test_a_backend_that_falls_silent_within_the_body_is_cut_after_idle(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], timeouts={"idle": "300ms"})
    with front.connect(lb) as client:
        client.send(request("GET", "/silent"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(200, f"Content-Length: {len(BYTES)}"))
            client.read_head()
            conn.send(BYTES[:3 * PIPE + 1])
            assert client.read_body(3 * PIPE + 1) == BYTES[:3 * PIPE + 1]
            with pytest.raises(Truncated):
                client.read_rest()
            conn.wait_closed()
    assert logged(lb, "/silent")["end"] == "idle timeout"


def test_a_client_that_falls_silent_within_its_body_gets_408(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], timeouts={"idle": "300ms"})
    with front.connect(lb) as client:
        client.send(request("POST", "/owes", f"Content-Length: {len(BYTES)}"))
        with raw_origin.accept() as conn:
            conn.read_request_head()
            client.send(BYTES[:3 * PIPE + 1])
            assert conn.read_exactly(3 * PIPE + 1) == BYTES[:3 * PIPE + 1]
            assert client.read_response().status == 408
            conn.wait_closed()


@pytest.mark.parametrize("way", ["down", "up"])
def test_every_byte_puts_the_timeout_off(opslb, raw_origin, front, way):
    lb = opslb(backends=[raw_origin], timeouts={"idle": "1s"})
    size = 2 * PIPE
    with front.connect(lb) as client:
        client.send(request("POST", "/", f"Content-Length: {size}") if way == "up" else request())
        with raw_origin.accept() as conn:
            conn.read_request_head()
            if way == "down":
                conn.send(response(200, f"Content-Length: {size}"))
                client.read_until(b"\r\n\r\n")
            sender, reader = (client, conn) if way == "up" else (conn, client)
            for _ in range(8):  # 8 × 0.2 s is longer than the timeout
                assert reader.is_silent(0.2)
                sender.send(b"x")
                assert reader.read_exactly(1) == b"x"
            sender.send(BYTES[8:size])
            assert reader.read_exactly(size - 8) == BYTES[8:size]


def test_an_answer_that_comes_within_the_body_ends_the_upload(lb, ops1, front):
    with front.connect(lb) as client:
        client.send(request("POST", "/early", f"Content-Length: {MUCH}"))
        with ops1.accept() as conn:
            conn.read_request_head()
            client.send(BYTES[:4 * PIPE])
            assert conn.read_exactly(4 * PIPE) == BYTES[:4 * PIPE]
            conn.send(response(413, "Content-Length: 8", body="too much"))
            answer = client.read_response()
            assert (answer.status, answer.body, answer.get("Connection")) == (413, b"too much", "close")
            conn.wait_closed()


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_holds_for_them_too(opslb, raw_origin, front, over):
    most = 4 * PIPE
    lb = opslb(backends=[raw_origin], limits={"body_bytes": f"{most}B"})
    with front.connect(lb) as client:
        client.send(request("POST", "/", f"Content-Length: {most + over}"))
        if over:
            assert client.read_response().status == 413
            return
        with raw_origin.accept() as conn:
            conn.read_request_head()
            client.send(BYTES[:most])
            assert conn.read_exactly(most) == BYTES[:most]
            conn.send(response(200, "Content-Length: 0"))
            assert client.read_response().status == 200


def test_many_at_once_keep_their_bytes_apart(lb, ops1, front):
    count = 40
    starts = [number * 1000 for number in range(count)]
    size = 2_000_000
    wrong = []

    def answer(conn):
        start = int(conn.read_request().target[1:])
        conn.send(response(200, f"Content-Length: {size}") + BYTES[start:start + size])

    def ask(start):
        with front.connect(lb) as client:
            client.send(request("GET", f"/{start}"))
            client.read_head()
            if sum_of(client.read_rest()) != sum_of(BYTES[start:start + size]):
                wrong.append(start)
    askers = [threading.Thread(target=ask, args=(start,)) for start in starts]
    for each in askers:
        each.start()
    origins = [ops1.next_connection() for _ in askers]
    answerers = [threading.Thread(target=answer, args=(each,)) for each in origins]
    for each in answerers:
        each.start()
    for each in answerers + askers:
        each.join()
    for each in origins:
        each.close()
    assert not wrong


def test_aborted_ones_leave_no_descriptor_behind(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin], workers=1)
    before = descriptors(lb)
    count = 60
    clients = [front.connect(lb) for _ in range(count)]
    origins = []
    for client in clients:
        client.send(request())
        origins.append(raw_origin.next_connection())
        origins[-1].read_request()
        origins[-1].send(response(200, f"Content-Length: {MUCH}"))
    senders = [send_until_it_breaks(each, MUCH) for each in origins]
    for client in clients:
        client.read_head()
        client.wait_news()
    assert any(os.readlink(each).startswith("pipe:") for each in pathlib.Path(f"/proc/{lb.pid}/fd").iterdir())
    for each in clients:
        each.reset()
    for each in senders:
        each.join()
    for each in origins:
        each.close()
    lb.wait_access(lambda entry: len(lb.access_log) >= count)
    # Connections close right after their line in the log; a few empty pipes are kept.
    deadline = Deadline(ANSWER)
    while descriptors(lb) > before + count // 2 and not deadline.over():
        threading.Event().wait(0.02)
    assert descriptors(lb) <= before + count // 2
