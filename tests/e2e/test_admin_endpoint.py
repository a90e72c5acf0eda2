"""The admin endpoint (contract 10): what it answers, where it listens, what a reload makes of it."""

import re
import signal
import socket
import stat

import pytest

from support import admin
from support.conversation import request
from support.opslb import ADMIN
from support.raw import RawClient, RawOrigin


def test_the_process_lives_and_is_ready_while_a_host_is_up(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1], admin=admin.ON)
    assert (admin.ask(lb, "/healthz").status, admin.ask(lb, "/healthz").text) == (200, "ok\n")
    assert (admin.ask(lb, "/readyz").status, admin.ask(lb, "/readyz").text) == (200, "1 of 1 hosts is up\n")


def test_it_is_not_ready_without_a_host(opslb, origin):
    lb = opslb(backends=[origin(RawOrigin, health=500)], admin=admin.ON)
    said = admin.ask(lb, "/readyz")
    assert (said.status, said.text) == (503, "0 of 1 hosts are up\n")
    assert admin.ask(lb, "/healthz").status == 200


def test_it_is_not_ready_before_the_first_round(opslb, origin):
    lb = opslb(wait=False, backends=[origin(RawOrigin, health="hang")], admin=admin.ON,
               health_check={"timeout": "60s", "interval": "60s"})
    said = admin.ask(lb, "/readyz")
    assert said.status == 503 and "starting" in said.text
    assert admin.status(lb)["state"] == "starting"


def test_it_is_not_ready_while_it_ends_and_still_answers(opslb, origin):
    lb = opslb(backends=[origin()], admin=admin.ON, timeouts={"drain_grace": "1h"})
    port = lb.admin_port()
    lb.signal(signal.SIGTERM)
    lb.wait_log("ending")
    said = admin.ask(lb, "/readyz", port=port)
    assert said.status == 503 and "ending" in said.text
    assert admin.status(lb)["state"] == "draining"
    assert admin.ask(lb, "/healthz").status == 200


def test_status_tells_of_backends_listeners_and_events(opslb, origin):
    ops1, ops2 = origin(), origin(RawOrigin, health=500)
    lb = opslb(backends=[ops1, ops2], admin=admin.ON, public_url="https://ops.example.com/")
    with RawClient(lb.port()) as client:
        client.send(request("GET", "/"))
        assert client.read_response().status == 200
    lb.wait_access()
    said = admin.status(lb)
    assert said["state"] == "serving" and said["ready"] is True and said["ready_reason"] == "1 of 2 hosts is up"
    assert said["public_url"] == "https://ops.example.com"
    assert said["pid"] == lb.pid and said["configuration"]["file"] == str(lb.file)
    up, down = said["backends"]
    assert (up["name"], up["state"], up["in_rotation"], up["requests"]) == ("ops1", "up", True, 1)
    assert up["url"] == ops1.url
    assert (down["state"], down["in_rotation"], down["last_check"]["status"]) == ("down", False, 500)
    assert down["checks"][-1] == down["last_check"]
    assert said["totals"]["requests"] == 1 and said["totals"]["responses"]["2xx"] == 1
    assert [each["kind"] for each in said["listeners"]] == ["http"] * len(said["listeners"])
    assert any("ops2" in each["text"] and each["level"] == "warning" for each in said["events"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["now"])


def test_at_most_60_checks_are_told(opslb, origin):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1], admin=admin.ON, health_check={"interval": "10ms"})
    ops1.wait_health_checks(70)
    assert len(admin.backend(lb, "ops1")["checks"]) == 60


def test_a_reload_is_told_with_what_became_of_it(opslb, origin):
    ops1 = origin()
    lb = opslb(backends=[ops1], admin=admin.ON)
    assert admin.status(lb)["configuration"]["last_reload"] is None
    lb.reload({**lb.config, "timeouts": {"idle": "10s"}})
    assert admin.status(lb)["configuration"]["last_reload"]["ok"] is True
    lb.reload("{", accepted=False)
    last = admin.status(lb)["configuration"]["last_reload"]
    assert last["ok"] is False and "the old one stays in use" in last["text"]


def test_metrics_are_prometheus_text(opslb, origin):
    lb = opslb(backends=[origin()], admin=admin.ON)
    said = admin.ask(lb, "/metrics")
    assert said.status == 200 and said.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert re.search(r"^opslb_requests_total\b.* 0$", said.text, re.MULTILINE)


def test_head_has_the_length_of_get_and_no_body(opslb, origin):
    lb = opslb(backends=[origin()], admin=admin.ON)
    said = admin.ask(lb, "/healthz", "HEAD")
    assert (said.status, said.headers["Content-Length"], said.body) == (200, "3", b"")


