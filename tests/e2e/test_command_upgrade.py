"""`opslb upgrade` leads through a rolling upgrade, can be left and taken up again, and is not begun where it could not end."""

import contextlib
import http.server
import itertools
import json
import re
import signal
import subprocess
import threading

import pytest

from support.admin_calls import ADMIN, AdminCalls
from support.lines import Lines
from support.opslb import BINARY, run
from support.timeouts import ANSWER, scaled

FAST = {"interval": "100ms", "rise": 2}
LONG = 60.0


class Upgrade:
    """The command at work, without a terminal."""

    def __init__(self, lb, *more):
        self.process = subprocess.Popen(
            [str(BINARY), "upgrade", "--admin", f"127.0.0.1:{lb.admin_port()}", "--yes", *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = Lines(self.process.stdout, "opslb upgrade")

    def wait(self, pattern, seconds=LONG):
        found = self.lines.wait(re.compile(pattern).search, seconds)
        assert found is not None, f"no line matches {pattern!r}: {self.lines.all()}"
        return found

    def end(self, code=0, seconds=LONG):
        assert self.process.wait(scaled(seconds)) == code, self.lines.all()
        self.lines.join()
        return self.lines.all()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(scaled(ANSWER))


@pytest.fixture
def upgrade():
    started = []

    def start(lb, *more):
        started.append(Upgrade(lb, *more))
        return started[-1]
    yield start
    for each in started:
        each.close()


@pytest.fixture
def three(opslb, simulator):
    hosts = [simulator(f"ops{number}", "--version", "8.0.4") for number in (1, 2, 3)]
    return opslb(backends=hosts, admin=ADMIN, health_check=FAST), hosts


def command(lb, *arguments):
    return run("upgrade", "--admin", f"127.0.0.1:{lb.admin_port()}", *arguments, seconds=LONG)


def test_a_dry_run_tells_the_plan_and_changes_nothing(three):
    lb, _ = three
    AdminCalls(lb).wait_backend(lambda each: each["version"] == "8.0.4", "ops3")
    done = command(lb, "--dry-run")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.splitlines() == [f"{n}. ops{n} (8.0.4): drain, upgrade, put back" for n in (1, 2, 3)]
    assert {each["state"] for each in AdminCalls(lb).status()["backends"]} == {"up"}


def test_one_host_from_its_drain_to_its_return(three, upgrade):
    lb, (ops1, *_) = three
    going = upgrade(lb, "--only", "ops1")
    going.wait(r"\[1/1\] nothing is in flight at ops1 any more: upgrade ops1 now")
    assert AdminCalls(lb).backend()["state"] == "drained"
    ops1.upgrade(seconds=1, grace=0, version="8.0.5")
    going.wait(r"\[1/1\] ops1 runs 8.0.5, before 8.0.4: putting it back")
    lines = going.end()
    assert "[1/1] ops1 (8.0.5) serves again" in lines
    assert lines[-1] == "the hosts' versions: ops1 8.0.5, ops2 8.0.4, ops3 8.0.4"
    assert AdminCalls(lb).backend()["state"] == "up"


def test_two_opslb_are_led_side_by_side(three, opslb, upgrade):
    """As docs/upgrade.md says: on each of them, and a host is upgraded once both say so."""
    lb, hosts = three
    both = [upgrade(lb), upgrade(opslb(backends=hosts, admin=ADMIN, health_check=FAST))]
    for number, host in enumerate(hosts, 1):
        for each in both:
            each.wait(f"nothing is in flight at ops{number} any more: upgrade ops{number} now")
        host.upgrade(seconds=1, grace=0, version="8.0.5")
    for each in both:
        assert each.end()[-1] == "all hosts run 8.0.5: Upgrade Mode is over"


def test_it_can_be_left_and_taken_up_again(three, upgrade):
    lb, (ops1, *_) = three
    going = upgrade(lb)
    going.wait("upgrade ops1 now")
    going.process.send_signal(signal.SIGINT)
    assert going.end(1)[-1] == ('stopped: ops1 stays drained; "opslb upgrade" goes on with it, "opslb ready ops1" puts it back')
    assert AdminCalls(lb).backend()["state"] == "drained"
    again = upgrade(lb)
    again.wait("1. ops1 .8.0.4.: is drained already, upgrade, put back")
    ops1.upgrade(seconds=1, grace=0, version="8.0.5")
    again.wait("ops1 runs 8.0.5, before 8.0.4: putting it back")
    again.wait(r"\[2/3\] nothing is in flight at ops2 any more: upgrade ops2 now")
    again.process.send_signal(signal.SIGINT)
    again.end(1)
    third = upgrade(lb, "--dry-run")
    assert third.end() == ["1. ops2 (8.0.4): is drained already, upgrade, put back",
                           "2. ops3 (8.0.4): drain, upgrade, put back", "done before: ops1"]


def test_a_restart_without_a_new_version_is_told(three, upgrade):
    lb, (ops1, *_) = three
    going = upgrade(lb, "--only", "ops1")
    going.wait("upgrade ops1 now")
    ops1.set_health("refuse")
    going.wait("ops1 is away: ")
    ops1.set_health("ok")
    going.wait("ops1 is back, but still runs 8.0.4")
    going.wait("ops1 is ready, as you say: putting it back")
    going.end()


def test_it_is_not_begun_while_a_host_is_down(three):
    lb, (_, ops2, _) = three
    ops2.set_health("500")
    AdminCalls(lb).wait_state("down", "ops2")
    done = command(lb, "--yes")
    assert done.returncode == 1
    assert done.stderr.startswith("opslb upgrade: ops2 is down (its last check: answered 500")
    assert {each["state"] for each in AdminCalls(lb).status()["backends"]} == {"up", "down"}


def test_it_gives_up_after_its_timeout(three, upgrade):
    lb, _ = three
    lines = upgrade(lb, "--timeout", "2s").end(1)
    assert lines[-1].startswith("it took longer than --timeout: ops1 stays drained")


@pytest.mark.parametrize("arguments, code, text", [
    ([], 2, "there is no terminal to ask on; use --yes"),
    (["--only", "ops9", "--yes"], 1, 'there is no backend "ops9"; there are ops1, ops2, ops3'),
    (["--timeout", "soon"], 2, "--timeout"),
    (["--nonsense"], 2, "nonsense"),
])
def test_wrong_usage(three, arguments, code, text):
    done = command(three[0], *arguments)
    assert done.returncode == code and text in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/nowhere/admin.sock"])
def test_a_process_that_is_not_there(address):
    done = run("upgrade", "--admin", address, "--yes")
    assert done.returncode == 1 and f"no opslb can be reached at {address}" in done.stderr


def test_a_refusal_for_good_is_told_once_and_ends_it(opslb, origin, tmp_path):
    """On loopback reading needs no token."""
    (tmp_path / "token").write_text("nobody-has-this-token\n")
    lb = opslb(backends=[origin(), origin()], admin=ADMIN | {"token_file": str(tmp_path / "token")})
    done = command(lb, "--yes")
    assert done.returncode == 1
    assert re.search(r"this needs the token .*: no host is drained; \"opslb upgrade\" goes on", done.stdout), done.stdout


@contextlib.contextmanager
def endpoint(*looks):
    """An admin endpoint's port, whose status has these backends, one look after the other."""
    answers = itertools.chain(looks, itertools.repeat(looks[-1]))

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            body = json.dumps({"backends": next(answers)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def up(name):
    return {"name": name, "state": "up"}


def test_the_plan_is_of_one_look_though_hosts_come_and_go():
    with endpoint([up("om@10.0.0.1"), up("om@10.0.0.2")], [up("om@10.0.0.2"), up("om@10.0.0.3")]) as port:
        done = run("upgrade", "--admin", f"127.0.0.1:{port}", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["1. om@10.0.0.1: drain, upgrade, put back", "2. om@10.0.0.2: drain, upgrade, put back"]


def test_what_a_host_says_does_not_steer_the_terminal():
    down = {"name": "ops2", "state": "down", "last_check": {"ok": False, "text": "certificate is for \x1b[2J\x07x"}}
    with endpoint([up("ops1") | {"version": "8.0.4\x1b[31m"}, down]) as port:
        done = run("upgrade", "--admin", f"127.0.0.1:{port}", "--dry-run")
    assert done.returncode == 1 and "certificate is for " in done.stderr
    assert done.stderr.rstrip("\n").isprintable(), done.stderr


def test_it_finds_the_process_by_its_configuration(opslb, origin):
    lb = opslb(backends=[origin(), origin()], admin={"bind": "unix:admin.sock"})
    lb.wait_log("admin endpoint")
    done = run("upgrade", "--config", lb.file, "--dry-run")
    assert done.returncode == 0 and done.stdout.startswith("1. ops1: drain"), done.stderr
