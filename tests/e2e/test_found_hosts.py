"""`"resolve": "all"`: one backend per address that a name leads to, followed as addresses come and go, without a reload."""

import pytest

from support.conversation import EMPTY, ask, request
from support.name_server import NO_SUCH_NAME, SERVER_FAILS, SILENT, can_be_used
from support.raw import OkOrigin, RawClient, RawOrigin

pytestmark = pytest.mark.skipif(not can_be_used(), reason="a mount namespace with its own resolv.conf takes root")

NAME = "ops-svc.mongodb.example"
QUICK = {"interval": "50ms", "timeout": "1s"}


@pytest.fixture
def hosts(dns, origin):
    """hosts(2) starts so many at addresses of their own, all at one port."""
    started = []

    def start(count, kind=OkOrigin):
        for _ in range(count):
            port = started[0].port if started else 0
            started.append(origin(kind, host=dns.next_host(), port=port))
        return started
    return start


@pytest.fixture
def follow(opslb, dns, tmp_path):
    """opslb in front of the hosts of NAME."""
    def start(port, wait=True, **config):
        config.setdefault("backends", [{"name": "ops", "url": f"http://{NAME}:{port}", "resolve": "all"}])
        config.setdefault("health_check", QUICK)
        return opslb(wait, under=dns.resolver(tmp_path), **config)
    return start


def tried(lb):
    """The backend that a request was served by, as the access log calls it."""
    since = len(lb.access_log)
    ask(lb)
    return lb.wait_access(since=since)["tried"].partition("(")[0]


def serving(lb, count):
    return sorted({tried(lb) for _ in range(4 * count)})


def wait_up(lb, host, since=0):
    return lb.wait_log(rf"backend ops@{host.host} is up", since=since)


def test_each_address_is_a_backend(dns, hosts, follow):
    ops1, ops2, ops3 = hosts(3)
    dns.addresses(NAME, ops1.host, ops2.host, ops3.host)
    lb = follow(ops1.port, balance="round_robin")
    assert serving(lb, 3) == [f"ops@{each.host}" for each in (ops1, ops2, ops3)]
    assert ops1.health_checks[0].get("Host") == f"{NAME}:{ops1.port}"


