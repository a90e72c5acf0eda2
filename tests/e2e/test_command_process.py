"""The commands that speak to a running process: ping, status, drain, ready."""

import json
import socket
import subprocess

import pytest

from support import admin
from support.admin_calls import AdminCalls
from support.arrivals import Arrivals, InFlight
from support.opslb import BINARY, run
from support.raw import RawClient, RawOrigin
from support.terminal import CTRL_C, Terminal
from support.timeouts import ANSWER, scaled


@pytest.fixture
def lb(opslb, origin, tmp_path):
    """Three hosts, of which ops3 answers 500; nobody else writes to its state file."""
    return opslb(backends=[origin(), origin(), origin(RawOrigin, health=500)], admin=admin.ON,
                 state_file=str(tmp_path / "state.json"), health_check={"interval": "50ms"})


def to(lb):
    return ["--admin", f"127.0.0.1:{lb.admin_port()}"]


def test_ping_says_whether_it_would_serve(lb):
    said = run("ping", *to(lb))
    assert (said.returncode, said.stdout, said.stderr) == (0, "2 of 3 hosts are up\n", "")


def test_ping_says_no_without_a_host_and_yes_to_live(opslb, origin):
    lb = opslb(backends=[origin(RawOrigin, health=500)], admin=admin.ON)
    said = run("ping", *to(lb))
    assert (said.returncode, said.stdout, said.stderr) == (1, "", "opslb ping: 0 of 1 hosts are up\n")
    assert run("ping", "--live", *to(lb)).returncode == 0


@pytest.mark.parametrize("command", [["ping"], ["ping", "--live"], ["status"], ["drain", "ops1"], ["ready", "ops1"]],
                         ids=" ".join)
def test_a_process_that_is_not_there_is_one_sentence_and_1(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = run(*command, "--admin", f"127.0.0.1:{port}")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (f"opslb {command[0]}: no opslb can be reached at 127.0.0.1:{port}: Connection refused; "
                           "look whether it runs, or name it with --config or --admin\n")


@pytest.mark.parametrize("arguments", [
    ["ping", "--admin", "nonsense"],
    ["ping", "--admin", "https://127.0.0.1:9080"],
    ["ping", "--admin", "::1:9080"],
    ["ping", "--admin", "127.0.0.1:9080", "--config", "opslb.json"],
    ["status", "--wacth"],
    ["drain"],
    ["drain", "ops1", "--timeout", "5s"],
    ["drain", "ops1", "--wait", "--timeout", "5"],
    ["drain", "a b"],
    ["ready"],
], ids=" ".join)
def test_wrong_usage_is_2(arguments):
    said = run(*arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"opslb {arguments[0]}: ") and said.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["ping", "status", "drain", "ready"])
def test_each_has_help(command):
    said = run(command, "--help")
    assert said.returncode == 0 and "--admin" in said.stdout and "--config" in said.stdout


def test_the_process_is_found_by_its_configuration(opslb, origin, tmp_path):
    lb = opslb(backends=[origin()], admin={"bind": "unix:admin.sock"})
    assert run("ping", "--config", lb.file).returncode == 0
    assert run("ping", "--admin", f"unix:{lb.directory}/admin.sock").returncode == 0
    off = tmp_path / "off.json"
    off.write_text(json.dumps({**lb.config, "admin": {"bind": "off"}}), encoding="utf-8")
    said = run("ping", "-c", off)
    assert said.returncode == 1 and "is switched off in" in said.stderr


def test_every_spelling_of_an_address_is_understood(lb):
    port = lb.admin_port()
    for spelling in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/", f"localhost:{port}"):
        assert run("ping", "--admin", spelling).returncode == 0, spelling


def test_status_is_a_table_without_colours_where_it_is_no_terminal(lb):
    said = run("status", *to(lb))
    assert said.returncode == 0 and "\x1b" not in said.stdout
    lines = said.stdout.splitlines()
    assert lines[0].startswith("opslb 0.1.0: serving, 2 of 3 hosts are up; running for ")
    assert lines[2].split() == ["BACKEND", "STATE", "VERSION", "IN", "FLIGHT", "REQUESTS", "5xx", "WHY"]
    assert lines[3].split()[:2] == ["ops1", "up"]
    assert lines[5].split()[:2] == ["ops3", "down"] and "answered 500" in lines[5]


