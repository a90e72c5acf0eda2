"""A takeover that comes to nothing changes nothing: the process that serves goes on, and says why."""

import os
import shutil
import signal
import subprocess

import pytest

from support.fronts import H1
from support.load import Load, one_connection_each
from support.opslb import BINARY, START
from support.timeouts import ANSWER, scaled

FAILED = "takeover failed, this process goes on: "


@pytest.fixture
def program(tmp_path):
    """A copy of opslb that a test may replace."""
    copy = tmp_path / "bin" / "opslb"
    copy.parent.mkdir()
    shutil.copy2(BINARY, copy)
    return copy


def replace(program, text):
    """Puts a script in its place, as a package does: at once."""
    aside = program.with_suffix(".new")
    aside.write_text("#!/bin/sh\n" + text + "\n", encoding="ascii")
    aside.chmod(0o755)
    aside.replace(program)


def assert_goes_on(lb):
    """It serves, and a further takeover is not in the way of anything."""
    with H1.connect(lb) as client:
        answer = client.request()
        assert (answer.status, answer.get("Connection")) == (200, None)
    assert lb.runs


@pytest.mark.parametrize("script, why", [
    ("exit 3", r"it ended before it served \(exit code 3\)"),
    ("kill -SEGV $$", r"it ended before it served \(signal 11 \(Segmentation fault\)\)"),
    ("exec sleep 600", r"it does not come to serve in time"),
    ("exec 3>&-; exec sleep 600", r"it ended before it served \(signal 9 \(Killed\)\)"),
    ('echo "ready 1 9.9" >&3; exit 0', r"it ended before it served \(exit code 0\)"),
], ids=["exits", "crashes", "hangs", "hangs up", "talks at random"])
def test_a_program_that_does_not_come_to_serve(opslb, origin, program, script, why):
    lb = opslb(backends=[origin()], binary=program)
    replace(program, script)
    with Load(lb, one_connection_each) as load:
        lb.signal(signal.SIGUSR2)
        lb.wait_log(FAILED + why, START)
        load.wait_more(20)
    assert_goes_on(lb)
    lb.stop()


def test_a_program_that_is_not_there(opslb, origin, program):
    lb = opslb(backends=[origin()], binary=program)
    program.unlink()
    lb.signal(signal.SIGUSR2)
    lb.wait_log(FAILED + f"cannot start {program}: No such file or directory")
    assert_goes_on(lb)
    lb.stop()


def test_a_program_that_is_none(opslb, origin, program):
    lb = opslb(backends=[origin()], binary=program)
    program.unlink()
    program.write_bytes(b"\x7fELF, but no further")
    program.chmod(0o755)
    lb.signal(signal.SIGUSR2)
    lb.wait_log(FAILED + f"cannot start {program}: Exec format error")
    assert_goes_on(lb)
    lb.stop()


@pytest.mark.parametrize("text, why", [
    ("{", r"opslb.json:1:2: "),
    ('{"listeners": [{"bind": "127.0.0.1:0"}], "backends": []}', r"opslb.json:1:\d+: backends"),
], ids=["syntax", "meaning"])
def test_a_file_with_errors(opslb, origin, text, why):
    lb = opslb(backends=[origin()])
    lb.write(text)
    lb.signal(signal.SIGUSR2)
    lb.wait_log(FAILED + ".*" + why)
    assert_goes_on(lb)
    lb.stop()


def test_a_port_that_is_taken(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1])
    lb.write({"backends": [ops1], "listeners": [H1.listener("taken", bind=f"127.0.0.1:{ops1.port}")]})
    lb.signal(signal.SIGUSR2)
    lb.wait_log(FAILED + r'listener "taken" cannot bind 127\.0\.0\.1:\d+: Address already in use')
    assert_goes_on(lb)
    lb.stop()


def test_one_that_failed_is_no_obstacle_to_the_next(opslb, origin, program):
    lb = opslb(backends=[origin()], binary=program)
    replace(program, "exit 1")
    for number in range(3):
        lb.signal(signal.SIGUSR2)
        lb.wait_log(FAILED, since=len(lb.log_lines) if number else 0)
    replace(program, f'exec {BINARY} "$@"')
    assert lb.take_over().wait(scaled(ANSWER)) == 0
    assert_goes_on(lb)
    lb.stop()


