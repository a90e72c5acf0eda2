"""Runs the real program with a configuration of the test's and watches it through what an operator has: its error log,
its access log, its exit code and signals."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

from support import fronts, tls_peers
from support.adopted import Adopted, adopt_orphans
from support.lines import Lines
from support.timeouts import ANSWER, Deadline, scaled

BUILD = pathlib.Path(os.environ.get("OPSLB_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build")).absolute()
BINARY = BUILD / "opslb"

START = 20.0
"""Bound on a start: the first round of health checks has to be over before listeners open."""

LISTENING = re.compile(r'listening on (\S+):(\d+) \(listener "([^"]*)"\)$')
TAKEN_OVER = re.compile(r"takeover: process (\d+) with opslb \S+ serves")
ADMIN = re.compile(r"admin endpoint on (\S+):(\d+)$")
RELOADED = re.compile(r"configuration (not )?reloaded")
SANITIZER = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error: |Assertion .* failed")


def complete(config):
    """A configuration from its interesting part: listeners for all fronts on free loopback ports where none is given; a
    backend may be an origin, a port or an object as in the file; those with TLS are verified."""
    config = dict(config)
    config.setdefault("listeners", fronts.listeners())
    config.setdefault("admin", {"bind": "off"})  # tests run side by side, and the default is one port
    config["backends"] = [backend(number, given) for number, given in enumerate(config.get("backends", []), 1)]
    if any(each.get("url", "").startswith("https:") for each in config["backends"]):
        config.setdefault("backend_tls", {"ca": tls_peers.authority().file})
    return config


def backend(number, given):
    if isinstance(given, dict):
        return given
    if isinstance(given, int):
        return {"name": f"ops{number}", "url": f"http://127.0.0.1:{given}"}
    return {"name": given.name, "url": given.url}


class Opslb:
    """One process of opslb. `directory` holds its configuration file and is its working directory. `under`: a command that
    runs the command behind it in its own process, such as valgrind."""

    def __init__(self, config, directory, binary=BINARY, environment=None, under=(), pass_fds=()):
        if not os.access(binary, os.X_OK):
            raise FileNotFoundError(f"{binary} is not there: build it, and name the build directory in OPSLB_BUILD")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file = self.directory / "opslb.json"
        self.write(config)
        self._sent_signals = []
        self._former = []
        self._process = subprocess.Popen(
            [*map(str, under), str(binary), "run", "-c", str(self.file)],
            cwd=self.directory, env=self._own_environment() | (environment or {}), pass_fds=pass_fds,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self._process.pid
        self._log = Lines(self._process.stderr, "opslb error log")
        self._access = Lines(self._process.stdout, "opslb access log")

    def _own_environment(self):
        """Its state file is by default in its own directory. pytest's note of the test that runs may have parameters of any size in
        it, more than a process can be started with."""
        ours = {"RUNTIME_DIRECTORY", "PYTEST_CURRENT_TEST"}
        return {name: value for name, value in os.environ.items() if name not in ours} | {
            "XDG_RUNTIME_DIR": str(self.directory / "run")}

    # The configuration.

    def write(self, config):
        """Writes the file without telling the process. Text is written as it is."""
        if isinstance(config, str):
            text = config
        else:
            self.config = complete(config)
            text = json.dumps(self.config, indent=2)
        aside = self.file.with_suffix(".new")
        aside.write_text(text, encoding="utf-8")
        aside.replace(self.file)  # at once: opslb may be reading it

    def reload(self, config, accepted=True):
        """Writes the file, sends SIGHUP and waits for the verdict; returns its log line."""
        self.write(config)
        since = len(self._log)
        self.signal(signal.SIGHUP)
        line = self.wait_log(RELOADED, START, since)
        assert ("not reloaded" not in line) == accepted, self.describe(f"unexpected: {line}")
        return line

    # The logs.

    @property
    def log_lines(self):
        """All lines of the error log so far."""
        return self._log.all()

    def wait_log(self, pattern, seconds=ANSWER, since=0):
        """The first error-log line, from number `since` on, in which the regular expression is found."""
        found = self._log.wait(re.compile(pattern).search, seconds, since)
        assert found is not None, self.describe(f"no log line matches {pattern!r} within {seconds} s")
        return found

    @property
    def access_log(self):
        """All entries of the access log so far, parsed."""
        return [json.loads(line) for line in self._access.all()]

    def wait_access(self, wanted=lambda entry: True, seconds=ANSWER, since=0):
        """The first access-log entry, from number `since` on, for which wanted(entry) is true."""
        line = self._access.wait(lambda text: wanted(json.loads(text)), seconds, since)
        assert line is not None, self.describe(f"no such access-log entry within {seconds} s; there are: "
                                               f"{self._access.all()}")
        return json.loads(line)

    def describe(self, what):
        state = "still runs" if self.runs else f"ended with {self._process.returncode}"
        return "\n".join([what, f"opslb {state}; its log:"] + [f"  {line}" for line in self.log_lines[-200:]])

    # Where it listens.

    def wait_listening(self, seconds=START):
        """Until every listener of the configuration is open."""
        for listener in self.config["listeners"]:
            self.port(listener.get("name", listener["bind"]), seconds)
        return self

    def port(self, name=None, seconds=START):
        """The port of the listener of that name, by default of the first one."""
        if name is None:
            name = self.config["listeners"][0].get("name", self.config["listeners"][0]["bind"])

        def is_it(line):
            match = LISTENING.search(line)
            return match and match[3] == name
        line = self._log.wait(is_it, seconds)
        assert line is not None, self.describe(f"listener {name!r} did not open within {seconds} s")
        return int(LISTENING.search(line)[2])

    def admin_port(self, seconds=ANSWER):
        """The port of the admin endpoint, for a configuration with `admin={"bind": "127.0.0.1:0"}`."""
        return int(ADMIN.search(self.wait_log(ADMIN, seconds))[2])

    # The process.

    @property
    def runs(self):
        return self._process.poll() is None

    def signal(self, number):
        self.will_be_signalled(number)
        self._process.send_signal(number)

    def will_be_signalled(self, number):
        """By somebody else."""
        self._sent_signals.append(number)

    def take_over(self):
        """SIGUSR2; waits until another process serves, which is the one to get signals from then on. Returns the one before:
        wait(seconds) gives its exit code."""
        adopt_orphans()
        since = len(self._log)
        self.signal(signal.SIGUSR2)
        return self.follow(since)

    def follow(self, since=0):
        """The same without the signal."""
        self._former.append(self._process)
        self.pid = int(TAKEN_OVER.search(self.wait_log(TAKEN_OVER, START, since))[1])
        self._process = Adopted(self.pid)
        return self._former[-1]

    def wait_exit(self, seconds=ANSWER):
        """Its exit code, negative for a signal."""
        try:
            code = self._process.wait(Deadline(seconds).left())
        except subprocess.TimeoutExpired:
            raise AssertionError(self.describe(f"opslb did not end within {seconds} s")) from None
        self._log.join()
        self._access.join()
        return code

    def stop(self, code=0, seconds=ANSWER):
        """SIGTERM, and the exit code that has to follow."""
        if self.runs:
            self.signal(signal.SIGTERM)
        ended = self.wait_exit(seconds)
        assert ended == code, self.describe(f"opslb ended with {ended}, not {code}")

    def end(self):
        """For teardown: gets rid of the process, however the test left it, and returns what was wrong, or None."""
        ended_before = not self.runs
        if not ended_before:
            self._end_kindly()
        stuck = self.runs
        for each in [self._process, *self._former] if stuck else self._former:
            if each.poll() is None:
                each.kill()
        for each in self._former:
            each.wait(scaled(ANSWER))
        code = self._process.wait(scaled(ANSWER))
        self._log.join()
        self._access.join()
        if stuck:
            return "opslb did not end after two SIGTERMs"
        for line in self.log_lines:
            if SANITIZER.search(line):
                return f"opslb reported: {line}"
        if code < 0 and -code not in self._sent_signals:
            return f"opslb died of {signal.Signals(-code).name}"
        if ended_before and not self._sent_signals and code == 0:
            return "opslb ended by itself"
        return None

    def _end_kindly(self):
        # The first SIGTERM drains, and requests may be in flight for ever; the second one exits at once.
        for patience in (0.3, ANSWER):
            self.signal(signal.SIGTERM)
            try:
                self._process.wait(scaled(patience))
                return
            except subprocess.TimeoutExpired:
                pass


@contextlib.contextmanager
def launcher(directory):
    """What the `opslb` fixture gives: start(backends=[origin], …) runs opslb with that configuration and waits until it
    listens, unless wait=False. At the end every process is made to end, and it is an error if one crashed, hung or had a
    sanitizer speak."""
    started = []

    def start(wait=True, binary=BINARY, environment=None, under=(), pass_fds=(), **config):
        folder = pathlib.Path(directory) / f"opslb{len(started) + 1}"
        started.append(Opslb(config, folder, binary, environment, under, pass_fds))
        return started[-1].wait_listening() if wait else started[-1]
    faults = []
    try:
        yield start
    finally:
        for each in started:
            fault = each.end()
            print(each.describe(f"opslb, process {each.pid}:"))  # pytest shows it where the test failed
            if fault:
                faults.append(each.describe(fault))
    assert not faults, "\n".join(faults)


def run(*arguments, binary=BINARY, seconds=ANSWER, **more):
    """Runs opslb with these arguments to its end: for check, version and wrong usage."""
    return subprocess.run([str(binary), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=scaled(seconds), check=False, **more)
