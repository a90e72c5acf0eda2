"""The access log: one line for each request when it is over, with what an operator asks of it and nothing that is secret."""

import base64
import contextlib
import json
import re
import signal
import threading

import pytest

from support.backings import PLAIN
from support.fronts import HTTP2, only_http1
from support.message import Truncated
from support.raw import OkOrigin, RawOrigin

pytestmark = pytest.mark.backings(PLAIN)

HOST = "opsmanager.example.com"
SECRET = "0123456789-never-in-a-log"
BASIC = base64.b64encode(f"user:{SECRET}".encode()).decode()

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
COMBINED = re.compile(r'(\S+) - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] '
                      r'"([^"]*)" (\d{3}) (\d+) "([^"]*)" "([^"]*)"')


@pytest.fixture(scope="module")
def lb(module_opslb, front, backing):
    with contextlib.closing(OkOrigin(**backing.options())) as ops1:
        yield module_opslb(backends=[ops1], listeners=[front.listener(), front.listener("second")])
        ops1.check()


def request(*lines, target="/", method="GET", host=HOST, body=""):
    fields = [f"Host: {host}", *lines] + ([f"Content-Length: {len(body)}"] if body else [])
    return ("\r\n".join([f"{method} {target} HTTP/1.1", *fields, "", ""]) + body).encode("latin-1")


def exchange(lb, front, sent, listener=None, source=None):
    """Sends these bytes on a new connection and reads one response; that, and the one entry it led to."""
    since = len(lb.access_log)
    with front.connect(lb, listener, source=source) as client:
        client.send(sent)
        response = client.read_response()
    return response, lb.wait_access(since=since)


# What a line says.

def test_an_entry_says_who_asked_for_what_and_what_became_of_it(lb, front):
    sent = request("User-Agent: MongoDB Automation Agent", "Referer: https://opsmanager.example.com/v2", "X-Request-Id: r-1",
                   target="/agents/api/conf?ah=db1.example.com&av=13.2.0", method="POST", body="x" * 1000)
    response, entry = exchange(lb, front, sent, "second", "127.0.0.9")
    assert TIME.fullmatch(entry.pop("time"))
    phases = [entry.pop(f"{phase}_ms") for phase in ("queued", "connect", "first_byte", "total")]
    assert re.fullmatch(r"ops1\([^:()]+: [^()]+\)", entry.pop("tried"))
    if front.tls:
        assert (entry.pop("tls"), entry.pop("cipher")[:4]) == ("TLSv1.3", "TLS_")
    sizes = entry.pop("bytes_in"), entry.pop("bytes_out")
    if front.http2:  # as the frames of its stream are
        assert sizes[0] > 1000 and sizes[1] > len(response.body)
    else:
        assert sizes == (len(sent), len(response.head) + len(response.body))
    assert entry == {
        "listener": "second", "client": "127.0.0.9", "method": "POST",
        "target": "/agents/api/conf?ah=db1.example.com&av=13.2.0", "protocol": front.protocol, "host": HOST, "status": 200,
        "backend": "ops1", "end": "done",
        "request_id": "r-1", "referer": "https://opsmanager.example.com/v2", "user_agent": "MongoDB Automation Agent",
        "agent_host": "db1.example.com", "agent_version": "13.2.0",
    }
    assert all(isinstance(phase, float) and phase >= 0 for phase in phases)
    queued, _, first_byte, total = phases
    assert queued <= first_byte <= total < 10_000


def test_times_are_written_as_milliseconds_with_three_decimals(opslb, origin, tmp_path, front):
    lb = opslb(backends=[origin()], access_log={"path": str(tmp_path / "access.log")})
    with front.connect(lb) as client:
        assert client.request().status == 200
    lb.stop()
    line = (tmp_path / "access.log").read_text(encoding="utf-8")
    assert len(re.findall(r'"(?:queued|connect|first_byte|total)_ms":\d+\.\d{3}[,}]', line)) == 4


