"""The admin endpoint over a takeover (SIGUSR2): the process that serves is the one that answers, and nobody is refused."""

import threading

import pytest

from support import admin
from support.opslb import run
from support.raw import RawClient


@pytest.fixture
def lb(opslb, origin, tmp_path):
    return opslb(backends=[origin(), origin()], admin=admin.ON, state_file=str(tmp_path / "state.json"))


def test_the_new_process_answers_on_the_same_port(lb):
    port, before = lb.admin_port(), lb.pid
    lb.take_over()
    assert lb.pid != before
    assert admin.ask(lb, "/api/v1/status", port=port).json["pid"] == lb.pid


def test_it_is_ready_all_the_time(lb):
    port = lb.admin_port()
    over = threading.Event()
    statuses = []

    def go_on_asking():
        while not over.is_set():
            try:
                statuses.append(admin.ask(lb, "/readyz", port=port).status)
            except OSError as error:
                statuses.append(repr(error))
    asking = threading.Thread(target=go_on_asking)
    asking.start()
    try:
        lb.take_over()
        lb.take_over()
    finally:
        over.set()
        asking.join()
    assert statuses and set(statuses) == {200}


def test_connections_to_the_old_process_end(lb):
    port = lb.admin_port()
    with RawClient(port) as client:
        client.send(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
        assert client.read_response().status == 200
        lb.take_over()
        client.wait_closed()


def test_a_unix_socket_stays_and_goes_with_the_last_process(opslb, origin, tmp_path):
    path = tmp_path / "admin.sock"
    lb = opslb(backends=[origin()], admin={"bind": f"unix:{path}"}, state_file=str(tmp_path / "state.json"))
    lb.take_over()
    assert run("ping", "--admin", f"unix:{path}").returncode == 0
    assert path.exists()
    lb.stop()
    assert not path.exists()
