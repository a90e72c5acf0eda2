"""slow_start: a host that returns begins with a tenth of its share and has all of it in the end."""

from collections import Counter

import pytest

from support.backings import PLAIN
from support.fronts import H1
from support.arrivals import Arrivals, InFlight
from support.raw import RawOrigin

pytestmark = pytest.mark.backings(PLAIN)

FAST = {"interval": "50ms", "rise": 1}


def bounce(lb, host):
    """The host goes down and comes back."""
    host.health = 500
    lb.wait_log(f"backend {host.name} is down")
    since = len(lb.log_lines)
    host.health = 200
    lb.wait_log(f"backend {host.name} is up", since=since)


def places(lb, arrivals, count, front=H1):
    held = [InFlight(lb, arrivals, front=front) for _ in range(count)]
    found = Counter(each.at for each in held)
    for each in held:
        each.finish()
    return found


def test_a_host_that_returns_gets_a_tenth_of_its_share_at_first(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(2)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, health_check=FAST | {"slow_start": "1h"}, workers=2)
    bounce(lb, hosts[0])
    assert places(lb, arrivals, 11, front=front) == {"ops1": 1, "ops2": 10}


def test_when_the_ramp_is_over_it_has_its_whole_share(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(2)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, health_check=FAST | {"slow_start": "200ms"})
    bounce(lb, hosts[0])
    for _ in range(1000):  # until it is: nothing outside says when
        found = places(lb, arrivals, 10, front=front)
        if found == {"ops1": 5, "ops2": 5}:
            break
    assert found == {"ops1": 5, "ops2": 5}


def test_hosts_that_are_there_from_the_start_have_theirs_at_once(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(2)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, health_check=FAST | {"slow_start": "1h"})
    assert places(lb, arrivals, 10, front=front) == {"ops1": 5, "ops2": 5}


def test_by_default_there_is_no_ramp(opslb, origin, front):
    hosts = [origin(RawOrigin) for _ in range(2)]
    arrivals = Arrivals(*hosts)
    lb = opslb(backends=hosts, health_check=FAST)
    bounce(lb, hosts[0])
    assert places(lb, arrivals, 10, front=front) == {"ops1": 5, "ops2": 5}


def test_a_host_alone_takes_everything_however_young_it_is(opslb, origin, front):
    ops1 = origin(RawOrigin)
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[ops1], health_check=FAST | {"slow_start": "1h"})
    ops1.health = 500
    lb.wait_log("no host is up")
    ops1.health = 200
    lb.wait_log("backend ops1 is up again")
    assert places(lb, arrivals, 5, front=front) == {"ops1": 5}
