"""The Ops Manager simulator starts, feels unwell, is upgraded and ends as it is told."""

import json
import re
import subprocess
import time

import pytest

from support.simulator_client import BINARY, PATIENCE, request, simulator, simulator_with, wait_until


def test_it_says_where_it_listens_and_ends_at_sigterm(simulator_with):
    one = simulator_with("--name", "somebody")
    assert one.ready_line.startswith("ops-manager-simulator somebody listening on http://127.0.0.1:")
    assert one.stop() == 0


def test_sigterm_ends_it_with_requests_under_way(simulator_with):
    one = simulator_with("--threads", "3")
    clients = [one.connect() for _ in range(6)]
    for client in clients:
        client.send(request("GET", "/_sim/slow?ms=60000"))
    wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 6)
    assert one.stop() == 0
    for client in clients:
        assert client.at_end()
        client.socket.close()


def test_wrong_options_are_refused():
    for options in (["--idle-timeout", "soon"], ["--access-list", "10.0.0.0/99"], ["--api-key", "nocolon"], ["--what"]):
        result = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert result.returncode != 0 and result.stderr


def test_every_answer_tells_who_gave_it_and_which_version_runs(simulator):
    for target in ("/_sim/plain", "/monitor/health", "/user/login", "/agents/api/x", "/nowhere"):
        _, headers, _ = simulator.get(target)
        assert headers["x-ops-host"] == "ops7"
        assert re.fullmatch(r"gitHash=[0-9a-f]{40}; versionString=8\.0\.3\.\S+", headers["x-mongodb-service-version"])


def test_connections_are_kept_and_requests_may_be_pipelined(simulator):
    with simulator.connect() as client:
        client.send(request("GET", "/_sim/plain") * 3 + request("GET", "/_sim/status?code=404", "Connection: close"))
        assert [client.response()[0] for _ in range(4)] == [200, 200, 200, 404]
        assert client.at_end()


def test_http_1_0_is_kept_only_when_asked(simulator):
    with simulator.connect() as client:
        client.send(b"GET /_sim/plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /_sim/plain HTTP/1.0\r\n\r\n")
        assert client.response()[1]["connection"] == "keep-alive"
        assert client.response()[1]["connection"] == "close"
        assert client.at_end()


def test_idle_connections_are_closed_as_jetty_does(simulator_with):
    one = simulator_with("--idle-timeout", "300ms")
    with one.connect() as client:
        client.send(request("GET", "/_sim/plain"))
        client.response()
        begin = time.monotonic()
        assert client.at_end()
        assert 0.25 < time.monotonic() - begin < 10
    assert one.get("/_sim/slow?ms=900")[0] == 200  # work in silence is not idleness


def test_health_can_be_switched_on_either_port(simulator_with):
    one = simulator_with()
    assert one.get("/monitor/health")[0] == 200
    assert one.control("/_sim/health?mode=500")["health"] == "500"
    status, _, body = one.get("/monitor/health")
    assert status == 500 and json.loads(body)["status"] == "error"
    assert one.get("/_sim/plain")[0] == 200
    assert one.get("/_sim/health?mode=ok")[0] == 200
    assert json.loads(one.get("/monitor/health")[2])["status"] == "ok"
    assert one.get("/_sim/health?mode=unwell")[0] == 400
    assert one.control("/_sim/health")["health"] == "ok"


def test_health_can_be_slow(simulator_with):
    one = simulator_with()
    one.control("/_sim/health?mode=slow&delay=400")
    begin = time.monotonic()
    assert one.get("/monitor/health")[0] == 200
    assert time.monotonic() - begin >= 0.4


def test_health_can_hang_while_the_rest_works(simulator_with):
    one = simulator_with()
    one.control("/_sim/health?mode=hang")
    with one.connect() as client:
        client.send(request("GET", "/monitor/health"))
        wait_until(lambda: one.control("/_sim/stats")["health_checks"] == 1)
        assert one.get("/_sim/plain")[0] == 200
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
    wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 0)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_host_that_refuses_is_gone_until_it_is_switched_back(simulator_with, threads):
    one = simulator_with("--threads", threads)
    with one.connect() as client:
        client.send(request("GET", "/_sim/plain"))
        client.response()
        one.control("/_sim/health?mode=refuse")
        with pytest.raises(ConnectionResetError):
            client.socket.recv(1)
    with pytest.raises(ConnectionRefusedError):
        one.connect()
    one.control("/_sim/health?mode=ok")
    assert one.get("/_sim/plain")[0] == 200


def test_a_host_told_to_refuse_by_its_own_port_answers_that_first(simulator_with):
    one = simulator_with()
    with one.connect() as client:
        client.send(request("GET", "/_sim/health?mode=refuse"))
        assert client.response()[0] == 200
        assert client.at_end()
    with pytest.raises(ConnectionRefusedError):
        one.connect()


def test_the_version_can_be_changed_while_it_runs(simulator_with):
    one = simulator_with("--version", "8.0.0")
    with one.connect() as client:
        for version in ("8.0.0", "8.0.1"):
            one.control(f"/_sim/version?set={version}")
            client.send(request("GET", "/_sim/plain"))
            assert f"versionString={version}." in client.response()[1]["x-mongodb-service-version"]


def test_an_upgrade_gives_requests_in_flight_a_bound_goes_away_and_returns_newer(simulator_with):
    one = simulator_with("--version", "7.0.9")
    with one.connect() as quick, one.connect() as endless, one.connect() as idle:
        quick.send(request("GET", "/_sim/slow?ms=400"))
        endless.send(request("GET", "/_sim/slow?ms=60000"))
        idle.send(request("GET", "/_sim/plain"))
        idle.response()
        wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 2)
        one.control("/_sim/upgrade?grace=1500ms&seconds=300ms&version=8.0.1")
        assert idle.at_end()
        with pytest.raises(ConnectionRefusedError):
            one.connect()
        status, headers, _ = quick.response()
        assert status == 200 and headers["connection"] == "close"
        assert endless.at_end()
    wait_until(lambda: one.control("/_sim/stats")["version"] == "8.0.1")
    _, headers, _ = one.get("/_sim/plain")
    assert "versionString=8.0.1." in headers["x-mongodb-service-version"]
