"""Hosts that come and go under a name, while they are drained, and while the configuration or the process changes."""

import contextlib
import json
import signal
import socket

import pytest

from support.admin_calls import ADMIN, AdminCalls
from support.conversation import EMPTY, ask, request
from support.fronts import H1
from support.name_server import SERVER_FAILS, SILENT, can_be_used
from support.opslb import run
from support.raw import OkOrigin, RawClient, RawOrigin
from support.tcp_hosts import TcpHost
from support.timeouts import ANSWER, Deadline, scaled

pytestmark = pytest.mark.skipif(not can_be_used(), reason="a mount namespace with its own resolv.conf takes root")

NAME = "ops-svc.mongodb.example"
QUICK = {"interval": "50ms", "timeout": "1s"}
IN_USE = "hosts found are in use backends={}$"


@pytest.fixture
def pair(dns, origin):
    """Two hosts at addresses of their own and one port, under NAME."""
    def make(kind=OkOrigin):
        ops1 = origin(kind, host=dns.next_host())
        ops2 = origin(kind, host=dns.next_host(), port=ops1.port)
        dns.addresses(NAME, ops1.host, ops2.host)
        return ops1, ops2
    return make


@pytest.fixture
def follow(opslb, dns, tmp_path):
    def start(port, wait=True, **config):
        config = {"backends": [named(port)], "health_check": QUICK, "admin": ADMIN} | config
        return opslb(wait, under=dns.resolver(tmp_path), **config)
    return start


def named(port, name=NAME, **more):
    return {"name": "ops", "url": f"http://{name}:{port}", "resolve": "all", **more}


def called(host):
    return f"ops@{host.host}"


def served_by(lb, count=20):
    with H1.connect(lb) as client:
        return {client.request().json()["origin"] for _ in range(count)}


def names_in(file):
    return [each["backend"] for each in json.loads(file.read_text(encoding="utf-8"))["drained"]]


def to(lb):
    return "--admin", f"127.0.0.1:{lb.admin_port()}"


def wait_waiting(calls, count):
    deadline = Deadline(ANSWER)
    while calls.status()["totals"]["waiting"] != count:
        assert not deadline.over()


def state(*hosts):
    return json.dumps({"version": 1, "drained": [
        {"backend": called(each), "url": each.url, "since": "2026-11-22T08:00:00.000Z"} for each in hosts]})


# Drains.


def test_a_host_that_was_drained_is_still_drained_when_it_comes_back(dns, pair, follow, tmp_path):
    ops1, ops2 = pair()
    file = tmp_path / "state.json"
    lb = follow(ops1.port, state_file=str(file))
    calls = AdminCalls(lb)
    said = run("drain", called(ops1), "--wait", *to(lb))
    assert said.returncode == 0, said.stderr
    dns.addresses(NAME, ops2.host)
    lb.wait_log(IN_USE.format(1))
    assert names_in(file) == [called(ops1)]
    assert [each["name"] for each in calls.status()["backends"]] == [called(ops2)]
    checks = len(ops1.health_checks)
    dns.addresses(NAME, ops2.host, ops1.host)
    lb.wait_log(IN_USE.format(2))
    lb.wait_log(f"backend {called(ops1)} is still drained, since")
    ops1.wait_health_checks(checks + 3)
    assert calls.backend(called(ops1))["state"] == "drained"
    assert served_by(lb) == {"ops2"}
    assert run("ready", called(ops1), *to(lb)).returncode == 0
    calls.wait_state("up", called(ops1))
    assert names_in(file) == []


def test_ready_ends_the_drain_of_a_host_that_is_away(dns, pair, follow, tmp_path):
    ops1, ops2 = pair()
    file = tmp_path / "state.json"
    lb = follow(ops1.port, state_file=str(file))
    calls = AdminCalls(lb)
    calls.drain(called(ops1))
    dns.addresses(NAME, ops2.host)
    lb.wait_log(IN_USE.format(1))
    status, answer = calls.ready(called(ops1))
    assert status == 200 and answer["backend"] is None and "not there at the moment" in answer["note"]
    assert names_in(file) == []
    assert calls.ready(called(ops1))[0] == 404
    dns.addresses(NAME, ops2.host, ops1.host)
    lb.wait_log(IN_USE.format(2))
    calls.wait_state("up", called(ops1))


