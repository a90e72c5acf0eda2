"""Which host a raw TCP connection goes to: its client's own one as long as that is up, else the next that can be reached."""

import contextlib
import json

import pytest

from support.raw import RawClient
from support.tcp_hosts import arrival, how_it_ends, listener

CLIENTS = [f"127.0.1.{number}" for number in range(1, 31)]
FAST = {"interval": "100ms", "rise": 1}


def home(lb, hosts, source="127.0.0.1"):
    """The host to which this client's connection leads; bytes pass there."""
    with RawClient(lb.port(), source=source) as client:
        host, far = arrival(hosts)
        with far:
            client.send("ping")
            assert far.read_exactly(4) == b"ping"
    return host


def homes(lb, hosts):
    return {source: home(lb, hosts, source).name for source in CLIENTS}


@pytest.mark.parametrize("balance", ["least_requests", "round_robin", "source_ip"])
def test_a_client_stays_with_its_host_whatever_balance_says(raw_tcp, balance):
    lb, hosts = raw_tcp(3, balance=balance, workers=2)
    first = homes(lb, hosts)
    assert set(first.values()) == {"ops1", "ops2", "ops3"}
    assert homes(lb, hosts) == first


@pytest.mark.parametrize("health", [500, "close"])
def test_when_a_host_goes_only_its_clients_move_and_they_return_with_it(raw_tcp, health):
    lb, hosts = raw_tcp(3, health_check=FAST | {"slow_start": "1h"})
    before = homes(lb, hosts)
    hosts[2].health = health
    lb.wait_log("backend ops3 is down")
    meanwhile = homes(lb, hosts)
    assert {meanwhile[client] for client, name in before.items() if name == "ops3"} == {"ops1", "ops2"}
    assert all(meanwhile[client] == name for client, name in before.items() if name != "ops3")
    since = len(lb.log_lines)
    hosts[2].health = 200
    lb.wait_log("backend ops3 is up", since=since)
    assert homes(lb, hosts) == before  # at once: slow_start would send a client to and fro


def test_connections_that_stand_outlive_their_hosts_health(raw_tcp):
    lb, hosts = raw_tcp(2, health_check=FAST)
    with RawClient(lb.port()) as client:
        host, far = arrival(hosts)
        with far:
            host.health = 500
            lb.wait_log(f"backend {host.name} is down")
            client.send("still here")
            assert far.read_exactly(10) == b"still here"


def test_a_drained_host_gets_none(opslb, raw_tcp, tmp_path):
    lb, hosts = raw_tcp(3)
    before = homes(lb, hosts)
    (tmp_path / "state.json").write_text(json.dumps({"version": 1, "drained": [
        {"backend": "ops1", "url": hosts[0].url, "since": "2026-11-22T08:00:00.000Z"}]}))
    drained = opslb(listeners=[listener(hosts)], backends=hosts, state_file=str(tmp_path / "state.json"))
    drained.wait_log("backend ops1 is still drained")
    after = homes(drained, hosts)
    assert "ops1" in before.values() and "ops1" not in after.values()
    assert all(after[client] == name for client, name in before.items() if name != "ops1")


def test_a_host_that_refuses_is_left_for_the_next_one_and_checked_at_once(raw_tcp):
    lb, hosts = raw_tcp(3, health_check={"interval": "1h"})
    left = home(lb, hosts)
    left.pause_tcp()
    checks = len(left.health_checks)
    taken = home(lb, hosts)
    assert taken is not left
    left.wait_health_checks(checks + 1)
    entry = lb.wait_access(lambda entry: len(lb.access_log) == 2 and entry["backend"] == taken.name)
    assert entry["tried"] == f"{left.name}(source address: connection refused) {taken.name}(source address: done)"
    left.resume_tcp()
    assert home(lb, hosts) is left


def test_who_finds_no_host_that_takes_it_is_reset(raw_tcp):
    lb, hosts = raw_tcp(2, health_check={"interval": "1h"})
    for each in hosts:
        each.pause_tcp()
    assert how_it_ends(lb.port()) == "reset"
    lb.wait_log("connection refused: no host for raw TCP: connection refused peer=127.0.0.1")
    entry = lb.wait_access()
    assert (entry["end"], entry["bytes_in"], entry["bytes_out"]) == ("could not connect", 0, 0)
    assert entry["tried"].count("connection refused") == 2


def test_a_connection_is_held_until_a_first_host_comes_up(raw_tcp):
    lb, hosts = raw_tcp(2, timeouts={"hold": "1h"}, health_check=FAST)
    for each in hosts:
        each.health = 500
    lb.wait_log("all 2 hosts answer /monitor/health with 500")
    with RawClient(lb.port()) as client:
        client.send("early")
        assert client.is_silent()
        hosts[1].health = 200
        with hosts[1].next_tcp() as far:
            assert far.read_exactly(5) == b"early"
            client.half_close()
    assert lb.wait_access()["queued_ms"] > 0


