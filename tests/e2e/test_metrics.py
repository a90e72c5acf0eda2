"""Metrics: what they count is what happened, a reload takes nothing away, and table, page and dashboard name the same ones."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from support.admin_calls import AdminCalls
from support.conversation import request
from support.frames import Code, data
from support.metrics import ADMIN, Metrics, families, wait_metrics
from support.raw import OkOrigin, RawClient, RawOrigin
from support.raw_h2 import RawH2Client

TOP = pathlib.Path(__file__).resolve().parents[2]
CONF = TOP / "conf"
TABLE = re.compile(r"^\| `(opslb_\w+)` \| (\w+) \| ([^|]*) \| [^|]+ \|$", re.MULTILINE)
NAME = re.compile(r"\bopslb_[a-z0-9_]+")
FAST = {"interval": "100ms"}


def promtool(*arguments, **more):
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (package prometheus)")
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, **more)


def family_of(name, known):
    """The family that a sample of this name belongs to, or the name itself."""
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix) and known.get(name.removesuffix(suffix)) == "histogram":
            return name.removesuffix(suffix)
    return name


@pytest.fixture
def lb(opslb, origin):
    return opslb(backends=[origin(), origin()], admin=ADMIN)


@pytest.mark.parametrize("announces", ["off", "v1"])
def test_connections_that_rest_are_counted_by_host(opslb, origin, announces):
    """Where hosts are told the client, each client's connection has its own."""
    lb = opslb(backends=[origin(), origin()], admin=ADMIN, balance="round_robin", workers=1, send_proxy_protocol=announces)

    def resting():
        return [Metrics(lb).get("opslb_backend_connections_idle", backend=name) for name in ("ops1", "ops2")]
    assert resting() == [0, 0]
    with RawClient(lb.port()) as one, RawClient(lb.port()) as other:
        for client in (one, one, one, one):
            assert client.request().status == 200
        wait_metrics(lb, lambda _: resting() == [1, 1])
        assert other.request().status == 200
        wait_metrics(lb, lambda _: resting() == ([1, 1] if announces == "off" else [2, 1]))
        assert AdminCalls(lb).drain("ops1")[0] == 200
        wait_metrics(lb, lambda _: resting() == [0, 1])


def test_each_host_listener_and_class_is_counted(opslb, origin):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], admin=ADMIN)
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/"))
        with ops1.accept() as conn:
            for status, size in ((200, 5), (404, 0), (500, 70)):
                if status != 200:
                    client.send(request("GET", "/"))
                conn.read_request()
                conn.send(f"HTTP/1.1 {status} X\r\nContent-Length: {size}\r\n\r\n" + "x" * size)
                assert client.read_response().status == status
    now = wait_metrics(lb, lambda m: sum(m.get("opslb_responses_total", **{"class": c}) for c in ("2xx", "4xx", "5xx")) == 3)
    for each in ("2xx", "4xx", "5xx"):
        assert now.get("opslb_responses_total", **{"class": each}) == 1
        assert now.get("opslb_backend_responses_total", backend="ops1", **{"class": each}) == 1
    assert now.get("opslb_requests_total") == now.get("opslb_backend_requests_total", backend="ops1") == 3
    assert now.get("opslb_listener_requests_total", listener="http") == 3
    assert now.get("opslb_listener_connections_total", listener="http") == 1
    assert now.get("opslb_backend_connects_total", backend="ops1") == 1
    assert now.get("opslb_backend_connect_seconds_count", backend="ops1") == 1
    assert now.get("opslb_backend_first_byte_seconds_count", backend="ops1") == 3
    assert now.get("opslb_exchange_seconds_count") == 3
    assert now.get("opslb_exchange_seconds_bucket", le="+Inf") == 3


def test_what_opslb_answers_itself_is_counted_by_status_and_for_no_host(opslb, origin):
    ops1 = origin(OkOrigin)
    ops1.pause()
    lb = opslb(backends=[ops1], admin=ADMIN, timeouts={"hold": "0s"})
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/"))
        assert client.read_response().status == 503
    now = wait_metrics(lb, lambda m: m.get("opslb_responses_total", **{"class": "5xx"}) == 1)
    assert now.get("opslb_own_answers_total", status="503") == 1
    assert now.get("opslb_backend_requests_total", backend="ops1") == 0
    assert now.get("opslb_ready") == now.get("opslb_backend_up", backend="ops1") == 0