def test_a_second_sigusr2_meanwhile_is_refused(opslb, origin, program, tmp_path):
    lb = opslb(backends=[origin()], binary=program)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    replace(program, f'read line < {gate}; exec {BINARY} "$@"')
    lb.signal(signal.SIGUSR2)
    lb.wait_log("takeover: started")
    lb.signal(signal.SIGUSR2)
    lb.wait_log(r"SIGUSR2: process \d+ is already about to take over; nothing was done")
    gate.write_text("go\n", encoding="ascii")
    assert lb.follow().wait(scaled(ANSWER)) == 0
    assert_goes_on(lb)
    lb.stop()


def test_sigterm_meanwhile_ends_both(opslb, origin, program, tmp_path):
    lb = opslb(backends=[origin()], binary=program)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    replace(program, f'read line < {gate}; exec {BINARY} "$@"')
    lb.signal(signal.SIGUSR2)
    successor = int(lb.wait_log("takeover: started").rpartition("=")[2])
    lb.signal(signal.SIGTERM)
    assert lb.wait_exit() == 0
    assert not os.path.exists(f"/proc/{successor}")


def test_sighup_meanwhile_is_for_whoever_serves_then(opslb, origin, program, tmp_path):
    lb = opslb(backends=[origin()], binary=program)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    for goes in ("exit 1", f'exec {BINARY} "$@"'):
        replace(program, f"read line < {gate}; {goes}")
        since = len(lb.log_lines)
        lb.signal(signal.SIGUSR2)
        lb.wait_log("takeover: started", since=since)
        lb.signal(signal.SIGHUP)
        gate.write_text("go\n", encoding="ascii")
        lb.wait_log("configuration reloaded", START, since)
    assert lb.follow().wait(scaled(ANSWER)) == 0
    assert_goes_on(lb)
    lb.stop()


def test_the_successor_dies_after_it_took_over(opslb, raw_origin):
    lb = opslb(backends=[raw_origin])
    with H1.connect(lb) as client:
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        with raw_origin.accept() as conn:
            conn.read_request()
            before = lb.take_over()
            lb.signal(signal.SIGKILL)
            lb.wait_log(r"the process that took over has ended \(signal 9 \(Killed\)\)")
            conn.answer(body=b"ok")
            assert client.read_response().body == b"ok"
    assert before.wait(scaled(ANSWER)) == 1  # whoever watches over it has to start opslb anew


def test_a_variable_that_names_no_predecessor_is_an_error(opslb, origin):
    lb = opslb(backends=[origin()], environment={"OPSLB_TAKEOVER": "3"}, wait=False)
    assert lb.wait_exit() == 1
    lb.wait_log("OPSLB_TAKEOVER is set, but there is no process whose place could be taken; unset it")


@pytest.mark.parametrize("text, why", [
    ("opslb-handover 2\nprogram /bin/true\n", "it is of another kind"),
    ("opslb-handover 1\nprogram /bin/true\nlistener 2 http 127.0.0.1:80\n", "fewer sockets than it says"),
], ids=["another version", "no sockets"])
def test_what_a_predecessor_hands_over_is_not_believed(tmp_path, text, why):
    """By a program that starts opslb as a takeover would."""
    starter = tmp_path / "starter.py"
    starter.write_text(f"""
import os, socket, sys
mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
mine.send({text.encode()!r})
if os.fork() == 0:
    os.dup2(its.fileno(), 3, inheritable=True)
    os.execve({str(BINARY)!r}, ["opslb", "run", "-c", "/nonexistent"], os.environ | {{"OPSLB_TAKEOVER": "3"}})
its.close()
mine.send(b"no sockets")
try:
    print(mine.recv(4096).decode())
except ConnectionResetError:  # told first, where it did not read all
    print(mine.recv(4096).decode())
code = os.waitstatus_to_exitcode(os.wait()[1])
sys.exit(code)
""", encoding="utf-8")
    done = subprocess.run(["/usr/bin/python3", str(starter)], capture_output=True, text=True, check=False, timeout=scaled(ANSWER))
    assert done.returncode == 1
    assert done.stdout.startswith("failed ") and why in done.stdout
    assert why in done.stderr
