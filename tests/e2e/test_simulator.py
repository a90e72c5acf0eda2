"""The Ops Manager simulator does on the wire what Ops Manager does: everything that other tests take for granted about it."""

import base64
import gzip
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

import pytest

BINARY = os.path.join(os.environ.get("OPSLB_BUILD", "build"), "ops-manager-simulator")
PATIENCE = 20.0


class Simulator:
    """One running simulator on ports of its own."""

    def __init__(self, *options):
        self.process = subprocess.Popen([BINARY, *options], stdout=subprocess.PIPE, text=True)
        self.ready_line = self.process.stdout.readline()
        found = re.fullmatch(r"ops-manager-simulator (\S+) listening on (http://\S+:(\d+)) control (http://\S+:(\d+))\n",
                             self.ready_line)
        assert found, f"unexpected first line {self.ready_line!r}"
        self.url, self.port = found[2], int(found[3])
        self.control_url, self.control_port = found[4], int(found[5])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()

    def connect(self):
        return Client(self.port)

    def get(self, target, *lines):
        """One GET on a connection of its own."""
        with self.connect() as client:
            client.send(request("GET", target, *lines, "Connection: close"))
            return client.response()

    def control(self, target):
        with Client(self.control_port) as client:
            client.send(request("GET", target, "Connection: close"))
            status, _, body = client.response()
            assert status == 200, body
            return json.loads(body)

    def echo(self, *lines, target="/_sim/echo"):
        status, _, body = self.get(target, *lines)
        assert status == 200, body
        return json.loads(body)


