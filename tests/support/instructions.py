"""Counts the user instructions that opslb spends on a request, by callgrind: a figure that is the same on a busy machine and on
an idle one, so that a test can hold opslb to it.

What would make it differ from run to run is kept out. Start-up, connections and handshakes: two loads, alike but for the number
of requests, and their difference. Other threads' work: health checks come once an hour. The tail of a load: opslb has closed its
connections before the count is read. Where memory lies: no address randomisation. What is left is the size of the batches in
which requests come: little, because under callgrind opslb is by far the slowest of all and always finds work waiting.
"""

import collections
import contextlib
import pathlib
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field

from heads import AGENT, LARGE_BROWSER  # of bench/
from support.fronts import H1, H1_TLS, H2_TLS, Front
from support.opslb import Opslb
from support.raw import RawClient
from support.simulator import Simulator
from support.timeouts import scaled


@dataclass(frozen=True)
class Scenario:
    """A load of `connections` kept open, with `streams` requests at a time in each."""
    front: Front
    connections: int = 64
    streams: int = 1
    access_log: bool = False
    target: str = "/_sim/plain"  # answered with three bytes
    headers: dict = field(default_factory=lambda: AGENT)


SCENARIOS = {
    "small": Scenario(H1),
    "browser": Scenario(H1, headers=LARGE_BROWSER),
    "tls": Scenario(H1_TLS, connections=16),
    "h2-tls": Scenario(H2_TLS, connections=16, streams=16),
    # The last ones: turning the log on is a reload.
    "access-log": Scenario(H1, access_log=True),
    "agent-log": Scenario(H1, access_log=True, target="/agents/api/automation/conf/v1/5f2b0c9de4b0a1d2c3b4a596"
                                                      "?ah=db-17.example.com&av=13.10.0.8620&aos=Linux&aa=x86_64"),
}

FEWER, MORE = 1024, 4096
"""Requests of the two loads."""


RECORDED_AT = "opslb::access_log::reopen()"
"""Counts are written, and begin anew, at a call of this function: on SIGUSR1."""


class Spoiled(Exception):
    """A load in which something went wrong."""


def missing_tools():
    """What a count takes and is not installed."""
    return [tool for tool in ("valgrind", "h2load") if not shutil.which(tool)]


def callgrind(directory):
    """The command before opslb's own."""
    fixed = ["setarch", "-R"] if subprocess.run(["setarch", "-R", "true"], capture_output=True).returncode == 0 else []
    return [*fixed, "valgrind", "--tool=callgrind", f"--callgrind-out-file={directory / 'counts'}",
            f"--dump-before={RECORDED_AT}"]


