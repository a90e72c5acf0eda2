"""Requests that have reached any of several origins and are answered when the test says so."""

import queue
from dataclasses import dataclass

from support.fronts import H1
from support.message import Request
from support.raw import OriginConnection, RawOrigin
from support.timeouts import ANSWER, scaled


@dataclass
class Arrival:
    origin: RawOrigin
    request: Request
    conn: OriginConnection

    @property
    def at(self):
        """The name of the backend that it reached."""
        return self.origin.name

    def answer(self, status=200, headers=(), body=b"done"):
        self.conn.answer(status, headers, body)

    def hang_up(self):
        """Closes the connection without an answer."""
        self.conn.hang_up()


class Arrivals:
    """Takes over what these origins do with requests."""

    def __init__(self, *origins):
        self._queue = queue.Queue()
        for each in origins:
            each.on_request(lambda request, conn, origin=each: self._queue.put(Arrival(origin, request, conn)))

    def next(self, seconds=ANSWER):
        try:
            return self._queue.get(timeout=scaled(seconds))
        except queue.Empty:
            raise AssertionError(f"no request arrived within {seconds} s") from None

    def none(self):
        """True if nothing has arrived so far. Weak by itself: use it behind an event."""
        return self._queue.empty()


class InFlight:
    """A request that a backend has and does not answer yet. `source` is the address that it comes from."""

    def __init__(self, lb, arrivals, method="GET", target="/in-flight", source=None, front=H1):
        self.client = front.connect(lb, source=source)
        self.client.send(f"{method} {target} HTTP/1.1\r\nHost: opsmanager.example.com\r\n\r\n")
        self.arrival = arrivals.next()

    @property
    def at(self):
        return self.arrival.at

    def finish(self):
        """Lets the backend answer and the client read that."""
        self.arrival.answer()
        answer = self.client.read_response()
        self.client.close()
        assert (answer.status, answer.body) == (200, b"done")
