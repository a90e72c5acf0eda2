"""Whoever waits for a backend is served in the order of coming, over all connections and workers."""

import threading

import pytest

from support.arrivals import Arrivals, InFlight
from support.backings import PLAIN
from support.conversation import request
from support.queueing import fill_waiting
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)


def bounded(of, most):
    return {"name": of.name, "url": of.url, "max_requests": most}


def test_first_come_first_served(opslb, origin, front):
    """One worker sees requests in the order in which they were sent, on connections that it knows already."""
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[bounded(ops1, 1)], workers=1)
    clients = [front.connect(lb) for _ in range(10)]
    for client in clients:
        client.send(request())
        arrivals.next().answer()
        assert client.read_response().status == 200
    held = InFlight(lb, arrivals, front=front)
    for number, client in enumerate(clients):
        client.send(request("GET", f"/{number}"))
    held.finish()
    for number, client in enumerate(clients):
        arrival = arrivals.next()
        assert arrival.request.target == f"/{number}"
        arrival.answer()
        assert client.read_response().status == 200


def test_nobody_who_comes_later_is_served_earlier_on_whichever_worker(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    config = {"backends": [bounded(ops1, 1)], "workers": 2, "limits": {"waiting": 8}}
    lb = opslb(**config)
    held = InFlight(lb, arrivals, front=front)
    waiting = fill_waiting(lb, 8, "early", front=front)
    lb.reload(config | {"limits": {"waiting": 16}})
    waiting += fill_waiting(lb, 8, "late", front=front)
    held.finish()
    order = []
    for _ in waiting:
        arrival = arrivals.next()
        assert arrivals.none()
        order.append(arrival.request.target.split("/")[1])
        arrival.answer()
    assert order == ["early"] * 8 + ["late"] * 8
    assert [client.read_response().status for client in waiting] == [200] * 16


def test_who_is_served_again_and_again_does_not_keep_others_waiting(opslb, origin, front):
    """The next request of a connection that has just been served finds a free place, and somebody who came before it."""
    ops1 = origin()
    lb = opslb(backends=[bounded(ops1, 1)], workers=2)
    served = [0, 0, 0, 0]

    def ask(number):
        with front.connect(lb) as client:
            for _ in range(50):
                assert client.request(target=f"/{number}").status == 200
                served[number] += 1
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(served))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served == [50] * 4
