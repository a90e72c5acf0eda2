"""SIGTERM and SIGINT: nothing that is in flight is lost, nothing new is refused before it has to be, and the end comes."""

import contextlib
import signal
import socket
import time

import pytest

from support.fronts import H1, H2, HTTP1, HTTP2, only_http1
from support.conversation import EMPTY, assert_told_to_go, request, response
from support.message import Truncated
from support.raw import RawClient, RawOrigin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_process_ends_at_once_and_closes_in_order(opslb, origin, front, number):
    lb = opslb(backends=[origin()])
    with front.connect(lb) as client:
        assert client.request().status == 200
        lb.signal(number)
        assert client.expect_closed() == "fin"
        assert lb.wait_exit() == 0


def test_a_request_in_flight_is_finished_and_says_that_it_was_the_last(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending")
            assert client.is_silent()
            conn.send(response(200, "Content-Length: 2", body="ok"))
            answer = client.read_response()
            assert answer.body == b"ok"
        assert_told_to_go(client, answer)
    assert lb.wait_exit() == 0


@pytest.mark.fronts(*HTTP2)
def test_streams_in_flight_are_all_answered_and_no_other_is_begun(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        streams = [client.open(request("GET", f"/{number}")) for number in range(5)]
        conns = [raw_origin.next_connection() for _ in streams]
        targets = [conn.read_request().target for conn in conns]
        lb.signal(signal.SIGTERM)
        code, last = client.wait_goaway()
        assert code == 0 and last >= streams[-1].number
        for conn, target in zip(conns, targets):
            conn.answer(body=target.encode())
        assert [stream.read_response().body for stream in streams] == [stream.target.encode() for stream in streams]
        assert client.expect_closed() == "fin"
        assert client.goaway == (0, streams[-1].number)  # the second step (RFC 9113 6.8)
    assert lb.wait_exit() == 0


@pytest.mark.fronts(*HTTP1)
def test_while_one_request_holds_the_process_idle_connections_are_still_served(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as slow, front.connect(lb) as idle:
        slow.send(request("GET", "/slow"))
        with raw_origin.accept() as held:
            held.read_request()
            lb.signal(signal.SIGTERM)
            wait_refused(lb)
            idle.send(request("POST", "/agents/metrics", "Content-Length: 2", body="ok"))
            with raw_origin.accept() as conn:
                assert conn.read_request().body == b"ok"
                conn.send(EMPTY)
                answer = idle.read_response()
                assert (answer.status, answer.get("Connection")) == (200, "close")
            held.send(EMPTY)
            assert slow.read_response().status == 200
    assert lb.wait_exit() == 0


def wait_refused(lb):
    """Until the listeners are closed."""
    for _ in range(1000):
        try:
            RawClient(lb.port()).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # it waited to be accepted
            pass
        time.sleep(0.01)  # there is no event outside the process to wait for
    raise AssertionError("still accepting")


def test_drain_grace_serves_all_before_it_stops_accepting(opslb, origin, front):
    lb = opslb(backends=[origin()], timeouts={"drain_grace": "1s"})
    lb.signal(signal.SIGTERM)
    lb.wait_log("ending")
    with front.connect(lb) as client:  # a new connection
        answer = client.request()
        assert (answer.status, answer.get("Connection")) == (200, None)
        assert client.expect_closed() == "fin"
    assert lb.wait_exit() == 0


def test_a_tunnel_holds_the_process(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request("GET", "/ws", "Connection: upgrade", "Upgrade: echo"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(101, "Connection: upgrade", "Upgrade: echo", reason="Switching Protocols"))
            assert client.read_response().status == front.switched
            lb.signal(signal.SIGTERM)
            wait_refused(lb)
            client.send(b"ping")
            assert conn.read_exactly(4) == b"ping"
            conn.close()
            client.wait_tunnel_ended()
    assert lb.wait_exit() == 0


@pytest.mark.parametrize("version", [only_http1("1.0"), "1.1"])
def test_after_drain_what_is_left_is_cut_visibly_and_the_exit_code_is_0(opslb, raw_origin, front, version):
    lb = opslb(backends=[raw_origin], timeouts={"drain": "300ms"})
    with front.connect(lb) as client:
        client.send(request(version=version))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(200, "Transfer-Encoding: chunked", body="4\r\nhalf\r\n"))
            client.wait_for(b"half")
            lb.signal(signal.SIGTERM)
            # Above all a body of HTTP/1.0, which ends with the connection, must not look whole.
            with pytest.raises((Truncated, ConnectionResetError)):
                client.read_response()
    assert lb.wait_exit() == 0
    lb.wait_log("timeouts.drain is over")


def test_a_second_signal_ends_it_at_once(opslb, raw_origin, front):
    lb = opslb(backends=[raw_origin])
    with front.connect(lb) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending")
            lb.signal(signal.SIGTERM)
            lb.wait_log("second signal")
            assert lb.wait_exit() == 1


@pytest.mark.fronts(H1, H2)  # TLS would have to be answered
def test_connections_that_wait_to_be_accepted_are_served(opslb, origin, front):
    lb = opslb(backends=[origin()], limits={"connections": 1})
    with front.connect(lb) as first:
        assert first.request().status == 200
        waiting = front.connect(lb)  # in the kernel's queue
        waiting.send(request())
        first.close()
        assert waiting.read_response().status == 200
        waiting.close()
    lb.stop()


def test_a_start_that_is_still_checking_hosts_can_be_ended(opslb, origin):
    ops1 = origin(RawOrigin, health="hang")
    lb = opslb(backends=[ops1], health_check={"timeout": "60s", "interval": "60s"}, wait=False)
    lb.wait_log("starts")
    lb.stop()


def test_the_port_is_free_for_the_next_process_at_once(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1])
    port = lb.port(front.scheme)
    with front.connect(lb) as client:
        assert client.request().status == 200
        lb.stop()  # opslb closes first: its connection goes to TIME_WAIT
    again = opslb(backends=[ops1], listeners=[front.listener(bind=f"127.0.0.1:{port}")])
    with front.connect(again) as client:
        assert client.request().status == 200


def test_two_processes_that_are_both_still_checking_hosts_cannot_share_a_port_either(opslb, origin):
    ops1 = origin(RawOrigin, health="hang")
    checks = {"timeout": "60s", "interval": "60s"}
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    listeners = [{"name": "http", "bind": f"127.0.0.1:{port}"}]
    first = opslb(backends=[ops1], listeners=listeners, health_check=checks, wait=False)
    first.wait_log("starts")
    second = opslb(backends=[ops1], listeners=listeners, health_check=checks, wait=False)
    assert second.wait_exit() == 1
    first.stop()


def test_two_processes_cannot_share_a_port_unnoticed(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1])
    second = opslb(backends=[ops1], listeners=[{"name": "http", "bind": f"127.0.0.1:{lb.port()}"}], wait=False)
    assert second.wait_exit() == 1
    second.wait_log(r'cannot start: listener "http" cannot bind 127\.0\.0\.1:\d+: Address already in use')


def test_requests_in_flight_at_the_end_of_a_rolling_restart_all_succeed(opslb, simulator, front):
    lb = opslb(backends=[simulator("ops1")], workers=2)
    clients = [front.connect(lb) for _ in range(20)]
    for client in clients:
        client.send(request("GET", "/_sim/slow?ms=500"))
    lb.signal(signal.SIGTERM)
    for client in clients:
        assert client.read_response().status == 200
        client.close()
    assert lb.wait_exit() == 0