def test_what_is_not_known_is_left_out(lb, front):
    _, entry = exchange(lb, front, request())
    assert not {"referer", "user_agent", "agent_host", "agent_version"} & entry.keys()


def test_a_request_id_that_opslb_made_is_the_one_the_client_got(lb, front):
    response, entry = exchange(lb, front, request())
    assert entry["request_id"] == response.get("X-Request-Id")


def test_every_request_of_a_connection_has_a_line_of_its_own(lb, front):
    since = len(lb.access_log)
    with front.connect(lb) as client:
        client.send(b"".join(request(target=f"/{number}") for number in range(20)))
        for _ in range(20):
            client.read_response()
    lb.wait_access(lambda entry: entry["target"] == "/19", since=since)
    lb.wait_access(since=since + 19)
    entries = lb.access_log[since:]
    targets = [entry["target"] for entry in entries]
    if front.http2:  # streams end in any order
        targets.sort(key=lambda target: int(target[1:]))
    assert targets == [f"/{number}" for number in range(20)]
    assert len({entry["request_id"] for entry in entries}) == 20


def test_a_reused_backend_connection_took_no_time_to_make(lb, front):
    exchange(lb, front, request())
    since = len(lb.access_log)
    with front.connect(lb) as client:
        for _ in range(5):
            client.request()
    lb.wait_access(since=since + 4)
    assert 0 in [entry["connect_ms"] for entry in lb.access_log[since:]]


@pytest.mark.parametrize("sent, status", [
    only_http1(request("Host: b"), 400),
    only_http1(request("Content-Length: 1", "Content-Length: 2"), 400),
    (request(method="TRACE"), 405),
    (request("Expect: a miracle"), 417),
    only_http1(b"GET / HTTP/1.1\r\n\r\n", 400),
    only_http1(b"GET / HTTP/3.0\r\n\r\n", 505),
])
def test_a_refused_request_is_logged_with_its_status(lb, front, sent, status):
    response, entry = exchange(lb, front, sent)
    assert response.status == status
    assert entry["status"] == status
    assert entry["listener"] == front.scheme
    assert entry["client"] == "127.0.0.1"
    assert entry["end"]
    assert not {"backend", "tried", "connect_ms", "first_byte_ms"} & entry.keys()


def test_the_entry_of_a_retried_request_tells_all_backends_that_were_tried(opslb, origin, front):
    ops1, ops2 = origin(), origin()
    lb = opslb(backends=[ops1, ops2], balance="round_robin")
    ops1.pause()
    with front.connect(lb) as client:
        assert client.request().json()["origin"] == "ops2"
        assert client.request().json()["origin"] == "ops2"
    entry = lb.wait_access(lambda entry: "ops1" in entry["tried"])
    assert re.fullmatch(r"ops1\(round robin: [^()]+\) ops2\([^()]+\)", entry["tried"])
    assert entry["backend"] == "ops2"
    assert entry["status"] == 200


def test_a_client_that_leaves_early_is_logged_as_such(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1])
    with front.connect(lb) as client:
        client.send(request(target="/leaves"))
        with ops1.accept() as conn:
            conn.read_request()
            client.reset()
            entry = lb.wait_access()
    assert entry["target"] == "/leaves"
    assert entry["status"] == 0
    assert entry["end"] == "client closed"
    assert "first_byte_ms" not in entry


def test_a_request_is_logged_when_it_is_over_and_not_before(opslb, origin, front):
    ops1 = origin(RawOrigin)
    lb = opslb(backends=[ops1])
    with front.connect(lb) as slow, front.connect(lb) as quick:
        slow.send(request(target="/slow"))
        with ops1.accept() as first:
            first.read_request()
            quick.send(request(target="/quick"))
            with ops1.accept() as second:
                second.read_request()
                second.answer()
                quick.read_response()
            lb.wait_access(lambda entry: entry["target"] == "/quick")
            first.answer()
            slow.read_response()
    lb.wait_access(lambda entry: entry["target"] == "/slow")
    assert [entry["target"] for entry in lb.access_log] == ["/quick", "/slow"]