def test_a_reload_takes_nothing_away(lb, origin):
    with RawClient(lb.port()) as client:
        for _ in range(10):
            assert client.request().status == 200
        before = wait_metrics(lb, lambda m: m.get("opslb_responses_total", **{"class": "2xx"}) == 10)
        config = json.loads(lb.file.read_text())
        lb.reload(config | {"backends": [*config["backends"], {"name": "new", "url": origin().url}]})
        after = Metrics(lb)
        for sample, value in before._samples.items():
            if family_of(sample[0], families(after.text)) in families(after.text) and sample[0].endswith(("_total", "_count", "_bucket")):
                assert after._samples[sample] >= value, sample
        assert after.get("opslb_backend_requests_total", backend="new") == 0
        lb.reload(config)
        assert ("opslb_backend_up", frozenset({("backend", "new")})) not in Metrics(lb)._samples


def test_bytes_of_a_long_response_are_counted_while_it_lasts(opslb, origin):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], admin=ADMIN)
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/"))
        with ops1.accept() as conn:
            conn.read_request()
            conn.send("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + "x" * 100000)
            client.read_head()
            now = wait_metrics(lb, lambda m: m.get("opslb_backend_sent_bytes_total", backend="ops1") > 100000)
            assert now.get("opslb_responses_total", **{"class": "2xx"}) == 0  # it is not over
            assert now.get("opslb_sent_bytes_total") == now.get("opslb_backend_sent_bytes_total", backend="ops1")
            conn.send("x" * 100000)
            client.read_body(200000)
    wait_metrics(lb, lambda m: m.get("opslb_sent_bytes_total") > 200000)


def test_connections_over_http2_are_counted_and_those_that_broke_the_protocol(lb):
    with RawClient(lb.port()) as plain, RawH2Client(lb.port()) as good, RawH2Client(lb.port()) as bad:
        assert plain.request().status == 200
        good.send(good.get(1))
        good.expect_answer(1)
        bad.send(data(0, b"for no stream"))  # RFC 9113 6.1
        bad.expect_goaway(Code.PROTOCOL_ERROR)
        now = wait_metrics(lb, lambda m: m.get("opslb_http2_errors_total") == 1)
    assert now.get("opslb_http2_connections_total") == 2
    assert now.get("opslb_connections_total") == 3


def test_promtool_has_nothing_to_say_about_them(lb):
    checked = promtool("check", "metrics", input=Metrics(lb).text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_the_table_lists_exactly_what_there_is(lb):
    table = {name: kind for name, kind, _ in TABLE.findall((TOP / "docs" / "metrics.md").read_text(encoding="utf-8"))}
    assert table == families(Metrics(lb).text)


def test_the_table_names_the_labels(lb):
    known = families(Metrics(lb).text)
    table = {name: set(re.findall(r"`(\w+)`", names))
             for name, _, names in TABLE.findall((TOP / "docs" / "metrics.md").read_text(encoding="utf-8"))}
    for name, of in Metrics(lb)._samples:
        assert {label for label, _ in of if label != "le"} == table[family_of(name, known)], name


def test_dashboard_and_alerts_ask_only_for_metrics_that_there_are_and_the_dashboard_for_most(lb):
    known = families(Metrics(lb).text)
    dashboard = (CONF / "grafana" / "opslb.json").read_text(encoding="utf-8")
    shown = {family_of(name, known) for panel in json.loads(dashboard)["panels"] for target in panel["targets"]
             for name in NAME.findall(target["expr"])}
    alerts = (CONF / "prometheus" / "alerts.yml").read_text(encoding="utf-8")
    warned = {family_of(name, known) for line in alerts.splitlines() if not line.lstrip().startswith("#")
              for name in NAME.findall(line)}
    assert shown <= set(known)
    assert warned <= set(known)
    assert len(shown) > len(known) / 2


def test_each_expression_of_the_dashboard_is_one():
    panels = json.loads((CONF / "grafana" / "opslb.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    rules = [{"record": f"panel:{panel['id']}:{target['refId']}", "expr": target["expr"].replace("$__rate_interval", "5m")}
             for panel in panels for target in panel["targets"]]
    checked = promtool("check", "rules", "/dev/stdin", input=json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_alert_rules_fire_when_they_should():
    rules = CONF / "prometheus" / "alerts.yml"
    checked = promtool("check", "rules", rules)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", CONF / "prometheus" / "alerts_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_alert_rule_is_tested():
    names = set(re.findall(r"alert: (\w+)", (CONF / "prometheus" / "alerts.yml").read_text(encoding="utf-8")))
    tests = (CONF / "prometheus" / "alerts_test.yml").read_text(encoding="utf-8")
    fires = set(re.findall(r'alertname="(\w+)"}\', value', tests))
    silent = set(re.findall(r"alertname: (\w+)\}", tests))
    assert names == fires == silent
