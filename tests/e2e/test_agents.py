"""Agents: who they are is read from the queries of their calls, and nothing else of them is ever shown."""

from support.metrics import ADMIN, Metrics, ask, ask_json, wait_metrics
from support.raw import RawClient

KEY = "0123456789abcdef-agent-key"


def call(lb, *targets):
    with RawClient(lb.port()) as client:
        for target in targets:
            client.send(f"GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {KEY}\r\nCookie: c={KEY}\r\n\r\n")
            client.read_response()


def agents_of(lb, count):
    wait_metrics(lb, lambda m: m.get("opslb_agents_seen") == count)
    return ask_json(lb, "/api/v1/agents")["agents"]


def test_agents_are_listed_with_their_version_and_calls(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN)
    call(lb, f"/agents/api/conf?ah=db1.example.com&av=13.1.0&mmsApiKey={KEY}",
         f"/agents/api/ping/{KEY}?av=13.1.0&sk={KEY}&ah=db1.example.com", "/agents/x?ah=db2&av=12.0", "/api/public?ah=no")
    first, second = agents_of(lb, 2)
    assert (first["host"], first["version"], first["calls"], first["errors"]) == ("db2", "12.0", 1, 0)
    assert (second["host"], second["calls"], second["silent"]) == ("db1.example.com", 2, False)
    assert first["first_seen"] <= first["last_seen"]
    for path in ("/api/v1/agents", "/api/v1/status", "/metrics"):
        assert KEY not in ask(lb, path)[1]
    assert ask_json(lb, "/api/v1/status")["agents"] == {"seen": 2, "silent": 0, "versions": {"12.0": 1, "13.1.0": 1}}
    now = Metrics(lb)
    assert now.get("opslb_agents", version="13.1.0") == 1
    assert now.get("opslb_agents_silent") == 0


def test_a_failed_call_is_counted_as_one(opslb, origin):
    ops1 = origin()
    ops1.pause()
    lb = opslb(backends=[ops1], admin=ADMIN, timeouts={"hold": "0s"})
    call(lb, "/agents/x?ah=db1&av=1")
    assert [(each["calls"], each["errors"]) for each in agents_of(lb, 1)] == [(1, 1)]


def test_names_that_a_client_makes_up_break_nothing(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN)
    call(lb, "/agents/x?ah=%22%7D%0A%00%FF&av=%22%5C%0A", "/agents/x?ah=" + "h" * 256, "/agents/x?ah=a'b<script>&av=1")
    names = [each["host"] for each in agents_of(lb, 2)]
    assert names == ["a'b<script>", '"}\n\0\N{REPLACEMENT CHARACTER}']
    assert Metrics(lb).get("opslb_agents", version='\\"\\\\\\n') == 1  # as it is escaped there


def test_versions_that_are_no_text_leave_the_metrics_readable(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN)
    call(lb, "/agents/x?ah=db1&av=%FF", "/agents/x?ah=db2&av=%FE", "/agents/x?ah=db3&av=%C3%BC1")
    now = wait_metrics(lb, lambda m: m.get("opslb_agents_seen") == 3)  # which reads them as Prometheus does, as UTF-8
    assert now.get("opslb_agents", version="\N{REPLACEMENT CHARACTER}") == 2
    assert now.get("opslb_agents", version="ü1") == 1
    assert ask_json(lb, "/api/v1/status")["agents"]["versions"] == {"\N{REPLACEMENT CHARACTER}": 2, "ü1": 1}


def test_all_workers_have_one_list(opslb, origin):
    lb = opslb(backends=[origin()], admin=ADMIN, workers=2)
    for _ in range(20):
        call(lb, "/agents/x?ah=db1&av=1")
    wait_metrics(lb, lambda m: m.get("opslb_responses_total", **{"class": "2xx"}) == 20)
    wait_metrics(lb, lambda m: sum(each["calls"] for each in ask_json(lb, "/api/v1/agents")["agents"]) == 20)
    assert len(agents_of(lb, 1)) == 1
