"""SIGUSR2: another process takes over the listening sockets. Nobody is refused, nothing that is in flight is lost."""

import signal

import pytest

from support.conversation import EMPTY, assert_told_to_go, request, response
from support.fronts import H1, HTTP1, HTTP2
from support.load import Load, keep_alive, one_connection_each
from support.raw import RawOrigin
from support.timeouts import ANSWER, scaled


def ended(process):
    """Its exit code."""
    return process.wait(scaled(ANSWER))


def test_new_connections_reach_the_new_process_and_the_old_one_ends(opslb, origin, front):
    lb = opslb(backends=[origin()])
    before = lb.take_over()
    assert before.pid != lb.pid
    with front.connect(lb) as client:
        assert client.request().status == 200
    assert ended(before) == 0
    with front.connect(lb) as client:
        assert client.request().status == 200
    lb.stop()


@pytest.mark.parametrize("way", [one_connection_each, keep_alive])
def test_no_request_fails_in_several_takeovers_one_after_the_other(opslb, origin, front, way):
    lb = opslb(backends=[origin(), origin()], workers=2)
    with Load(lb, way, front, clients=3) as load:
        for _ in range(3):
            load.wait_more(20)
            before = lb.take_over()
            load.wait_more(20)
            assert ended(before) == 0
    lb.stop()


@pytest.mark.parametrize("before, after", [(1, 3), (3, 1), (3, 2)])
def test_another_number_of_workers_loses_no_connection(opslb, origin, before, after):
    lb = opslb(backends=[origin()], workers=before)
    with Load(lb, one_connection_each, clients=4) as load:
        load.wait_more(50)
        lb.write({**lb.config, "workers": after})
        assert ended(lb.take_over()) == 0
        load.wait_more(50)
        assert ended(lb.take_over()) == 0
        load.wait_more(50)
    lb.stop()


