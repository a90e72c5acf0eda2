"""max_requests bounds what is in flight at a backend; whoever comes too much waits for `queue`."""

from collections import Counter

import pytest

from support.arrivals import Arrivals, InFlight
from support.backings import PLAIN
from support.conversation import request
from support.queueing import fill_waiting
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)


def bounded(of, most):
    return {"name": of.name, "url": of.url, "max_requests": most}


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_than_max_requests_are_in_flight(opslb, origin, front, workers):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 3)], workers=workers, limits={"waiting": 5})
    held = [InFlight(lb, arrivals, front=front) for _ in range(3)]
    waiting = fill_waiting(lb, 5, front=front)
    in_flight = [each.arrival for each in held]
    for _ in waiting:
        assert arrivals.none()
        in_flight.pop(0).answer()
        in_flight.append(arrivals.next())  # for one that ends, one more comes
    for each in in_flight:
        each.answer()
    for client in [each.client for each in held] + waiting:
        assert client.read_response().status == 200


def test_a_full_host_leaves_the_rest_to_the_others(opslb, origin, front):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    arrivals = Arrivals(ops1, ops2)
    lb = opslb(backends=[bounded(ops1, 2), bounded(ops2, 0)], workers=2)
    held = [InFlight(lb, arrivals, front=front) for _ in range(10)]
    assert Counter(each.at for each in held) == {"ops1": 2, "ops2": 8}
    for each in held:
        each.finish()


@pytest.mark.parametrize("balance", ["round_robin", "source_ip"])
def test_it_bounds_every_way_of_choosing(opslb, origin, front, balance):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    arrivals = Arrivals(ops1, ops2)
    lb = opslb(backends=[bounded(ops1, 2), bounded(ops2, 2)], balance=balance, workers=2)
    held = [InFlight(lb, arrivals, front=front) for _ in range(4)]
    assert Counter(each.at for each in held) == {"ops1": 2, "ops2": 2}
    for each in held:
        each.finish()


def test_when_queue_is_over_the_client_is_told_when_to_come_back(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 1)], timeouts={"queue": "200ms"})
    held = InFlight(lb, arrivals, front=front)
    with front.connect(lb) as client:
        answer = client.request(target="/api/late")
        assert (answer.status, answer.get("Server")) == (503, "opslb")
        assert int(answer.get("Retry-After")) > 0
        assert "busy" in answer.json()["detail"]
        entry = lb.wait_access(lambda entry: entry["target"] == "/api/late")
        assert entry["status"] == 503
        assert entry["total_ms"] >= 200
        assert "backend" not in entry
        held.finish()
        assert arrivals.none()
        client.send(request("GET", "/again"))
        arrivals.next().answer()
        assert client.read_response().status == 200


def test_queue_0s_is_no_waiting(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 1)], timeouts={"queue": "0s"})
    held = InFlight(lb, arrivals, front=front)
    with front.connect(lb) as client:
        assert client.request().status == 503
    held.finish()


def test_the_log_tells_how_long_a_request_waited(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 1)], limits={"waiting": 1})
    held = InFlight(lb, arrivals, front=front)
    (waits,) = fill_waiting(lb, 1, front=front)
    assert waits.is_silent(0.15)
    held.finish()
    arrivals.next().answer()
    assert waits.read_response().status == 200
    waited = lb.wait_access(lambda entry: entry["target"] == waits.target and entry["status"] == 200)
    assert waited["queued_ms"] >= 150
    assert waited["queued_ms"] <= waited["first_byte_ms"] <= waited["total_ms"]


def test_a_client_that_leaves_gives_up_its_place_in_the_queue(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 1)], limits={"waiting": 1})
    held = InFlight(lb, arrivals, front=front)
    (leaves,) = fill_waiting(lb, 1, "leaves", front=front)
    leaves.reset()
    left = lb.wait_access(lambda entry: entry["target"] == leaves.target and entry["status"] == 0)
    assert left["end"] == "client closed"
    (stays,) = fill_waiting(lb, 1, "stays", front=front)
    held.finish()
    arrival = arrivals.next()
    assert arrival.request.target == stays.target
    arrival.answer()
    assert stays.read_response().status == 200
    assert arrivals.none()


@pytest.mark.parametrize("who", ["client", "backend"])
def test_a_place_comes_free_however_the_exchange_ends(opslb, origin, front, who):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 1)], limits={"waiting": 1})
    first = InFlight(lb, arrivals, "POST", front=front)
    (waits,) = fill_waiting(lb, 1, front=front)
    if who == "client":
        first.client.reset()
    else:
        first.arrival.hang_up()
    arrivals.next().answer()
    assert waits.read_response().status == 200


def test_places_taken_before_a_reload_count_after_it(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    config = {"backends": [bounded(ops1, 1)], "limits": {"waiting": 1}}
    lb = opslb(**config)
    held = InFlight(lb, arrivals, front=front)
    lb.reload(config)
    (waits,) = fill_waiting(lb, 1, front=front)
    assert arrivals.none()
    held.finish()
    arrivals.next().answer()
    assert waits.read_response().status == 200
