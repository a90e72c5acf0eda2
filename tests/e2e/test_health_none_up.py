"""While no host is up: checks every second, one good check is enough, and the log has one event with its likely cause."""

import time

import pytest

from support.conversation import ask
from support.raw import RawClient
from support.scripted_health import ScriptedHealth

pytestmark = pytest.mark.backings()  # the same over TLS


def test_checks_run_every_second_whatever_the_interval(opslb, origin):
    ops1 = origin(health=500)
    opslb(backends=[ops1], health_check={"interval": "1h"})
    ops1.wait_health_checks(1)
    began = time.monotonic()
    ops1.wait_health_checks(3)
    assert time.monotonic() - began > 1.5  # two pauses of a second, less what the first wait came late


def test_a_shorter_interval_stays(opslb, origin):
    ops1 = origin(health=500)
    opslb(backends=[ops1], health_check={"interval": "20ms"})
    ops1.wait_health_checks(100)


def test_one_good_check_is_enough(opslb, origin):
    ops1 = origin(ScriptedHealth, health=500)
    lb = opslb(backends=[ops1], health_check={"interval": "1h", "rise": 100})
    ops1.play(500, 200)
    lb.wait_log("backend ops1 is up: answered 200")
    assert ask(lb).status == 200
    assert len(ops1.health_checks) == 3


def test_the_others_return_after_rise_at_the_pace_of_the_outage(opslb, origin):
    hosts = [origin(health=500), origin(health=500)]
    lb = opslb(backends=hosts, health_check={"interval": "1h", "rise": 3})
    for each in hosts:
        each.health = 200
    lb.wait_log(r"\(3 good checks in a row\)")
    with RawClient(lb.port()) as client:
        assert {client.request().json()["origin"] for _ in range(40)} == {"ops1", "ops2"}


def test_hosts_that_fail_together_are_one_event_with_its_cause(opslb, origin):
    hosts = [origin() for _ in range(3)]
    lb = opslb(backends=hosts, health_check={"interval": "50ms"})
    since = len(lb.log_lines)
    for each in hosts:
        each.health = 500
    line = lb.wait_log("no host is up", since=since)
    assert " warn " in line
    assert line.endswith("no host is up: all 3 hosts answer /monitor/health with 500: look at the application database")
    hosts[0].wait_health_checks(len(hosts[0].health_checks) + 10)
    assert sum("no host is up" in each for each in lb.log_lines) == 1


def test_the_event_names_hosts_that_fail_differently(opslb, origin):
    lb = opslb(backends=[origin(health=500), origin(health=500), origin(health="close")])
    assert lb.wait_log("no host is up").endswith(
        "no host is up: ops1 and ops2 answer /monitor/health with 500, ops3 cannot be reached (connection closed without a "
        "complete answer)")


def test_hosts_that_flap_during_an_outage_are_not_told(opslb, origin):
    hosts = [origin(ScriptedHealth, health=500), origin(ScriptedHealth, health=500)]
    lb = opslb(backends=hosts, health_check={"interval": "20ms"})
    for each in hosts:
        each.play(*([500, "close", 503, b"garbage\r\n\r\n"] * 5), 500)
        each.wait_health_checks(len(each.health_checks) + 25)
    assert [line for line in lb.log_lines if "backend" in line and " is " in line] == []
    assert sum("no host is up" in line for line in lb.log_lines) == 1


def test_the_end_of_it_is_told_with_how_long_it_was(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1], health_check={"interval": "50ms"})
    ops1.health = 500
    lb.wait_log("no host is up")
    ops1.health = 200
    assert " info " in lb.wait_log(r"backend ops1 is up again: answered 200 \(no host was up for \d+ s\)")