def test_ready_while_the_host_is_on_its_way_back_ends_its_drain(dns, pair, follow):
    """It is checked already, but not in use yet: all hosts are new at once, so those before serve until the first round is over."""
    ops1, ops2 = pair()
    lb = follow(ops1.port)
    calls = AdminCalls(lb)
    calls.drain(called(ops1))
    dns.addresses(NAME, ops2.host)
    lb.wait_log(IN_USE.format(1))
    ops1.health = "hang"
    checks, since = len(ops1.health_checks), len(lb.log_lines)
    dns.addresses(NAME, ops1.host)
    ops1.wait_health_checks(checks + 1)
    assert calls.ready(called(ops1))[0] == 200
    ops1.health = 200
    lb.wait_log(f"{NAME} leads to 1 host now; came: {ops1.host}; went: {ops2.host}")
    lb.wait_log(IN_USE.format(1), since=since)
    calls.wait_state("up", called(ops1))


def test_a_host_that_is_drained_with_something_in_flight_goes_and_comes(dns, pair, follow):
    """The exchange ends in order, and the report that tells of it is made meanwhile."""
    ops1, ops2 = pair(RawOrigin)
    ops2.on_request(lambda *_: EMPTY)
    dns.addresses(NAME, ops1.host)
    lb = follow(ops1.port)
    calls = AdminCalls(lb)
    with RawClient(lb.port()) as client:
        client.send(request("POST", "/", "Content-Length: 4", body="ab"))
        with ops1.accept() as conn:
            conn.read_request_head()
            dns.addresses(NAME, ops1.host, ops2.host)
            lb.wait_log(IN_USE.format(2))
            calls.wait_state("up", called(ops2))
            calls.drain(called(ops1))
            calls.wait_backend(lambda each: each["drain"]["in_flight"], called(ops1))
            for count, hosts in enumerate([(ops2,), (ops2, ops1), (ops2,)], 1):
                since = len(lb.log_lines)
                dns.addresses(NAME, *(each.host for each in hosts))
                lb.wait_log(IN_USE.format(len(hosts)), since=since)
                assert calls.status()["totals"]["in_flight"] == 1, count
            client.send("cd")
            assert conn.read_exactly(4) == b"abcd"
            conn.send(EMPTY)
            assert client.read_response().status == 200


def test_a_drain_waits_for_a_name_that_cannot_be_looked_up_at_start(dns, pair, follow, tmp_path):
    ops1, ops2 = pair()
    (tmp_path / "state.json").write_text(state(ops1), encoding="utf-8")
    dns.fails(NAME, SERVER_FAILS)
    lb = follow(ops1.port, state_file=str(tmp_path / "state.json"))
    dns.addresses(NAME, ops1.host, ops2.host)
    lb.wait_log(f"backend {called(ops1)} is still drained, since 2026-11-22T08:00:00.000Z")
    assert served_by(lb) == {"ops2"}
    assert names_in(tmp_path / "state.json") == [called(ops1)]


def test_a_name_that_is_not_configured_any_more_takes_its_drains_along(dns, pair, follow, tmp_path):
    ops1, ops2 = pair()
    file = tmp_path / "state.json"
    lb = follow(ops1.port, state_file=str(file))
    AdminCalls(lb).drain(called(ops1))
    lb.reload(lb.config | {"backends": [{"name": "ops2", "url": ops2.url}]})
    assert names_in(file) == []


def test_a_drain_of_a_host_that_is_away_is_taken_over(dns, pair, follow, tmp_path):
    ops1, ops2 = pair()
    lb = follow(ops1.port, state_file=str(tmp_path / "state.json"))
    AdminCalls(lb).drain(called(ops1))
    dns.addresses(NAME, ops2.host)
    lb.wait_log(IN_USE.format(1))
    (tmp_path / "state.json").unlink()
    assert lb.take_over().wait(scaled(ANSWER)) == 0
    dns.addresses(NAME, ops2.host, ops1.host)
    lb.wait_log(f"backend {called(ops1)} is still drained")
    assert served_by(lb) == {"ops2"}
    lb.stop()


# What is said as long as there is nobody.


def test_without_any_host_it_is_not_ready_and_says_why(dns, follow):
    dns.fails(NAME, SERVER_FAILS)
    lb = follow(8080, timeouts={"hold": "0s"})
    said = run("ping", *to(lb))
    assert said.returncode == 1 and "0 of 0 hosts are up" in said.stderr
    answer = ask(lb)
    assert answer.status == 503 and b"no host is known; look at the name service" in answer.body


def test_a_raw_tcp_connection_waits_for_hosts_to_be_found(dns, follow):
    dns.fails(NAME, SERVER_FAILS)
    with contextlib.closing(TcpHost("ops1", dns.next_host())) as ops1:
        lb = follow(ops1.port, listeners=[{"name": "queryable", "bind": "127.0.0.1:0", "tcp_port": ops1.tcp_port}])
        calls = AdminCalls(lb)
        with RawClient(lb.port("queryable")) as client:
            client.send("ping")
            wait_waiting(calls, 1)
            dns.addresses(NAME, ops1.host)
            with ops1.next_tcp() as conn:
                assert conn.read_exactly(4) == b"ping"
                conn.send("pong")
                assert client.read_exactly(4) == b"pong"


