"""SIGTERM and SIGINT: nothing that is in flight is lost, nothing new is refused before it has to be, and the end comes."""

import contextlib
import signal
import socket
import time

import pytest

from support.conversation import EMPTY, request, response
from support.message import Truncated
from support.raw import RawClient, RawOrigin


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_process_ends_at_once_and_closes_in_order(opslb, origin, number):
    lb = opslb(backends=[origin()])
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
        lb.signal(number)
        assert client.expect_closed() == "fin"
        assert lb.wait_exit() == 0


def test_a_request_in_flight_is_finished_and_says_that_it_was_the_last(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with RawClient(lb.port()) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending")
            assert client.is_silent()
            conn.send(response(200, "Content-Length: 2", body="ok"))
            answer = client.read_response()
            assert (answer.body, answer.get("Connection")) == (b"ok", "close")
        assert client.expect_closed() == "fin"
    assert lb.wait_exit() == 0


def test_while_one_request_holds_the_process_idle_connections_are_still_served(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with RawClient(lb.port()) as slow, RawClient(lb.port()) as idle:
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
        time.sleep(0.01)  # there is no event outside the process to wait for
    raise AssertionError("still accepting")


def test_drain_grace_serves_all_before_it_stops_accepting(opslb, origin):
    lb = opslb(backends=[origin()], timeouts={"drain_grace": "1s"})
    lb.signal(signal.SIGTERM)
    lb.wait_log("ending")
    with RawClient(lb.port()) as client:  # a new connection
        answer = client.request()
        assert (answer.status, answer.get("Connection")) == (200, None)
        assert client.expect_closed() == "fin"
    assert lb.wait_exit() == 0


def test_a_tunnel_holds_the_process(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/ws", "Connection: upgrade", "Upgrade: echo"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.send(response(101, "Connection: upgrade", "Upgrade: echo", reason="Switching Protocols"))
            client.read_head()
            lb.signal(signal.SIGTERM)
            wait_refused(lb)
            client.send(b"ping")
            assert conn.read_exactly(4) == b"ping"
            conn.close()
            assert client.expect_closed() in ("fin", "reset")
    assert lb.wait_exit() == 0


def test_after_drain_what_is_left_is_cut_visibly_and_the_exit_code_is_0(opslb, raw_origin):
    lb = opslb(backends=[raw_origin], timeouts={"drain": "300ms"})
    with RawClient(lb.port()) as chunked, RawClient(lb.port()) as old:
        chunked.send(request())
        with raw_origin.accept() as one:
            one.read_request()
            one.send(response(200, "Transfer-Encoding: chunked", body="4\r\nhalf\r\n"))
            old.send(request(version="1.0"))
            with raw_origin.accept() as two:
                two.read_request()
                two.send(response(200, "Transfer-Encoding: chunked", body="4\r\nhalf\r\n"))
                old.read_until(b"half")
                lb.signal(signal.SIGTERM)
                with pytest.raises(Truncated):
                    chunked.read_response()
                assert old.wait_closed() == "reset"  # a body that ends with the connection must not look whole
    assert lb.wait_exit() == 0
    lb.wait_log("timeouts.drain is over")


def test_a_second_signal_ends_it_at_once(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with RawClient(lb.port()) as client:
        client.send(request())
        with raw_origin.accept() as conn:
            conn.read_request()
            lb.signal(signal.SIGTERM)
            lb.wait_log("ending")
            lb.signal(signal.SIGTERM)
            lb.wait_log("second signal")
            assert lb.wait_exit() == 1


def test_connections_that_wait_to_be_accepted_are_served(opslb, origin):
    lb = opslb(backends=[origin()], limits={"connections": 1})
    with RawClient(lb.port()) as first:
        assert first.request().status == 200
        waiting = RawClient(lb.port())  # in the kernel's queue
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


def test_the_port_is_free_for_the_next_process_at_once(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1])
    port = lb.port()
    with RawClient(port) as client:
        assert client.request().status == 200
        lb.stop()  # opslb closes first: its connection goes to TIME_WAIT
    again = opslb(backends=[ops1], listeners=[{"name": "http", "bind": f"127.0.0.1:{port}"}])
    with RawClient(again.port()) as client:
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


def test_requests_in_flight_at_the_end_of_a_rolling_restart_all_succeed(opslb, simulator):
    lb = opslb(backends=[simulator("ops1")], workers=2)
    clients = [RawClient(lb.port()) for _ in range(20)]
    for client in clients:
        client.send(request("GET", "/_sim/slow?ms=500"))
    lb.signal(signal.SIGTERM)
    for client in clients:
        assert client.read_response().status == 200
        client.close()
    assert lb.wait_exit() == 0


def test_sigusr2_is_refused_until_it_is_built(opslb, origin):
    lb = opslb(backends=[origin()])
    with RawClient(lb.port()) as client:
        assert client.request().status == 200
        lb.signal(signal.SIGUSR2)
        lb.wait_log("not built in yet")
        assert client.request().status == 200
    lb.stop()
