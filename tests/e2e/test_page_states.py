"""The status page in the states that a site may be in, also odd ones, told by a server that makes them up."""

import time

import pytest

from support.browser import PHONE
from support.status_page import ago, backend, certificate, check, listener, status


@pytest.fixture
def show(status_page, browse):
    """show(status, …): a tab that shows it."""
    def start(said, **options):
        status_page.status = said
        tab = browse(status_page.url, **options)
        tab.wait("#pulse", "live")
        return tab
    return start


def test_a_healthy_site_is_told_in_one_sentence(show):
    tab = show(status())
    assert tab.text("h1") == "Ops Manager is reachable."
    assert tab.text("#verdict-why") == "All 3 hosts pass their checks."
    assert tab.texts(".host h3") == ["ops1", "ops2", "ops3"]
    assert tab.evaluate("document.title") == "3/3 up · opslb"
    assert tab.text("#hosts-versions") == "Ops Manager 8.0.4"
    assert not tab.visible(".notice")


def test_a_host_that_is_down_says_why(show):
    why = "Its health check is answered 500: look at the application database."
    tab = show(status(backend("ops1"), backend("ops2", state="down", why=why, last_check=check(3, ok=False))))
    assert tab.text("h1") == "Ops Manager is reachable on 1 of 2 hosts."
    assert tab.text("#verdict-why") == "ops2 is down. There is no other host to take over."
    assert why in tab.text("[data-host=ops2] .why")
    assert tab.text("[data-host=ops2] .badge").startswith("Down for")
    assert "answered 500" in tab.text("[data-host=ops2] .checks-text")


def test_all_hosts_down_is_told_as_the_process_tells_it(show):
    hosts = [backend(f"ops{number}", state="down") for number in (1, 2)]
    tab = show(status(*hosts, ready_reason="all 2 hosts answer /monitor/health with 500: look at the application database"))
    assert tab.text("h1") == "Ops Manager cannot be reached."
    assert tab.text("#verdict-why").startswith("all 2 hosts answer /monitor/health with 500")
    assert tab.attribute("#verdict", "data-kind") == "bad"


@pytest.mark.parametrize("state, sentence", [("starting", "opslb is starting."), ("draining", "This opslb is shutting down.")])
def test_the_process_at_its_start_and_end(show, state, sentence):
    assert show(status(state=state, ready=False)).text("h1") == sentence


def test_upgrade_mode_says_who_runs_what(show):
    mode = {"active": True, "text": "ops2 runs 8.0.5, ops1 8.0.4.", "versions": {"8.0.4": ["ops1"], "8.0.5": ["ops2"], "8.0.10": ["ops3"]}}
    tab = show(status(upgrade_mode=mode))
    assert tab.text("#notices") == "Upgrade Mode. ops2 runs 8.0.5, ops1 8.0.4."
    assert tab.text("#hosts-versions") == "8.0.4 on ops1 · 8.0.5 on ops2 · 8.0.10 on ops3"


def test_a_drain_shows_what_is_still_in_flight(show):
    flying = [{"path_class": "restore", "method": "GET", "age_seconds": 7300.2, "bytes_in": 412, "bytes_out": 8_300_000_000}]
    host = backend("ops1", state="draining", in_flight=4, drain={"since": ago(190), "in_flight": flying, "more": 3})
    tab = show(status(host, backend("ops2")))
    assert tab.text("[data-host=ops1] [data-part=drain-text]") == "Out of rotation for 3 min; 4 requests still in flight."
    assert tab.text("[data-host=ops1] [data-part=drain-rows]").split("\n")[0].split("\t") == ["GET restore", "2 h 1 min", "412 B", "8.3 GB"]
    assert "and more\t3 requests" in tab.text("[data-host=ops1] [data-part=drain-rows]")
    assert tab.texts("button:Put back ops1") and tab.texts("button:Drain ops2")


def test_a_drained_host_may_be_stopped(show):
    host = backend("ops1", state="drained", in_flight=0, drain={"since": ago(20), "in_flight": [], "more": 0})
    tab = show(status(host, backend("ops2")))
    assert "It is safe to stop or upgrade it." in tab.text("[data-host=ops1] [data-part=drain-text]")


