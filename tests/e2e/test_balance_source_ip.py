"""balance: source_ip: a client's requests go to the same host, and when a host goes only its own clients move."""

import pytest

from support.backings import PLAIN
from support.fronts import H1

pytestmark = pytest.mark.backings(PLAIN)

CLIENTS = [f"127.0.1.{number}" for number in range(1, 41)]
FAST = {"interval": "100ms", "rise": 1}


def homes(lb, clients=CLIENTS, front=H1):
    """Which host serves each of these clients, each on a connection of its own."""
    found = {}
    for address in clients:
        with front.connect(lb, source=address) as client:
            found[address] = client.request().json()["origin"]
    return found


def test_a_client_stays_with_its_host_over_connections_and_workers(opslb, origin, front):
    lb = opslb(backends=[origin() for _ in range(3)], balance="source_ip", workers=2)
    first = homes(lb, front=front)
    assert set(first.values()) == {"ops1", "ops2", "ops3"}
    for _ in range(3):
        assert homes(lb, front=front) == first


def test_when_a_host_goes_only_its_clients_move_and_they_return_with_it(opslb, origin, front):
    hosts = [origin() for _ in range(3)]
    lb = opslb(backends=hosts, balance="source_ip", health_check=FAST)
    before = homes(lb, front=front)
    hosts[2].health = 500
    lb.wait_log("backend ops3 is down")
    meanwhile = homes(lb, front=front)
    assert {meanwhile[client] for client, home in before.items() if home == "ops3"} == {"ops1", "ops2"}
    assert all(meanwhile[client] == home for client, home in before.items() if home != "ops3")
    since = len(lb.log_lines)
    hosts[2].health = 200
    lb.wait_log("backend ops3 is up", since=since)
    assert homes(lb, front=front) == before


def test_two_load_balancers_send_a_client_to_the_same_host(opslb, origin, front):
    hosts = [origin() for _ in range(3)]
    one = opslb(backends=hosts, balance="source_ip")
    other = opslb(backends=hosts[::-1], balance="source_ip")
    assert homes(one, front=front) == homes(other, front=front)


def test_weight_is_the_share_of_clients(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[{"name": "ops1", "url": ops1.url, "weight": 9}, {"name": "ops2", "url": ops2.url, "weight": 1}],
               balance="source_ip")
    served = list(homes(lb, front=front).values())
    # The score depends on name and address alone, so this is the same in every run: 36 are to be expected.
    assert served.count("ops1") > 30


def test_the_client_is_the_one_that_trusted_proxies_name(opslb, origin, front):
    lb = opslb(backends=[origin() for _ in range(3)], balance="source_ip", forwarded={"trusted_proxies": ["127.0.0.0/24"]})
    direct = homes(lb, front=front)
    with front.connect(lb) as proxy:
        through = {address: proxy.request(headers=[("X-Forwarded-For", address)]).json()["origin"] for address in CLIENTS}
    assert through == direct


def test_a_request_moves_on_when_its_host_cannot_be_reached(opslb, origin, front):
    hosts = [origin() for _ in range(3)]
    lb = opslb(backends=hosts, balance="source_ip", health_check={"interval": "1h", "fall": 100})
    before = homes(lb, front=front)
    hosts[0].pause()
    hosts[0].drop_connections()
    after = homes(lb, front=front)
    assert all(after[client] == home for client, home in before.items() if home != "ops1")
    assert {after[client] for client, home in before.items() if home == "ops1"} == {"ops2", "ops3"}
