"""opslb in front of an origin that has bodies of any size, for tests that speak frames to it."""

import contextlib

from support import fronts, tls_peers
from support.raw import OkOrigin
from support.raw_h2 import RawH2Client

PIECE = 64 * 1024


class BodyOrigin(OkOrigin):
    """GET /bytes/N gets N bytes. Everything else is answered as by OkOrigin."""

    def __init__(self, name="ops1"):
        super().__init__(name)
        self._echo_all = self._handler
        self.on_request(self._answer, whole=False)  # so that `requests` has those that never become whole

    def _answer(self, request, conn):
        conn.read_body(request)
        if request.target.startswith("/bytes/"):
            self._send_body(conn, int(request.target.rsplit("/", 1)[1]))
            return None
        return self._echo_all(request, conn)

    def _send_body(self, conn, size):
        conn.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n")
        for at in range(0, size, PIECE):
            conn.send(bytes(min(PIECE, size - at)))


class H2Front:
    """`connect()` is a client of `lb`, greeted unless told otherwise; all of them are closed by close(). `front` as fronts.py
    has it."""

    def __init__(self, lb, origin, front=fronts.H2):
        self.lb, self.origin, self.front = lb, origin, front
        self.port = lb.port()
        self._clients = contextlib.ExitStack()

    def connect(self, *settings, **more):
        tls = tls_peers.to_opslb("h2") if self.front.tls else None
        return self._clients.enter_context(RawH2Client(self.port, settings, tls, **more))

    def close(self):
        self._clients.close()
