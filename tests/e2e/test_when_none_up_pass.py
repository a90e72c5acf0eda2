"""when_none_up: pass: while no host is up, those that at least answer their checks are used."""

import pytest

from support.backings import PLAIN
from support.fronts import H1
from support.conversation import ask

pytestmark = pytest.mark.backings(PLAIN)

PASS = {"interval": "100ms", "when_none_up": "pass"}


def served_by(lb, count=20, front=H1):
    with front.connect(lb) as client:
        answers = [client.request() for _ in range(count)]
    return {answer.json()["origin"] if answer.status == 200 else answer.status for answer in answers}


def test_hosts_that_answer_their_checks_with_500_are_used(opslb, origin, front):
    lb = opslb(backends=[origin(health=500), origin(health=503)], health_check=PASS)
    assert served_by(lb, 40, front=front) == {"ops1", "ops2"}


def test_hosts_that_do_not_answer_are_not(opslb, origin, front):
    silent, answering = origin(health="close"), origin(health=500)
    lb = opslb(backends=[silent, answering], health_check=PASS)
    assert served_by(lb, front=front) == {"ops2"}
    assert not silent.requests


def test_a_host_that_is_up_is_preferred_to_all_of_them(opslb, origin, front):
    ops1, ops2 = origin(), origin(health=500)
    lb = opslb(backends=[ops1, ops2], health_check=PASS)
    assert served_by(lb, front=front) == {"ops1"}
    ops1.health = 500
    lb.wait_log("no host is up")
    assert served_by(lb, 40, front=front) == {"ops1", "ops2"}
    since = len(lb.log_lines)
    ops2.health = 200
    lb.wait_log("backend ops2 is up", since=since)
    assert served_by(lb, front=front) == {"ops2"}


def test_when_none_answers_requests_are_held(opslb, origin, front):
    lb = opslb(backends=[origin(health="close")], health_check=PASS, timeouts={"hold": "100ms"})
    assert ask(lb, front=front).status == 503


def test_a_held_request_goes_on_when_one_begins_to_answer(opslb, origin, front):
    ops1 = origin(health="close")
    lb = opslb(backends=[ops1], health_check=PASS, timeouts={"hold": "1h"})
    with front.connect(lb) as client:
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        ops1.wait_health_checks(2)
        ops1.health = 500
        assert client.read_response().status == 200


def test_refuse_is_the_default(opslb, origin, front):
    lb = opslb(backends=[origin(health=500)], health_check={"interval": "100ms"}, timeouts={"hold": "100ms"})
    assert ask(lb, front=front).status == 503
