"""A reload keeps what is known of the hosts, and takes effect when each host of the new configuration has been checked."""

import signal
import threading

import pytest

from support.arrivals import Arrivals, InFlight
from support.opslb import RELOADED
from support.raw import RawClient, RawOrigin
from support.scripted_health import ScriptedHealth

pytestmark = pytest.mark.backings()  # the same over TLS

UNCHECKED = "/not-the-health-path"
"""For origins that hand health checks to the test like any other request."""
FAST = {"interval": "50ms"}


def served_by(lb, count=30):
    with RawClient(lb.port()) as client:
        return {client.request().json()["origin"] for _ in range(count)}


def news(lb, since):
    return [line for line in lb.log_lines[since:] if "backend" in line and " is " in line or "no host" in line]


def test_what_is_up_stays_up_and_what_is_down_stays_down(opslb, origin):
    hosts = [origin(), origin(health=500)]
    config = {"backends": hosts, "health_check": FAST}
    lb = opslb(**config)
    since = len(lb.log_lines)
    for _ in range(3):
        lb.reload(config)
        assert served_by(lb) == {"ops1"}
    assert news(lb, since) == []


def test_the_count_of_checks_in_a_row_goes_on(opslb, origin):
    """A host that is down before a reload is not up by one good check after it."""
    ops1, ops2 = origin(ScriptedHealth, health=500), origin()
    config = {"backends": [ops1, ops2], "health_check": FAST | {"rise": 5}}
    lb = opslb(**config)
    lb.reload(config)
    since = len(lb.log_lines)
    ops1.health = 200
    assert lb.wait_log("backend ops1 is up", since=since).endswith("(5 good checks in a row)")


def test_an_outage_goes_on_as_the_same_event(opslb, origin):
    ops1 = origin(health=500)
    config = {"backends": [ops1], "health_check": FAST}
    lb = opslb(**config)
    lb.wait_log("no host is up")
    lb.reload(config)
    ops1.wait_health_checks(len(ops1.health_checks) + 3)
    assert sum("no host is up" in line for line in lb.log_lines) == 1
    ops1.health = 200
    lb.wait_log("backend ops1 is up.*no host was up for")


def test_a_new_host_takes_traffic_after_its_first_check(opslb, origin):
    ops1, ops2 = origin(), origin(RawOrigin, health_path=UNCHECKED)
    lb = opslb(backends=[ops1], health_check={"rise": 100, "interval": "1h"})
    since = len(lb.log_lines)
    lb.write({"backends": [ops1, ops2], "balance": "round_robin", "health_check": {"rise": 100, "interval": "1h"}})
    lb.signal(signal.SIGHUP)
    with ops2.accept() as check:
        check.read_request()
        assert served_by(lb) == {"ops1"}
        assert not any(RELOADED.search(line) for line in lb.log_lines[since:])
        check.answer()
    lb.wait_log("configuration reloaded", since=since)
    with RawClient(lb.port()) as one, RawClient(lb.port()) as two:
        for each in (one, two):
            each.send("GET /new HTTP/1.1\r\nHost: a\r\n\r\n")
        with ops2.accept() as conn:
            assert conn.read_request().target == "/new"
            conn.answer()


def test_a_new_host_that_is_down_gets_none(opslb, origin):
    ops1, ops2 = origin(), origin(health=500)
    lb = opslb(backends=[ops1], health_check=FAST)
    lb.reload({"backends": [ops1, ops2], "health_check": FAST})
    lb.wait_log("backend ops2 is down: answered 500")
    assert served_by(lb) == {"ops1"}


def test_a_host_that_is_gone_finishes_what_it_has_and_gets_nothing_more(opslb, origin):
    ops1, ops2 = origin(RawOrigin), origin()
    arrivals = Arrivals(ops1)
    lb = opslb(backends=[ops1])
    held = InFlight(lb, arrivals)
    lb.reload({"backends": [{"name": "ops2", "url": ops2.url}]})
    assert served_by(lb) == {"ops2"}
    checks = len(ops1.health_checks)
    held.finish()
    assert len(ops1.requests) == 1
    assert len(ops1.health_checks) == checks


def test_a_name_that_leads_elsewhere_is_another_host(opslb, origin):
    ops1, other = origin(), origin(name="other", health=500)
    lb = opslb(backends=[ops1], timeouts={"hold": "0s"})
    lb.reload({"backends": [{"name": "ops1", "url": other.url}], "timeouts": {"hold": "0s"}})
    with RawClient(lb.port()) as client:
        assert client.request().status == 503


def test_new_settings_of_checks_count_from_the_reload_on(opslb, origin):
    ops1 = origin(RawOrigin, health_path=UNCHECKED)
    ops1.on_request(lambda request, conn: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    lb = opslb(backends=[ops1], health_check={"path": "/one"})
    lb.reload({"backends": [ops1], "health_check": {"path": "/two"}})
    targets = [request.target for request in ops1.requests]
    assert targets[0] == "/one" and targets[-1] == "/two"


def test_no_request_fails_for_a_reload(opslb, origin):
    hosts = [origin(), origin()]
    config = {"backends": hosts, "health_check": FAST, "workers": 2}
    lb = opslb(**config)
    over = threading.Event()
    failed = []

    def ask():
        with RawClient(lb.port()) as client:
            while not over.is_set():
                for method in ("GET", "POST"):
                    answer = client.request(method, body=b"x" * (method == "POST"))
                    if answer.status != 200:
                        failed.append(answer.head)
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(6):
        lb.reload(config | {"backends": hosts[:1 + turn % 2]})
    over.set()
    for thread in threads:
        thread.join()
    assert not failed
