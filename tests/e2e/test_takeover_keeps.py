"""What the new process has from the old one, and what it has not: listeners by their address, session ticket keys, log files,
the path of the program, and no descriptor that is not its business."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl

import pytest

from support.certificates import Authority
from support.fronts import H1, H1_TLS
from support.load import Load, one_connection_each
from support.opslb import BINARY
from support.raw import RawClient
from support.timeouts import ANSWER, scaled
from support.tls_client import tls_client


def ended(process):
    return process.wait(scaled(ANSWER))


# Listeners.


def test_the_configuration_is_read_anew(opslb, origin):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1])
    lb.write({**lb.config, "backends": [ops2]})
    assert ended(lb.take_over()) == 0
    with H1.connect(lb) as client:
        assert json.loads(client.request().body)["origin"] == "ops2"
    lb.stop()


def test_a_listener_that_is_gone_closes_and_a_new_one_opens(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1], listeners=[H1.listener("stays"), H1.listener("goes")])
    stays, goes = lb.port("stays"), lb.port("goes")
    lb.write({"backends": [ops1], "listeners": [H1.listener("comes"), H1.listener("stays")]})
    with Load(lb, one_connection_each_at(stays)) as load:
        load.wait_more(20)
        assert ended(lb.take_over()) == 0
        load.wait_more(20)
    for port in (stays, lb.port("comes")):
        with RawClient(port) as client:
            assert client.request().status == 200
    with pytest.raises(ConnectionRefusedError):
        RawClient(goes)
    lb.stop()


def one_connection_each_at(port):
    """The same whatever the configuration says meanwhile."""
    def way(_lb, _front):
        while True:
            with RawClient(port) as client:
                assert client.request().status == 200
            yield
    return way


def test_a_listener_may_change_all_but_its_address(opslb, origin):
    ops1 = origin()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    lb = opslb(backends=[ops1], listeners=[H1.listener(bind=f"127.0.0.1:{port}")])
    lb.write({"backends": [ops1], "listeners": [H1_TLS.listener(bind=f"127.0.0.1:{port}")]})
    assert ended(lb.take_over()) == 0
    with H1_TLS.connect_to(port) as client:
        assert client.request().status == 200
    lb.stop()


# Sessions.


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_a_session_is_resumed_by_the_new_process_and_by_the_one_after(opslb, origin, tmp_path, version):
    ca = Authority(tmp_path / "ca")
    lb = opslb(backends=[origin()], listeners=[{"name": "tls", "bind": "127.0.0.1:0", "tls": ca.issue("opslb.example.com").tls}])
    context = ca.client_context(version=version)
    with tls_client(lb, context) as client:
        assert client.request().status == 200
        session = client.tls.session
    for _ in range(2):
        assert ended(lb.take_over()) == 0
        with tls_client(lb, context, session=session) as client:
            assert client.request().status == 200
            assert client.tls.session_reused
            session = client.tls.session
    lb.stop()


# The program.


def test_the_program_that_is_on_disk_now_is_started_each_time(opslb, origin, tmp_path):
    program = tmp_path / "bin" / "opslb"
    program.parent.mkdir()
    shutil.copy2(BINARY, program)
    lb = opslb(backends=[origin()], binary=program)
    for name in ("one", "two"):
        aside = program.with_suffix(".new")
        aside.write_text(f'#!/bin/sh\necho $PPID > {tmp_path / name}\nexec {BINARY} "$@"\n', encoding="ascii")
        aside.chmod(0o755)
        aside.replace(program)
        before = lb.take_over()
        assert int((tmp_path / name).read_text(encoding="ascii")) == before.pid
        assert ended(before) == 0
    lb.stop()


def test_a_link_is_followed_to_where_it_leads_now(opslb, origin, tmp_path):
    shutil.copy2(BINARY, tmp_path / "opslb-1")
    program = tmp_path / "opslb"
    program.symlink_to("opslb-1")
    lb = opslb(backends=[origin()], binary=program)
    (tmp_path / "opslb-1").rename(tmp_path / "opslb-2")
    program.unlink()
    program.symlink_to("opslb-2")
    assert ended(lb.take_over()) == 0
    assert os.readlink(f"/proc/{lb.pid}/exe") == str(tmp_path / "opslb-2")
    lb.stop()


def test_arguments_environment_and_working_directory_are_the_same(opslb, origin):
    lb = opslb(backends=[origin()], environment={"PASSED_ON": "yes", "LISTEN_FDS": "0", "WATCHDOG_PID": "1"})

    def of(what):
        return pathlib.Path(f"/proc/{lb.pid}/{what}").read_bytes().split(b"\0")
    arguments, directory = of("cmdline"), os.readlink(f"/proc/{lb.pid}/cwd")
    assert ended(lb.take_over()) == 0
    assert of("cmdline") == arguments
    assert os.readlink(f"/proc/{lb.pid}/cwd") == directory
    environment = of("environ")
    assert b"PASSED_ON=yes" in environment
    assert not any(each.startswith((b"LISTEN_", b"WATCHDOG_PID=")) for each in environment)
    lb.stop()


def test_nothing_else_that_is_open_is_passed_on(opslb, origin):
    """Connections, logs, and descriptors that whoever started opslb had left open."""
    lb = opslb(backends=[origin()], access_log={"path": "access.log", "format": "json"})
    with H1.connect(lb) as idle:
        assert idle.request().status == 200
        lb.take_over()
        sockets = sockets_of(lb.pid)
        assert not any(str(idle.local[1]) == peer for peer in sockets)
        assert idle.request().status == 200
    lb.stop()


def sockets_of(pid):
    """The remote ports of its TCP connections."""
    inodes = set()
    for each in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(each)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    lines = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return {str(int(fields[2].rpartition(":")[2], 16)) for fields in lines if fields[9] in inodes}


# What it is told at the same time.


def test_a_reload_that_is_on_its_way_comes_first(opslb, origin):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1])
    lb.write({"backends": [ops1, ops2], "listeners": [*lb.config["listeners"], H1.listener("more")]})
    lb.signal(signal.SIGHUP)
    assert ended(lb.take_over()) == 0
    log = "\n".join(lb.log_lines)
    assert log.index('(listener "more")') < log.index("takeover: started")
    with RawClient(lb.port("more")) as client:
        assert client.request().status == 200
    lb.stop()


# Drains.


def drained(*origins):
    return json.dumps({"version": 1, "drained": [
        {"backend": each.name, "url": each.url, "since": "2026-11-22T08:00:00.000Z"} for each in origins]})


def served_by(lb, count=20):
    with H1.connect(lb) as client:
        return {client.request().json()["origin"] for _ in range(count)}


@pytest.mark.parametrize("lost", ["nothing", "the file", "its place"])
def test_a_drain_goes_on_whatever_becomes_of_the_state_file(opslb, origin, tmp_path, lost):
    ops1, ops2 = origin(), origin()
    file, elsewhere = tmp_path / "state.json", tmp_path / "elsewhere.json"
    file.write_text(drained(ops1), encoding="utf-8")
    elsewhere.write_text(drained(ops2), encoding="utf-8")  # of long ago
    lb = opslb(backends=[ops1, ops2], state_file=str(file), health_check={"interval": "50ms"})
    since = len(lb.log_lines)
    if lost == "the file":
        file.unlink()
    if lost == "its place":
        lb.write({**lb.config, "state_file": str(elsewhere)})
        file = elsewhere
    for _ in range(2):
        assert ended(lb.take_over()) == 0
        lb.wait_log("backend ops1 is still drained, since 2026-11-22T08:00:00.000Z", since=since)
        assert served_by(lb) == {"ops2"}
        assert [each["backend"] for each in json.loads(file.read_text(encoding="utf-8"))["drained"]] == ["ops1"]
        since = len(lb.log_lines)
    lb.stop()
