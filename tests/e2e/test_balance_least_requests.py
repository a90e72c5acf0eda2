"""balance: least_requests, the default: a request goes where the fewest are in flight, over all workers and by weight."""

from collections import Counter

import pytest

from support.arrivals import Arrivals, InFlight
from support.backings import PLAIN
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)


def backend(of, **more):
    return {"name": of.name, "url": of.url, **more}


def places(held):
    return Counter(each.at for each in held)


@pytest.mark.parametrize("workers", [1, 2])
def test_requests_in_flight_are_the_same_number_everywhere(opslb, origin, front, workers):
    hosts = [origin(RawOrigin) for _ in range(3)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, workers=workers)
    held = []
    for number in range(1, 13):
        held.append(InFlight(lb, arrivals, front=front))
        if number % 3 == 0:
            assert set(places(held).values()) == {number // 3}
    for each in held:
        each.finish()


def test_the_next_request_goes_where_one_has_just_ended(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(3)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, workers=2)
    held = [InFlight(lb, arrivals, front=front) for _ in range(6)]
    for number in (4, 0, 3, 5):
        free = held[number].at
        since = len(lb.access_log)
        held[number].finish()
        lb.wait_access(since=since)  # now it is over for opslb, too
        held[number] = InFlight(lb, arrivals, front=front)
        assert held[number].at == free
    for each in held:
        each.finish()


def test_a_weight_is_a_share_of_the_requests_in_flight(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(2)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=[backend(hosts[0], weight=3), backend(hosts[1], weight=1)], workers=2)
    held = []
    for turn in range(1, 4):
        held += [InFlight(lb, arrivals, front=front) for _ in range(4)]
        assert places(held) == {"ops1": 3 * turn, "ops2": turn}
    for each in held:
        each.finish()


def test_ties_are_spread(opslb, origin, front):
    hosts = [origin() for _ in range(3)]
    lb = opslb(backends=hosts, workers=2)
    seen = Counter()
    with front.connect(lb) as client:
        for _ in range(60):
            seen[client.request().json()["origin"]] += 1
    assert len(seen) == 3
    assert min(seen.values()) >= 4  # by chance less often than once in a million runs


def test_the_access_log_says_why_a_host_was_chosen(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2])
    with front.connect(lb) as client:
        chosen = client.request().json()["origin"]
    assert lb.wait_access()["tried"] == f"{chosen}(least requests: done)"


def test_with_one_host_there_is_no_choice_to_explain(opslb, origin, front):
    lb = opslb(backends=[origin()])
    with front.connect(lb) as client:
        assert client.request().status == 200
    assert lb.wait_access()["tried"] == "ops1(only one left: done)"
