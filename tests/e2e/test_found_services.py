"""`"resolve": "srv"`: one backend for each SRV record of the lowest priority, with the port and share that it says."""

import pytest

from support.name_server import can_be_used
from support.opslb import run
from test_found_hosts import QUICK, serving, tried

pytestmark = pytest.mark.skipif(not can_be_used(), reason="a mount namespace with its own resolv.conf takes root")

NAME = "_http._tcp.ops-svc.mongodb.example"
HOSTS = ["om-0.mongodb.example", "om-1.mongodb.example", "om-2.mongodb.example"]


@pytest.fixture
def hosts(dns, origin):
    """hosts(2) starts so many, each at an address and port of its own, and with a name."""
    def start(count):
        started = [origin(host=dns.next_host()) for _ in range(count)]
        for name, host in zip(HOSTS, started):
            dns.addresses(name, host.host)
        return started
    return start


@pytest.fixture
def follow(opslb, dns, tmp_path):
    def start(**config):
        return opslb(under=dns.resolver(tmp_path), health_check=QUICK, balance="round_robin",
                     backends=[{"name": "ops", "url": f"http://{NAME}", "resolve": "srv"}], **config)
    return start


def names(*started):
    return [f"ops@{name}:{host.port}" for name, host in zip(HOSTS, started) if host]


def test_each_record_is_a_backend_at_its_own_port(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    dns.services(NAME, (0, 50, ops1.port, HOSTS[0]), (0, 50, ops2.port, HOSTS[1]))
    lb = follow()
    assert serving(lb, 2) == names(ops1, ops2)
    assert ops1.health_checks[0].get("Host") == f"{HOSTS[0]}:{ops1.port}"


def test_records_come_and_go_without_a_reload(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    dns.services(NAME, (0, 100, ops1.port, HOSTS[0]))
    lb = follow()
    dns.services(NAME, (0, 50, ops1.port, HOSTS[0]), (0, 50, ops2.port, HOSTS[1]))
    lb.wait_log("hosts found are in use backends=2")
    ops2.wait_health_checks(2)
    assert serving(lb, 2) == names(ops1, ops2)
    dns.services(NAME, (0, 50, ops2.port, HOSTS[1]))
    lb.wait_log("hosts found are in use backends=1")
    assert serving(lb, 2) == names(None, ops2)


def test_weights_are_shares(dns, hosts, follow):
    ops1, ops2 = hosts(2)
    dns.services(NAME, (0, 300, ops1.port, HOSTS[0]), (0, 100, ops2.port, HOSTS[1]))
    lb = opslb_with_weight(follow)
    served = [tried(lb) for _ in range(40)]
    assert [served.count(name) for name in names(ops1, ops2)] == [30, 10]


def opslb_with_weight(follow):
    """The heaviest record has the configured weight, the others relative to it."""
    lb = follow()
    lb.reload(lb.config | {"backends": [lb.config["backends"][0] | {"weight": 30}]})
    return lb


def test_only_the_lowest_priority_is_used(dns, hosts, follow):
    ops1, ops2, ops3 = hosts(3)
    dns.services(NAME, (20, 1, ops1.port, HOSTS[0]), (10, 1, ops2.port, HOSTS[1]), (10, 1, ops3.port, HOSTS[2]))
    assert serving(follow(), 2) == names(None, ops2, ops3)


def test_records_that_make_no_sense_are_left_out(dns, hosts, follow):
    ops1, = hosts(1)
    dns.services(NAME, (0, 1, 0, HOSTS[1]), (0, 1, 8080, "."), (0, 1, 8080, "a b.example"), (0, 1, ops1.port, HOSTS[0]))
    assert serving(follow(), 1) == names(ops1)


def test_no_such_service_is_said(dns, hosts, follow):
    ops1, = hosts(1)
    dns.services(NAME, (0, 0, 0, "."))
    lb = follow()
    lb.wait_log(rf"{NAME} could not be looked up: the name has no SRV record that can be used; there are no hosts")
    dns.services(NAME, (0, 0, ops1.port, HOSTS[0]))
    lb.wait_log(rf"backend {names(ops1)[0]} is up|hosts found are in use backends=1")
    assert serving(lb, 1) == names(ops1)


@pytest.mark.parametrize("url, message", [
    ("http://_http._tcp.ops.example:8080", 'url: must have no port beside "resolve": "srv"'),
    ("http://192.0.2.1", 'resolve: is for names, and "192.0.2.1" is an address'),
])
def test_check_says_what_cannot_be(tmp_path, url, message):
    file = tmp_path / "opslb.json"
    file.write_text(f'{{"listeners": [{{"bind": "127.0.0.1:0"}}], "backends": [{{"url": "{url}", "resolve": "srv"}}]}}')
    checked = run("check", "-c", file)
    assert checked.returncode == 1 and message in checked.stderr
