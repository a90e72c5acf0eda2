"""The systemd unit: how little of the machine it leaves to opslb, and that this is enough."""

import re
import signal
import subprocess

import pytest

from support import package
from support.fronts import H1, H2_TLS
from support.opslb import BINARY
from support.timeouts import ANSWER, SLOWNESS, scaled

UNIT = package.TOP / "conf/opslb.service"
TEXT = UNIT.read_text(encoding="utf-8")


def settings(name):
    return re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)


def system_calls(*groups):
    """Those that systemd takes these groups for."""
    found, known = set(), {}
    for block in package.run("systemd-analyze", "syscall-filter", "--no-pager").split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip() and not line.strip().startswith("#")]
        if lines and lines[0].startswith("@"):
            known[lines[0]] = lines[1:]
    waiting = list(groups)
    while waiting:
        name = waiting.pop()
        if name.startswith("@"):
            waiting += known[name]
        else:
            found.add(name)
    return found


def allowed():
    calls = set()
    for line in settings("SystemCallFilter"):
        if line.startswith("~"):
            calls -= system_calls(*line[1:].split())
        else:
            calls |= system_calls(*line.split())
    return calls


def test_is_exposed_little():
    package.run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", UNIT)


def test_says_nothing_that_systemd_does_not_know(tmp_path):
    unit = tmp_path / "opslb.service"
    unit.write_text(TEXT.replace("/usr/bin/opslb", str(BINARY)), encoding="utf-8")
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert [line for line in found.stderr.splitlines() if "opslb.service" in line] == []


@pytest.mark.skipif(SLOWNESS > 1, reason="a sanitizer has calls of its own")
@pytest.mark.fronts(H1, H2_TLS)
def test_every_system_call_of_a_life_with_a_takeover_is_allowed(opslb, origin, front, tmp_path):
    """And none is a thing that the unit denies: /proc has only processes there, memory is never writable and executable."""
    calls = tmp_path / "calls"
    # -D: opslb stays the test's child, strace is beside it.
    strace = ["strace", "-D", "-f", "-qq", "-s", "256", "-e", "signal=none", "-o", calls]
    lb = opslb(under=strace, backends=[origin()], access_log={"path": "access.log"}, log={"path": "-"})
    lb.signal(signal.SIGUSR1)
    lb.wait_log("log files .*open|reopened")
    lb.reload({**lb.config, "limits": {"connections": 100}})
    before = lb.take_over()
    with front.connect(lb) as client:
        assert client.request("POST", "/agents/a", body=b"a" * 100_000).status == 200
    assert before.wait(scaled(ANSWER)) == 0
    lb.stop()
    text = calls.read_text(encoding="utf-8", errors="replace")
    made = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", text, re.MULTILINE))
    assert {"execve", "epoll_wait", "accept4", "exit_group"} <= made
    assert made - allowed() == set()
    assert not re.search(r"PROT_WRITE\|PROT_EXEC", text)
    opened = {path for path in re.findall(r'open(?:at)?\([^"\n]*"(/proc/[^"]*)"[^)]*\) = \d', text)}
    assert {path for path in opened if not re.match(r"/proc/(self|thread-self|\d+)/", path)} == set()
