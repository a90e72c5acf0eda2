"""The admin endpoint under attack: what browsers can be made to send, wrong tokens, huge and slow requests. Nothing of it
changes anything, and nobody else waits for it."""

import contextlib
import json
import threading

import pytest

from support import admin
from support.conversation import request
from support.raw import RawClient
from support.timeouts import ANSWER, Deadline, scaled

DRAIN = "/api/v1/backends/ops1/drain"
TOKEN = "0123456789abcdef0123456789abcdef"
JSON = {"Content-Type": "application/json"}


def token_file(directory, text=TOKEN + "\n"):
    file = directory / "token"
    file.write_text(text, encoding="ascii")
    file.chmod(0o600)
    return str(file)


@pytest.fixture
def lb(opslb, origin, tmp_path):
    return opslb(backends=[origin(), origin()], admin=admin.ON, state_file=str(tmp_path / "state.json"))


def nothing_changed(lb, headers=None):
    said = admin.ask(lb, "/api/v1/status", headers=headers or {}).json
    return [each["state"] for each in said["backends"]] == ["up", "up"]


# DNS rebinding.

@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost:1", "127.0.0.1.evil.example:{port}",
                                  "localhost.evil.example:{port}", "192.0.2.1:{port}", "[::2]:{port}", "0.0.0.0:{port}"])
@pytest.mark.parametrize("method, target", [("GET", "/"), ("GET", "/api/v1/status"), ("GET", "/healthz"), ("POST", DRAIN)])
def test_a_strangers_name_is_misdirected(lb, host, method, target):
    said = admin.ask(lb, target, method, headers={**JSON, "Host": host.format(port=lb.admin_port())})
    assert said.status == 421 and said.json["error"] == 421
    assert nothing_changed(lb)


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_its_own_names_are_not(lb, host):
    assert admin.ask(lb, "/api/v1/status", headers={"Host": host.format(port=lb.admin_port())}).status == 200


# Cross-site requests.