def test_certificates_that_have_ended_or_soon_will_are_noticed(show):
    ends = [certificate(-2, file="a.pem", names=["old.example.com"]), certificate(9, file="b.pem", names=["soon.example.com"]),
            certificate(200, file="c.pem", names=["fine.example.com"])]
    tab = show(status(listeners=[listener(certificates=ends)]))
    old, soon = tab.texts(".notices .notice")
    assert old.startswith("Certificate of old.example.com: expired 2 days ago") and "a.pem" in old
    assert soon.startswith("Certificate of soon.example.com: expires in 9 days")
    assert "fine.example.com expires in 200 days" in tab.text("#listeners")


def test_a_refused_reload_and_lost_log_lines_are_noticed(show):
    said = status(configuration={"file": "o.json", "loaded": ago(9), "last_reload": {"at": ago(2), "ok": False, "text": "unknown key"}})
    said["totals"]["access_log_lines_dropped"] = 2
    tab = show(said)
    assert "unknown key" in tab.texts(".notice")[0]
    assert tab.texts(".notice")[1].startswith("2 lines of the access log were dropped.")


def test_what_clients_did_wrong_over_http2_stands_with_what_was_refused(show):
    said = status(backend("ops1"))
    said["totals"] |= {"refused": {}, "http2_errors": 3, "http2_abuse": {"too many resets": 2}}
    shown = " ".join(show(said).text("#refused").split())
    assert "HTTP/2: the client broke the protocol 3" in shown and "HTTP/2 abuse: too many resets 2" in shown


def test_fifty_hosts_are_shown_each(show):
    tab = show(status(*[backend(f"ops{number}") for number in range(50)]), size=PHONE)
    assert len(tab.texts(".host h3")) == 50
    assert tab.text("#verdict-why") == "All 50 hosts pass their checks."
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[0]


HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e&amp;'


def test_hostile_strings_stay_text(show):
    host = backend(HOSTILE, why=HOSTILE, url=HOSTILE, version=HOSTILE, state="draining", checks=[check(1, False, HOSTILE)],
                   drain={"since": ago(1), "in_flight": [{"path_class": HOSTILE, "method": HOSTILE}], "more": 0}, in_flight=1)
    said = status(host, version=HOSTILE, public_url="javascript:alert(3)", ready_reason=HOSTILE,
                  upgrade_mode={"active": True, "text": HOSTILE, "versions": {HOSTILE: [HOSTILE], "__proto__": ["ops1"]}},
                  events=[{"at": ago(1), "level": HOSTILE, "text": HOSTILE}],
                  agents={"seen": 1, "silent": 0, "versions": {HOSTILE: 1, "__proto__": 2}},
                  listeners=[listener(HOSTILE, kind="constructor", certificates=[certificate(1, file=HOSTILE, names=[HOSTILE], issuer=HOSTILE)])])
    said["totals"]["refused"] = {HOSTILE: 1}
    tab = show(said)
    assert tab.texts(".host h3") == [HOSTILE]
    assert HOSTILE in tab.text("#events")
    assert tab.evaluate("document.querySelectorAll('img, body script:not([type=module]), a[href^=javascript]').length") == 0


def test_long_names_do_not_widen_the_page(show):
    name = "opsmanager-production-" + "a-very-long-label" * 12
    host = backend(name, url=f"http://{name}:8080", why="x" * 500, version="8" * 90, state="draining",
                   drain={"since": ago(1), "in_flight": [{"path_class": "restore" * 20, "method": "GET"}], "more": 0}, in_flight=1)
    said = status(host, backend("ops2"), public_url=f"https://{name}", events=[{"at": ago(1), "level": "info", "text": "y" * 900}],
                  listeners=[listener(name, certificates=[certificate(1, names=[name] * 9, issuer=name, file=name)])],
                  agents={"seen": 1, "silent": 1, "versions": {name: 1}})
    said["totals"]["refused"] = {name: 1}
    tab = show(said, size=PHONE)
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    tab.click(f"button:Put back {name}")
    tab.wait("dialog[open] h2", "Put opsmanager")
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_numbers_beyond_a_thousand_million_stay_readable(show):
    huge = 98_765_432_109
    said = status(backend("ops1", requests=huge, bytes_out=5 * 10**15, in_flight=2_345_678), backend("ops2"))
    said["totals"] |= {"requests": huge, "in_flight": 12_345_678, "connections_open": 1_234_567}
    tab = show(said, size=PHONE)
    assert "98.8B since the start" in tab.text("#figures") and "12.3M" in tab.text("#figures")
    assert "2,345,678" in tab.text("[data-host=ops1]")
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[0]


