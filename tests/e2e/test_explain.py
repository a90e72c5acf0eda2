"""opslb explain: what happened to a recent request, in words and as JSON."""

import json

import pytest

from support.conversation import request
from support.metrics import ADMIN, ask
from support.opslb import run
from support.raw import RawClient, RawOrigin

SECRET = "0123456789-never-shown"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def explain(lb, name, *more):
    lb.wait_access(lambda entry: entry["request_id"] == name)
    return run("explain", name, "--admin", f"127.0.0.1:{lb.admin_port()}", *more)


def in_json(lb, name):
    done = explain(lb, name, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["requests"]


def send(lb, *lines, target="/", **more):
    with RawClient(lb.port(), **more) as client:
        client.send(request("GET", target, *lines))
        return client.read_response()


def test_a_request_is_told_from_its_client_to_its_end(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN)
    send(lb, "X-Request-Id: r-1", "X-Forwarded-For: 198.51.100.66", "X_Real.IP: 198.51.100.66", "User-Agent: agent/1",
         f"Authorization: Basic {SECRET}", f"Cookie: c={SECRET}", f"traceparent: 00-{TRACE}-00f067aa0ba902b7-01",
         target=f"/agents/api?ah=db1&mmsApiKey={SECRET}", source="127.0.0.9")
    (it,) = in_json(lb, "r-1")
    assert (it["id"], it["method"], it["target"]) == ("r-1", "GET", "/agents/api?ah=db1&mmsApiKey=***")
    assert (it["peer"], it["listener"], it["protocol"], it["tls"]) == ("127.0.0.9", "http", "HTTP/1.1", None)
    assert it["dropped"] == ["X-Forwarded-For", "X_Real.IP"]
    assert it["told"]["client"] == "127.0.0.9"
    assert (it["told"]["proto"], it["user_agent"], it["trace_id"]) == ("http", "agent/1", TRACE)
    assert [(each["backend"], each["outcome"]) for each in it["tries"]] == [("ops1", "done")]
    assert (it["status"], it["end"]) == (200, "done")
    assert 0 <= it["queued_seconds"] <= it["first_byte_seconds"] <= it["total_seconds"]
    entry = lb.access_log[-1]
    assert (it["bytes_in"], it["bytes_out"], it["at"]) == (entry["bytes_in"], entry["bytes_out"], entry["time"])
    told = explain(lb, "r-1")
    assert told.returncode == 0
    assert "X-Forwarded-For, X_Real.IP" in told.stdout
    assert "answered 200, all in order" in told.stdout
    assert SECRET not in told.stdout + json.dumps(it)


def test_the_hosts_that_were_tried_are_named_with_the_reason(opslb, origin):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], admin=ADMIN, balance="round_robin", health_check={"interval": "1h"})
    ops1.pause()
    for number in range(2):  # one of them goes to the first host
        assert send(lb, f"X-Request-Id: r-{number}").status == 200
    stories = [explain(lb, f"r-{number}").stdout for number in range(2)]
    story = next(each for each in stories if "ops1" in each)
    assert "ops1 (round robin), after" in story
    assert ": connection refused\n" in story
    assert "ops2 (only one left), after" in story


@pytest.mark.parametrize("workers", [1, 2])
def test_an_id_that_was_used_often_gives_all_of_them(opslb, origin, workers):
    lb = opslb(backends=[origin()], admin=ADMIN, workers=workers)
    for number in range(8):
        send(lb, "X-Request-Id: again", target=f"/{number}")
        lb.wait_access(lambda entry, number=number: entry["target"] == f"/{number}")
    assert {each["target"] for each in in_json(lb, "again")} == {f"/{number}" for number in range(8)}
    assert explain(lb, "again").stdout.count("request again at") == 8


def test_a_request_that_opslb_answered_itself_is_explained_too(opslb, origin):
    ops1 = origin()
    ops1.pause()
    lb = opslb(backends=[ops1], admin=ADMIN, timeouts={"hold": "0s"})
    name = send(lb).get("X-Request-Id")
    told = explain(lb, name)
    assert "answered 503: no host up" in told.stdout
    assert in_json(lb, name)[0]["tries"] == []


def test_what_was_no_request_is_explained_as_far_as_it_is_known(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN)
    with RawClient(lb.port()) as client:
        client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n")
        name = client.read_response().get("X-Request-Id")
    (it,) = in_json(lb, name)
    assert (it["method"], it["target"], it["told"], it["status"]) == (None, None, None, 400)
    assert "  asked      what was no request that can be read\n" in explain(lb, name).stdout


def test_an_id_that_is_not_known_is_a_404_that_says_how_far_back_memory_reaches(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN)
    status, body = ask(lb, "/api/v1/requests/nobody")
    assert status == 404
    assert "no request has ended yet" in json.loads(body)["detail"]
    send(lb, "X-Request-Id: r-1")
    entry = lb.wait_access(lambda entry: entry["request_id"] == "r-1")
    done = run("explain", "nobody", "--admin", f"127.0.0.1:{lb.admin_port()}")
    assert done.returncode == 1
    assert f"ended before {entry['time']}" in done.stderr


def test_a_tunnel_is_explained_when_it_is_over(opslb, origin):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], admin=ADMIN)
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/ws", "X-Request-Id: ws", "Connection: upgrade", "Upgrade: websocket"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            client.read_head()
    assert in_json(lb, "ws")[0]["status"] == 101