class Counter:
    """opslb under callgrind before two hosts. Counts are made one after the other; use it in a `with`."""

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self._dumps = 0
        self._logging = False

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            hosts = [stack.enter_context(contextlib.closing(Simulator(name))) for name in ("ops1", "ops2")]
            self._config = {
                "backends": hosts, "listeners": [H1.listener(), H1_TLS.listener()], "workers": 1,
                "health_check": {"interval": "1h"}, "access_log": {"path": "off"}, "admin": {"bind": "off"},
                "forwarded": {"server_name": "lb.example.com"}}
            self._opslb = Opslb(self._config, self._directory / "opslb", under=callgrind(self._directory))
            stack.callback(self._opslb.end)
            self._opslb.wait_listening(START)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def count(self, name):
        """Instructions for one request of that scenario."""
        self.measure(name)
        return round((total(self._dump(0)) - total(self._dump(1))) / (MORE - FEWER))

    def measure(self, name):
        """Leaves the counts of two loads, see profile()."""
        scenario = SCENARIOS[name]
        if scenario.access_log != self._logging:
            self._logging = scenario.access_log
            path = str(self._directory / "access.log") if self._logging else "off"
            self._opslb.reload(self._config | {"access_log": {"path": path}})
        self._load(scenario, FEWER)  # pools and buffers have grown, code is translated
        self._read()
        for requests in (FEWER, MORE):
            self._load(scenario, requests)
            self._read()

    def profile(self, name):
        """[(instructions a request, function)] of that scenario, the dearest first."""
        self.measure(name)
        more, fewer = self_costs(self._dump(0)), self_costs(self._dump(1))
        costs = [((cost - fewer[function]) / (MORE - FEWER), function) for function, cost in more.items()]
        return sorted(costs, reverse=True)

    def observing(self, name):
        """What a request of that scenario pays for being observed, as a part of all else that it pays: what remembers it for
        `opslb explain`, measures how long it took, counts it and writes its line of the access log."""
        self.measure(name)
        more, fewer = self._dump(0), self._dump(1)
        observing = cost_of(more, OBSERVERS) - cost_of(fewer, OBSERVERS)
        return observing / (total(more) - total(fewer) - observing)

    def _load(self, scenario, requests):
        front = scenario.front
        lines = [part for name, value in scenario.headers.items() for part in ("-H", f"{name}: {value}")]
        result = subprocess.run(
            ["h2load", *([] if front.http2 else ["--h1"]), "-t1", f"-n{requests}", f"-c{scenario.connections}",
             f"-m{scenario.streams}", *lines, f"{front.scheme}://127.0.0.1:{self._opslb.port(front.scheme)}{scenario.target}"],
            capture_output=True, text=True, timeout=scaled(LOAD), check=False)
        if f"{requests} succeeded, 0 failed" not in result.stdout or f"{requests} 2xx" not in result.stdout:
            raise Spoiled(result.stdout + result.stderr)
        self._settle()

    def _settle(self):
        """Until opslb is done with all connections of the load: they ended before this one began."""
        with RawClient(self._opslb.port("http")) as client:
            client.send(f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            client.read_response()
            client.wait_closed()

    def _read(self):
        since = len(self._opslb.log_lines)
        self._opslb.signal(signal.SIGUSR1)
        self._opslb.wait_log("log files reopened", START, since)
        self._dumps += 1

    def _dump(self, back):
        """The file of the last count, or of one before."""
        file = self._directory / f"counts.{self._dumps - back}"
        if not file.exists():
            raise Spoiled(f"callgrind has not written {file.name}: does {RECORDED_AT} still exist in the program, not inlined?")
        return file


START, LOAD = 60.0, 120.0
"""Bounds in seconds on things that take valgrind long."""


def total(file):
    """All instructions in a file of callgrind's."""
    return int(re.search(r"^(?:summary|totals): (\d+)", file.read_text(encoding="utf-8"), re.MULTILINE)[1])


OBSERVERS = ("opslb::passage::keep_text", "opslb::passage::note_try", "opslb::passage::leave_backend",
             "opslb::passage::close", "opslb::passage::log", "opslb::hand_over_lines", "opslb::log_writer::write")
"""Functions that only observe. What they count besides durations is in it, too; what the compiler puts elsewhere, an
observation of the time to the first byte, is not, and is about as much as leave_backend() does besides."""


def cost_of(file, functions):
    """What calls of these functions cost, with all that they call, whoever calls them but one of themselves. A name stands for
    all functions whose names begin with it."""
    cost, names, caller, callee, is_call = 0, {}, "", "", False
    for line in file.read_text(encoding="utf-8").splitlines():
        key, is_assignment, value = line.partition("=")
        if is_assignment and key in ("fn", "cfn"):
            number, _, name = value.partition(" ")
            name = names.setdefault(number, re.sub(r"'\d+$", "", name))
            caller, callee = (name, callee) if key == "fn" else (caller, name)
        elif key == "calls":
            is_call = True
        elif is_call:
            is_call = False
            if callee.startswith(functions) and not caller.startswith(functions):
                cost += int(line.split()[1])
    return cost


def self_costs(file):
    """function → instructions of its own. callgrind_annotate would also count what a function calls if the call was under way
    when the count began."""
    costs, names, function, skips = collections.Counter(), {}, "", False
    for line in file.read_text(encoding="utf-8").splitlines():
        key, is_assignment, value = line.partition("=")
        if is_assignment and key in ("fn", "cfn"):  # "(7) name" where it comes first, then "(7)"
            number, _, name = value.partition(" ")
            name = names.setdefault(number, re.sub(r"'\d+$", "", name))  # a recursion's depth
            function = name if key == "fn" else function
        elif key == "calls":  # the next line is what the call cost in all
            skips = True
        elif line[:1] in "+-*0123456789" and line:
            costs[function] += 0 if skips else int(line.split()[1])
            skips = False
    return costs