@pytest.mark.parametrize("said", [
    {}, [], {"backends": [{}, None, 7], "listeners": [{"certificates": [{}]}], "events": [{}], "agents": {}, "latency": {"bounds": [1]}},
    {"backends": [{"name": "ops1", "state": "burning", "checks": [{}], "drain": {}, "latency": {"bounds": [1], "total": {"counts": [1]}}}],
     "totals": {"requests": "many", "responses": None}, "upgrade_mode": None, "configuration": None},
], ids=["nothing", "no-object", "hollow", "wrong"])
def test_members_that_are_missing_or_wrong_are_shown_as_unknown(show, said):
    tab = show(said)
    assert tab.text("h1")
    assert "NaN" not in tab.text("body") and "undefined" not in tab.text("body") and "null" not in tab.text("body")


def test_two_hosts_of_one_name_are_both_shown(show):
    assert show(status(backend("ops1"), backend("ops1", url="http://other:1"))).texts(".host h3") == ["ops1", "ops1"]


def test_latency_and_rates_come_from_differences(show):
    steps, began = iter(range(1_000_000)), time.time()

    def growing():
        step = next(steps)
        hosts = [backend("ops1", requests=1000 + 200 * step, bytes_out=0)]
        return status(*hosts, now=ago(time.time() - began + 600 - 2 * step))
    tab = show(growing)
    tab.wait("[data-host=ops1] .figures", r"Requests\s*100\s*/s")
    tab.wait("[data-host=ops1] .figures", r"p50 8\.\d ms")
    assert "now 100 a second" in tab.evaluate("document.querySelector('[data-host=ops1] .figure svg title').textContent")


def test_a_page_just_opened_has_plots(status_page, show):
    said, count = status(), 100
    at = [int((time.time() - 2 * (count - number)) * 1000) / 1000 for number in range(count)]
    series = {"requests": [30 * number for number in range(count)], "errors": [0] * count, "in_flight": [3] * count,
              "bytes_in": [0] * count, "bytes_out": [0] * count, "latency_first": [0] * 20, "latency": [[[3, 60]]] * count}
    status_page.history = {"interval_seconds": 2, "bounds": said["latency"]["bounds"], "at": at, "totals": series,
                           "backends": {"ops1": series}}
    tab = show(said)
    points = tab.evaluate("document.querySelector('#figures .line-0').getAttribute('d').split('L').length")
    assert points >= count - 2
    assert tab.evaluate("document.querySelector('[data-host=ops2] .line-0').getAttribute('d')") == ""


def test_a_plot_tells_what_is_under_the_pointer(status_page, show):
    at = [time.time() - 2 * (10 - number) for number in range(10)]
    status_page.history = {"bounds": [], "at": at, "totals": {"requests": [50 * number for number in range(10)]}, "backends": {}}
    tab = show(status())
    plot = "#figures .figure:first-child svg"
    tab.hover(plot, 0.98)
    tab.wait("#figures .figure:first-child .more", "^\\d\\d:\\d\\d:\\d\\d: 25 a second$")
    tab.hover(plot, 0.1)  # nothing was seen then
    tab.wait("#figures .figure:first-child .more", "since the start")


def test_silent_agents_are_listed_when_asked_for(status_page, show):
    status_page.agents = {"agents": [{"host": "db7.example.com", "version": "13.1.0", "last_seen": ago(300), "errors": 12},
                                     {"host": "db8.example.com", "version": "13.1.0", "last_seen": ago(3)}]}
    tab = show(status())
    assert tab.text("#agents-sum") == "412 seen, 3 agents silent for over 90 seconds."
    tab.click("#agents-more summary")
    tab.wait("#silent", "db7.example.com")
    host, version, _, errors = tab.texts("#silent tr:first-child > *")
    assert (host, version, errors) == ("db7.example.com", "13.1.0", "12")
    assert "db8" not in tab.text("#silent")
