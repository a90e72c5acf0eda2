"""Starts the Ops Manager simulator (tests/support/simulator) and steers it over its control port."""

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request

from support.lines import Lines
from support.opslb import BUILD, START
from support.timeouts import ANSWER, scaled
from support.tls_relay import TlsRelay

BINARY = BUILD / "ops-manager-simulator"
LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
CONTROL = re.compile(r"control http://127\.0\.0\.1:(\d+)")


class Simulator:
    """One simulated Ops Manager host. `arguments`: further ones for its command line; `tls`: it is reached over TLS, by a
    relay before it."""

    def __init__(self, name="ops1", *arguments, tls=None):
        if not os.access(BINARY, os.X_OK):
            raise FileNotFoundError(f"{BINARY} is not there: build it, and name the build directory in OPSLB_BUILD")
        self.name = name
        self._process = subprocess.Popen([str(BINARY), "--port", "0", "--name", name, *map(str, arguments)],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._output = Lines(self._process.stdout, f"simulator {name}")
        self.port = self._read_port(LISTENING)
        self.control_port = self._read_port(CONTROL)
        self._relay = TlsRelay(self.port) if tls else None

    def _read_port(self, pattern):
        line = self._output.wait(pattern.search, START)
        assert line is not None, f"simulator {self.name} did not say {pattern.pattern!r}: {self._output.all()}"
        return int(pattern.search(line)[1])

    @property
    def url(self):
        return f"https://127.0.0.1:{self._relay.port}" if self._relay else f"http://127.0.0.1:{self.port}"

    @property
    def output(self):
        return self._output.all()

    def control(self, what, **parameters):
        """Asks its control port for /_sim/WHAT (tests/support/simulator/routes.cpp lists them). Returns the answer's JSON."""
        query = urllib.parse.urlencode({name: value for name, value in parameters.items() if value is not None})
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}/_sim/{what}?{query}")
        with urllib.request.urlopen(request, timeout=scaled(ANSWER)) as answer:
            return json.load(answer)

    def set_health(self, mode, delay=None):
        """ok, 500, hang, refuse (the whole port) or slow (after `delay` milliseconds)."""
        return self.control("health", mode=mode, delay=delay)

    def set_version(self, version):
        return self.control("version", set=version)

    def upgrade(self, seconds=5, grace=20, version=None):
        """Stops within `grace` seconds, is away for `seconds`, and comes back with `version`."""
        return self.control("upgrade", seconds=seconds, grace=grace, version=version)

    def stats(self):
        """What it has seen so far: requests, health_checks, in_flight, connections, accepted, …"""
        return self.control("stats")

    def close(self):
        if self._relay:
            self._relay.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(scaled(ANSWER))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(scaled(ANSWER))
        self._output.join()
