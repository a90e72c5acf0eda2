"""conf/grafana/opslb.json against a real Prometheus that scrapes a real opslb: no panel asks for what is not there."""

import json
import pathlib
import re
import time

import pytest

from support.conversation import request
from support.fronts import H1, H1_TLS
from support.metrics import ADMIN
from support.raw import RawClient
from support.timeouts import ANSWER, scaled

DASHBOARD = json.loads((pathlib.Path(__file__).parents[2] / "conf" / "grafana" / "opslb.json").read_text(encoding="utf-8"))

PARTS = {"stat", "timeseries", "row", "table", "text"}
"""Kinds of panels that every Grafana since 8 has."""


def panels(of=DASHBOARD):
    for panel in of["panels"]:
        yield panel
        if "panels" in panel:
            yield from panels(panel)


EXPRESSIONS = sorted({target["expr"] for panel in panels() for target in panel.get("targets", [])})


def filled(expression):
    """As Grafana sends it: every instance, and some scrapes together."""
    return expression.replace("$__rate_interval", "10s").replace("$instance", ".*")


def test_it_can_be_imported():
    numbers = [panel["id"] for panel in panels()]
    assert len(set(numbers)) == len(numbers) and all(isinstance(number, int) for number in numbers)
    assert 30 <= DASHBOARD["schemaVersion"] <= 42  # Grafana 8 to 12; it migrates what is older than itself
    assert re.fullmatch(r"[\w-]{1,40}", DASHBOARD["uid"])
    assert {panel["type"] for panel in panels()} <= PARTS
    titles = [panel["title"] for panel in panels()]
    assert len(set(titles)) == len(titles)
    for panel in panels():
        letters = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(letters)) == len(letters), panel["title"]
        assert panel.get("datasource", {}).get("uid") in ("${datasource}", None), panel["title"]


def test_no_panel_lies_over_another():
    taken = set()
    for panel in panels():
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_variable_is_defined():
    defined = {each["name"] for each in DASHBOARD["templating"]["list"]} | {"__rate_interval"}
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD["panels"]))) <= defined


def say(lb, *sent, front=H1):
    with front.connect(lb) as client:
        for message in sent:
            client.send(message)
            client.read_response()


def live_through_everything(lb, gone):
    """What each panel is for has happened at least once."""
    with RawClient(lb.port("https")) as client:
        client.send(request())  # plain HTTP on a TLS port
        client.wait_closed()
    say(lb, request(), front=H1_TLS)
    gone.pause()
    for number in range(12):  # some of them find out that the host has gone
        say(lb, request("GET", f"/agents/api/conf?ah=db{number}&av=13.1.0"))
    say(lb, request("TRACE", "/", "Connection: close"))


@pytest.fixture
def server(opslb, origin, prometheus):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], admin=ADMIN, health_check={"interval": "30s", "fall": 9}, balance="round_robin")
    found = prometheus(f"127.0.0.1:{lb.admin_port()}")
    found.wait("sum(opslb_backend_up)", 2)
    live_through_everything(lb, ops2)
    found.wait("opslb_agents_seen", 12)
    return found


def test_every_expression_finds_something(server):
    deadline = time.monotonic() + scaled(3 * ANSWER)
    empty = set(EXPRESSIONS)
    while empty and time.monotonic() < deadline:  # a rate needs two scrapes
        empty = {each for each in empty if not server.query(filled(each))}
    assert not empty
    assert server.query("opslb_build_info")[0][0]["instance"]  # of which the variable "instance" is made


def test_there_are_expressions():
    assert len(EXPRESSIONS) > 25 and all("$instance" in each for each in EXPRESSIONS)
