"""Debian's Prometheus, which scrapes one opslb each second."""

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request

from support.lines import Lines
from support.opslb import START
from support.timeouts import ANSWER, scaled


class Prometheus:
    def __init__(self, directory, target):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        (directory / "prometheus.yml").write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "opslb", "static_configs": [{"targets": [target]}]}]}))
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/tsdb",
             f"--web.listen-address=127.0.0.1:{self._port}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self._output = Lines(self._process.stdout, "prometheus")
        assert self._output.wait(lambda line: "Server is ready" in line, 2 * START), self._output.all()

    def query(self, expression):
        """[(labels, value)] at this moment."""
        asked = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api/v1/query?{asked}", timeout=scaled(ANSWER)) as answer:
            return [(each["metric"], float(each["value"][1])) for each in json.load(answer)["data"]["result"]]

    def wait(self, expression, wanted):
        """Until the one value of the expression is this."""
        deadline = time.monotonic() + scaled(2 * ANSWER)
        found = None
        while found != wanted:
            assert time.monotonic() < deadline, f"{expression} is {found}, not {wanted}"
            result = self.query(expression)
            found = result[0][1] if len(result) == 1 else result

    def end(self):
        self._process.kill()
        self._process.wait()
