"""What live traffic tells of a host's health: that it cannot be connected to brings the next check forward, and that is all."""

import pytest

from support.arrivals import Arrivals
from support.backings import PLAIN
from support.conversation import request
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)


def test_a_failed_connect_brings_the_next_check_forward(opslb, origin, front):
    hosts = [origin(), origin()]
    lb = opslb(backends=hosts, balance="round_robin", health_check={"interval": "1h", "fall": 1})
    hosts[0].pause()
    with front.connect(lb) as client:
        for _ in range(2):
            assert client.request().json()["origin"] == "ops2"
        lb.wait_log("backend ops1 is down: connection refused")
        since = len(lb.access_log)
        assert client.request().json()["origin"] == "ops2"
        assert "ops1" not in lb.wait_access(lambda entry: entry["tried"].startswith("ops2(only"), since=since)["tried"]


def test_fall_counts_for_these_checks_too(opslb, origin, front):
    hosts = [origin(), origin()]
    lb = opslb(backends=hosts, balance="round_robin", health_check={"interval": "1h", "fall": 2})
    hosts[0].pause()
    asked = 0
    with front.connect(lb) as client:
        while not any("backend ops1 is down" in line for line in lb.log_lines):
            assert client.request().json()["origin"] == "ops2"
            asked += 1
            assert asked < 100_000
    lb.wait_log(r"backend ops1 is down: connection refused \(2 failed checks in a row\)")


def test_a_host_that_is_there_again_stays_up(opslb, origin, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], health_check={"interval": "1h"})
    ops1.pause()
    with front.connect(lb) as client:
        assert client.request().status == 502
        ops1.resume()
        ops1.wait_health_checks(2)
        assert client.request().status == 200
    assert not any("is down" in line or "no host" in line for line in lb.log_lines)


def test_a_dead_connection_and_a_timeout_are_no_evidence(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[ops1], health_check={"interval": "1h", "fall": 1}, timeouts={"idle": "200ms"})
    for _ in range(5):
        with front.connect(lb) as client:
            client.send(request("POST"))
            arrivals.next().hang_up()
            assert client.read_response().status == 502
            client.send(request("POST"))
            arrivals.next()
            assert client.read_response().status == 504
    with front.connect(lb) as client:
        client.send(request())
        arrivals.next().answer()
        assert client.read_response().status == 200
    assert len(ops1.health_checks) == 1
    assert not any("is down" in line or "no host" in line for line in lb.log_lines)
