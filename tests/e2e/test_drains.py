"""A backend that is drained gets no new request; what is in flight there goes on; it comes back after good checks. The guard lets
one at a time go."""

import json

import pytest

from support.admin_calls import ADMIN, AdminCalls
from support.arrivals import Arrivals, InFlight
from support.conversation import request
from support.raw import RawClient, RawOrigin

FAST = {"interval": "50ms"}


@pytest.fixture
def three(opslb, origin):
    """opslb with ops1, which is scripted and gets the first request, and two others that answer by themselves."""
    ops1, ops2, ops3 = origin(RawOrigin), origin(), origin()
    return opslb(backends=[first(ops1), ops2, ops3], admin=ADMIN, health_check=FAST, workers=2), ops1, ops2, ops3


def first(host):
    return {"name": host.name, "url": host.url, "weight": 256}


def served_by(lb, count=20):
    """A connection each: after a takeover the process before may still accept one, and ends it after its answer."""
    found = set()
    for _ in range(count):
        with RawClient(lb.port()) as client:
            found.add(client.request().json()["origin"])
    return found


def state_file(lb):
    return lb.directory / "run" / "opslb" / "state.json"


def test_what_is_in_flight_goes_on_and_nothing_new_begins(three, front):
    lb, ops1, *_ = three
    calls = AdminCalls(lb)
    held = InFlight(lb, Arrivals(ops1), "POST", front=front)
    status, answer = calls.drain()
    assert status == 200 and answer["backend"]["state"] == "draining"
    found = calls.wait_backend(lambda each: each["drain"]["in_flight"])
    assert found["in_flight"] == 1 and not found["in_rotation"] and found["drain"]["more"] == 0
    exchange, = found["drain"]["in_flight"]
    assert exchange["method"] == "POST" and exchange["path_class"] == "ui" and exchange["age_seconds"] >= 0
    assert served_by(lb) == {"ops2", "ops3"}
    assert calls.backend()["state"] == "draining"
    held.finish()
    found = calls.wait_state("drained")
    assert found["drain"]["in_flight"] == [] and found["in_flight"] == 0
    assert served_by(lb) == {"ops2", "ops3"}
    lb.wait_log("backend ops1 is drained in_flight=1")


def test_resting_connections_are_closed_and_checks_go_on(opslb, origin):
    ops1, ops2 = origin(RawOrigin), origin()
    lb = opslb(backends=[first(ops1), ops2], admin=ADMIN, health_check=FAST)
    with RawClient(lb.port()) as client:
        client.send(request())
        with ops1.accept() as conn:
            conn.read_request()
            conn.answer()
            assert client.read_response().status == 200
            AdminCalls(lb).drain()
            conn.wait_closed()
    AdminCalls(lb).wait_state("drained")
    ops1.wait_health_checks(len(ops1.health_checks) + 3)
    assert served_by(lb) == {"ops2"} and not ops1.has_connection_waiting()


def test_it_is_put_back_after_rise_good_checks_from_then_on(opslb, origin):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], admin=ADMIN, health_check={"interval": "100ms", "rise": 4})
    calls = AdminCalls(lb)
    calls.drain()
    calls.wait_state("drained")
    checks = len(ops1.health_checks)
    drained_since = calls.backend()["since"]
    status, answer = calls.ready()
    assert status == 200 and answer["backend"]["state"] == "down" and answer["backend"]["drain"] is None
    assert not answer["backend"]["in_rotation"] and answer["backend"]["since"] > drained_since
    assert answer["backend"]["why"] == "serves after enough good checks in a row; answered 200"
    lb.wait_log(r"backend ops1 is up: answered 200 \(4 good checks in a row\)")
    assert len(ops1.health_checks) >= checks + 4
    assert served_by(lb) == {"ops1", "ops2"}
    lb.wait_log("backend ops1 is put back: it serves after 4 good checks in a row")


def test_somebody_waits_for_it_so_the_checks_do_not_wait_for_their_interval(opslb, origin):
    lb = opslb(backends=[origin(), origin()], admin=ADMIN, health_check={"interval": "1h", "rise": 3})
    calls = AdminCalls(lb)
    calls.drain()
    calls.ready()
    lb.wait_log(r"backend ops1 is up: answered 200 \(3 good checks in a row\)")


def test_the_guard_lets_one_at_a_time_go(three):
    lb, *_ = three
    calls = AdminCalls(lb)
    assert calls.drain("ops1")[0] == 200
    assert calls.drain("ops1")[0] == 200  # done already
    status, answer = calls.drain("ops2")
    assert status == 409 and answer["error"] == 409 and answer["reason"] == "Conflict"
    assert answer["detail"].startswith("ops1 is drained, and Ops Manager is upgraded one host at a time: put ops1 back first")
    assert calls.backend("ops2")["state"] == "up"
    assert calls.drain("ops2", force=True)[0] == 200
    assert served_by(lb) == {"ops3"}


def test_the_guard_looks_at_hosts_that_are_down(three):
    lb, _, _, ops3 = three
    calls = AdminCalls(lb)
    ops3.health = 500
    lb.wait_log("backend ops3 is down")
    status, answer = calls.drain("ops1")
    assert status == 409 and "ops3 is not up (its last check: answered 500" in answer["detail"]
    ops3.health = 200
    calls.wait_state("up", "ops3")
    assert calls.drain("ops1")[0] == 200


def test_the_last_one_goes_by_force_only_and_requests_wait_for_it(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN, health_check=FAST)
    calls = AdminCalls(lb)
    status, answer = calls.drain()
    assert status == 409 and answer["detail"].startswith("ops1 is the only host")
    assert calls.drain(force=True)[0] == 200
    lb.wait_log("no host is up: the only host is drained: put one back by opslb ready")
    with RawClient(lb.port()) as client:
        client.send(request())
        assert calls.ready()[0] == 200
        assert client.read_response().status == 200  # it was held