class Client:
    """A raw connection that reads responses by the book, and nothing behind them."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.received = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        data = self.socket.recv(65536)
        self.received += data
        return bool(data)

    def line(self):
        while b"\r\n" not in self.received:
            assert self.more(), f"closed after {self.received!r}"
        line, self.received = self.received.split(b"\r\n", 1)
        return line.decode("latin-1")

    def exactly(self, size):
        while len(self.received) < size:
            assert self.more(), f"closed after {len(self.received)} of {size} bytes"
        data, self.received = self.received[:size], self.received[size:]
        return data

    def fields(self):
        result = {}
        while line := self.line():
            name, value = line.split(":", 1)
            result[name.lower()] = value.strip()
        return result

    def head(self):
        version, status = self.line().split(" ")[:2]
        assert version == "HTTP/1.1"
        return int(status), self.fields()

    def response(self, to="GET"):
        """(status, headers, body); trailers are added to the headers."""
        status, headers = self.head()
        if to == "HEAD" or status in (204, 304) or status < 200:
            return status, headers, b""
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.line(), 16):
                body += self.exactly(size)
                assert self.line() == ""
            headers.update(self.fields())
            return status, headers, body
        if "content-length" in headers:
            return status, headers, self.exactly(int(headers["content-length"]))
        while self.more():
            pass
        return status, headers, self.received

    def at_end(self):
        """True once the other side has closed without a further byte."""
        assert not self.received
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def request(method, target, *lines, body=b""):
    head = [f"{method} {target} HTTP/1.1", *lines]
    if not any(line.lower().startswith("host:") for line in lines):
        head.insert(1, "Host: opsmanager.example.com")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def curl(*arguments):
    return subprocess.run(["curl", "-sS", "--max-time", str(PATIENCE), *arguments], capture_output=True, check=False)


@pytest.fixture
def simulator_with():
    """Starts simulators with options, and stops them."""
    started = []

    def start(*options):
        started.append(Simulator(*options))
        return started[-1]

    yield start
    codes = [each.stop() for each in started if each.process.poll() is None]
    assert all(code == 0 for code in codes)


@pytest.fixture(scope="module")
def simulator():
    one = Simulator("--name", "ops7", "--version", "8.0.3", "--agent-key", "group1:key1")
    yield one
    assert one.stop() == 0


# The process


def test_it_says_where_it_listens_and_ends_at_sigterm(simulator_with):
    one = simulator_with("--name", "somebody")
    assert one.ready_line.startswith("ops-manager-simulator somebody listening on http://127.0.0.1:")
    assert one.stop() == 0


def test_sigterm_ends_it_with_requests_under_way(simulator_with):
    one = simulator_with("--threads", "3")
    clients = [one.connect() for _ in range(6)]
    for client in clients:
        client.send(request("GET", "/_sim/slow?ms=60000"))
    wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 6)
    assert one.stop() == 0
    for client in clients:
        assert client.at_end()
        client.socket.close()


def test_wrong_options_are_refused():
    for options in (["--idle-timeout", "soon"], ["--access-list", "10.0.0.0/99"], ["--api-key", "nocolon"], ["--what"]):
        result = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert result.returncode != 0 and result.stderr


def test_every_answer_tells_who_gave_it_and_which_version_runs(simulator):
    for target in ("/_sim/plain", "/monitor/health", "/user/login", "/agents/api/x", "/nowhere"):
        _, headers, _ = simulator.get(target)
        assert headers["x-ops-host"] == "ops7"
        assert re.fullmatch(r"gitHash=[0-9a-f]{40}; versionString=8\.0\.3\.\S+", headers["x-mongodb-service-version"])


def test_connections_are_kept_and_requests_may_be_pipelined(simulator):
    with simulator.connect() as client:
        client.send(request("GET", "/_sim/plain") * 3 + request("GET", "/_sim/status?code=404", "Connection: close"))
        assert [client.response()[0] for _ in range(4)] == [200, 200, 200, 404]
        assert client.at_end()


def test_http_1_0_is_kept_only_when_asked(simulator):
    with simulator.connect() as client:
        client.send(b"GET /_sim/plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /_sim/plain HTTP/1.0\r\n\r\n")
        assert client.response()[1]["connection"] == "keep-alive"
        assert client.response()[1]["connection"] == "close"
        assert client.at_end()


def test_idle_connections_are_closed_as_jetty_does(simulator_with):
    one = simulator_with("--idle-timeout", "300ms")
    with one.connect() as client:
        client.send(request("GET", "/_sim/plain"))
        client.response()
        begin = time.monotonic()
        assert client.at_end()
        assert 0.25 < time.monotonic() - begin < 10
    assert one.get("/_sim/slow?ms=900")[0] == 200  # work in silence is not idleness


# Health


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def test_health_can_be_switched_on_either_port(simulator_with):
    one = simulator_with()
    assert one.get("/monitor/health")[0] == 200
    assert one.control("/_sim/health?mode=500")["health"] == "500"
    status, _, body = one.get("/monitor/health")
    assert status == 500 and json.loads(body)["status"] == "error"
    assert one.get("/_sim/plain")[0] == 200
    assert one.get("/_sim/health?mode=ok")[0] == 200
    assert json.loads(one.get("/monitor/health")[2])["status"] == "ok"
    assert one.get("/_sim/health?mode=unwell")[0] == 400
    assert one.control("/_sim/health")["health"] == "ok"


def test_health_can_be_slow(simulator_with):
    one = simulator_with()
    one.control("/_sim/health?mode=slow&delay=400")
    begin = time.monotonic()
    assert one.get("/monitor/health")[0] == 200
    assert time.monotonic() - begin >= 0.4


def test_health_can_hang_while_the_rest_works(simulator_with):
    one = simulator_with()
    one.control("/_sim/health?mode=hang")
    with one.connect() as client:
        client.send(request("GET", "/monitor/health"))
        wait_until(lambda: one.control("/_sim/stats")["health_checks"] == 1)
        assert one.get("/_sim/plain")[0] == 200
        client.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.socket.recv(1)
    wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 0)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_host_that_refuses_is_gone_until_it_is_switched_back(simulator_with, threads):
    one = simulator_with("--threads", threads)
    with one.connect() as client:
        client.send(request("GET", "/_sim/plain"))
        client.response()
        one.control("/_sim/health?mode=refuse")
        with pytest.raises(ConnectionResetError):
            client.socket.recv(1)
    with pytest.raises(ConnectionRefusedError):
        one.connect()
    one.control("/_sim/health?mode=ok")
    assert one.get("/_sim/plain")[0] == 200


def test_a_host_told_to_refuse_by_its_own_port_answers_that_first(simulator_with):
    one = simulator_with()
    with one.connect() as client:
        client.send(request("GET", "/_sim/health?mode=refuse"))
        assert client.response()[0] == 200
        assert client.at_end()
    with pytest.raises(ConnectionRefusedError):
        one.connect()


# Upgrades


def test_the_version_can_be_changed_while_it_runs(simulator_with):
    one = simulator_with("--version", "8.0.0")
    with one.connect() as client:
        for version in ("8.0.0", "8.0.1"):
            one.control(f"/_sim/version?set={version}")
            client.send(request("GET", "/_sim/plain"))
            assert f"versionString={version}." in client.response()[1]["x-mongodb-service-version"]


def test_an_upgrade_gives_requests_in_flight_a_bound_goes_away_and_returns_newer(simulator_with):
    one = simulator_with("--version", "7.0.9")
    with one.connect() as quick, one.connect() as endless, one.connect() as idle:
        quick.send(request("GET", "/_sim/slow?ms=400"))
        endless.send(request("GET", "/_sim/slow?ms=60000"))
        idle.send(request("GET", "/_sim/plain"))
        idle.response()
        wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 2)
        one.control("/_sim/upgrade?grace=1500ms&seconds=300ms&version=8.0.1")
        assert idle.at_end()
        with pytest.raises(ConnectionRefusedError):
            one.connect()
        status, headers, _ = quick.response()
        assert status == 200 and headers["connection"] == "close"
        assert endless.at_end()
    wait_until(lambda: one.control("/_sim/stats")["version"] == "8.0.1")
    _, headers, _ = one.get("/_sim/plain")
    assert "versionString=8.0.1." in headers["x-mongodb-service-version"]


# Agents


def basic(user, key):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()


@pytest.mark.parametrize("lines, status", [
    ([], 401),
    ([basic("group1", "key1")], 200),
    ([basic("group1", "wrong")], 401),
    ([basic("group2", "key1")], 401),
    (["Authorization: Basic !!!!"], 401),
    (["Authorization: Bearer x"], 401),
])
def test_agents_need_their_groups_id_and_key(simulator, lines, status):
    assert simulator.get("/agents/api/automation/conf/v1/group1?ah=db1&av=13.10", *lines)[0] == status


def test_agents_without_configured_keys_may_use_any_for_their_own_group(simulator_with):
    one = simulator_with()
    assert one.get("/agents/api/automation/jobs/v1/g1", basic("g1", "k"))[0] == 200
    assert one.get("/agents/api/automation/jobs/v1/g1", basic("g1", ""))[0] == 401
    assert one.get("/agents/api/automation/jobs/v1/g1", basic("g2", "k"))[0] == 401


def test_an_unchanged_configuration_is_304(simulator):
    target = "/agents/api/automation/conf/v1/group1?ah=db1&av=13.10&aos=linux"
    _, headers, body = simulator.get(target, basic("group1", "key1"))
    assert json.loads(body)["agentHost"] == "db1"
    status, again, body = simulator.get(target, basic("group1", "key1"), f"If-None-Match: {headers['etag']}")
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])


def test_agents_post_compressed_samples(simulator):
    samples = gzip.compress(b"x" * 100_000)
    for data, status in ((samples, 200), (b"not gzip", 400)):
        with simulator.connect() as client:
            client.send(request("POST", "/agents/api/automation/log/v1/group1", basic("group1", "key1"),
                                "Content-Encoding: gzip", f"Content-Length: {len(data)}", body=data))
            got, _, body = client.response()
            assert got == status
            if status == 200:
                assert json.loads(body)["sha256"] == hashlib.sha256(data).hexdigest()


# The API


def digest(method, target, challenge, uri=None, user="apiuser", key="apikey"):
    """An Authorization line after RFC 7616 3.4."""
    told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    uri = target if uri is None else uri
    first, second = md5(f"{user}:{told['realm']}:{key}"), md5(f"{method}:{uri}")
    response = md5(f"{first}:{told['nonce']}:00000001:abc:auth:{second}")
    return (f'Authorization: Digest username="{user}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="{uri}", '
            f'qop=auth, nc=00000001, cnonce="abc", response="{response}", algorithm=MD5')


def challenge_of(one, target="/api/public/v1.0/groups"):
    status, headers, body = one.get(target)
    assert status == 401
    assert sorted(json.loads(body)) == ["detail", "error", "errorCode", "parameters", "reason"]
    return headers["www-authenticate"]


def test_the_api_accepts_curls_digest(simulator):
    result = curl("--digest", "-u", "apiuser:apikey", f"{simulator.url}/api/public/v1.0/groups?pretty=true")
    assert json.loads(result.stdout)["target"] == "/api/public/v1.0/groups?pretty=true"


def test_the_api_refuses_a_wrong_key(simulator):
    result = curl("--digest", "-u", "apiuser:wrong", "-o", "/dev/null", "-w", "%{http_code}",
                  f"{simulator.url}/api/public/v1.0/groups")
    assert result.stdout == b"401"


@pytest.mark.parametrize("target, signed, status", [
    ("/api/public/v1.0/a%2fb;x?y=%7E", "/api/public/v1.0/a%2fb;x?y=%7E", 200),
    ("/api/public/v1.0/a%2fb", "/api/public/v1.0/a%2Fb", 401),
    ("/api/public/v1.0/a%7Eb", "/api/public/v1.0/a~b", 401),
    ("/api/public/v1.0//a", "/api/public/v1.0/a", 401),
])
def test_the_signed_target_must_be_the_one_that_arrived_byte_for_byte(simulator, target, signed, status):
    line = digest("GET", target, challenge_of(simulator), uri=signed)
    assert simulator.get(target, line)[0] == status


def test_a_challenge_of_one_host_is_good_at_another(simulator, simulator_with):
    other = simulator_with("--name", "other")
    target = "/api/public/v1.0/groups"
    assert other.get(target, digest("GET", target, challenge_of(simulator)))[0] == 200


def test_an_old_nonce_is_stale(simulator):
    target = "/api/public/v1.0/groups"
    old = 'Digest realm="MMS Public API", nonce="1000.0123456789abcdef"'
    status, headers, _ = simulator.get(target, digest("GET", target, old))
    assert status == 401 and "stale=true" in headers["www-authenticate"]


def test_the_version_manifest_needs_no_credentials(simulator):
    status, _, body = simulator.get("/api/public/v1.0/unauth/versionManifest")
    assert status == 200 and json.loads(body)["version"] == "8.0.3"


@pytest.mark.parametrize("lines, status", [
    ([], 403),
    (["X-Forwarded-For: 198.51.100.7"], 200),
    (["X-Forwarded-For: 2001:db8::1"], 200),
    (["X-Forwarded-For: 198.51.100.7, 203.0.113.9"], 200),
    (["X-Forwarded-For: 203.0.113.9, 198.51.100.7"], 403),
    (["X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 203.0.113.9"], 200),
    (["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7"], 403),
    (["X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.7"], 200),
    (["Forwarded: for=203.0.113.9", "X-Forwarded-For: 198.51.100.7"], 403),
])
def test_the_access_list_believes_what_jetty_believes(simulator_with, lines, status):
    one = simulator_with("--access-list", "198.51.100.0/24", "2001:db8::/32")
    target = "/api/public/v1.0/groups"
    got, _, body = one.get(target, digest("GET", target, challenge_of(one)), *lines)
    assert got == status
    if status == 403:
        assert json.loads(body)["errorCode"] == "IP_ADDRESS_NOT_ON_ACCESS_LIST"


# What Jetty would believe


@pytest.mark.parametrize("lines, belief", [
    ([], ("127.0.0.1", "http", "opsmanager.example.com", 80)),
    (["X-Forwarded-Host: a.example"], ("127.0.0.1", "http", "a.example", 80)),
    (["X-Forwarded-Host: a.example:8443", "X-Forwarded-Port: 9"], ("127.0.0.1", "http", "a.example", 8443)),
    (["X-Forwarded-Port: 9", "X-Forwarded-Host: a.example"], ("127.0.0.1", "http", "a.example", 9)),
    (["X-Forwarded-Server: s.example"], ("127.0.0.1", "http", "s.example", 80)),
    (["X-Forwarded-Server: s.example", "X-Forwarded-Host: h.example"], ("127.0.0.1", "http", "h.example", 80)),
    (["X-Forwarded-Proto: https"], ("127.0.0.1", "https", "opsmanager.example.com", 443)),
    (["X-Proxied-Https: on"], ("127.0.0.1", "https", "opsmanager.example.com", 443)),
    (["X-Proxied-Https: on", "X-Forwarded-Proto: http"], ("127.0.0.1", "http", "opsmanager.example.com", 80)),
    (["Proxy-ssl-id: 1"], ("127.0.0.1", "https", "opsmanager.example.com", 443)),
    (["Proxy-auth-cert: 1", "X-Proxied-Https: off"], ("127.0.0.1", "http", "opsmanager.example.com", 80)),
    (["Forwarded: for=\"[2001:db8::7]:1234\";proto=https;host=f.example"], ("2001:db8::7", "https", "f.example", 443)),
    (["Forwarded: for=_hidden, for=192.0.2.9"], ("192.0.2.9", "http", "opsmanager.example.com", 80)),
    (["x-forwarded-for: 192.0.2.1:55"], ("192.0.2.1", "http", "opsmanager.example.com", 80)),
])
def test_identity_headers_change_what_the_application_sees(simulator, lines, belief):
    jetty = simulator.echo(*lines)["jetty"]
    assert (jetty["client"], jetty["scheme"], jetty["host"], jetty["port"]) == belief


def test_the_absolute_form_is_believed(simulator):
    jetty = simulator.echo(target="https://abs.example:7/_sim/echo")["jetty"]
    assert (jetty["scheme"], jetty["host"], jetty["port"]) == ("https", "abs.example", 7)


@pytest.mark.parametrize("line", ["X-Proxied-Https: yes", "X-Forwarded-Port: x", "X-Forwarded-For:", "X-Forwarded-Host: ["])
def test_jetty_answers_400_to_what_it_cannot_read(simulator, line):
    assert simulator.get("/_sim/echo", line)[0] == 400


def test_redirects_lead_to_what_the_host_believes_to_be_its_address(simulator):
    status, headers, _ = simulator.get("/", "X-Forwarded-Proto: https", "X-Forwarded-Host: om.example")
    assert (status, headers["location"]) == (302, "https://om.example/user/login")
    assert simulator.get("/", "Host: om.example:8080")[1]["location"] == "http://om.example:8080/user/login"


def test_the_login_page_needs_only_relative_addresses(simulator):
    status, _, page = simulator.get("/user/login")
    assert status == 200 and b'href="../static/login.css"' in page and b"http://" not in page
    assert simulator.get("/static/login.css")[1]["content-type"] == "text/css"


# What arrived


def test_echo_shows_the_request_byte_for_byte(simulator):
    raw = (b"PURGE /_sim/echo?a=%2f&b=%zz HTTP/1.1\r\nhOsT: x\r\nX-Two:  a \r\nX-Two: b\r\nX-Bytes: \xe9\xff\r\n\r\n")
    with simulator.connect() as client:
        client.send(raw)
        seen = json.loads(client.response()[2])
        name, port = client.socket.getsockname()
    assert base64.b64decode(seen["head_base64"]) == raw
    assert (seen["method"], seen["target"]) == ("PURGE", "/_sim/echo?a=%2f&b=%zz")
    assert seen["headers"][:3] == [["hOsT", "x"], ["X-Two", "a"], ["X-Two", "b"]]
    assert seen["peer"] == {"address": name, "port": port}
    assert seen["local"]["port"] == simulator.port


def test_echo_shows_chunked_bodies_and_trailers(simulator):
    with simulator.connect() as client:
        client.send(request("POST", "/_sim/echo", "Transfer-Encoding: chunked",
                            body=b"3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n"))
        client.send(request("GET", "/_sim/plain"))
        seen = json.loads(client.response()[2])
        assert client.response()[0] == 200
    assert seen["body_bytes"] == 13
    assert seen["body_sha256"] == hashlib.sha256(b"abc0123456789").hexdigest()
    assert seen["trailers"] == [["X-One", "1"], ["X-Two", "2"]]


@pytest.mark.parametrize("lines", [
    ["Content-Length: 3", "Transfer-Encoding: chunked"],
    ["Content-Length: 3", "Content-Length: 3"],
    ["Content-Length: +3"],
    ["Transfer-Encoding: gzip, chunked"],
    ["Host: a", "Host: b"],
])
def test_ambiguous_requests_are_refused(simulator, lines):
    with simulator.connect() as client:
        client.send(request("POST", "/_sim/echo", *lines, body=b"abc"))
        assert client.response()[0] == 400
        assert client.at_end()


def test_an_upload_is_summed_and_invited(simulator):
    data = os.urandom(3_000_000)
    with simulator.connect() as client:
        client.send(request("PUT", "/_sim/upload", "Expect: 100-continue", f"Content-Length: {len(data)}"))
        assert client.head()[0] == 100
        client.send(data)
        _, headers, body = client.response()
    assert json.loads(body)["bytes"] == len(data)
    assert headers["x-sha256"] == hashlib.sha256(data).hexdigest()


def test_an_early_answer_does_not_invite_the_body(simulator):
    with simulator.connect() as client:
        client.send(request("POST", "/_sim/status?code=403&read=0", "Expect: 100-continue", "Content-Length: 1000"))
        status, headers, _ = client.response()
        assert (status, headers["connection"]) == (403, "close")
        assert client.at_end()


def test_answers_of_any_status_with_an_interim_one_before(simulator):
    with simulator.connect() as client:
        client.send(request("GET", "/_sim/status?code=503&interim=103&retry_after=7"))
        assert client.head()[0] == 103
        status, headers, _ = client.response()
        assert (status, headers["retry-after"]) == (503, "7")
        for code in (204, 304):
            client.send(request("GET", f"/_sim/status?code={code}"))
            status, headers, _ = client.response()
            assert status == code and "content-length" not in headers
        client.send(request("HEAD", "/_sim/status"))
        status, headers, _ = client.response(to="HEAD")
        assert status == 200 and int(headers["content-length"]) > 0
        client.send(request("GET", "/_sim/plain"))
        assert client.response()[2] == b"ok\n"


# Long answers


def pattern(size):
    """What /_sim/download sends: splitmix64 of each 8 bytes' position."""
    mask, words = 2**64 - 1, []
    for i in range(1, (size + 7) // 8 + 1):
        value = i * 0x9E3779B97F4A7C15 & mask
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & mask
        value = (value ^ value >> 27) * 0x94D049BB133111EB & mask
        words.append(value ^ value >> 31)
    return struct.pack(f"<{len(words)}Q", *words)[:size]


@pytest.mark.parametrize("size", [0, 1, 13, 65536, 200_003])
@pytest.mark.parametrize("framing", ["chunked=0", "chunked=1", "close=1"])
def test_downloads_are_the_same_bytes_in_every_framing(simulator, size, framing):
    _, headers, body = simulator.get(f"/_sim/download?bytes={size}&{framing}")
    assert body == pattern(size)
    assert headers["x-sha256"] == hashlib.sha256(body).hexdigest()


def test_a_download_can_be_slowed_down(simulator):
    begin = time.monotonic()
    _, _, body = simulator.get("/_sim/download?bytes=50000&rate=100000")
    assert len(body) == 50000 and time.monotonic() - begin > 0.4


def test_a_long_download_needs_no_memory(simulator_with):
    one = simulator_with()
    result = curl("-o", "/dev/null", "-w", "%{size_download}", f"{one.url}/_sim/download?bytes=500000000")
    assert result.stdout == b"500000000"
    with open(f"/proc/{one.process.pid}/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])
    assert peak < 64 * 1024


def test_the_diagnostic_archive_is_silent_and_then_streams(simulator):
    with simulator.connect() as client:
        begin = time.monotonic()
        client.send(request("GET", "/admin/diagnostics?silence=600ms&bytes=300000"))
        while not client.received:
            client.more()
        assert time.monotonic() - begin >= 0.6
        _, headers, body = client.response()
    assert headers["transfer-encoding"] == "chunked" and len(body) == 300000
    assert headers["x-sha256"] == hashlib.sha256(body).hexdigest()


def test_a_client_that_leaves_during_the_silence_is_noticed(simulator_with):
    one = simulator_with()
    with one.connect() as client:
        client.send(request("GET", "/admin/diagnostics?silence=1h"))
        wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 1)
    wait_until(lambda: one.control("/_sim/stats")["in_flight"] == 0)


@pytest.mark.parametrize("framing, header, end", [
    ("chunked=0", b"Content-Length: 6000", b""),
    ("chunked=1", b"Transfer-Encoding: chunked", b"\r\n"),
])
def test_an_answer_can_break_off(simulator, framing, header, end):
    with simulator.connect() as client:
        client.send(request("GET", f"/_sim/break?after=5000&{framing}"))
        while client.more():
            pass
        assert header in client.received
        assert client.received.endswith(pattern(5000) + end)


# Upgraded connections and the PROXY protocol


def websocket_frame(text):
    mask, data = b"\x01\x02\x03\x04", text.encode()
    assert len(data) < 126
    return bytes([0x81, 0x80 | len(data)]) + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(data))


