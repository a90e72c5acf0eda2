"""Starts the Ops Manager simulator (tests/support/simulator) and switches its moods over its control port."""

import json
import os
import re
import subprocess
import urllib.parse
import urllib.request

from support.lines import Lines
from support.opslb import BUILD, START
from support.timeouts import ANSWER, scaled

BINARY = BUILD / "ops-manager-simulator"
LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
CONTROL = re.compile(r"control http://127\.0\.0\.1:(\d+)")


class Simulator:
    """One simulated Ops Manager host. `arguments`: further ones for its command line."""

    def __init__(self, name="ops1", *arguments):
        if not os.access(BINARY, os.X_OK):
            raise FileNotFoundError(f"{BINARY} is not there: build it, and name the build directory in OPSLB_BUILD")
        self.name = name
        self._process = subprocess.Popen([str(BINARY), "--port", "0", "--name", name, *map(str, arguments)],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._output = Lines(self._process.stdout, f"simulator {name}")
        self.port = self._read_port(LISTENING)
        self.control_port = self._read_port(CONTROL)

    def _read_port(self, pattern):
        line = self._output.wait(pattern.search, START)
        assert line is not None, f"simulator {self.name} did not say {pattern.pattern!r}: {self._output.all()}"
        return int(pattern.search(line)[1])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self):
        return self._output.all()

    def ask(self, path, method="GET", body=None):
        """A request to its control port; returns the answer's text."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.control_port}{path}", method=method, data=body)
        with urllib.request.urlopen(request, timeout=scaled(ANSWER)) as answer:
            return answer.read().decode()

    def control(self, mode, **parameters):
        """Puts it into a mode: see `ops-manager-simulator --help`."""
        query = urllib.parse.urlencode({"mode": mode} | parameters)
        return self.ask(f"/control?{query}", "POST", b"")

    def seen(self):
        """What it has served so far, as its control port tells."""
        return json.loads(self.ask("/control"))

    def close(self):
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(scaled(ANSWER))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(scaled(ANSWER))
        self._output.join()
