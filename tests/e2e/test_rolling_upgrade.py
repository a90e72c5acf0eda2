"""A rolling upgrade of three hosts under load, led by `opslb upgrade`, with opslb itself replaced in its middle: no request
fails."""

import base64
import contextlib
import subprocess

import pytest

from support.fronts import H1, H1_TLS, H2, H2_TLS
from support.load import Load
from support.opslb import BINARY
from support.lines import Lines
from support.timeouts import scaled

LONG = 240.0
UPGRADE_NOW = "any more: upgrade "


GROUP = "5f2b0c9de4b0a1d2c3b4a596"
AUTHORIZATION = ("Authorization", "Basic " + base64.b64encode(f"{GROUP}:key".encode()).decode())


def agents(lb, front):
    """Polls and posts over a connection that is kept, as MongoDB Agents do."""
    while True:
        with front.connect(lb) as client:
            goes_on = True
            while goes_on:
                for request in (("GET", f"/agents/api/automation/conf/v1/{GROUP}"),
                                ("POST", f"/agents/api/automation/metrics/v1/{GROUP}", b"sample")):
                    answer = client.request(request[0], request[1], [AUTHORIZATION], *request[2:])
                    assert answer.status == 200, answer
                    yield
                    goes_on = answer.get("Connection") != "close" and not getattr(client, "goaway", None)
                    if not goes_on:
                        break


def new_connections(lb, front):
    while True:
        with front.connect(lb) as client:
            assert client.request("GET", "/user/login").status == 200
        yield


def downloads(lb, front):
    """Bodies that take their time, so that each host is drained while one is under way."""
    while True:
        with front.connect(lb) as client:
            answer = client.request("GET", "/_sim/download?bytes=300000&rate=300000")
            assert answer.status == 200 and len(answer.body) == 300000
        yield


class Administrator:
    """Reads what `opslb upgrade` says, and upgrades the host that it names."""

    def __init__(self, lb, hosts, version):
        self.hosts = {each.name: each for each in hosts}
        self.version = version
        self.process = subprocess.Popen([str(BINARY), "upgrade", "--config", str(lb.file), "--yes"], cwd=lb.directory,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = Lines(self.process.stdout, "opslb upgrade")
        self.upgraded = []

    def upgrade_next(self):
        """Waits until it is told to upgrade a host, and does; returns the host's name."""
        wanted = f"[{len(self.upgraded) + 1}/{len(self.hosts)}] nothing is in flight"
        line = self.lines.wait(lambda each: each.startswith(wanted), LONG)
        assert line is not None, self.lines.all()
        name = line.split(UPGRADE_NOW)[1].split()[0]
        stats = self.hosts[name].stats()
        assert stats["in_flight"] == 0, f"{name} still has {stats}"
        self.hosts[name].upgrade(seconds=2, grace=1, version=self.version)
        self.upgraded.append(name)
        return name

    def wait_serving(self, name):
        assert self.lines.wait(lambda each: f"{name} ({self.version}) serves again" in each, LONG), self.lines.all()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.mark.parametrize("replaced", [False, True], ids=["alone", "with a takeover"])
def test_no_request_fails(opslb, simulator, replaced):
    hosts = [simulator(f"ops{number}", "--version", "8.0.4", "--idle-timeout", "30s") for number in (1, 2, 3)]
    lb = opslb(backends=hosts, admin={"bind": "unix:admin.sock"}, health_check={"interval": "200ms"})
    administrator = Administrator(lb, hosts, "8.0.5")
    loads = [Load(lb, way, front, clients) for way, front, clients in (
        (agents, H1, 3), (agents, H1_TLS, 1), (agents, H2, 1), (agents, H2_TLS, 2), (new_connections, H1, 1), (downloads, H1, 2),
        (downloads, H2_TLS, 1))]
    try:
        with contextlib.ExitStack() as playing:
            for each in loads:
                playing.enter_context(each)
            administrator.wait_serving(administrator.upgrade_next())
            if replaced:
                before = lb.take_over()
            administrator.wait_serving(administrator.upgrade_next())
            administrator.wait_serving(administrator.upgrade_next())
            for each in loads:
                each.wait_more(3)
        assert administrator.process.wait(scaled(LONG)) == 0, administrator.lines.all()
        administrator.lines.join()
        assert administrator.lines.all()[-1] == "all hosts run 8.0.5: Upgrade Mode is over"
        assert administrator.upgraded == ["ops1", "ops2", "ops3"]
        if replaced:
            assert before.wait() == 0
    finally:
        administrator.close()
    lb.wait_log("Upgrade Mode is over: all hosts run 8.0.5")
    lb.stop()
    assert all(entry["status"] == 200 for entry in lb.access_log)
    assert sum(each.done for each in loads) == len(lb.access_log)