def test_websocket_messages_come_back(simulator):
    key = base64.b64encode(b"0123456789abcdef").decode()
    expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    with simulator.connect() as client:
        # The first message comes in one piece with the request.
        client.send(request("GET", "/_sim/ws", "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {key}",
                            "Sec-WebSocket-Version: 13", body=websocket_frame("first")))
        status, headers = client.head()
        assert (status, headers["sec-websocket-accept"], headers["x-ops-host"]) == (101, expected, "ops7")
        assert client.exactly(7) == b"\x81\x05first"
        client.send(websocket_frame("second"))
        assert client.exactly(8) == b"\x81\x06second"


def test_websocket_wants_an_upgrade(simulator):
    assert simulator.get("/_sim/ws")[0] == 400


V2 = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.mark.parametrize("header, kind, client", [
    (b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 80\r\n", "TCP4", "192.0.2.1"),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 1111 80\r\n", "TCP6", "2001:db8::1"),
    (b"PROXY UNKNOWN\r\n", "UNKNOWN", "127.0.0.1"),
    (V2 + b"\x20\x00\x00\x00", "LOCAL", "127.0.0.1"),
    (V2 + b"\x21\x11\x00\x0f" + bytes([192, 0, 2, 1, 192, 0, 2, 2, 4, 87, 0, 80]) + b"\x04\x00\x00", "TCP4", "192.0.2.1"),
    (V2 + b"\x21\x21\x00\x24" + socket.inet_pton(socket.AF_INET6, "2001:db8::1") +
     socket.inet_pton(socket.AF_INET6, "2001:db8::2") + b"\x04\x57\x00\x50", "TCP6", "2001:db8::1"),
])
def test_a_proxy_header_names_the_client(simulator_with, header, kind, client):
    one = simulator_with("--proxy-protocol")
    with one.connect() as connection:
        for byte in header:
            connection.send(bytes([byte]))
        connection.send(request("GET", "/_sim/echo") + request("GET", "/_sim/echo"))
        for _ in range(2):
            seen = json.loads(connection.response()[2])
            assert seen["proxy"]["kind"] == kind
            assert seen["jetty"]["client"] == client
    assert one.control("/_sim/stats")["proxy_headers"][0]["kind"] == kind


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PROXY TCP4 nonsense\r\n", V2 + b"\x31\x11\x00\x00"])
def test_a_connection_without_a_good_proxy_header_is_reset(simulator_with, start):
    one = simulator_with("--proxy-protocol")
    with one.connect() as connection:
        connection.send(start)
        assert connection.at_end()