# What a line must not say.

@pytest.mark.parametrize("name", ["mmsApiKey", "apiKey", "agentApiKey", "sessionKey", "password", "token", "key", "secret",
                                  "MMSAPIKEY", "access_token", "api%4Bey"])
def test_a_secret_in_the_query_is_masked_and_reaches_the_backend(lb, front, name):
    response, entry = exchange(lb, front, request(f"Referer: http://{HOST}/?{name}={SECRET}&b=2",
                                                  target=f"/x?a=1&{name}={SECRET}&b=2"))
    assert response.json()["target"] == f"/x?a=1&{name}={SECRET}&b=2"
    assert entry["target"] == f"/x?a=1&{name}=***&b=2"
    assert entry["referer"] == f"http://{HOST}/?{name}=***&b=2"


@pytest.mark.parametrize("sent", [
    request(f"Authorization: Basic {BASIC}"),
    request(f'Authorization: Digest username="u", response="{SECRET}"'),
    request(f"Proxy-Authorization: Basic {BASIC}"),
    request(f"Cookie: mmsa-prod={SECRET}"),
    request(f"X-Api-Key: {SECRET}"),
    request(f"Referer: https://user:{SECRET}@{HOST}/"),
    only_http1(request(target=f"http://user:{SECRET}@{HOST}/")),
    request(target=f"/x;jsessionid={SECRET}"),
    only_http1(request(host=f"user:{SECRET}@{HOST}")),
    only_http1(request(target=f"user:{SECRET}@{HOST}:443", method="CONNECT")),
    only_http1(request("Content-Length: x", f"Authorization: Basic {BASIC}", target=f"/?password={SECRET}")),
    request(target="/login", method="POST", body=f"password={SECRET}"),
])
def test_no_credentials_appear_in_any_log(lb, front, sent):
    _, entry = exchange(lb, front, sent)
    for logged in (json.dumps(entry), *lb.log_lines):
        assert SECRET not in logged
        assert BASIC not in logged


@pytest.mark.fronts(*HTTP2)
@pytest.mark.parametrize("sent", [
    request(host=f"user:{SECRET}@{HOST}"),
    request(target=f"user:{SECRET}@{HOST}:443", method="CONNECT"),
])
def test_nor_those_of_a_request_that_is_malformed(lb, front, sent):
    with pytest.raises(Truncated):  # RFC 9113 8.3.1: the stream is reset
        exchange(lb, front, sent)
    exchange(lb, front, request(target="/behind"))
    for logged in (*map(json.dumps, lb.access_log), *lb.log_lines):
        assert SECRET not in logged


# What a client can do to a line.

@pytest.mark.parametrize("value, logged", [
    ('"}{"status":500}', None),
    ('\\" \\n \\u0041', None),
    ("a\tb", None),
    ("\xff\xfe\x80", None),
    ("\xc3\xbc \xe2\x82\xac", "\u00fc \u20ac"),
    ("\xe2\x80\xa8\xc2\x85", None),
    ("%0d%0a{}", None),
])
def test_a_client_cannot_forge_fields_or_lines(lb, front, value, logged):
    since = len(lb.access_log)
    _, entry = exchange(lb, front, request(f"User-Agent: {value}"))
    assert entry["user_agent"] == (value if logged is None else logged)
    assert entry["status"] == 200
    exchange(lb, front, request())
    assert len(lb.access_log) == since + 2


def test_no_byte_of_a_line_can_end_it_or_steer_a_terminal(opslb, origin, tmp_path, front):
    lb = opslb(backends=[origin()], access_log={"path": str(tmp_path / "access.log")})
    hostile = "x" + bytes(byte for byte in range(0x20, 0x100) if byte != 0x7f).decode("latin-1") + "\t\xc2\x9b\xe2\x80\xa8"
    with front.connect(lb) as client:
        assert client.request(headers=[("User-Agent", hostile), ("Referer", hostile)]).status == 200
    lb.stop()
    raw = (tmp_path / "access.log").read_bytes()
    text = raw.decode("utf-8")
    assert text.splitlines() == [text.removesuffix("\n")]
    assert all(character.isprintable() for character in text.removesuffix("\n"))