def test_what_is_in_flight_is_finished_by_the_old_process(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            assert before.poll() is None
            conn.send(response(200, "Content-Length: 2", body="ok"))
            answer = client.read_response()
            assert answer.body == b"ok"
        assert_told_to_go(client, answer)
    assert ended(before) == 0


def test_a_download_that_spans_two_takeovers_arrives_whole(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    piece = bytes(range(256)) * 512
    with front.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(200, f"Content-Length: {3 * len(piece)}"))
            conn.send(piece)
            assert client.read_head().status == 200
            received = client.read_body(1)
            processes = []
            for _ in range(2):
                processes.append(lb.take_over())
                conn.send(piece)
                received += client.read_body(len(piece))
            received += client.read_rest()
            assert received == 3 * piece
    assert [ended(each) for each in processes] == [0, 0]


def test_an_upload_that_spans_a_takeover_arrives_whole(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    piece = b"x" * 100_000
    with front.connect(lb) as client:
        client.send(request("POST", "/", f"Content-Length: {2 * len(piece)}"))
        client.send(piece)
        with raw_origin.accept() as conn:
            seen = conn.read_request_head()
            before = lb.take_over()
            client.send(piece)
            assert conn.read_body(seen).body == 2 * piece
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert ended(before) == 0


def test_a_tunnel_goes_on_in_the_old_process_until_it_is_done(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request("GET", "/ws", "Connection: upgrade", "Upgrade: echo"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(101, "Connection: upgrade", "Upgrade: echo", reason="Switching Protocols"))
            assert client.read_response().status == front.switched
            before = lb.take_over()
            client.send(b"ping")
            assert conn.read_exactly(4) == b"ping"
            assert before.poll() is None
            conn.close()
            client.wait_tunnel_ended()
    assert ended(before) == 0


@pytest.mark.fronts(*HTTP1)
def test_an_idle_connection_is_kept_for_a_last_request(opslb, origin, front):
    lb = opslb(backends=[origin()])
    with front.connect(lb) as idle:
        assert idle.request().status == 200
        before = lb.take_over()
        lb.wait_log("connections=1 requests_in_flight=0")
        answer = idle.request("POST", "/agents/api", body=b"sample")
        assert answer.status == 200
        assert_told_to_go(idle, answer)
    assert ended(before) == 0


@pytest.mark.fronts(*HTTP1)
def test_an_idle_connection_is_kept_no_longer_than_keep_alive(opslb, origin, front):
    lb = opslb(backends=[origin()], timeouts={"keep_alive": "300ms"})
    with front.connect(lb) as idle:
        assert idle.request().status == 200
        before = lb.take_over()
        assert idle.expect_closed() == "fin"
    assert ended(before) == 0


@pytest.mark.fronts(*HTTP2)
def test_an_http2_client_is_told_to_go_in_two_steps(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        first = client.open(request("GET", "/first"))
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            code, last = client.wait_goaway()
            assert (code, last >= first.number) == (0, True)
            conn.send(EMPTY)
            assert first.read_response().status == 200
        assert client.expect_closed() == "fin"
        assert client.goaway == (0, first.number)
    assert ended(before) == 0


def test_timeouts_drain_cuts_what_is_still_in_flight(opslb, raw_origin):
    lb = opslb(backends=[raw_origin], timeouts={"drain": "200ms"})
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            assert client.wait_closed() in ("fin", "reset")
    assert ended(before) == 0
    lb.wait_log("timeouts.drain is over")


def test_sigterm_ends_the_new_process_and_the_old_one_that_still_drains_in_order(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with H1.connect(lb) as slow, H1.connect(lb) as idle:
        slow.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending requests_in_flight=1$")  # the old one
            assert idle.is_silent()
            conn.send(EMPTY)
            assert slow.read_response().status == 200
        assert idle.expect_closed() == "fin"
    assert lb.wait_exit() == 0
    assert ended(before) == 0


def test_a_second_sigterm_ends_both_at_once(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending requests_in_flight=1$")
            lb.signal(signal.SIGTERM)
            assert ended(before) == 1
            assert lb.wait_exit() == 1


@pytest.fixture
def ending(opslb, raw_origin):
    """opslb after a takeover and a SIGTERM that both processes know of; the one before, and what it has in flight: the client's end
    and the host's."""
    lb = opslb(backends=[raw_origin])
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending requests_in_flight=1$")
            yield lb, before, client, conn


def test_a_sigterm_to_each_of_both_cuts_nothing(ending):
    """As systemd sends it to the whole control group, and a terminal: the old one hears of it twice."""
    lb, before, client, conn = ending
    before.send_signal(signal.SIGTERM)
    before.send_signal(signal.SIGUSR1)
    lb.wait_log("log files reopened")  # so it has seen the other signal, too
    conn.send(EMPTY)
    assert client.read_response().status == 200
    assert lb.wait_exit() == 0
    assert before.poll() == 0


def test_a_second_sigterm_ends_both_at_once(ending):
    lb, before, _, _ = ending
    lb.signal(signal.SIGTERM)
    assert ended(before) == 1
    assert lb.wait_exit() == 1


def test_a_second_sigterm_to_the_old_process_ends_that_one_at_once(ending):
    lb, before, _, _ = ending
    before.send_signal(signal.SIGTERM)
    before.send_signal(signal.SIGUSR1)
    lb.wait_log("log files reopened")
    before.send_signal(signal.SIGTERM)
    assert ended(before) == 1
    assert lb.wait_exit() == 0


def test_sigterm_to_the_old_process_closes_its_idle_connections_and_leaves_the_new_one_alone(opslb, origin):
    lb = opslb(backends=[origin()])
    with H1.connect(lb) as idle:
        assert idle.request().status == 200
        before = lb.take_over()
        before.send_signal(signal.SIGTERM)
        assert idle.expect_closed() == "fin"
    assert ended(before) == 0
    with H1.connect(lb) as client:
        assert client.request().status == 200
    lb.stop()


def test_sigusr2_to_a_process_that_is_ending_does_nothing(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with H1.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending")
            lb.signal(signal.SIGUSR2)
            lb.wait_log("SIGUSR2: this process is ending already; nothing was done")
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert lb.wait_exit() == 0


def test_sigusr2_before_it_serves_is_carried_out_when_it_does(opslb, origin):
    ops1 = origin(RawOrigin, health="hang")
    lb = opslb(backends=[ops1], health_check={"timeout": "500ms"}, wait=False)
    ops1.wait_health_checks(1)
    before = lb.take_over()
    assert ended(before) == 0
    lb.stop()


def test_log_files_are_reopened_by_the_process_that_still_drains(opslb, raw_origin, tmp_path):
    log = tmp_path / "access.log"
    lb = opslb(backends=[raw_origin], access_log={"path": str(log), "format": "json"})
    with H1.connect(lb) as client:
        client.send(request("GET", "/in-flight"))
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            log.rename(tmp_path / "access.log.1")
            since = len(lb.log_lines)
            lb.signal(signal.SIGUSR1)
            lb.wait_log("log files reopened", since=since)
            lb.wait_log("log files reopened", since=lb.log_lines.index(lb.wait_log("log files reopened", since=since)) + 1)
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert ended(before) == 0
    assert "/in-flight" in log.read_text(encoding="utf-8")
