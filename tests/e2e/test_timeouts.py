"""Every timeout of the configuration: what it bounds, what it does not, and how it ends."""

import pytest

from support.backings import PLAIN
from support.conversation import EMPTY, ask, assert_was_last, request, response
from support.fronts import H1, H2_TLS, HTTP1, HTTP2
from support.message import Truncated
from support.raw import RawOrigin

SHORT = "300ms"


@pytest.fixture
def ops1(raw_origin):
    return raw_origin


# idle

def test_a_backend_that_stays_silent_ends_in_504(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": SHORT})
    with front.connect(lb) as client:
        client.send(request("GET", "/api/slow"))
        with ops1.accept() as conn:
            conn.read_request()
            answer = client.read_response()
            assert (answer.status, answer.json()["error"]) == (504, 504)
            assert conn.expect_closed() in ("fin", "reset")
        client.send(request("GET", "/next"))  # the client's own connection goes on
        with ops1.accept() as conn:
            assert conn.read_request().target == "/next"
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert lb.wait_access(lambda entry: entry["status"] == 504)["end"] == "idle timeout"


def test_a_response_that_falls_silent_is_cut(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": SHORT})
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Content-Length: 10", body="half"))
            with pytest.raises(Truncated):
                client.read_response()
    assert lb.wait_access(lambda entry: entry["status"] == 200)["end"] == "idle timeout"


def test_every_byte_of_the_response_puts_the_timeout_off(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": "1s"})
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Content-Length: 8"))
            client.read_head()
            for _ in range(8):  # 8 × 0.2 s is longer than the timeout
                assert client.is_silent(0.2)
                conn.send(b"x")
                assert client.read_body(1) == b"x"


def test_every_byte_of_the_request_puts_the_timeout_off(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": "1s"})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 8"))
        with ops1.accept() as conn:
            conn.read_request_head()
            for _ in range(8):
                assert conn.is_silent(0.2)
                client.send(b"x")
                assert conn.read_exactly(1) == b"x"
            conn.send(EMPTY)
            assert client.read_response().status == 200


def test_a_client_that_owes_its_body_gets_408(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": SHORT})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 10", body="half"))
        with ops1.accept() as conn:
            conn.read_request_head()
            answer = client.read_response()
            assert answer.status == 408
            assert_was_last(client, answer)


def test_a_client_that_waits_for_100_owes_nothing(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": SHORT})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 10", "Expect: 100-continue"))
        with ops1.accept() as conn:
            conn.read_request_head()
            assert client.read_response().status == 504


def test_a_client_that_was_told_to_go_on_owes_its_body(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": SHORT})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 10", "Expect: 100-continue"))
        with ops1.accept() as conn:
            conn.read_request_head()
            conn.send("HTTP/1.1 100 Continue\r\n\r\n")
            assert client.read_response().status == 100
            assert client.read_response().status == 408


def test_a_client_that_takes_nothing_of_its_response_is_cut(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": "1s"})
    body = b"x" * (32 * 1024 * 1024)
    with front.connect(lb) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            try:
                conn.send(response(200, f"Content-Length: {len(body)}", body=body))
            except OSError:
                pass  # cut while it was being sent
            entry = lb.wait_access(lambda entry: entry["status"] == 200)
            assert entry["end"] == "idle timeout"
            assert entry["bytes_out"] < len(body)


def by_one_front(*values):
    """How a path is read does not depend on the front, and each case takes a while."""
    return pytest.param(*values, marks=[pytest.mark.fronts(H1), pytest.mark.backings(PLAIN)])


@pytest.mark.parametrize("target, status", [
    ("/agents/api/automation/conf", 200), by_one_front("/%61gents/x", 200), by_one_front("//agents/x", 200),
    by_one_front("/x/../agents/y", 200), by_one_front("/agents;a=b/x", 200), by_one_front("/%2561gents/x", 200),
    by_one_front("/agentsx", 504), by_one_front("/x/agents/", 504), ("/?/agents/", 504),
])
def test_idle_for_gives_paths_another_timeout(opslb, ops1, front, target, status):
    lb = opslb(backends=[ops1], timeouts={"idle": SHORT, "idle_for": {"/agents/": "20s"}})
    with front.connect(lb) as client:
        client.send(request("GET", target))
        with ops1.accept() as conn:
            assert conn.read_request().target == target
            if status == 200:
                assert client.is_silent(1)
                conn.send(EMPTY)
            assert client.read_response().status == status


@pytest.mark.backings(PLAIN)
def test_the_longest_prefix_of_idle_for_decides(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": "20s", "idle_for": {"/a/": "20s", "/a/b/": SHORT}})
    with front.connect(lb) as client:
        client.send(request("GET", "/a/b/c"))
        with ops1.accept() as conn:
            conn.read_request()
            assert client.read_response().status == 504


# tunnel

def test_a_tunnel_has_a_timeout_of_its_own(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"idle": "200ms", "tunnel": "1s"})
    with front.connect(lb) as client:
        client.send(request("GET", "/ws", "Connection: upgrade", "Upgrade: echo"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(response(101, "Connection: upgrade", "Upgrade: echo", reason="Switching Protocols"))
            assert client.read_response().status == front.switched
            for _ in range(5):  # longer than idle, and each byte puts `tunnel` off
                assert client.is_silent(0.3)
                conn.send(b"x")
                assert client.read_exactly(1) == b"x"
            client.wait_tunnel_ended()
            assert conn.wait_closed() in ("fin", "reset")


# request_head, keep_alive

@pytest.mark.fronts(*HTTP1)
def test_a_head_that_does_not_end_gets_408(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"request_head": SHORT})
    with front.connect(lb) as client:
        client.send("GET / HTTP/1.1\r\nHost:")
        answer = client.read_response()
        assert (answer.status, answer.get("Connection")) == (408, "close")
        assert client.expect_closed() == "fin"
    lb.wait_access(lambda entry: entry["status"] == 408)


@pytest.mark.fronts(*HTTP1)
def test_slow_bytes_do_not_put_the_end_of_the_head_off(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"request_head": "1s"})
    with front.connect(lb) as client:
        client.send("GET / HTTP/1.1\r\nX: ")
        for _ in range(50):  # ten seconds, if nobody ended it
            if not client.is_silent(0.2):
                break
            client.send("x")
        assert client.read_response().status == 408


@pytest.mark.fronts(*HTTP1)
def test_a_connection_that_says_nothing_is_closed_without_a_word(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"request_head": SHORT})
    with front.connect(lb) as client:
        assert client.expect_closed() == "fin"
    assert lb.access_log == []


