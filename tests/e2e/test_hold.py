"""While no backend is up, requests wait for a first one: an election of the application database is waited out."""

import re

import pytest

from support.arrivals import Arrivals
from support.backings import PLAIN
from support.conversation import ask, request
from support.queueing import fill_waiting
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)


def test_a_request_waits_until_a_first_host_comes_up(opslb, origin, front):
    hosts = [origin(health=500), origin(health=500)]
    lb = opslb(backends=hosts, health_check={"interval": "1h", "rise": 5}, timeouts={"hold": "1h"}, limits={"waiting": 1})
    (client,) = fill_waiting(lb, 1, front=front)
    hosts[1].health = 200
    answer = client.read_response()
    assert (answer.status, answer.json()["origin"]) == (200, "ops2")
    assert lb.wait_access(lambda entry: entry["status"] == 200)["queued_ms"] > 0


def test_so_does_one_with_a_body_however_that_comes(opslb, origin, front):
    ops1 = origin(health=500)
    lb = opslb(backends=[ops1], timeouts={"hold": "1h"})
    body = bytes(range(256)) * 4096
    with front.connect(lb) as client:
        client.send(request("POST", "/", f"Content-Length: {len(body)}", body=body[:1000]))
        ops1.wait_health_checks(2)
        ops1.health = 200
        client.send(body[1000:])
        assert client.read_response().json()["body_bytes"] == len(body)


def test_all_held_requests_go_on_at_once(opslb, origin, front):
    ops1 = origin(health=500)
    lb = opslb(backends=[ops1], timeouts={"hold": "1h"}, limits={"waiting": 20}, workers=2)
    waiting = fill_waiting(lb, 20, front=front)
    ops1.health = 200
    assert [client.read_response().status for client in waiting] == [200] * 20


@pytest.mark.parametrize("health, detail", [
    ([500], "the only host answers /monitor/health with 500: look at the application database"),
    ([500, 500, 500], "all 3 hosts answer /monitor/health with 500: look at the application database"),
    ([500, 500, 404], "2 hosts answer /monitor/health with 500, 1 host answers /monitor/health with 404"),
    (["close", "close"], "all 2 hosts cannot be reached: connection closed without a complete answer; look at "
                         "Ops Manager's own log"),
    ([500, "reset"], "1 host answers /monitor/health with 500, 1 host cannot be reached (connection reset)"),
])
def test_when_it_is_over_the_client_is_told_why_in_ops_managers_terms(opslb, origin, front, health, detail):
    hosts = [origin(health=each) for each in health]
    lb = opslb(backends=hosts, timeouts={"hold": "100ms"})
    answer = ask(lb, request("GET", "/api/x"), front=front)
    assert (answer.status, answer.get("Server")) == (503, "opslb")
    assert int(answer.get("Retry-After")) > 0
    assert answer.json() == {"error": 503, "reason": "Service Unavailable", "detail": detail}
    assert lb.wait_access()["total_ms"] >= 100


def test_that_shows_no_address_and_no_name_of_a_host(opslb, origin, front):
    hosts = [origin(health=500), origin(health="close"), {"name": "ops3", "url": "http://ops3.invalid:8080"}]
    lb = opslb(backends=hosts, timeouts={"hold": "100ms"}, health_check={"timeout": "500ms"})
    hosts[1].pause()
    for accept in ("application/json", "text/html"):
        answer = ask(lb, request("GET", "/x", f"Accept: {accept}"), front=front)
        assert answer.status == 503
        text = (answer.head + answer.body).decode("latin-1").replace(answer.get("X-Request-Id"), "")
        assert not re.search(r"127\.0\.0|ops[123]|invalid|localhost|\b8080\b", text)
        assert str(hosts[0].port) not in text and str(hosts[1].port) not in text


def test_hold_0s_is_no_waiting(opslb, origin, front):
    lb = opslb(backends=[origin(health=500)], timeouts={"hold": "0s"})
    assert ask(lb, front=front).status == 503


def test_an_end_of_all_hosts_while_serving_is_held_too(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], health_check={"interval": "100ms"}, timeouts={"hold": "1h"}, limits={"waiting": 1})
    assert ask(lb, front=front).status == 200
    ops1.health = 500
    lb.wait_log("no host is up")
    (client,) = fill_waiting(lb, 1, front=front)
    ops1.health = 200
    assert client.read_response().status == 200


def test_who_was_held_and_then_finds_the_host_full_queues(opslb, origin, front):
    """hold bounds the wait for a host to come up; once it is there, it is `queue` that counts."""
    ops1 = origin(RawOrigin, health=500)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[{"name": "ops1", "url": ops1.url, "max_requests": 1}], health_check={"interval": "50ms"},
               timeouts={"hold": "1s", "queue": "1h"}, limits={"waiting": 2})
    waiting = fill_waiting(lb, 2, front=front)
    ops1.health = 200
    first = arrivals.next()
    served = next(client for client in waiting if client.target == first.request.target)
    waiting.remove(served)
    assert waiting[0].is_silent(1.5)
    first.answer()
    assert served.read_response().status == 200
    second = arrivals.next()
    assert second.request.target == waiting[0].target
    second.answer()
    assert waiting[0].read_response().status == 200


def test_a_client_that_leaves_is_not_served_later(opslb, origin, front):
    ops1 = origin(health=500)
    lb = opslb(backends=[ops1], timeouts={"hold": "1h"}, limits={"waiting": 1})
    (leaves,) = fill_waiting(lb, 1, "leaves", front=front)
    leaves.reset()
    assert lb.wait_access(lambda entry: entry["target"] == leaves.target and entry["status"] == 0)["end"] == "client closed"
    ops1.health = 200
    lb.wait_log("backend ops1 is up")
    assert ask(lb, request("GET", "/later"), front=front).status == 200
    assert [each.target for each in ops1.requests] == ["/later"]
