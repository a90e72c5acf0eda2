"""What the admin endpoint of opslb tells: JSON, and metrics as Prometheus reads them."""

import json
import re
import time
import urllib.error
import urllib.request

from support.timeouts import ANSWER, scaled

ADMIN = {"bind": "127.0.0.1:0"}
"""The key `admin` of a test's configuration."""

SAMPLE = re.compile(r'(\w+)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
FAMILY = re.compile(r"# TYPE (\S+) (\S+)")


def ask(lb, path):
    """Status and body of a GET at the admin endpoint."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{lb.admin_port()}{path}", timeout=scaled(ANSWER)) as answer:
            return answer.status, answer.read().decode("utf-8")
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode("utf-8")


def ask_json(lb, path):
    status, body = ask(lb, path)
    assert status == 200, f"{path}: {status} {body}"
    return json.loads(body)


def labels(**values):
    return frozenset(values.items())


def samples(text):
    """{(name, labels): value} of a page of metrics."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        key = match[1], frozenset(LABEL.findall(match[2] or ""))
        assert key not in found, f"twice: {key}"
        found[key] = float(match[3])
    return found


def families(text):
    """{name: type} of a page of metrics."""
    return dict(FAMILY.findall(text))


class Metrics:
    """The metrics of one moment."""

    def __init__(self, lb):
        status, self.text = ask(lb, "/metrics")
        assert status == 200, self.text
        self._samples = samples(self.text)

    def get(self, name, **of):
        return self._samples[name, labels(**of)]


def wait_metrics(lb, wanted):
    """The first metrics that `wanted` takes: what was done may take a moment to be counted."""
    deadline = time.monotonic() + scaled(ANSWER)
    while True:
        now = Metrics(lb)
        if wanted(now):
            return now
        assert time.monotonic() < deadline, f"these metrics were still not as wanted:\n{now.text}"
