"""The status page of a real opslb, in front of simulated hosts to which things happen."""

import json
import signal
import urllib.error
import urllib.request

import pytest

from support.raw import RawClient
from support.timeouts import ANSWER, scaled

CHECKS = {"interval": "200ms", "timeout": "2s"}


@pytest.fixture
def hosts(simulator):
    return [simulator(f"ops{number}") for number in (1, 2, 3)]


@pytest.fixture
def start(opslb, hosts, browse):
    """start(…): opslb in front of the three hosts, and a tab with its page."""
    def begin(expected=(), **config):
        config = {"admin": {"bind": "127.0.0.1:0"}, "health_check": CHECKS, "listeners": [{"name": "http", "bind": "127.0.0.1:0"}]} | config
        lb = opslb(backends=hosts, **config)
        tab = browse(f"http://127.0.0.1:{lb.admin_port()}/", expected=expected)
        return lb, tab
    return begin


def get(lb, path, admin=True):
    port = lb.admin_port() if admin else lb.port()
    return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=scaled(ANSWER))


def test_it_is_the_page_that_the_sources_make_under_its_policy(start, status_page):
    lb, tab = start()
    tab.wait("#pulse", "live")
    with get(lb, "/") as answer:
        assert answer.read() == status_page.page
        assert answer.headers["Content-Security-Policy"] == status_page.policy
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    with get(lb, "/api/v1/status") as answer:
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_hosts_that_are_killed_and_come_back(start, hosts):
    _, tab = start()
    tab.wait("h1", "Ops Manager is reachable\\.")
    tab.wait("[data-host=ops2] .badge", "Up")
    hosts[1].set_health("refuse")
    tab.wait("[data-host=ops2] .badge", "Down")
    tab.wait("[data-host=ops2] .why", "refused|reset")
    tab.wait("h1", "Ops Manager is reachable on 2 of 3 hosts\\.")
    tab.wait("#announcement", "ops2 is down")
    tab.wait("#events", "ops2")
    assert tab.evaluate("document.querySelectorAll('[data-host=ops2] .strip .failed').length") > 0
    hosts[1].set_health("ok")
    tab.wait("[data-host=ops2] .badge", "Up")
    tab.wait("h1", "Ops Manager is reachable\\.")


def test_hosts_that_answer_500_and_all_of_them_at_last(start, hosts):
    _, tab = start()
    tab.wait("#pulse", "live")
    hosts[0].set_health("500")
    tab.wait("[data-host=ops1] .badge", "Down")
    tab.wait("[data-host=ops1] .checks-text", "500")
    for host in hosts[1:]:
        host.set_health("500")
    tab.wait("h1", "Ops Manager cannot be reached\\.")
    assert tab.attribute("#verdict", "data-kind") == "bad"


def test_a_drain_from_question_to_ready(start):
    lb, tab = start(health_check=CHECKS)
    tab.wait("#pulse", "live")
    with RawClient(lb.port()) as client:
        client.send("GET /_sim/slow?ms=600000 HTTP/1.1\r\nHost: a\r\n\r\n")
        tab.wait(".host .tallies", "In flight\\s*1")
        name = next(name for name in ("ops1", "ops2", "ops3") if "In flight 1" in " ".join(tab.text(f"[data-host={name}] .tallies").split()))
        tab.click(f"button:Drain {name}")
        tab.wait("dialog[open]", "The 1 request in flight there may end")
        tab.click("#steer-go")
        tab.wait(f"[data-host={name}] .badge", "Draining")
        tab.wait(f"[data-host={name}] [data-part=drain-text]", "1 request still in flight")
        tab.wait(f"[data-host={name}] [data-part=drain-rows]", "GET other\\s*\\d+ s")
        client.reset()
    tab.wait(f"[data-host={name}] .badge", "Drained")
    tab.wait(f"[data-host={name}] [data-part=drain-text]", "It is safe to stop or upgrade it")
    tab.click(f"button:Put back {name}")
    tab.click("#steer-go")
    tab.wait(f"[data-host={name}] .badge", "Up")
    tab.wait("h1", "Ops Manager is reachable\\.")


def test_the_guard_refuses_and_can_be_overruled(start, hosts):
    _, tab = start(expected=["status of 409"])
    tab.wait("#pulse", "live")
    hosts[2].set_health("500")
    tab.wait("[data-host=ops3] .badge", "Down")
    tab.click("button:Drain ops1")
    tab.click("#steer-go")
    tab.wait("#steer-refusal", "opslb refuses: .*ops3")
    tab.wait("[data-host=ops1] .badge", "Up")
    tab.click("#steer-force")
    tab.wait("[data-host=ops1] .badge", "Drain(ing|ed)")


def test_what_clients_did_is_counted(start):
    lb, tab = start()
    tab.wait("#pulse", "live")
    for _ in range(30):
        get(lb, "/_sim/plain", admin=False).close()
    tab.wait("#figures", "30 since the start")
    tab.wait("#answers", "2xx successful\\s*30\\s*100 %")
    tab.wait("#figures", "p50 [\\d.]+ ms")


