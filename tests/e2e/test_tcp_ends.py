"""How raw TCP connections end: in order as their ends close them, and for everybody to see where they do not."""

import signal

import pytest

from support.raw import RawClient
from support.tcp_hosts import arrival, how_it_ends, listener
from support.timeouts import ANSWER, scaled

LONG = bytes(range(256)) * 4096


@pytest.mark.parametrize("reset", [0, 1], ids=["client", "host"])
def test_a_reset_reaches_the_other_end_as_one(raw_tcp, reset):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        ends = (client, far)
        client.send("hello")
        assert far.read_exactly(5) == b"hello"
        ends[reset].reset()
        assert ends[1 - reset].expect_closed() == "reset"
    assert lb.wait_access()["end"] == ["client closed", "backend closed the connection"][reset]


def test_a_reset_behind_a_half_close_is_one(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.half_close()
        assert far.wait_closed() == "fin"
        client.reset()
        with pytest.raises(ConnectionError):
            while True:
                far.send(LONG)


def test_a_client_that_resets_is_noticed_while_its_host_reads_nothing(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        while client.send_some(LONG, 0.2):  # until nobody takes more
            pass
        client.reset()
        assert lb.wait_access()["end"] == "client closed"
        assert far.wait_closed() == "reset"


def test_what_was_said_before_a_close_arrives_however_slowly_it_is_read(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        sent = 0
        while size := client.send_some(LONG[sent % len(LONG):], 0.2):
            sent += size
        client.half_close()
        far.half_close()
        assert client.wait_closed() == "fin"  # closed both ways, with bytes still on their way
        said = far.read_to_end()
        assert len(said) == sent and said == (LONG * (sent // len(LONG) + 1))[:sent]
    assert lb.wait_access()["end"] == "done"


def test_when_nothing_moves_for_the_tunnel_timeout_both_ends_are_reset(raw_tcp):
    lb, hosts = raw_tcp(timeouts={"tunnel": "1s", "idle": "1ms", "request_head": "1ms", "keep_alive": "1ms"})
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        for sender, reader in ((client, far), (far, client)) * 3:  # each byte puts it off: 6 × 0.3 s is longer
            assert reader.is_silent(0.3)
            sender.send("x")
            assert reader.read_exactly(1) == b"x"
        assert (client.expect_closed(), far.expect_closed()) == ("reset", "reset")
    entry = lb.wait_access()
    assert entry["end"] == "idle timeout"
    assert (entry["bytes_in"], entry["bytes_out"]) == (3, 3)


def test_the_tunnel_timeout_ends_a_half_closed_one_as_well(raw_tcp):
    lb, hosts = raw_tcp(timeouts={"tunnel": "500ms"})
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.half_close()
        assert far.wait_closed() == "fin"
        assert client.expect_closed() == "reset"
    assert lb.wait_access()["end"] == "idle timeout"


def test_sigterm_waits_for_it(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        lb.signal(signal.SIGTERM)
        lb.wait_log("ending requests_in_flight=1")
        for sender, reader in ((client, far), (far, client)):
            assert reader.is_silent(0.2)
            sender.send("still here")
            assert reader.read_exactly(10) == b"still here"
        assert lb.runs
        client.half_close()
        far.half_close()
        assert (client.expect_closed(), far.expect_closed()) == ("fin", "fin")
    assert lb.wait_exit() == 0


def test_timeouts_drain_cuts_it(raw_tcp):
    lb, hosts = raw_tcp(timeouts={"drain": "200ms"})
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        lb.signal(signal.SIGTERM)
        assert (client.expect_closed(), far.expect_closed()) == ("reset", "reset")
    assert lb.wait_exit() == 0
    assert lb.wait_access()["end"] == "cut by opslb"


def test_one_that_is_held_ends_with_the_drain(raw_tcp):
    lb, hosts = raw_tcp(timeouts={"drain": "200ms", "hold": "1h"}, health_check={"interval": "100ms"})
    hosts[0].health = 500
    lb.wait_log("with 500")
    with RawClient(lb.port()) as client:
        lb.signal(signal.SIGTERM)
        assert client.expect_closed() == "reset"
    assert lb.wait_exit() == 0


def test_it_outlives_a_takeover_while_new_ones_go_through_the_new_process(raw_tcp):
    lb, hosts = raw_tcp(workers=1)
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        before = lb.take_over()
        client.send("through the old process")
        assert far.read_exactly(23) == b"through the old process"
        with RawClient(lb.port()) as other, hosts[0].next_tcp() as its_far:
            other.send("through the new one")
            assert its_far.read_exactly(19) == b"through the new one"
        assert before.poll() is None
        client.half_close()
        far.half_close()
        assert client.expect_closed() == "fin"
    assert before.wait(scaled(ANSWER)) == 0


def test_a_reload_leaves_it_alone(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        lb.reload(lb.config | {"timeouts": {"hold": "1s"}})
        lb.reload(lb.config | {"listeners": [listener(hosts, tcp_port=1)]})  # from now on elsewhere
        client.send("still here")
        assert far.read_exactly(10) == b"still here"


def test_a_listener_that_is_gone_takes_its_connections_with_it(raw_tcp):
    lb, hosts = raw_tcp()
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.send("x")
        assert far.read_exactly(1) == b"x"
        lb.reload(lb.config | {"listeners": [{"name": "http", "bind": "127.0.0.1:0"}]})
        assert (client.expect_closed(), far.expect_closed()) == ("reset", "reset")
    assert lb.wait_access()["end"] == "cut by opslb"


def test_a_host_that_is_no_longer_configured_keeps_those_that_stand(raw_tcp):
    lb, hosts = raw_tcp(2)
    with RawClient(lb.port()) as client:
        host, far = arrival(hosts)
        with far:
            lb.reload(lb.config | {"backends": [each for each in hosts if each is not host]})
            client.send("still here")
            assert far.read_exactly(10) == b"still here"
            with RawClient(lb.port()):
                other, second = arrival(hosts)
                second.close()
                assert other is not host


def test_connections_per_client_are_reset_beyond_the_limit(raw_tcp):
    lb, hosts = raw_tcp(limits={"connections_per_client": 1})
    with RawClient(lb.port()) as client, hosts[0].next_tcp() as far:
        client.send("x")
        assert far.read_exactly(1) == b"x"
        assert how_it_ends(lb.port()) == "reset"
        lb.wait_log("connection refused: too many connections from one client peer=127.0.0.1")
        with RawClient(lb.port(), source="127.0.0.9") as other, hosts[0].next_tcp() as its_far:
            other.send("y")
            assert its_far.read_exactly(1) == b"y"
    assert len(lb.access_log) <= 2  # who was refused has no line there


@pytest.mark.parametrize("workers", [1, 2])
def test_connections_beyond_the_limit_wait_until_one_ends(raw_tcp, workers):
    lb, hosts = raw_tcp(limits={"connections": 1}, workers=workers)
    with RawClient(lb.port()) as first, hosts[0].next_tcp() as far:
        with RawClient(lb.port()) as second:
            second.send("x")
            assert second.is_silent(0.5)
            first.half_close()
            far.half_close()
            with hosts[0].next_tcp() as its_far:
                assert its_far.read_exactly(1) == b"x"
