"""limits.waiting bounds how many requests are held or queued at once; whoever comes then is told so at once."""

import pytest

from support.arrivals import Arrivals, InFlight
from support.backings import PLAIN
from support.conversation import request
from support.queueing import fill_waiting
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)


def assert_full(answer):
    assert (answer.status, answer.get("Server")) == (503, "opslb")
    assert int(answer.get("Retry-After")) > 0
    assert "too many requests are waiting" in answer.json()["detail"]


def test_a_full_queue_refuses_at_once(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[{"name": "ops1", "url": ops1.url, "max_requests": 1}], limits={"waiting": 3}, workers=2)
    held = InFlight(lb, arrivals, front=front)
    waiting = fill_waiting(lb, 3, front=front)
    with front.connect(lb) as client:
        for _ in range(3):
            assert_full(client.request())
        held.finish()
        for _ in waiting:
            arrivals.next().answer()
        for each in waiting:
            assert each.read_response().status == 200
        client.send(request())  # there is room again
        arrivals.next().answer()
        assert client.read_response().status == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_so_does_a_full_hold(opslb, origin, front, workers):
    ops1 = origin(health=500)
    lb = opslb(backends=[ops1], limits={"waiting": 3}, timeouts={"hold": "1h"}, workers=workers)
    waiting = fill_waiting(lb, 3, front=front)
    with front.connect(lb) as client:
        assert_full(client.request())
    ops1.health = 200
    for each in waiting:
        assert each.read_response().status == 200


def test_0_is_no_bound(opslb, origin, front):
    ops1 = origin(health=500)
    lb = opslb(backends=[ops1], limits={"waiting": 0}, timeouts={"hold": "1h"})
    waiting = [front.connect(lb) for _ in range(50)]
    for each in waiting:
        each.send(request())
    ops1.health = 200
    for each in waiting:
        assert each.read_response().status == 200
        each.close()