def test_upgrade_mode_from_the_versions_that_hosts_tell(start, hosts):
    for host in hosts:
        host.set_version("8.0.4")
    _, tab = start()
    for name in ("ops1", "ops2", "ops3"):
        tab.wait(f"[data-host={name}]", "8\\.0\\.4")
    assert "Upgrade Mode" not in tab.text("main")
    hosts[0].set_version("8.0.5")
    tab.wait("[data-host=ops1]", "8\\.0\\.5")
    tab.wait("#notices", "Upgrade Mode.*ops1 runs 8\\.0\\.5")
    for host in hosts[1:]:
        host.set_version("8.0.5")
    tab.wait("[data-host=ops3]", "8\\.0\\.5")
    tab.wait_gone("#notices :text('Upgrade Mode')")


def test_agents_that_have_called(start):
    lb, tab = start()
    tab.wait("#agents-empty", "None has been seen yet\\.")
    for host, version in (("db1", "13.1.0"), ("db2", "13.1.0"), ("db3", "12.0.8"), ("db1", "13.1.0")):
        with RawClient(lb.port()) as client:
            assert client.request("GET", f"/agents/api/conf?ah={host}.example.com&av={version}").status == 401
    tab.wait("#agents-sum", "3 seen, none is silent\\.")
    assert [" ".join(row.split()) for row in tab.texts("#agents-versions tr")] == ["13.1.0 2", "12.0.8 1"]
    tab.click("text=Which are silent")
    tab.wait("#silent-empty", "None\\.")


def test_a_page_opened_later_has_plots(start, browse):
    lb, _ = start()

    def history():
        with get(lb, "/api/v1/history") as answer:
            return json.load(answer)
    for _ in range(7):
        get(lb, "/_sim/plain", admin=False).close()
    _, tab = lb, browse(f"http://127.0.0.1:{lb.admin_port()}/", clock=True)
    tab.wait("#pulse", "live")
    while len(history()["at"]) < 4:
        tab.evaluate("fetch('api/v1/history').then((answer) => answer.text())")
    said = history()
    assert said["interval_seconds"] == 2 and said["totals"]["requests"][-1] == 7
    assert sum(said["backends"][name]["requests"][-1] for name in ("ops1", "ops2", "ops3")) == 7
    tab.hide(True)
    tab.hide(False)
    tab.wait("#pulse", "live")
    tab.evaluate("fetch('api/v1/history').then((answer) => answer.text())")
    points = "document.querySelector('#figures .line-0').getAttribute('d').split('L').length"
    assert tab.evaluate(points) >= 3


def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("open-sesame\n", encoding="utf-8")
    file.chmod(0o600)
    return str(file)


def give_token(tab):
    tab.wait("#token[open] h2", "asks for its token")
    tab.type("open-sesame")
    tab.press("Enter")


def test_a_token_for_changes(start, tmp_path):
    _, tab = start(admin={"bind": "127.0.0.1:0", "token_file": token_file(tmp_path)}, expected=["status of 401"])
    tab.wait("h1", "Ops Manager is reachable\\.")
    tab.click("button:Drain ops2")
    tab.click("#steer-go")
    give_token(tab)
    tab.wait("[data-host=ops2] .badge", "Drain(ing|ed)")


def test_a_token_for_everything_where_others_can_reach_it(start, tmp_path):
    lb, tab = start(admin={"bind": "0.0.0.0:0", "token_file": token_file(tmp_path)}, expected=["status of 401"])
    for path in ("/", "/api/v1/history"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(lb, path)
        assert refused.value.code == 401
        assert (b"<main>" in refused.value.read()) == (path == "/"), "only the page itself is no secret: it asks for the token"
    give_token(tab)
    tab.wait("h1", "Ops Manager is reachable\\.")


def test_an_opslb_that_ends_says_so_and_then_nothing(start):
    lb, tab = start(expected=["ERR_"])
    tab.wait("#pulse", "live")
    with RawClient(lb.port()) as client:
        client.send("GET /_sim/slow?ms=600000 HTTP/1.1\r\nHost: a\r\n\r\n")
        tab.wait("#figures", "In flight\\s*1")
        lb.signal(signal.SIGTERM)
        tab.wait("h1", "This opslb is shutting down\\.")
        client.reset()
    lb.wait_exit()
    tab.wait("h1", "opslb does not answer\\.")


def test_a_new_process_that_takes_over_is_shown_from_then_on(start):
    lb, tab = start()
    tab.wait("#about", f"process {lb.pid} ")
    lb.take_over()
    tab.wait("#about", f"process {lb.pid} ")
    tab.wait("h1", "Ops Manager is reachable\\.")


def test_axe_finds_nothing_wrong_with_the_real_one_either(start):
    _, tab = start()
    tab.wait("#pulse", "live")
    tab.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert tab.violations() == []