def none_up(raw_tcp, **more):
    """A running opslb whose one host has gone down since."""
    lb, hosts = raw_tcp(health_check=FAST, **more)
    hosts[0].health = 500
    lb.wait_log("backend ops1 is down|answers? /monitor/health with 500")
    return lb, hosts


def test_when_hold_is_over_the_client_is_reset(raw_tcp):
    lb, _ = none_up(raw_tcp, timeouts={"hold": "200ms"})
    assert how_it_ends(lb.port()) == "reset"
    lb.wait_log("connection refused: no host for raw TCP: no host up peer=127.0.0.1:[0-9]+ listener=tcp suppressed=0")
    entry = lb.wait_access()
    assert entry["end"] == "no host up"
    assert entry["total_ms"] >= 200 and "backend" not in entry and "tried" not in entry


def test_without_hold_it_is_reset_at_once(raw_tcp):
    lb, _ = none_up(raw_tcp, timeouts={"hold": "0s"})
    assert how_it_ends(lb.port()) == "reset"


def test_no_more_wait_than_limits_allow(raw_tcp):
    lb, hosts = none_up(raw_tcp, timeouts={"hold": "1h"}, limits={"waiting": 3})
    with contextlib.ExitStack() as stack:
        clients = [connected(stack, lb) for _ in range(4)]
        lb.wait_log("no host for raw TCP: too many requests wait")
        hosts[0].health = 200
        for _ in range(3):
            with hosts[0].next_tcp() as far:
                far.send("x")
        ends = sorted(bytes(client.read_some()) if not is_reset(client) else b"reset" for client in clients)
        assert ends == [b"reset", b"x", b"x", b"x"]


def connected(stack, lb):
    """None: the reset came before the client knew that it was connected."""
    try:
        return stack.enter_context(RawClient(lb.port()))
    except ConnectionResetError:
        return None


def is_reset(client):
    try:
        return client is None or not client.fill()
    except ConnectionError:
        return True


def test_who_leaves_while_held_is_forgotten(raw_tcp):
    lb, hosts = none_up(raw_tcp, timeouts={"hold": "1h"}, limits={"waiting": 1}, workers=1)  # which takes them in order
    client = RawClient(lb.port())
    assert how_it_ends(lb.port()) == "reset"
    client.reset()
    assert lb.wait_access(lambda entry: entry["end"] == "client closed")
    with RawClient(lb.port()) as other:  # there is room again
        hosts[0].health = 200
        with hosts[0].next_tcp() as far:
            far.send("x")
            assert other.read_exactly(1) == b"x"


def test_when_none_up_pass_uses_hosts_that_answer(raw_tcp):
    lb, hosts = raw_tcp(2, health_check=FAST | {"when_none_up": "pass"}, timeouts={"hold": "1h"})
    for each in hosts:
        each.health = 500
    lb.wait_log("all 2 hosts")
    assert home(lb, hosts) in hosts


def test_max_requests_counts_connections_and_more_go_to_the_next_host(raw_tcp):
    lb, hosts = raw_tcp(2)
    config = dict(lb.config)
    config["backends"] = [{"name": each.name, "url": each.url, "max_requests": 1} for each in hosts]
    lb.reload(config)
    with contextlib.ExitStack() as stack:
        ends = [(stack.enter_context(RawClient(lb.port())), *arrival(hosts)) for _ in range(2)]
        assert {host.name for _, host, _ in ends} == {"ops1", "ops2"}
        third = stack.enter_context(RawClient(lb.port()))
        client, freed, far = ends[0]
        client.half_close()
        far.half_close()
        host, far = arrival(hosts)  # the third one's turn
        assert host is freed
        far.send("x")
        assert third.read_exactly(1) == b"x"
        far.close()


def test_a_place_that_does_not_come_free_in_time_is_a_reset(raw_tcp):
    lb, hosts = raw_tcp(timeouts={"queue": "200ms"})
    config = dict(lb.config)
    config["backends"] = [{"name": "ops1", "url": hosts[0].url, "max_requests": 1}]
    lb.reload(config)
    with RawClient(lb.port()), hosts[0].next_tcp():
        with RawClient(lb.port()) as second:
            assert second.expect_closed() == "reset"
        assert lb.wait_access()["end"] == "all hosts full"


def test_a_host_whose_name_does_not_resolve_is_left_for_the_others(raw_tcp):
    lb, hosts = raw_tcp()
    unknown = {"name": "ops9", "url": "http://ops9.invalid:8080"}
    lb.reload(lb.config | {"backends": [unknown, *hosts], "health_check": {"when_none_up": "pass"}})
    assert [home(lb, hosts, source) for source in CLIENTS[:8]] == [hosts[0]] * 8
