"""When a host is dropped and when it returns: Ops Manager's own word counts at once, silence after `fall` in a row, and good
checks after `rise` in a row."""

import pytest

from support.raw import RawClient
from support.scripted_health import ScriptedHealth
from support.timeouts import scaled

pytestmark = pytest.mark.backings()  # the same over TLS

TIMEOUT = f"{scaled(301):.0f}ms"  # never whole seconds, which opslb calls "3s"
FAST = {"interval": "50ms", "timeout": TIMEOUT}


@pytest.fixture
def pair(origin):
    """ops1, whose checks follow a script, and ops2, which is always up."""
    return origin(ScriptedHealth), origin()


def transitions(lb, name="ops1"):
    """What the log says of this host after its first check."""
    return [line.split(f"backend {name} is ")[1] for line in lb.log_lines if f"backend {name} is " in line][1:]


def served_by(lb, count=30):
    with RawClient(lb.port()) as client:
        return {client.request().json()["origin"] for _ in range(count)}


def test_an_answer_that_is_not_200_drops_the_host_at_once(opslb, pair):
    lb = opslb(backends=pair, health_check=FAST | {"fall": 100, "rise": 2})
    pair[0].play(500, 200)  # one single bad check
    lb.wait_log("backend ops1 is up: answered 200 .2 good checks in a row")
    assert transitions(lb) == ["down: answered 500 Checked to /monitor/health", "up: answered 200 (2 good checks in a row)"]


@pytest.mark.parametrize("silence, reason", [
    ("close", "connection closed without a complete answer"), ("reset", "connection reset"),
    ("hang", f"no answer within {TIMEOUT}"), (b"x\r\n\r\n", "answered with something that is no HTTP response")],
    ids=["close", "reset", "hang", "garbage"])
def test_no_answer_drops_it_after_fall_in_a_row(opslb, pair, silence, reason):
    lb = opslb(backends=pair, health_check=FAST | {"fall": 3, "rise": 1})
    pair[0].play(silence, silence, 200, silence, silence, 200, silence, silence, silence, 200)
    lb.wait_log("backend ops1 is up: answered 200$", since=next(
        number for number, line in enumerate(lb.log_lines) if "listening" in line))
    went_down, came_up = transitions(lb)
    assert went_down.startswith(f"down: {reason}") and went_down.endswith("(3 failed checks in a row)")
    assert came_up == "up: answered 200"


def test_a_host_that_refuses_connections_is_dropped_after_fall_in_a_row(opslb, pair):
    lb = opslb(backends=pair, health_check=FAST | {"fall": 4, "rise": 1})
    pair[0].pause()
    lb.wait_log(r"backend ops1 is down: connection refused \(4 failed checks in a row\)")
    since = len(lb.log_lines)
    pair[0].resume()
    lb.wait_log("backend ops1 is up", since=since)


def test_different_silences_count_together(opslb, pair):
    lb = opslb(backends=pair, health_check=FAST | {"fall": 3, "rise": 1})
    pair[0].play("close", b"garbage\r\n\r\n", "reset", 200)
    lb.wait_log(r"backend ops1 is down: connection reset \(3 failed checks in a row\)")


def test_it_returns_after_rise_in_a_row(opslb, pair):
    lb = opslb(backends=pair, health_check=FAST | {"rise": 3, "fall": 1})
    pair[0].play(500, 200, 200, "close", 200, 200, 503, 200)
    lb.wait_log(r"backend ops1 is up: answered 200 \(3 good checks in a row\)")
    assert len(transitions(lb)) == 2
    assert len(pair[0].health_checks) >= 1 + 7 + 3


def test_a_dropped_host_gets_no_new_request_and_a_returned_one_does(opslb, pair):
    ops1, _ = pair
    lb = opslb(backends=pair, health_check=FAST | {"rise": 1}, workers=2)
    assert served_by(lb) == {"ops1", "ops2"}  # connections to both now rest in the pool
    ops1.health = 500
    lb.wait_log("backend ops1 is down")
    before = len(ops1.requests)
    assert served_by(lb) == {"ops2"}
    assert len(ops1.requests) == before
    since = len(lb.log_lines)
    ops1.health = 200
    lb.wait_log("backend ops1 is up", since=since)
    assert served_by(lb) == {"ops1", "ops2"}


def test_a_state_that_lasts_is_told_once(opslb, pair):
    lb = opslb(backends=pair, health_check=FAST | {"fall": 1})
    pair[0].health = 500
    lb.wait_log("backend ops1 is down")
    pair[0].wait_health_checks(len(pair[0].health_checks) + 10)
    pair[0].play(503, "close", 404, 500)
    pair[0].wait_health_checks(len(pair[0].health_checks) + 6)
    assert len(transitions(lb)) == 1


def test_live_answers_say_nothing_about_health(opslb, origin):
    """A host may answer requests with 500 for good reasons: only checks decide."""
    ops1 = origin()
    ops1.on_request(lambda request, conn: b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
    lb = opslb(backends=[ops1], health_check=FAST)
    with RawClient(lb.port()) as client:
        for _ in range(50):
            assert client.request().status == 500
    ops1.wait_health_checks(len(ops1.health_checks) + 2)
    assert transitions(lb) == []