# Where lines go, and how they look.

def test_the_combined_format_is_that_of_other_servers_and_as_safe(opslb, origin, tmp_path, front):
    lb = opslb(backends=[origin()], access_log={"path": str(tmp_path / "access.log"), "format": "combined"})
    sent = [request('User-Agent: A "quoted" \\ agent\t\xc3\xbc', f"Referer: http://a/?token={SECRET}",
                    f"Authorization: Basic {BASIC}", target=f"/x?apiKey={SECRET}"),
            request("Expect: x")]
    bodies = []
    for each in sent:
        with front.connect(lb, source="127.0.0.9") as client:
            client.send(each)
            bodies.append(client.read_response().body)
    lb.stop()
    lines = (tmp_path / "access.log").read_bytes().decode("ascii").split("\n")
    assert lines.pop() == ""
    # Each worker hands over its own lines, so their order between connections says nothing.
    first, second = sorted((COMBINED.fullmatch(line) for line in lines), key=lambda line: line[3])
    assert first.groups() == ("127.0.0.9", f"GET /x?apiKey=*** {front.protocol}", "200", str(len(bodies[0])), 
                              "http://a/?token=***", r"A \x22quoted\x22 \x5C agent\x09\xC3\xBC")
    assert second[3] == "417"


def test_off_writes_nothing(opslb, origin, front):
    lb = opslb(backends=[origin()], access_log={"path": "off"})
    with front.connect(lb) as client:
        assert client.request().status == 200
    lb.stop()
    assert lb.access_log == []


def test_a_reload_moves_the_log_and_changes_its_format(opslb, origin, tmp_path, front):
    ops1 = origin()
    lb = opslb(backends=[ops1], access_log={"path": str(tmp_path / "a.log")})
    with front.connect(lb) as client:
        assert client.request(target="/a").status == 200
    lb.reload({"backends": [ops1], "access_log": {"path": str(tmp_path / "b.log"), "format": "combined"}})
    with front.connect(lb) as client:
        assert client.request(target="/b").status == 200
    lb.stop()
    # A worker may hand over what it finished just before the reload just after it.
    before, after = (tmp_path / "a.log").read_text("utf-8"), (tmp_path / "b.log").read_text("utf-8")
    assert (before + after).count('"target":"/a"') == 1
    assert "/b" not in before
    assert [line[2] for line in map(COMBINED.fullmatch, after.splitlines()) if line] == [f"GET /b {front.protocol}"]


def test_after_a_rename_sigusr1_opens_a_new_file_and_no_line_is_lost(opslb, origin, tmp_path, front):
    path = tmp_path / "access.log"
    lb = opslb(backends=[origin()], access_log={"path": str(path)})
    over = threading.Event()
    served = []

    def keep_asking(name):
        with front.connect(lb) as client:
            for number in range(100_000):
                assert client.request(target=f"/{name}/{number}").status == 200
                served.append(f"/{name}/{number}")
                if over.is_set():
                    return
    threads = [threading.Thread(target=keep_asking, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    files = [path]
    for turn in range(1, 4):
        since = len(lb.log_lines)
        files.append(path.rename(tmp_path / f"access.log.{turn}"))
        lb.signal(signal.SIGUSR1)
        lb.wait_log("reopened", since=since)
    over.set()
    for thread in threads:
        thread.join()
    with front.connect(lb) as client:
        assert client.request(target="/last").status == 200
    lb.stop()
    logged = [json.loads(line)["target"] for file in files for line in file.read_text("utf-8").splitlines()]
    assert sorted(logged) == sorted([*served, "/last"])
    assert '"target":"/last"' in path.read_text("utf-8")
