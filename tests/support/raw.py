"""Raw peers: RawClient in front of opslb and RawOrigin behind it, both in full control of every byte.

An origin answers health checks by itself, on the connections they come on, and hands every other connection to the test:
either to a function called per request (on_request) or to accept(). All of it is bounded in time, so nothing hangs.
"""

import contextlib
import hashlib
import json
import queue
import socket
import threading

from support import message
from support.message import ProtocolError, Truncated  # noqa: F401 (tests import them from here)
from support.timeouts import ANSWER, Deadline, scaled
from support.wire import Wire

PROXY_V1 = b"PROXY "
PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"


def connect(port, host="127.0.0.1", source=None, preamble=b"", tls=None):
    """A connected socket. `source` is the address to come from: all of 127.0.0.0/8 is there on Linux. `preamble`: a PROXY
    header to begin with. `tls`: what makes a TLS socket of the socket."""
    sock = socket.create_connection((host, port), timeout=scaled(ANSWER), source_address=(source, 0) if source else None)
    try:
        if preamble:
            sock.sendall(preamble)
        return tls(sock) if tls else sock
    except BaseException:
        sock.close()
        raise


class RawClient(Wire):
    """A connection to opslb that speaks HTTP/1; what the arguments say is at connect()."""

    def __init__(self, port, host="127.0.0.1", source=None, preamble=b"", tls=None):
        super().__init__(connect(port, host, source, preamble, tls))
        self._body = None

    # Clients of all fronts have what follows, and send(), close(), reset(), wait_closed(), is_silent(), wait_for().

    def read_head(self, method="GET"):
        """The next head, interim or final; its body is then read by read_body() and the like."""
        response = message.read_response_head(self)
        self._body = message.BodyInPieces(self, response, method)
        return response

    def read_body(self, size):
        """So many bytes of the body of which the head was read."""
        return self._body.read(size)

    def read_piece(self):
        """What has come of it, at least one byte; b"" at its end."""
        return self._body.piece()

    def read_rest(self):
        """Everything up to its end."""
        return self._body.rest()

    def read_trailers(self):
        """Those behind its end."""
        return self._body.trailers

    def wait_news(self, seconds=ANSWER):
        """Until there is something to read."""
        assert self.buffer or self.fill(seconds), "the connection ended"

    def wait_tunnel_ended(self):
        """Until opslb has ended an upgraded connection, without a further byte."""
        self.expect_closed()

    def abandon(self):
        """Lets go of the answer that it waits for."""
        self.reset()

    def read_response(self, method="GET", skip_interim=False):
        """The next response; with `skip_interim` the next final one."""
        while True:
            response = message.read_response(self, method)
            if not (skip_interim and response.status < 200):
                return response

    def request(self, method="GET", target="/", headers=(), body=b"", host="opsmanager.example.com"):
        """Sends a plain request and reads its final response. Host and Content-Length are added; host=None: no Host."""
        lines = [f"{method} {target} HTTP/1.1"]
        if host is not None:
            lines.append(f"Host: {host}")
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return self.read_response(method, skip_interim=True)


class OriginConnection(Wire):
    """A connection from opslb to a RawOrigin. `preamble` is the PROXY header it began with, or b""."""

    def __init__(self, sock, note):
        super().__init__(sock)
        self.number = 0  # of those that carried something other than health checks, from 1
        self.preamble = b""
        self._note = note

    def read_preamble(self):
        while len(self.buffer) < 16 and (PROXY_V1.startswith(self.buffer[:6]) or PROXY_V2.startswith(self.buffer[:12])
                                         or self.buffer.startswith((PROXY_V1, PROXY_V2))):
            if not self.fill(3600):
                return
        if self.buffer.startswith(PROXY_V1):
            self.preamble = self.read_until(b"\r\n")
        elif self.buffer.startswith(PROXY_V2):
            while len(self.buffer) < 16:
                self.fill()
            self.preamble = self.read_exactly(16 + int.from_bytes(self.buffer[14:16], "big"))

    def start_tls(self, tls):
        """What has come already, behind the PROXY header, is the beginning of its handshake."""
        self.sock = tls(self.sock, bytes(self.buffer))
        self.buffer.clear()

    def begins_with(self, start):
        while len(self.buffer) < len(start) and start.startswith(self.buffer):
            if not self.fill(3600):
                return False
        return self.buffer.startswith(start)

    def read_request_head(self):
        request = message.read_request_head(self)
        self._note(request)
        return request

    def read_request(self):
        request = message.read_request(self)
        self._note(request)
        return request

    def read_body(self, request):
        """The body of a request of which only the head was read; returns the request."""
        return message.read_body(self, request)

    def answer(self, status=200, headers=(), body=b"", reason="OK"):
        """A whole response with Content-Length."""
        lines = [f"HTTP/1.1 {status} {reason}"] + [f"{name}: {value}" for name, value in headers]
        if status >= 200 and status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


MANIFEST = b"GET /api/public/v1.0/unauth/versionManifest "
"""How opslb asks a host for its version; clients of the tests do not."""


