"""The status page by itself: served with its own policy before a status that the test makes up, in the shape of
/api/v1/status, for states that a real opslb is hard to bring into."""

import copy
import datetime
import http.server
import json
import pathlib
import subprocess
import threading

PAGE = pathlib.Path(__file__).resolve().parents[2] / "proxy" / "admin" / "page"


def ago(seconds):
    """So long before now, as the status says it."""
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


STARTED = ago(11 * 86400)  # of one and the same process, whenever it is asked
BOUNDS = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]


def latency(counted=1000):
    """Histograms of so many exchanges, the most of them about 10 ms."""
    shape = [2, 6, 14, 26, 22, 13, 8, 4, 2, 1.5, 0.8, 0.4, 0.2, 0.1, 0, 0, 0, 0, 0, 0]
    counts = [int(counted * each / 100) for each in shape]
    return {"bounds": BOUNDS} | {phase: {"counts": counts, "sum": counted * 0.012} for phase in ("connect", "first_byte", "total")}


def check(seconds_ago, ok=True, text=None):
    return {"at": ago(seconds_ago), "ok": ok, "status": 200 if ok else 500, "took_seconds": 0.0031,
            "text": text or ("answered 200" if ok else "answered 500")}


def backend(name="ops1", state="up", **more):
    requests = more.get("requests", 184_220)
    checks = [check(5 * (60 - number)) for number in range(60)]
    made = {
        "name": name, "url": f"http://{name}.example.com:8080", "weight": 1, "state": state, "why": "passes its checks",
        "since": ago(3 * 3600 + 60), "in_rotation": state == "up", "version": "8.0.4", "drain": None, "in_flight": 7, "requests": requests,
        "responses": {"1xx": 0, "2xx": requests - 420, "3xx": 300, "4xx": 110, "5xx": 9, "none": 1}, "connects": 412,
        "connect_failures": 0, "retries": 2, "bytes_in": requests * 2100, "bytes_out": requests * 9400, "connections_idle": 14,
        "latency": latency(requests), "last_check": checks[-1], "checks": checks,
    }
    return made | more


def certificate(days=61, **more):
    return {"file": "/etc/opslb/lb.pem", "subject": "CN=opsmanager.example.com", "names": ["opsmanager.example.com", "ops.example.com"],
            "issuer": "Example Issuing CA 2", "not_before": ago(30 * 86400), "not_after": ago(-days * 86400), "days_left": days} | more


def listener(name="https", **more):
    return {"name": name, "bind": "[::]:443", "kind": "http", "tls": True, "proxy_protocol": False, "connections": 18_203,
            "connections_open": 231, "requests": 552_660, "certificates": [certificate()]} | more


def status(*backends, **more):
    """A healthy site of three hosts, or of these."""
    hosts = list(backends) or [backend("ops1"), backend("ops2"), backend("ops3")]
    up = sum(host["state"] == "up" for host in hosts)
    requests = sum(host["requests"] for host in hosts)
    made = {
        "version": "0.1.0", "pid": 4711, "started": STARTED, "now": ago(0), "uptime_seconds": 11 * 86400.0,
        "state": "serving", "ready": up > 0, "ready_reason": f"{up} of {len(hosts)} hosts are up",
        "public_url": "https://opsmanager.example.com",
        "configuration": {"file": "/etc/opslb/opslb.json", "loaded": ago(2 * 86400), "last_reload": None},
        "upgrade_mode": {"active": False, "text": "", "versions": {"8.0.4": [host["name"] for host in hosts]}},
        "totals": {
            "requests": requests, "responses": {"1xx": 0, "2xx": requests - 1260, "3xx": 900, "4xx": 330, "5xx": 27, "none": 3},
            "own_answers": {"408": 12, "502": 3}, "retries": 6, "bytes_in": requests * 2100, "bytes_out": requests * 9400, "in_flight": 21,
            "waiting": 0, "connections": 20_310, "connections_open": 238, "tls_handshakes": 9_120,
            "refused": {"no PROXY header where one is due": 4, "no TLS version in common": 31}, "http2_abuse": {},
            "access_log_lines_dropped": 0,
        },
        "latency": latency(requests),
        "listeners": [listener(), listener("redirect", bind="[::]:80", kind="redirect", tls=False, certificates=[], connections_open=2, requests=804),
                      listener("backups", bind="[::]:25999", kind="tcp", tls=False, certificates=[], connections_open=5, requests=0)],
        "backends": hosts,
        "events": [{"at": ago(11 * 86400), "level": "info", "text": "serving; 3 of 3 hosts are up"},
                   {"at": ago(2 * 86400), "level": "info", "text": "configuration reloaded"},
                   {"at": ago(11_000), "level": "warning", "text": "ops2 went down: answered 500"},
                   {"at": ago(10_860), "level": "info", "text": "ops2 came up after 2 good checks"}],
        "agents": {"seen": 412, "silent": 3, "versions": {"13.10.0.8620-1": 398, "13.9.1.8550-1": 11, "12.0.35.7911-1": 3}},
    }
    return made | more


class StatusPage:
    """Serves the page at `url`. `status` is what /api/v1/status says from then on: an object, a function that gives one, None for
    no answer at all, or (status, detail) for a refusal. `answer_to_post(path, body)` gives (status, object), or None as well."""

    def __init__(self):
        self.page = _assembled("html").encode()
        self.policy = _assembled("policy").strip()
        self.status = status()
        self.history = {"interval_seconds": 2, "bounds": BOUNDS, "at": [], "totals": {}, "backends": {}}
        self.agents = {"agents": []}
        self.answer_to_post = lambda path, body: (404, _refusal(404, "there is no such backend"))
        self.token = None
        self.token_for_reading = False
        self.posts = []
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def answers(self, path):
        """(status, JSON) to a GET; None: the connection is closed instead."""
        said = {"/api/v1/status": self.status, "/api/v1/history": self.history, "/api/v1/agents": self.agents}.get(path, (404, "no"))
        said = said() if callable(said) else said
        if isinstance(said, tuple):
            return said[0], _refusal(*said)
        return said if said is None else (200, copy.deepcopy(said))

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _assembled(what):
    return subprocess.run([str(PAGE / "assemble.py"), what], check=True, capture_output=True, text=True).stdout


def _refusal(code, detail):
    return {"error": code, "reason": "refused", "detail": detail}


def _handler(site):
    class Answering(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):  # pylint: disable=invalid-name
            is_page = self.path == "/"
            if site.token and site.token_for_reading and not self._knows_token():
                code, body = 401, site.page if is_page else json.dumps(_refusal(401, "the token is missing or wrong")).encode()
            elif is_page:
                code, body = 200, site.page
            else:
                said = site.answers(self.path)
                if said is None:
                    self.close_connection = True
                    return
                code, body = said[0], json.dumps(said[1]).encode()
            self._send(code, body, "text/html; charset=utf-8" if is_page else "application/json")

        def do_POST(self):  # pylint: disable=invalid-name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if site.token and not self._knows_token():
                code, said = 401, _refusal(401, "the token is missing or wrong")
            else:
                site.posts.append((self.path, body))
                said = site.answer_to_post(self.path, body)
                if said is None:
                    self.close_connection = True
                    return
                code, said = said
            self._send(code, json.dumps(said).encode(), "application/json")

        def _knows_token(self):
            return self.headers["Authorization"] == f"Bearer {site.token}"

        def _send(self, code, body, kind):
            self.send_response(code)
            for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Content-Security-Policy", site.policy),
                                ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass
    return Answering