@pytest.mark.parametrize("what", ["drain", "ready"])
def test_there_has_to_be_such_a_backend(three, what):
    calls = AdminCalls(three[0])
    status, answer = getattr(calls, what)("ops9")
    assert status == 404 and "ops9" in answer["detail"] and "ops1, ops2, ops3" in answer["detail"]


def test_ready_for_one_that_is_not_drained_changes_nothing(three):
    calls = AdminCalls(three[0])
    status, answer = calls.ready()
    assert status == 200 and answer["backend"]["state"] == "up" and answer["backend"]["in_rotation"]


def test_a_drain_survives_a_reload_and_a_restart(opslb, origin):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], admin=ADMIN, health_check=FAST)
    calls = AdminCalls(lb)
    calls.drain()
    kept, = json.loads(state_file(lb).read_text())["drained"]
    assert kept["backend"] == "ops1" and kept["url"] == ops1.url
    since = calls.backend()["drain"]["since"]
    lb.reload({**lb.config, "health_check": {"interval": "60ms"}})
    assert calls.backend()["state"] == "drained" and calls.backend()["drain"]["since"] == since
    assert served_by(lb) == {"ops2"}
    lb.stop()
    second = opslb(backends=[ops1, ops2], admin=ADMIN, health_check=FAST, state_file=str(state_file(lb)))
    found = AdminCalls(second).backend()
    assert found["state"] == "drained" and found["drain"]["since"] == since
    assert served_by(second) == {"ops2"}
    AdminCalls(second).ready()
    AdminCalls(second).wait_state("up")
    assert json.loads(state_file(lb).read_text())["drained"] == []


def test_a_backend_that_goes_from_the_configuration_takes_its_drain_with_it(opslb, origin):
    ops1, ops2, ops3 = origin(), origin(), origin()
    lb = opslb(backends=[ops1, ops2, ops3], admin=ADMIN, health_check=FAST)
    AdminCalls(lb).drain()
    lb.reload({**lb.config, "backends": [ops2, ops3]})
    assert json.loads(state_file(lb).read_text())["drained"] == []
    lb.reload({**lb.config, "backends": [ops1, ops2, ops3]})
    assert AdminCalls(lb).backend()["state"] == "up"


def test_a_drain_is_taken_over(opslb, origin):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], admin=ADMIN, health_check=FAST)
    AdminCalls(lb).drain()
    assert lb.take_over().wait() == 0  # or it may answer one more request
    calls = AdminCalls(lb)
    assert served_by(lb) == {"ops2"}
    calls.wait_state("drained")
    calls.ready()
    calls.wait_state("up")


def test_what_the_process_before_has_in_flight_keeps_the_host_draining(opslb, origin, front):
    ops1, ops2 = origin(RawOrigin), origin()
    lb = opslb(backends=[first(ops1), ops2], admin=ADMIN, health_check=FAST)
    held = InFlight(lb, Arrivals(ops1), "POST", front=front)
    before = lb.take_over()
    calls = AdminCalls(lb)
    assert calls.drain()[1]["backend"]["state"] == "draining"
    held.finish()
    assert before.wait() == 0
    calls.wait_state("drained")


def test_a_drain_that_cannot_be_kept_works_all_the_same(opslb, origin, tmp_path):
    (tmp_path / "file").write_text("")
    lb = opslb(backends=[origin(), origin()], admin=ADMIN, health_check=FAST, state_file=str(tmp_path / "file" / "x.json"))
    assert AdminCalls(lb).drain()[0] == 200
    lb.wait_log("backend ops1: the drain will not survive a restart of opslb: ")
    assert served_by(lb) == {"ops2"}


def test_an_order_that_could_not_be_kept_is_kept_when_it_is_given_again(opslb, origin, tmp_path):
    directory = tmp_path / "state"
    directory.write_text("")  # in the place of a directory, so that nothing can be written below it
    lb = opslb(backends=[origin(), origin()], admin=ADMIN, health_check=FAST, state_file=str(directory / "x.json"))
    calls = AdminCalls(lb)
    assert "will not survive a restart" in calls.drain()[1]["note"]
    assert "will not survive a restart" in calls.drain()[1]["note"]
    directory.unlink()
    assert calls.drain()[1]["note"] == "ops1 was drained before"
    kept, = json.loads((directory / "x.json").read_text())["drained"]
    assert kept["backend"] == "ops1"
    directory.rename(tmp_path / "moved")
    directory.write_text("")
    assert "a restart of opslb drains it again: cannot make the directory" in calls.ready()[1]["note"]
    directory.unlink()
    (tmp_path / "moved").rename(directory)
    assert calls.ready()[1]["note"] == "ops1 was not drained"
    assert json.loads((directory / "x.json").read_text())["drained"] == []


def test_a_queued_request_goes_elsewhere_when_its_host_is_drained(opslb, origin):
    ops1, ops2 = origin(RawOrigin), origin(RawOrigin)
    lb = opslb(backends=[{"name": "ops1", "url": ops1.url, "max_requests": 1}, {"name": "ops2", "url": ops2.url, "max_requests": 1}],
               admin=ADMIN, health_check=FAST)
    arrivals = Arrivals(ops1, ops2)
    both = {each.at: each for each in (InFlight(lb, arrivals, "POST"), InFlight(lb, arrivals, "POST"))}
    with RawClient(lb.port()) as waiting:
        waiting.send(request())
        AdminCalls(lb).drain()
        both["ops1"].finish()
        assert arrivals.none()
        both["ops2"].finish()
        arrived = arrivals.next()
        assert arrived.at == "ops2"
        arrived.answer()
        assert waiting.read_response().status == 200