@pytest.mark.parametrize("headers, status", [
    ({**JSON, "Origin": "https://evil.example"}, 403),
    ({**JSON, "Origin": "null"}, 403),
    ({**JSON, "Origin": "http://127.0.0.1:1"}, 403),
    ({**JSON, "Origin": "http://127.0.0.1:{port}.evil.example"}, 403),
    ({**JSON, "Origin": "http://localhost:{port}"}, 403),  # another origin than the Host that was asked
    ({**JSON, "Sec-Fetch-Site": "cross-site"}, 403),
    ({**JSON, "Sec-Fetch-Site": "same-site"}, 403),
    ({**JSON, "Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "cross-site"}, 403),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({"Content-Type": "text/plain"}, 415),
    ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
    ({"Content-Type": "text/plain; application/json"}, 415),
])
@pytest.mark.parametrize("target", [DRAIN, "/api/v1/backends/ops1/ready"])
def test_a_page_of_another_site_cannot_change_anything(lb, headers, status, target):
    headers = {name: value.format(port=lb.admin_port()) for name, value in headers.items()}
    assert admin.ask(lb, target, "POST", headers=headers).status == status
    assert nothing_changed(lb)


def test_a_body_without_a_type_is_like_a_form(lb):
    assert admin.ask(lb, DRAIN, "POST", body=b'{"force": true}').status == 415
    assert nothing_changed(lb)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_nothing_but_post_changes(lb, method):
    assert admin.ask(lb, DRAIN, method, headers=JSON if method != "GET" else {}).status == 405
    assert nothing_changed(lb)


@pytest.mark.parametrize("headers", [
    {}, JSON, {"Content-Type": "Application/JSON; charset=utf-8"}, {"X-Requested-With": "opslb", "Content-Type": "text/plain"},
    {**JSON, "Origin": "http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}, {**JSON, "Sec-Fetch-Site": "none"},
])
def test_its_own_page_and_programs_can(lb, headers):
    headers = {name: value.format(port=lb.admin_port()) for name, value in headers.items()}
    said = admin.ask(lb, DRAIN, "POST", headers=headers)
    assert said.status == 200 and said.json["backend"]["state"] in ("draining", "drained")


@pytest.mark.parametrize("body", ["[]", "{", '{"force": 1}', '{"forec": true}', '{"force": true, "x": 1}', "true", "\0"])
def test_a_body_that_says_something_else_is_refused(lb, body):
    assert admin.ask(lb, DRAIN, "POST", body=body, headers=JSON).status == 400
    assert nothing_changed(lb)


# The token.

def test_where_a_token_is_set_changes_need_it(opslb, origin, tmp_path):
    lb = opslb(backends=[origin(), origin()], admin={**admin.ON, "token_file": token_file(tmp_path)},
               state_file=str(tmp_path / "state.json"))
    for given in (None, f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}x", "Bearer ", "Bearer", TOKEN,
                  f"Basic {TOKEN}", f"Bearer {TOKEN} {TOKEN}"):
        said = admin.ask(lb, DRAIN, "POST", headers={**JSON, **({"Authorization": given} if given else {})})
        assert said.status == 401 and said.headers["WWW-Authenticate"].startswith("Bearer"), given
        assert TOKEN not in said.text
    assert nothing_changed(lb)  # and looking needs none
    assert admin.ask(lb, DRAIN, "POST", headers={**JSON, "Authorization": f"bearer {TOKEN}"}).status == 200
    assert not any(TOKEN in line for line in lb.log_lines)


def test_strangers_need_it_for_everything_but_the_checks(opslb, origin, tmp_path):
    lb = opslb(backends=[origin()], admin={"bind": "0.0.0.0:0", "token_file": token_file(tmp_path)})
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for target in ("/healthz", "/readyz"):
        assert admin.ask(lb, target).status == 200
    for target in ("/", "/api/v1/status", "/metrics", "/api/v1/agents", "/nothing"):
        assert admin.ask(lb, target).status == 401, target
        assert admin.ask(lb, target, headers={"Authorization": "Bearer wrong"}).status == 401
    for target in ("/", "/api/v1/status", "/metrics"):
        assert admin.ask(lb, target, headers=bearer).status == 200, target
    # By whatever name it is asked: the token is what a stranger's page does not have.
    assert admin.ask(lb, "/metrics", headers={**bearer, "Host": "lb.example.com:9080"}).status == 200


def test_the_token_is_read_again_on_a_reload(opslb, origin, tmp_path):
    file = token_file(tmp_path)
    lb = opslb(backends=[origin(), origin()], admin={**admin.ON, "token_file": file}, state_file=str(tmp_path / "state.json"))
    token_file(tmp_path, "another token's worth".replace(" ", "-") + "\n")
    lb.reload(lb.config)
    assert admin.ask(lb, DRAIN, "POST", headers={**JSON, "Authorization": f"Bearer {TOKEN}"}).status == 401
    assert admin.ask(lb, DRAIN, "POST", headers={**JSON, "Authorization": "Bearer another-token's-worth"}).status == 200
    (tmp_path / "token").write_text("\n")
    lb.reload(lb.config, accepted=False)


# Huge and malformed requests.

@pytest.mark.parametrize("text, status", [
    ("GET /{long} HTTP/1.1\r\nHost: {host}\r\n\r\n", 414),
    ("GET / HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n", 431),
    ("GET / HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n", 431),
    (f"POST {DRAIN} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 65537\r\n\r\n", 413),
    (f"POST {DRAIN} HTTP/1.1\r\nHost: {{host}}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    (f"POST {DRAIN} HTTP/1.1\r\nHost: {{host}}\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400),
    (f"POST {DRAIN} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost : {host}\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: {host}\n\n", 400),
    ("GET / HTTP/2.0\r\nHost: {host}\r\n\r\n", 505),
    ("\x16\x03\x01\x02\x00\x01\x00", 400),
])
def test_what_is_too_large_or_malformed_is_refused_and_ends_the_connection(lb, text, status):
    port = lb.admin_port()
    filled = text.replace("{host}", f"127.0.0.1:{port}").replace("{long}", "a" * 20000)
    filled = filled.replace("{lines}", "".join(f"X-{n}: 1\r\n" for n in range(101))).replace("{{}}", "{}")
    with RawClient(port) as client:
        client.send(filled.encode("latin-1"))
        answer = client.read_response()
        assert answer.status == status
        client.wait_closed()
    assert nothing_changed(lb)


def test_a_body_of_64_kib_is_read_and_the_connection_goes_on(lb):
    port = lb.admin_port()
    body = json.dumps({"force": False}).ljust(65536)
    with RawClient(port) as client:
        for _ in range(2):
            client.send(f"POST {DRAIN} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n{body}")
            assert client.read_response().status == 200


# Slow clients, and many.

def test_a_head_that_does_not_end_is_cut(lb):
    with RawClient(lb.admin_port()) as client:
        client.send("GET / HTTP/1.1\r\nHost")
        client.wait_closed(scaled(20))


def test_of_too_many_clients_those_go_that_keep_it_waiting_longest(lb):
    port = lb.admin_port()
    with contextlib.ExitStack() as all_of_them:
        slow = [all_of_them.enter_context(RawClient(port)) for _ in range(64)]
        for each in slow:
            each.send("GET /readyz HTTP/1.1\r\nHo")
        # Connections of before may still be there to go first, and opslb may have read of these in another order.
        patience = Deadline(ANSWER)
        while all(each.is_silent(0.001) for each in slow):
            assert admin.ask(lb, "/readyz", port=port).status == 200
            assert not patience.over()
        left = [each for each in slow if each.is_silent(0.001)]
        assert len(left) >= 60
        left[-1].send(f"st: 127.0.0.1:{port}\r\n\r\n")
        assert left[-1].read_response().status == 200


def test_whoever_does_not_read_keeps_nobody_waiting(lb):
    port = lb.admin_port()
    with contextlib.ExitStack() as all_of_them:
        deaf = [all_of_them.enter_context(RawClient(port)) for _ in range(20)]
        for each in deaf:
            with contextlib.suppress(OSError):
                each.send(f"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n" * 2000)
        assert admin.ask(lb, "/readyz", port=port).status == 200


def test_none_of_it_is_felt_on_the_data_path(lb):
    """Each attack of this file once more, all at once, while clients are served."""
    port, admin_port = lb.port(), lb.admin_port()
    over = threading.Event()
    statuses = []

    def go_on_asking():
        with RawClient(port) as client:
            while not over.is_set():
                client.send(request("GET", "/"))
                statuses.append(client.read_response().status)
    clients = [threading.Thread(target=go_on_asking) for _ in range(2)]
    for each in clients:
        each.start()
    try:
        with contextlib.ExitStack() as all_of_them:
            for n in range(150):
                attacker = all_of_them.enter_context(RawClient(admin_port))
                attacker.send(["GET / HTTP/1.1\r\nHo", "\0" * 30000, "GET /" + "a" * 30000,
                               f"POST {DRAIN} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n",
                               f"POST {DRAIN} HTTP/1.1\r\nHost: 127.0.0.1:{admin_port}\r\nOrigin: http://evil.example\r\n"
                               "Content-Length: 0\r\n\r\n"][n % 5])
            assert admin.ask(lb, "/readyz", port=admin_port).status == 200
            assert nothing_changed(lb)
    finally:
        over.set()
        for each in clients:
            each.join()
    assert statuses and set(statuses) == {200}


# Over changes of opslb itself.

def test_a_token_that_was_changed_counts_at_once_on_connections_that_there_are(opslb, origin, tmp_path):
    lb = opslb(backends=[origin(), origin()], admin={**admin.ON, "token_file": token_file(tmp_path)},
               state_file=str(tmp_path / "state.json"))
    port = lb.admin_port()
    with RawClient(port) as client:
        ask = (f"POST /api/v1/backends/ops1/ready HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
               f"Authorization: Bearer {TOKEN}\r\nContent-Length: 0\r\n\r\n")
        client.send(ask)
        assert client.read_response().status == 200
        token_file(tmp_path, "fedcba9876543210fedcba9876543210\n")
        lb.reload(lb.config)
        client.send(ask)
        assert client.read_response().status == 401


def test_connections_to_an_address_that_is_given_up_end(opslb, origin, tmp_path):
    lb = opslb(backends=[origin()], admin=admin.ON)
    with RawClient(lb.admin_port()) as idle, RawClient(lb.admin_port()) as busy:
        idle.send(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{lb.admin_port()}\r\n\r\n")
        assert idle.read_response().status == 200
        busy.send(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{lb.admin_port()}\r\n")
        admin.ask(lb, "/healthz")  # behind which the half request has been read
        lb.reload({**lb.config, "admin": {"bind": f"unix:{tmp_path}/admin.sock"}})
        idle.wait_closed()
        busy.send("\r\n")
        answer = busy.read_response()
        assert answer.status == 200
        busy.wait_closed()
