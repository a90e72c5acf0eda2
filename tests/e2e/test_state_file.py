"""Drains survive a restart in a state file. Whatever is wrong with it never keeps opslb from starting."""

import json

import pytest

from support.raw import RawClient

FAST = {"interval": "50ms"}


def state(*drains):
    return json.dumps({"version": 1, "drained": [
        {"backend": name, "url": url, "since": "2026-11-22T08:00:00.000Z"} for name, url in drains]})


def served_by(lb, count=20):
    with RawClient(lb.port()) as client:
        return {client.request().json()["origin"] for _ in range(count)}


def test_a_drain_is_still_there_after_a_restart(opslb, origin, tmp_path):
    ops1, ops2 = origin(), origin()
    file = tmp_path / "state.json"
    file.write_text(state(("ops1", ops1.url)))
    lb = opslb(backends=[ops1, ops2], state_file=str(file), health_check=FAST)
    lb.wait_log("backend ops1 is still drained, since 2026-11-22T08:00:00.000Z; \"opslb ready ops1\" puts it back")
    assert served_by(lb) == {"ops2"}
    ops1.wait_health_checks(len(ops1.health_checks) + 3)  # they go on
    assert served_by(lb) == {"ops2"}


@pytest.mark.parametrize("balance", ["least_requests", "round_robin", "source_ip"])
def test_no_rule_sends_anything_to_a_drained_host(opslb, origin, tmp_path, balance):
    ops1, ops2 = origin(), origin()
    (tmp_path / "state.json").write_text(state(("ops1", ops1.url)))
    lb = opslb(backends=[ops1, ops2], state_file=str(tmp_path / "state.json"), balance=balance, health_check=FAST)
    for number in range(1, 20):
        with RawClient(lb.port(), source=f"127.0.0.{number}") as client:
            assert client.request().json()["origin"] == "ops2"
    assert not ops1.requests


@pytest.mark.parametrize("when_none_up", ["refuse", "pass"])
def test_a_drained_host_does_not_step_in_when_none_is_up(opslb, origin, tmp_path, when_none_up):
    ops1, ops2 = origin(), origin(health="close")
    (tmp_path / "state.json").write_text(state(("ops1", ops1.url)))
    lb = opslb(backends=[ops1, ops2], state_file=str(tmp_path / "state.json"), timeouts={"hold": "0s"},
               health_check=FAST | {"when_none_up": when_none_up})
    lb.wait_log("no host is up: ops1 is drained, ops2 cannot be reached")
    with RawClient(lb.port()) as client:
        answer = client.request()
        assert answer.status == 503
        assert b"1 host is drained, 1 host cannot be reached" in answer.body
    assert not ops1.requests


def test_it_is_no_target_of_a_retry(opslb, origin, tmp_path):
    ops1, ops2, ops3 = origin(), origin(), origin()
    (tmp_path / "state.json").write_text(state(("ops1", ops1.url)))
    lb = opslb(backends=[ops1, ops2, ops3], state_file=str(tmp_path / "state.json"), health_check={"interval": "1h"},
               balance="round_robin")
    ops2.pause()
    with RawClient(lb.port()) as client:
        assert {client.request().json()["origin"] for _ in range(10)} == {"ops3"}
    assert not ops1.requests


def test_a_drain_of_another_address_is_not_this_backends(opslb, origin, tmp_path):
    ops1, ops2 = origin(), origin()
    (tmp_path / "state.json").write_text(state(("ops1", "http://192.0.2.1:8080"), ("ops9", ops1.url)))
    lb = opslb(backends=[ops1, ops2], state_file=str(tmp_path / "state.json"), health_check=FAST)
    lb.wait_log("backend ops9 was drained, but is not configured any more")
    assert served_by(lb) == {"ops1", "ops2"}


def test_a_drain_that_is_forgotten_stays_forgotten(opslb, origin, tmp_path):
    ops1, ops2 = origin(), origin()
    file = tmp_path / "state.json"
    file.write_text(state(("ops1", ops1.url), ("ops9", "http://127.0.0.9:8080")))
    lb = opslb(backends=[ops1, ops2], state_file=str(file), health_check=FAST)
    lb.wait_log("backend ops9 was drained, but is not configured any more; forgotten")
    assert [each["backend"] for each in json.loads(file.read_text())["drained"]] == ["ops1"]


def test_a_broken_file_is_put_aside(opslb, origin, tmp_path):
    file = tmp_path / "state.json"
    file.write_text("{")
    ops1 = origin()
    lb = opslb(backends=[ops1], state_file=str(file))
    lb.wait_log(f"state file {file} cannot be used, so no drain is known: it is not JSON that opslb has written; "
                f"it is now {file}.broken")
    assert served_by(lb) == {"ops1"}
    assert not file.exists() and (tmp_path / "state.json.broken").read_text() == "{"


def test_a_place_that_cannot_be_written_is_warned_of(opslb, origin, tmp_path):
    (tmp_path / "file").write_text("")
    lb = opslb(backends=[origin()], state_file=str(tmp_path / "file" / "state.json"))
    lb.wait_log("state file .*/file/state.json cannot be written, so drains will not survive a restart of opslb: "
                ".*/file is no directory; set state_file")


def test_a_file_that_is_not_there_is_no_news(opslb, origin):
    lb = opslb(backends=[origin()])
    assert not any("state" in line for line in lb.log_lines)