@pytest.mark.fronts(*HTTP2)
@pytest.mark.backings(PLAIN)
def test_a_connection_that_asks_nothing_is_closed_in_order_after_keep_alive(opslb, ops1, front):
    lb = opslb(backends=[ops1], timeouts={"keep_alive": SHORT, "request_head": "20s"})
    with front.connect(lb) as client:
        assert client.wait_goaway()[0] == 0
        assert client.expect_closed() == "fin"
    assert lb.access_log == []


def test_a_kept_connection_is_closed_without_a_word_after_keep_alive(opslb, origin, front):
    lb = opslb(backends=[origin()], timeouts={"keep_alive": SHORT, "request_head": "20s"})
    with front.connect(lb) as client:
        assert client.request().status == 200
        assert client.expect_closed() == "fin"


@pytest.mark.fronts(*HTTP1)
def test_a_later_head_has_request_head_from_its_first_byte(opslb, origin, front):
    lb = opslb(backends=[origin()], timeouts={"keep_alive": "20s", "request_head": "1s"})
    with front.connect(lb) as client:
        assert client.request().status == 200
        assert client.is_silent(1.5)  # longer than request_head
        client.send("GET / HTTP/1.1\r\n")
        assert client.read_response().status == 408


# connect

@pytest.mark.backings(PLAIN)
def test_a_connect_that_is_not_answered_moves_the_request_on(opslb, origin, front):
    # A backlog of one that is full: further connections are neither refused nor accepted.
    full = origin(RawOrigin)
    good = origin()
    lb = opslb(backends=[full, good], balance="round_robin", timeouts={"connect": SHORT},
               health_check={"interval": "60s", "timeout": "10s"})
    import socket
    port = int(full.url.rsplit(":", 1)[1])
    full.pause()
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(0)
        with socket.create_connection(("127.0.0.1", port)), front.connect(lb) as client:
            answers = [client.request() for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert {answer.json()["origin"] for answer in answers} == {"ops2"}
    lb.wait_access(lambda entry: "no answer to connect" in entry["tried"] or "connect timeout" in entry["tried"])


def test_a_request_no_backend_takes_a_connection_for_gets_502(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], health_check={"interval": "60s", "timeout": "10s", "fall": 5})
    ops1.pause()
    answer = ask(lb, front=front)
    assert answer.status == 502
    assert "127.0.0.1" not in answer.json()["detail"]


# The real rule of Ops Manager.

@pytest.mark.slow
@pytest.mark.fronts(H1, H2_TLS)
@pytest.mark.backings(PLAIN)
def test_a_response_silent_for_170_s_arrives_and_one_silent_beyond_180_s_ends_in_504(opslb, simulator, front):
    lb = opslb(backends=[simulator("ops1")], timeouts={"idle_for": {}})
    with front.connect(lb) as patient, front.connect(lb) as too_patient:
        patient.send(request("GET", "/admin/diagnostics?silence=170s&bytes=1000"))
        too_patient.send(request("GET", "/admin/diagnostics?silence=190s&bytes=1000"))
        patient.wait_news(185)
        answer = patient.read_response()
        assert (answer.status, len(answer.body)) == (200, 1000)
        too_patient.wait_news(30)
        assert too_patient.read_response().status == 504
    entry = lb.wait_access(lambda entry: entry["status"] == 504)
    assert 179_000 < entry["total_ms"] < 185_000
