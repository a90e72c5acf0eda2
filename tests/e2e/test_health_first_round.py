"""At start every host is checked at once, and listeners open when each has had one result."""

import socket
import time

import pytest

from support.conversation import ask
from support.raw import RawOrigin

pytestmark = pytest.mark.backings()  # the same over TLS

UNCHECKED = "/not-the-health-path"
"""For origins that hand health checks to the test like any other request."""


@pytest.fixture
def bind():
    """An address on which nobody else in this machine's tests listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.77", 0))
        return "127.0.0.77", probe.getsockname()[1]


def refuses(address):
    with socket.socket() as client:
        return client.connect_ex(address) != 0


def test_listeners_open_when_the_first_round_is_over(opslb, origin, bind):
    hosts = [origin(RawOrigin, health_path=UNCHECKED) for _ in range(2)]
    lb = opslb(backends=hosts, listeners=[{"name": "http", "bind": f"{bind[0]}:{bind[1]}"}], wait=False)
    with hosts[0].accept() as first, hosts[1].accept() as second:  # both are asked at once
        first.read_request()
        second.read_request()
        assert refuses(bind)
        first.answer()
        lb.wait_log("backend ops1 is up")
        assert refuses(bind)
        assert not any("listening" in line for line in lb.log_lines)
        second.answer()
        lb.wait_listening()
        assert not refuses(bind)


def test_a_host_that_hangs_delays_that_by_its_timeout_and_no_longer(opslb, origin):
    ops1, ops2 = origin(), origin(health="hang")
    began = time.monotonic()
    lb = opslb(backends=[ops1, ops2], health_check={"timeout": "500ms", "interval": "1h"})
    assert time.monotonic() - began >= 0.5
    assert ask(lb).status == 200


@pytest.mark.parametrize("health", [500, "close", "hang"])
def test_they_open_although_no_host_is_up(opslb, origin, health):
    lb = opslb(backends=[origin(health=health)], health_check={"timeout": "200ms"}, timeouts={"hold": "0s"})
    lb.wait_log("no host is up")
    assert ask(lb).status == 503


def test_the_first_good_check_is_enough(opslb, origin):
    hosts = [origin(), origin()]
    lb = opslb(backends=hosts, health_check={"rise": 100, "interval": "1h"})
    for name in ("ops1", "ops2"):
        lb.wait_log(f"backend {name} is up: answered 200$")
    assert [len(host.health_checks) for host in hosts] == [1, 1]


def test_every_host_is_told_of_once(opslb, origin):
    lb = opslb(backends=[origin(), origin(health=500), origin(health="close")])
    told = [line.split("backend ")[1] for line in lb.log_lines if "backend " in line]
    assert sorted(told) == ["ops1 is up: answered 200", "ops2 is down: answered 500 Checked to /monitor/health",
                            "ops3 is down: connection closed without a complete answer"]
