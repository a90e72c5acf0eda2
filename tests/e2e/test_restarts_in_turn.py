"""Hosts that are restarted one after the other, faster than their checks come: nobody drains them, and still somebody is there for
every request."""

import contextlib
import socket

import pytest

from support.fronts import H1, H2_TLS
from support.load import Load
from support.raw import RawClient
from support.timeouts import Deadline

PATIENCE = 60.0


def gets(lb, front):
    """Requests that may be sent twice, on one connection."""
    while True:
        with front.connect(lb) as client:
            goes_on = True
            while goes_on:
                answer = client.request("GET", "/_sim/plain")
                assert answer.status == 200, answer
                goes_on = answer.get("Connection") != "close" and not getattr(client, "goaway", None)
                yield


def refuses(host):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", host.port), 1).close()
        return False
    return True


def wait_until(condition):
    deadline = Deadline(PATIENCE)
    while not condition():
        assert not deadline.over(), "it never came true"


def test_a_host_that_went_away_under_load_is_back_soon_after_its_restart(opslb, origin):
    """Checks by the clock alone would come in an hour."""
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], health_check={"interval": "1h", "fall": 2, "rise": 2}, balance="round_robin",
               timeouts={"backend_keep_alive": "1ms"})
    ops1.pause()
    ops1.drop_connections()
    with RawClient(lb.port()) as client:
        wait_until(lambda: client.request().status == 200 and any("backend ops1 is down" in line for line in lb.log_lines))
        since = len(lb.log_lines)
        ops1.resume()
        lb.wait_log(r"backend ops1 is up: answered 200 \(2 good checks in a row\)", PATIENCE, since)


@pytest.mark.fronts(H1, H2_TLS)
def test_no_request_is_without_a_host(opslb, simulator, front):
    hosts = [simulator() for _ in range(3)]
    lb = opslb(backends=hosts, health_check={"interval": "5s", "rise": 2, "fall": 2})
    with Load(lb, gets, front, clients=4) as load:
        for host in hosts:
            load.wait_more(50)
            host.upgrade(seconds=1, grace=1)
            wait_until(lambda host=host: refuses(host))
            load.wait_more(50)
            wait_until(lambda host=host: not refuses(host))
    assert all(entry["status"] == 200 for entry in lb.access_log)