class RawOrigin:
    """A backend whose every answer is the test's. `health` is what its health checks get: a status, exact bytes, "close",
    "reset" or "hang". `manifest` is what it gets who asks for its version: exact bytes, or None for a 404."""

    def __init__(self, name="ops1", host="127.0.0.1", health=200, health_path="/monitor/health", tls=None, port=0):
        self.tls = tls  # what makes a TLS socket of an accepted one; None: plain
        self.name, self.host, self.health, self.health_path = name, host, health, health_path
        self.requests = []  # those that were given to on_request(), and those read by read_request() on accept()
        self.health_checks = []  # their requests
        self.manifest = None
        self.questions = []  # for its version: those requests
        self.checks_ended = []  # those of them whose connection opslb ended in order, over TLS by close_notify
        self.errors = []  # what went wrong in on_request() functions and in reading health checks
        self.connections = 0  # those that carried something other than health checks
        self._changed = threading.Condition()
        self._accepted = queue.Queue()
        self._open = set()
        self._handler = None
        self._whole = True
        self._over = threading.Event()
        self._listener = None
        self.port = port  # 0: a free one
        self.resume()

    @property
    def url(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    # What the test says.

    def on_request(self, handler, whole=True):
        """Calls handler(request, connection) for each request. What it returns is sent, None: it has sent or closed
        by itself. whole=False: it is called as soon as the head is there, and reads the body with
        connection.read_body(request) if it likes."""
        self._whole = whole
        self._handler = handler
        return self

    @contextlib.contextmanager
    def accept(self, seconds=ANSWER):
        """The next connection on which something other than a health check came. It is closed at the end of the block."""
        conn = self.next_connection(seconds)
        try:
            yield conn
        finally:
            conn.close()

    def next_connection(self, seconds=ANSWER):
        """The same, without closing it."""
        try:
            return self._accepted.get(timeout=scaled(seconds))
        except queue.Empty:
            raise AssertionError(f"no request reached {self.name} within {seconds} s") from None

    def has_connection_waiting(self):
        return not self._accepted.empty()

    def pause(self):
        """Stops listening: further connections are refused. Those that stand go on."""
        listener, self._listener = self._listener, None
        if listener:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def resume(self):
        """Listens, after pause() on the same port."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        listener.listen(256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept_loop, args=(listener,), name=f"{self.name} accept", daemon=True).start()

    def drop_connections(self):
        """Resets every open connection."""
        for conn in list(self._open):
            conn.drop()

    def close(self):
        self._over.set()
        self.pause()
        self.drop_connections()

    def check(self):
        """Raises what went wrong in a handler."""
        if self.errors:
            raise AssertionError(f"origin {self.name}: {self.errors[0]!r}") from self.errors[0]

    # What the test waits for.

    def wait_requests(self, count, seconds=ANSWER):
        """The requests seen so far, once there are at least `count`."""
        return self._wait(self.requests, count, seconds, "requests")

    def wait_checks_ended(self, count, seconds=ANSWER):
        return self._wait(self.checks_ended, count, seconds, "ends of health checks")

    def wait_questions(self, count, seconds=ANSWER):
        return self._wait(self.questions, count, seconds, "questions for its version")

    def wait_health_checks(self, count, seconds=ANSWER):
        return self._wait(self.health_checks, count, seconds, "health checks")

    def _wait(self, seen, count, seconds, what):
        deadline = Deadline(seconds)
        with self._changed:
            while len(seen) < count:
                if deadline.over():
                    raise AssertionError(f"{self.name} saw {len(seen)} {what} within {seconds} s, not {count}")
                self._changed.wait(deadline.left())
            return list(seen)

    # Its threads.

    def _note(self, seen, what):
        with self._changed:
            seen.append(what)
            self._changed.notify_all()

    def _accept_loop(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), name=f"{self.name} connection", daemon=True).start()

    def _serve(self, sock):
        try:
            sock.settimeout(scaled(ANSWER))
            conn = OriginConnection(sock, lambda request: self._note(self.requests, request))
        except OSError:
            sock.close()
            return
        self._open.add(conn)
        try:
            conn.read_preamble()
            if self.tls and (conn.buffer or conn.fill(3600)):
                conn.start_tls(self.tls)
            if conn.begins_with(f"GET {self.health_path} ".encode()):
                self._answer_health_checks(conn)
            elif conn.begins_with(MANIFEST):
                self._note(self.questions, message.read_request(conn))
                conn.send(self.manifest or b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            elif conn.buffer:
                with self._changed:
                    self.connections += 1
                    conn.number = self.connections
                if self._handler is None:
                    self._accepted.put(conn)
                    return
                self._answer_requests(conn)
        except (OSError, Truncated, ValueError):  # ssl.SSLError is an OSError
            pass  # opslb or the test ended the connection; what that means is for the test to judge
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)
        self._open.discard(conn)
        conn.close()

    def _answer_requests(self, conn):
        while conn.buffer or conn.fill(3600):
            request = conn.read_request() if self._whole else conn.read_request_head()
            answer = self._handler(request, conn)
            if answer is not None:
                conn.send(answer)
            if conn.closed:
                return

    def _answer_health_checks(self, conn):
        while conn.buffer or conn.fill(3600):
            request = message.read_request(conn)
            request.preamble = conn.preamble
            health = self.health
            self._note(self.health_checks, request)
            if health == "hang":
                self._over.wait()
                return
            if health in ("close", "reset"):
                conn.reset() if health == "reset" else conn.close()
                return
            if isinstance(health, bytes):
                conn.send(health)
                conn.close()
                return
            conn.answer(health, [("Content-Type", "text/plain")], b"checked\n", "Checked")
        self._note(self.checks_ended, request)


class OkOrigin(RawOrigin):
    """Answers everything with 200 and JSON that says what it saw: see `seen`."""

    def __init__(self, name="ops1", **more):
        super().__init__(name, **more)
        self.on_request(self._echo)

    def _echo(self, request, conn):
        body = json.dumps(seen(request, self.name, conn.number)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        return head if request.method == "HEAD" else head + body


def seen(request, origin, connection):
    return {
        "origin": origin, "connection": connection, "method": request.method, "target": request.target,
        "version": request.version, "headers": request.headers, "trailers": request.trailers,
        "framing": request.framing, "body_bytes": len(request.body),
        "body_sha256": hashlib.sha256(request.body).hexdigest(),
    }
