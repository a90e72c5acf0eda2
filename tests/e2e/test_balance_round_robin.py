"""balance: round_robin: hosts take turns, one by one, over all connections and workers."""

from collections import Counter

import pytest

from support.backings import PLAIN
from support.fronts import H1

pytestmark = pytest.mark.backings(PLAIN)


def turns(lb, count, clients=1, front=H1):
    """Which host answered each of `count` requests, sent one after the other over so many connections in turn."""
    connections = [front.connect(lb) for _ in range(clients)]
    try:
        return [connections[number % clients].request().json()["origin"] for number in range(count)]
    finally:
        for each in connections:
            each.close()


def backend(of, **more):
    return {"name": of.name, "url": of.url, **more}


def is_rotation(seen, order):
    return any(seen == ((order * (len(seen) // len(order) + 2))[start:start + len(seen)]) for start in range(len(order)))


@pytest.mark.parametrize("clients", [1, 4])
def test_hosts_take_exact_turns_over_all_connections_and_workers(opslb, origin, front, clients):
    lb = opslb(backends=[origin() for _ in range(3)], balance="round_robin", workers=2)
    assert is_rotation(turns(lb, 30, clients, front=front), ["ops1", "ops2", "ops3"])


def test_a_heavy_host_has_its_turns_spread_and_not_in_a_row(opslb, origin, front):
    ops1, ops2, ops3 = (origin() for _ in range(3))
    lb = opslb(backends=[backend(ops1, weight=5), backend(ops2), backend(ops3)], balance="round_robin", workers=2)
    assert is_rotation(turns(lb, 28, 2, front=front), ["ops1", "ops1", "ops2", "ops1", "ops3", "ops1", "ops1"])


def test_weights_count_in_proportion(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[backend(ops1, weight=200), backend(ops2, weight=100)], balance="round_robin", workers=1)
    seen = turns(lb, 9, front=front)
    assert Counter(seen) == {"ops1": 6, "ops2": 3}
    assert all(Counter(seen[at:at + 3]) == {"ops1": 2, "ops2": 1} for at in range(7))


def test_the_others_go_on_in_turn_when_one_goes_down_and_comes_back(opslb, origin, front):
    hosts = [origin() for _ in range(3)]
    lb = opslb(backends=hosts, balance="round_robin", health_check={"interval": "100ms", "rise": 1})
    hosts[1].health = 500
    lb.wait_log("backend ops2 is down")
    assert is_rotation(turns(lb, 12, front=front), ["ops1", "ops3"])
    since = len(lb.log_lines)
    hosts[1].health = 200
    lb.wait_log("backend ops2 is up", since=since)
    assert is_rotation(turns(lb, 12, front=front), ["ops1", "ops2", "ops3"])


def test_the_access_log_names_the_rule(opslb, origin, front):
    lb = opslb(backends=[origin(), origin()], balance="round_robin")
    chosen = turns(lb, 1, front=front)[0]
    assert lb.wait_access()["tried"] == f"{chosen}(round robin: done)"
