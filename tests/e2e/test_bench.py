"""The benchmarks as a program: what a short run leaves behind is whole. What it measures is nobody's business here."""

import html.parser
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from support.opslb import BUILD
from support.timeouts import SLOWNESS, scaled

RUN = pathlib.Path(__file__).resolve().parents[2] / "bench" / "run"
PEERS = [name for name in ("haproxy", "nginx") if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")]
PROXIES = ["opslb", *PEERS]
FLOOR = "floor"     # what the kernel alone costs, where bytes can be passed on unread
SHORT = ["--rounds", "2", "--seconds", "1", "--connections", "4", "--sessions", "2", "--streams", "2", "--idle", "20",
         "--body", "1", "--agents", "4", "--many", "20", "--rate", "100", "--amount", "100"]
# One of each kind: timed, with an access log, held, at a pace, Ops Manager's own; and counted, for which strace is needed.
SCENARIOS = ["a", "h", "small/latency", "traffic-agents"]
NAMES = {"small", "idle-h1", "small/latency", "traffic-agents"}


CORES = sorted(os.sched_getaffinity(0))
pytestmark = pytest.mark.skipif(SLOWNESS > 1 or len(CORES) < 2, reason="needs two cores, and a build without sanitizer")


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def bench(directory, *arguments):
    """The results of a run, and its page."""
    cores = ["--proxy-core", str(CORES[0]), "--load-core", str(CORES[1])]
    result = subprocess.run([sys.executable, str(RUN), *arguments, *cores, "--json", str(directory / "bench.json"),
                             "--html", str(directory / "bench.html")], env=os.environ | {"OPSLB_BUILD": str(BUILD)},
                            capture_output=True, text=True, check=False, timeout=scaled(300))
    assert result.returncode == 0, result.stdout + result.stderr
    return (json.loads((directory / "bench.json").read_text(encoding="utf-8")),
            (directory / "bench.html").read_text(encoding="utf-8"))


class Page(html.parser.HTMLParser):
    """What is in a page, whether it closes all that it opens, and what it would load."""

    VOID = {"meta", "br", "hr", "img", "link", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.loads = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.loads += [value for name, value in attributes if name in ("src", "href", "srcset", "data", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@needs("wrk", "h2load", "curl", "openssl")
def test_leaves_every_round_and_a_page_that_stands_alone(tmp_path):
    result, page = bench(tmp_path, *SCENARIOS, *SHORT)

    assert set(result["scenarios"]) == NAMES
    assert set(result["versions"]) == {*PROXIES, FLOOR} and all(result["configurations"][name] for name in PROXIES)
    for name, scenario in result["scenarios"].items():
        others = {*PEERS, FLOOR} if name.startswith("small") else set(PEERS)
        assert set(scenario["proxies"]) == {"opslb", *others}
        assert set(scenario["ratios"]) == others
        assert all(len(figures["rounds"]) == 2 for figures in scenario["proxies"].values())
        assert all(len(ratio["rounds"]) == 2 for ratio in scenario["ratios"].values())
    for figures in result["scenarios"]["traffic-agents"]["proxies"].values():
        assert all(each["requests"] > 0 and each["failed"] == sum(each["errors"].values()) for each in figures["rounds"])

    read = Page(page)
    assert not read.loads and "url(" not in page and "@import" not in page and "<script" not in page
    assert read.seen.count("svg") == len(NAMES) + (1 if PEERS else 0)
    assert "prefers-color-scheme: dark" in page
    assert all(name in page for name in NAMES)


@needs("curl", "openssl")
def test_plays_what_happens_to_hosts_and_what_takes_long(tmp_path):
    names = ["traffic-diagnostics", "traffic-browsers", "traffic-failover", "traffic-rolling-upgrade"]
    result, page = bench(tmp_path, *names, "--proxy", "opslb", *SHORT, "--rounds", "1", "--silence", "0.1", "--step", "0.2")
    played = {name: scenario["proxies"]["opslb"]["rounds"][0] for name, scenario in result["scenarios"].items()}
    assert set(played) == set(names)
    assert all(each["failed"] == sum(each["errors"].values()) for each in played.values())
    assert all(each["requests"] > 0 for each in played.values())
    archives = played["traffic-diagnostics"]
    assert not archives["errors"] and archives["requests"] == 4 and archives["bytes"] == 4 * 32 * 1024 * 1024
    browsers = played["traffic-browsers"]
    assert not browsers["errors"] and browsers["requests"] == 26 * browsers["pages"]
    assert played["traffic-failover"]["recovered"] >= 0
    assert not Page(page).loads


@needs("strace", "h2load", "curl", "openssl")
def test_counts_system_calls_by_name(tmp_path):
    result, _ = bench(tmp_path, "a", "--system-calls", "--proxy", "opslb", *SHORT)
    (figure,) = result["scenarios"]["small/system-calls"]["proxies"]["opslb"]["rounds"]
    # A request is received and passed on, and so is its answer.
    assert figure["cost"] > 3 and {"recvfrom", "sendmsg"} <= set(figure["calls"])


@needs("curl", "openssl")
def test_refuses_what_it_does_not_know(tmp_path):
    result = subprocess.run([sys.executable, str(RUN), "no-such-scenario"], capture_output=True, text=True, check=False,
                            env=os.environ | {"OPSLB_BUILD": str(BUILD)}, timeout=scaled(30))
    assert result.returncode == 2 and "no-such-scenario" in result.stderr and "small" in result.stderr