def test_status_as_json_is_what_the_endpoint_says(lb):
    said = run("status", "--json", *to(lb))
    assert [each["name"] for each in json.loads(said.stdout)["backends"]] == ["ops1", "ops2", "ops3"]


@pytest.mark.parametrize("environment, colours", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_status_has_colours_on_a_terminal_that_wants_them(lb, environment, colours):
    terminal = Terminal(["status", *to(lb)], environment)
    assert terminal.end() == 0
    assert (b"\x1b[32mup\x1b[0m" in terminal.seen) == colours


@pytest.mark.parametrize("end", ["q", "Ctrl-C"])
def test_watch_draws_again_and_leaves_the_terminal_as_it_was(lb, end):
    terminal = Terminal(["status", "--watch", *to(lb)])
    terminal.read_until(b"q ends")
    first = len(terminal.seen)
    terminal.read_until(b"q ends", times=3)
    assert b"\x1b[2J" not in terminal.seen[first:], "clearing the screen flickers"
    terminal.type(b"q" if end == "q" else CTRL_C)
    assert terminal.end() == 0
    assert terminal.seen.endswith(b"\x1b[?25h\x1b[?1049l")


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["status", "--watch"], ["status", "--watch", "--json"],
                                     ["ping"], ["explain", "an-id"]], ids=" ".join)
def test_what_could_not_be_printed_is_no_success(lb, command):
    with RawClient(lb.port()) as client:
        client.request(headers=[("X-Request-Id", "an-id")])
    with open("/dev/full", "w") as full:
        said = subprocess.run([str(BINARY), *command, *to(lb)], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=scaled(ANSWER), check=False)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    assert said.stderr.startswith("opslb: ")


def test_drain_and_ready_take_a_host_out_and_put_it_back(opslb, origin, tmp_path):
    lb = opslb(backends=[origin(), origin()], admin=admin.ON, state_file=str(tmp_path / "s.json"),
               health_check={"interval": "50ms"})
    said = run("drain", "ops1", "--wait", *to(lb))
    assert said.returncode == 0, said.stderr
    assert said.stdout.endswith("ops1 is drained: nothing is in flight there\n")
    assert admin.backend(lb, "ops1")["state"] == "drained"
    since = len(lb.log_lines)
    said = run("ready", "ops1", *to(lb))
    assert (said.returncode, said.stdout) == (0, "ops1 is put back; it serves once it has passed its checks\n")
    lb.wait_log(r"ops1 is up", since=since)
    assert admin.backend(lb, "ops1")["state"] == "up"


def test_the_guards_refusal_is_told_and_forced(lb):
    said = run("drain", "ops1", *to(lb))
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith("opslb drain: ") and "ops3" in said.stderr
    assert admin.backend(lb, "ops1")["state"] == "up"
    assert run("drain", "ops1", "--force", *to(lb)).returncode == 0
    AdminCalls(lb).wait_state("drained")


def test_a_backend_that_is_not_there_is_told(lb):
    for command in ("drain", "ready"):
        said = run(command, "ops9", *to(lb))
        assert said.returncode == 1 and 'there is no backend "ops9"' in said.stderr


def test_drain_waits_for_what_is_in_flight_and_tells_of_it(opslb, origin, tmp_path):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], admin=admin.ON, state_file=str(tmp_path / "s.json"))
    waiting = InFlight(lb, Arrivals(ops1))
    said = run("drain", "ops1", "--force", "--wait", "--timeout", "1s", *to(lb))
    assert said.returncode == 1 and "ops1: 1 in flight" in said.stdout
    assert "is out of rotation, but not everything there has ended in time" in said.stderr
    command = subprocess.Popen([str(BINARY), "drain", "ops1", "--wait", *to(lb)], stdout=subprocess.PIPE, text=True)
    for line in command.stdout:
        if "1 in flight" in line:
            break
    waiting.finish()
    rest = command.communicate(timeout=scaled(ANSWER))[0]
    assert command.returncode == 0 and "ops1 is drained" in rest