@pytest.mark.parametrize("method, target, status, allow", [
    ("GET", "/nothing", 404, None),
    ("GET", "/api/v1/backends/ops1", 404, None),
    ("GET", "/api/v1/backends//drain", 404, None),
    ("GET", "/api/v1/backends/a/b/drain", 404, None),
    ("GET", "/api/v1/backends/%/drain", 404, None),
    ("POST", "/healthz", 405, "GET, HEAD"),
    ("DELETE", "/api/v1/status", 405, "GET, HEAD"),
    ("OPTIONS", "/api/v1/status", 405, "GET, HEAD"),
    ("GET", "/api/v1/backends/ops1/drain", 405, "POST"),
    ("TRACE", "/", 405, None),
])
def test_other_paths_and_methods_are_refused(opslb, origin, method, target, status, allow):
    lb = opslb(backends=[origin()], admin=admin.ON)
    said = admin.ask(lb, target, method)
    assert said.status == status
    assert said.json["error"] == status and said.json["detail"]
    if allow:
        assert said.headers["Allow"] == allow


def test_every_answer_keeps_browsers_from_guessing_framing_and_storing(opslb, origin):
    lb = opslb(backends=[origin()], admin=admin.ON)
    for target in ("/", "/api/v1/status", "/metrics", "/healthz", "/nothing"):
        headers = admin.ask(lb, target).headers
        assert headers["Cache-Control"] == "no-store", target
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers


def test_requests_that_come_together_are_answered_in_order(opslb, origin):
    lb = opslb(backends=[origin()], admin=admin.ON)
    port = lb.admin_port()
    with RawClient(port) as client:
        host = f"Host: 127.0.0.1:{port}\r\n"
        client.send(f"GET /healthz HTTP/1.1\r\n{host}\r\nGET /nothing HTTP/1.1\r\n{host}\r\nGET /readyz HTTP/1.1\r\n{host}\r\n")
        assert [client.read_response().status for _ in range(3)] == [200, 404, 200]


def over_unix(path, text):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(path))
        client.sendall(text.encode())
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def test_a_unix_socket_is_for_owner_and_group_and_goes_with_the_process(opslb, origin, tmp_path):
    path = tmp_path / "admin.sock"
    lb = opslb(backends=[origin()], admin={"bind": f"unix:{path}"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert over_unix(path, "GET /readyz HTTP/1.1\r\nHost: any.example\r\n\r\n").startswith("HTTP/1.1 200 ")
    lb.stop()
    assert not path.exists()


def test_a_socket_file_that_a_killed_process_left_is_replaced(opslb, origin, tmp_path):
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    opslb(backends=[origin()], admin={"bind": f"unix:{path}"})
    assert over_unix(path, "GET /healthz HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("there", ["a listener", "a file"])
def test_what_is_somebody_elses_is_not_replaced(opslb, origin, tmp_path, there):
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as other:
        if there == "a listener":
            other.bind(str(path))
            other.listen()
        else:
            path.write_text("mine")
        lb = opslb(wait=False, backends=[origin()], admin={"bind": f"unix:{path}"})
        assert lb.wait_exit() == 1
    assert "cannot start: the admin endpoint cannot listen on" in "\n".join(lb.log_lines)
    assert path.exists()


def test_a_taken_address_is_an_error_where_it_stands_in_the_file(opslb, origin):
    with socket.create_server(("127.0.0.1", 0)) as other:
        lb = opslb(wait=False, backends=[origin()], admin={"bind": f"127.0.0.1:{other.getsockname()[1]}"})
        assert lb.wait_exit() == 1
    assert "the address is in use" in "\n".join(lb.log_lines)


def test_a_reload_moves_it_and_a_refused_one_does_not(opslb, origin, tmp_path):
    lb = opslb(backends=[origin()], admin=admin.ON)
    port = lb.admin_port()
    path = tmp_path / "admin.sock"
    with socket.create_server(("127.0.0.1", 0)) as other:
        lb.reload({**lb.config, "admin": {"bind": f"127.0.0.1:{other.getsockname()[1]}"}}, accepted=False)
    assert admin.ask(lb, "/healthz", port=port).status == 200
    lb.reload({**lb.config, "admin": {"bind": f"unix:{path}"}})
    assert over_unix(path, "GET /healthz HTTP/1.0\r\n\r\n").startswith("HTTP/1.1 200 ")
    with pytest.raises(ConnectionRefusedError):
        admin.ask(lb, "/healthz", port=port)
    lb.reload({**lb.config, "admin": {"bind": "off"}})
    assert not path.exists()


def test_a_reload_opens_it_to_others_on_the_same_port_and_closes_it_again(opslb, origin, tmp_path):
    token = tmp_path / "token"
    token.write_text("a-token-of-sixteen-bytes-and-more")
    token.chmod(0o600)
    lb = opslb(backends=[origin()], admin=admin.ON)
    port = lb.admin_port()
    for address in ("0.0.0.0", "127.0.0.1", "[::]", "0.0.0.0"):
        lb.reload({**lb.config, "admin": {"bind": f"{address}:{port}", "token_file": str(token)}})
        assert admin.ask(lb, "/healthz", port=port).status == 200
        open_to_all = address != "127.0.0.1"
        assert admin.ask(lb, "/metrics", port=port).status == (401 if open_to_all else 200)
    other = opslb(wait=False, backends=[origin()], admin={"bind": f"127.0.0.1:{port}"})
    assert other.wait_exit() == 1
    assert "the address is in use" in "\n".join(other.log_lines)


def test_it_is_off_where_the_file_says_so(opslb, origin):
    lb = opslb(backends=[origin()], admin={"bind": "off"})
    assert not any(ADMIN.search(line) for line in lb.log_lines)
