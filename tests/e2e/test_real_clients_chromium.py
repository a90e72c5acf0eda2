"""A browser, Chromium without a screen, loading pages through opslb."""

import base64
import hashlib
import threading

import pytest
from cryptography.hazmat.primitives import serialization

from support import tls_peers
from support.fronts import H1, H2_TLS
from support.raw import RawOrigin
from support.site import run

pytestmark = [pytest.mark.fronts(H1, H2_TLS), pytest.mark.backings()]

PAGE = b"""<!DOCTYPE html><title>test</title><body><p id="answer">nothing yet</p><script>
const say = (text) => { document.getElementById("answer").textContent = text; };
(async () => {
  const sizes = await Promise.all(Array.from({length: 50}, async (_, number) =>
    (await (await fetch("/number/" + number, {method: "POST", body: "x".repeat(number * 1000)})).text())));
  say("sum " + sizes.reduce((sum, size) => sum + Number(size), 0));
})();
</script>"""

SOCKET = b"""<!DOCTYPE html><title>test</title><body><p id="answer">nothing yet</p><script>
const say = (text) => { document.getElementById("answer").textContent = text; };
const socket = new WebSocket(location.origin.replace("http", "ws") + "/echo");
socket.onopen = () => socket.send("hello");
socket.onerror = () => say("failed");
let over = false;
socket.onclose = () => { over = true; };
socket.onmessage = (event) => { say("heard " + event.data); socket.close(); };
// The browser's own clock stands still while a request is under way, but not for a socket; which may need the clock itself.
const wait = () => fetch("/conversation").then(() => over || wait());
wait();
</script>"""
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 1.3


def key_hash():
    """Of the test's certificate, as --ignore-certificate-errors-spki-list wants it."""
    public = tls_peers.certificate().x509.public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


@pytest.fixture
def browse(tmp_path):
    """browse(url): the document as it is when all has come."""
    def dump(url):
        return run("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   "--disable-extensions", "--disable-background-networking", "--no-proxy-server",
                   f"--user-data-dir={tmp_path / 'profile'}", f"--ignore-certificate-errors-spki-list={key_hash()}",
                   "--virtual-time-budget=10000", "--dump-dom", url)
    return dump


def test_it_loads_the_login_page_and_what_belongs_to_it(site, front, browse):
    since = len(site.lb.access_log)
    page = browse(site.url(front, "/"))  # from there it is sent to the login page, under the address that it knows
    assert "<form" in page and "login.css" in page
    site.lb.wait_access(lambda entry: entry["target"] == "/static/login.css", since=since)
    entries = [entry for entry in site.lb.access_log[since:] if entry["target"] != "/favicon.ico"]
    assert {entry["target"]: entry["status"] for entry in entries} == {"/": 302, "/user/login": 200, "/static/login.css": 200}
    assert {entry["protocol"] for entry in entries} == {front.protocol}
    assert all("Chrome" in entry["user_agent"] for entry in entries)


def test_its_page_asks_fifty_times_at_once(opslb, origin, front, browse):
    def answer(request, conn):
        if request.target == "/":
            conn.answer(200, [("Content-Type", "text/html")], PAGE)
        else:
            conn.answer(200, [("Content-Type", "text/plain")], str(len(request.body)).encode())
    ops1 = origin(RawOrigin).on_request(answer)
    lb = opslb(backends=[ops1])
    page = browse(f"{front.scheme}://localhost:{lb.port(front.scheme)}/")
    assert f"sum {sum(number * 1000 for number in range(50))}" in page
    assert {entry["protocol"] for entry in lb.access_log} == {front.protocol}


def echo(request, conn):
    """A WebSocket of which one message is sent back."""
    accept = base64.b64encode(hashlib.sha1((request.get("Sec-WebSocket-Key") + GUID).encode()).digest()).decode()
    conn.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              f"Sec-WebSocket-Accept: {accept}\r\n\r\n")
    head = conn.read_exactly(6)
    size, mask = head[1] & 0x7f, head[2:]
    message = bytes(byte ^ mask[at % 4] for at, byte in enumerate(conn.read_exactly(size)))
    conn.send(bytes([0x81, size]) + message)
    conn.read_some()  # its close


def test_its_page_opens_a_websocket(opslb, origin, front, browse):
    """Over HTTP/2 on the connection that it has, by extended CONNECT."""
    over = threading.Event()

    def answer(request, conn):
        if request.target == "/echo":
            echo(request, conn)
            conn.close()
            over.set()
        elif request.target == "/conversation":
            over.wait(0.1)
            conn.answer(204)
        else:
            conn.answer(200, [("Content-Type", "text/html")], SOCKET)
    ops1 = origin(RawOrigin).on_request(answer)
    lb = opslb(backends=[ops1])
    assert "heard hello" in browse(f"{front.scheme}://localhost:{lb.port(front.scheme)}/")
    assert lb.wait_access(lambda entry: entry["target"] == "/echo")["protocol"] == front.protocol