def test_an_address_that_comes_serves_without_a_reload(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    dns.addresses(NAME, ops1.host)
    lb = follow(ops1.port, balance="round_robin")
    assert serving(lb, 2) == [f"ops@{ops1.host}"]
    checks = len(ops1.health_checks)
    dns.addresses(NAME, ops2.host, ops1.host)
    lb.wait_log(rf"{NAME} leads to 2 hosts now; came: {ops2.host}; went: none")
    lb.wait_log("hosts found are in use backends=2")
    ops2.wait_health_checks(2)
    ops1.wait_health_checks(checks + 1)
    assert serving(lb, 2) == [f"ops@{ops1.host}", f"ops@{ops2.host}"]
    assert not [line for line in lb.log_lines if f"ops@{ops1.host} is down" in line]


def test_an_address_that_goes_gets_nothing_new_and_finishes_what_it_has(dns, hosts, follow):
    ops1, ops2 = hosts(2, RawOrigin)
    ops1.on_request(lambda *_: EMPTY)
    dns.addresses(NAME, ops2.host)
    lb = follow(ops1.port, balance="round_robin")
    with RawClient(lb.port()) as client:
        client.send(request("POST", "/", "Content-Length: 4", body="ab"))
        with ops2.accept() as conn:
            conn.read_request_head()
            assert conn.read_exactly(2) == b"ab"
            dns.addresses(NAME, ops1.host)
            lb.wait_log("hosts found are in use backends=1")
            assert serving(lb, 2) == [f"ops@{ops1.host}"]
            client.send("cd")
            assert conn.read_exactly(2) == b"cd"
            conn.send(EMPTY)
            assert client.read_response().status == 200
    assert ops2.connections == 1


def test_connections_that_rest_at_an_address_that_goes_are_closed(dns, hosts, follow):
    ops1, ops2 = hosts(2, RawOrigin)
    ops2.on_request(lambda *_: EMPTY)
    dns.addresses(NAME, ops1.host)
    lb = follow(ops1.port)
    with RawClient(lb.port()) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.send(EMPTY)
            assert client.read_response().status == 200
            dns.addresses(NAME, ops2.host)
            conn.wait_closed()


@pytest.mark.parametrize("how", [SERVER_FAILS, NO_SUCH_NAME, SILENT, {}], ids=["fails", "no-name", "silent", "empty"])
def test_a_lookup_that_finds_nothing_changes_nothing(dns, hosts, follow, how):
    ops1, ops2 = hosts(2)
    dns.addresses(NAME, ops1.host, ops2.host)
    lb = follow(ops1.port, balance="round_robin")
    dns.fails(NAME, how)
    assert lb.wait_log(rf"{NAME} could not be looked up: \S.*; what it led to is kept")
    dns.wait_questions(NAME, 2)
    assert serving(lb, 2) == [f"ops@{ops1.host}", f"ops@{ops2.host}"]
    dns.addresses(NAME, ops2.host, ops1.host)
    lb.wait_log(rf"{NAME} can be looked up again, and leads where it did")
    assert len([line for line in lb.log_lines if "could not be looked up" in line]) == 1


def test_opslb_starts_without_its_name_server_and_finds_the_hosts_later(dns, hosts, follow):
    ops1, = hosts(1)
    dns.fails(NAME, SERVER_FAILS)
    lb = follow(ops1.port)
    assert lb.wait_log(rf"{NAME} could not be looked up: .*; there are no hosts of that name until it can be")
    with RawClient(lb.port()) as client:
        client.send(request())
        dns.addresses(NAME, ops1.host)
        assert client.read_response().json()["origin"] == "ops1"


def test_when_all_addresses_change_at_once_the_old_ones_serve_until_the_new_are_checked(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    ops2.health = "hang"
    dns.addresses(NAME, ops1.host)
    lb = follow(ops1.port, timeouts={"hold": "0s"}, health_check=QUICK | {"timeout": "500ms"})
    dns.addresses(NAME, ops2.host)
    ops2.wait_health_checks(1)
    assert ask(lb).json()["origin"] == "ops1"
    ops2.health = 200
    lb.wait_log("hosts found are in use backends=1")


def test_a_reload_keeps_the_hosts_and_their_standing(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    dns.addresses(NAME, ops1.host, ops2.host)
    lb = follow(ops1.port, balance="round_robin")
    lb.reload(lb.config | {"timeouts": {"hold": "0s"}})
    assert serving(lb, 2) == [f"ops@{ops1.host}", f"ops@{ops2.host}"]
    assert len([line for line in lb.log_lines if "leads to" in line]) == 1


def test_a_reload_may_bring_the_name_and_take_it_away(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    dns.addresses(NAME, ops1.host, ops2.host)
    lb = follow(ops1.port, backends=[{"name": "ops1", "url": ops1.url}], balance="round_robin", timeouts={"hold": "0s"})
    named = {"name": "ops", "url": f"http://{NAME}:{ops1.port}", "resolve": "all"}
    lb.reload(lb.config | {"backends": [named]})
    assert serving(lb, 2) == [f"ops@{ops1.host}", f"ops@{ops2.host}"]
    lb.reload(lb.config | {"backends": [{"name": "ops1", "url": ops1.url}]})
    assert serving(lb, 2) == ["ops1"]


def test_it_stands_beside_hosts_that_have_a_name_each(dns, hosts, follow, origin):
    ops1, ops2 = hosts(2)
    other = origin(host=dns.next_host())
    dns.addresses(NAME, ops1.host, ops2.host)
    lb = follow(0, balance="round_robin", backends=[
        {"name": "alone", "url": other.url}, {"name": "ops", "url": f"http://{NAME}:{ops1.port}", "resolve": "all"}])
    assert serving(lb, 3) == ["alone", f"ops@{ops1.host}", f"ops@{ops2.host}"]


def test_what_is_beyond_64_is_left_out_and_said(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    nobody = [dns.next_host() for _ in range(90)]
    dns.addresses(NAME, ops1.host, *nobody)
    lb = follow(ops1.port, health_check=QUICK | {"interval": "200ms"})
    left_out, = [line for line in lb.log_lines if "not used, since there are 64 backends already" in line]
    assert left_out.count("ops@") == 16 and left_out.endswith(" and 11 more")
    assert ask(lb).json()["origin"] == "ops1"
    dns.addresses(NAME, ops2.host, ops1.host, *nobody)  # those that there were stay
    lb.wait_log(rf"{NAME} leads to 92 hosts now; came: {ops2.host}")
    assert tried(lb) == f"ops@{ops1.host}"


@pytest.mark.backings()
def test_over_tls_the_certificate_is_for_the_name_in_the_file(dns, follow, origin, backing):
    """An answer of the name server alone does not make a host trusted."""
    host = origin(host=dns.next_host())
    dns.addresses("opsmanager.example.com", host.host)
    dns.addresses("else.example.com", host.host)

    def named(name):
        return {"name": "ops", "url": f"{host.url.partition(':')[0]}://{name}:{host.port}", "resolve": "all"}
    lb = follow(0, backends=[named("opsmanager.example.com")])
    assert ask(lb).json()["origin"] == "ops1"
    if backing.tls:
        lb.reload(lb.config | {"backends": [named("else.example.com") | {"name": "other"}]})
        lb.wait_log(rf"other@{host.host}: TLS failed: certificate is for .*, backend is called else\.example\.com")