# Reloads.


def test_a_reload_that_comes_while_names_are_looked_up_for_another_follows_it(dns, pair, follow):
    ops1, ops2 = pair()
    dns.addresses("one.example", ops1.host)
    dns.fails("slow.example", SILENT)
    lb = follow(ops1.port, backends=[named(ops1.port, "one.example")])
    lb.write(lb.config | {"backends": [named(ops1.port, "one.example"), named(1, "slow.example", weight=2) | {"name": "slow"}]})
    lb.signal(signal.SIGHUP)
    dns.wait_questions("slow.example", 1)
    lb.write(lb.config | {"backends": [named(ops1.port)]})
    lb.signal(signal.SIGHUP)
    lb.wait_log("configuration reloaded listeners=2 backends=1")
    lb.wait_log("configuration reloaded listeners=2 backends=2")
    assert served_by(lb) == {"ops1", "ops2"}


def test_hosts_that_come_while_a_reload_is_looked_up_and_refused_are_used(dns, pair, follow):
    ops1, ops2 = pair()
    dns.addresses(NAME, ops1.host)
    dns.fails("slow.example", SILENT)
    lb = follow(ops1.port, health_check=QUICK | {"interval": "100ms"})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lb.write(lb.config | {
            "backends": [*lb.config["backends"], named(1, "slow.example") | {"name": "slow"}],
            "listeners": [*lb.config["listeners"], {"name": "more", "bind": f"127.0.0.1:{taken.getsockname()[1]}"}]})
        lb.signal(signal.SIGHUP)
        dns.wait_questions("slow.example", 1)
        dns.addresses(NAME, ops1.host, ops2.host)
        lb.wait_log(f"{NAME} leads to 2 hosts now")
        lb.wait_log("not reloaded, the old one stays in use")
        lb.wait_log(IN_USE.format(2))
    lb.wait_log(f"backend {called(ops2)} is up")
    assert served_by(lb) == {"ops1", "ops2"}


def test_hosts_that_come_during_the_first_round_of_a_reload_are_used_after_it(dns, pair, follow, origin):
    ops1, ops2 = pair()
    dns.addresses(NAME, ops1.host)
    lb = follow(ops1.port)
    slow = origin(RawOrigin, health="hang")
    lb.write(lb.config | {"backends": [*lb.config["backends"], {"name": "slow", "url": slow.url}]})
    lb.signal(signal.SIGHUP)
    slow.wait_health_checks(1)
    dns.addresses(NAME, ops1.host, ops2.host)
    lb.wait_log("configuration reloaded listeners=2 backends=2")
    lb.wait_log(IN_USE.format(3))
    lb.wait_log(f"backend {called(ops2)} is up")
    assert served_by(lb) == {"ops1", "ops2"}


# Start, end and takeover while names are looked up.


def test_sigterm_is_heard_while_names_are_looked_up_at_start(dns, follow):
    dns.fails(NAME, SILENT)
    lb = follow(8080, wait=False, health_check={"timeout": "60s", "interval": "90s"})
    dns.wait_questions(NAME, 1)
    lb.stop()


def test_sighup_while_names_are_looked_up_at_start_is_carried_out_when_it_serves(dns, pair, follow):
    ops1, ops2 = pair()
    dns.fails(NAME, SILENT)
    lb = follow(ops1.port, wait=False)
    dns.wait_questions(NAME, 1)
    lb.reload(lb.config | {"backends": [{"name": "ops2", "url": ops2.url}]})
    assert served_by(lb) == {"ops2"}


def test_sigterm_while_the_next_process_looks_names_up(dns, pair, follow):
    ops1, _ = pair()
    lb = follow(ops1.port)
    dns.fails(NAME, SILENT)
    lb.signal(signal.SIGUSR2)
    dns.wait_questions(NAME, 2)
    lb.stop()


def test_a_takeover_while_hosts_come_and_go_loses_no_request(dns, pair, follow):
    ops1, ops2 = pair()
    lb = follow(ops1.port, workers=2)
    for hosts in [(ops1,), (ops2,), (ops1, ops2)] * 2:
        dns.addresses(NAME, *(each.host for each in hosts))
        before = lb.take_over()
        assert ask(lb).status == 200
        assert before.wait(scaled(ANSWER)) == 0
    lb.stop()
