"""What the HTTP/1.1 bytes of a test say, for clients that say it in another protocol. Nothing is mended on the way: bytes that
have no equivalent there, or say it in a way that only HTTP/1.1 has, fail the test that sends them."""

from dataclasses import dataclass, field

from support import message
from support.wire import BytesWire

OF_ONE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "upgrade", "http2-settings"}


class Unspeakable(AssertionError):
    """The bytes say something that HTTP/2 cannot: leave that front out of the test."""


@dataclass
class Head:
    """The beginning of a request; `ends` if it has no body."""
    method: str
    target: str
    host: str
    fields: list  # without Host and framing
    upgrade: str = ""  # the protocol asked for
    ends: bool = False


@dataclass
class Data:
    piece: bytes


@dataclass
class End:
    trailers: list = field(default_factory=list)


class Spoken:
    """Fed with bytes as they are sent, cut anywhere, it returns what they say: Head, Data and End, for one request after the
    other. Behind a request for an upgrade all is Data."""

    def __init__(self):
        self._wire = BytesWire()
        self._next = self._head
        self._left = 0

    def feed(self, data):
        self._wire.buffer += data
        said = []
        while (part := self._next()) is not None:
            said += part
        return said

    def _head(self):
        # Empty lines before a request are nothing (RFC 9112 2.2).
        while self._wire.buffer.startswith(b"\r\n"):
            del self._wire.buffer[:2]
        if b"\r\n\r\n" not in self._wire.buffer:
            return None
        request = message.read_request_head(self._wire)
        if request.version != "1.1":
            raise Unspeakable(f"HTTP/{request.version}")
        framing, self._left = message.body_framing(request, to_end_otherwise=False)
        upgrade = request.get("Upgrade") if request.get("Connection", "").lower() == "upgrade" else None
        self._next = {"chunked": self._chunk_size, "length": self._counted, "none": self._head}[framing]
        if upgrade:
            self._next = self._rest
        elif framing == "length" and not self._left:
            self._next = self._head
        ends = self._next == self._head
        return [Head(request.method, request.target, request.get("Host"), self._fields(request, upgrade), upgrade, ends)]

    @staticmethod
    def _fields(request, upgrade):
        found = []
        for name, value in request.headers:
            low = name.lower()
            if low in ("host", "transfer-encoding") or (upgrade and low in ("connection", "upgrade")):
                continue
            if low in OF_ONE_CONNECTION or (low == "te" and value != "trailers"):
                raise Unspeakable(f"{name}: {value}")
            found.append((low, value))
        return found

    def _rest(self):
        return [Data(self._wire.take(len(self._wire.buffer)))] if self._wire.buffer else None

    def _counted(self):
        piece = self._wire.take(self._left)
        self._left -= len(piece)
        if self._left:
            return [Data(piece)] if piece else None
        self._next = self._head
        return [Data(piece), End()]

    def _chunk_size(self):
        if (line := self._line()) is None:
            return None
        self._left = int(line, 16)
        self._next = self._chunk if self._left else self._trailers
        return []

    def _chunk(self):
        piece = self._wire.take(self._left)
        self._left -= len(piece)
        if not self._left:
            self._next = self._chunk_end
        return [Data(piece)] if piece else None

    def _chunk_end(self):
        if (line := self._line()) is None:
            return None
        assert line == b"", line
        self._next = self._chunk_size
        return []

    def _trailers(self):
        if b"\r\n\r\n" not in self._wire.buffer and not self._wire.buffer.startswith(b"\r\n"):
            return None
        lines = []
        while (line := self._line()):
            lines.append(line)
        self._next = self._head
        return [End([(name.lower(), value) for name, value in message.parse_fields(lines)])]

    def _line(self):
        return self._wire.read_until(b"\r\n")[:-2] if b"\r\n" in self._wire.buffer else None
