"""HTTP/1 messages read strictly off a wire. What opslb sends either side has to pass here, so nothing is forgiven."""

import json
import re
from dataclasses import dataclass, field

TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FIELD_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*"
                        rb"[\x21-\x7e\x80-\xff])?)?)[ \t]*")
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9]) ([\t \x21-\x7e\x80-\xff]*)")
REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP/1\.([01])")
CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})")


class ProtocolError(AssertionError):
    """What came is not HTTP/1.1 as RFC 9112 has it."""


class Truncated(Exception):
    """The connection ended within a message. `received` is what of it had come."""

    def __init__(self, what, received=b""):
        super().__init__(f"{what}; received: {received[-500:]!r}")
        self.received = received


@dataclass
class Message:
    version: str  # "1.0" or "1.1"
    headers: list  # of (name, value) as they came, text as Latin-1
    head: bytes  # the head as it came, with its empty line
    body: bytes = b""
    trailers: list = field(default_factory=list)
    framing: str = "none"  # none, length, chunked or close
    chunks: list = field(default_factory=list)  # the sizes they came in

    def values(self, name):
        """The values of all lines of that name, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name, default=None):
        """The value of the one line of that name. Fails if there are several."""
        found = self.values(name)
        assert len(found) <= 1, f"{len(found)} lines of {name}: {found}"
        return found[0] if found else default

    def names(self):
        return [name.lower() for name, _ in self.headers]

    def json(self):
        return json.loads(self.body)


@dataclass
class Request(Message):
    method: str = ""
    target: str = ""


@dataclass
class Response(Message):
    status: int = 0
    reason: str = ""


def parse_fields(lines):
    fields = []
    for line in lines:
        match = FIELD_LINE.fullmatch(line)
        if not match:
            raise ProtocolError(f"malformed field line {line!r}")
        fields.append((match[1].decode("latin-1"), match[2].decode("latin-1")))
    return fields


def split_head(head):
    if b"\r" in head.replace(b"\r\n", b"") or b"\n" in head.replace(b"\r\n", b""):
        raise ProtocolError(f"bare CR or LF in {head!r}")
    return head[:-4].split(b"\r\n")


def read_head(wire):
    return wire.read_until(b"\r\n\r\n")


def read_request_head(wire):
    head = read_head(wire)
    first, *lines = split_head(head)
    match = REQUEST_LINE.fullmatch(first)
    if not match:
        raise ProtocolError(f"malformed request line {first!r}")
    return Request(version="1." + match[3].decode(), headers=parse_fields(lines), head=head,
                   method=match[1].decode(), target=match[2].decode("latin-1"))


def read_response_head(wire):
    head = read_head(wire)
    first, *lines = split_head(head)
    match = STATUS_LINE.fullmatch(first)
    if not match:
        raise ProtocolError(f"malformed status line {first!r}")
    return Response(version="1." + match[1].decode(), headers=parse_fields(lines), head=head,
                    status=int(match[2]), reason=match[3].decode("latin-1"))


def body_framing(message, to_end_otherwise):
    """RFC 9112 6.3, for messages that must be unambiguous."""
    codings, lengths = message.values("Transfer-Encoding"), message.values("Content-Length")
    if codings:
        if lengths or [coding.lower() for coding in codings] != ["chunked"] or message.version == "1.0":
            raise ProtocolError(f"ambiguous framing: {message.head!r}")
        return "chunked", None
    if lengths:
        if len(lengths) > 1 or not re.fullmatch("[0-9]{1,18}", lengths[0]):
            raise ProtocolError(f"bad Content-Length: {message.head!r}")
        return "length", int(lengths[0])
    return ("close" if to_end_otherwise else "none"), None


def read_chunked(wire, message):
    body = bytearray()
    while True:
        line = wire.read_until(b"\r\n")[:-2]
        match = CHUNK_SIZE.fullmatch(line)
        if not match:
            raise ProtocolError(f"malformed chunk size line {line!r} (opslb never writes extensions)")
        size = int(match[1], 16)
        if size == 0:
            break
        body += read_or_truncated(wire, size, body)
        message.chunks.append(size)
        if wire.read_exactly(2) != b"\r\n":
            raise ProtocolError("no CRLF behind a chunk")
    message.trailers = read_trailers(wire)
    return bytes(body)


def read_trailers(wire):
    lines = []
    while (line := wire.read_until(b"\r\n")[:-2]):
        lines.append(line)
    return parse_fields(lines)


def read_or_truncated(wire, size, before=b""):
    try:
        return wire.read_exactly(size)
    except Truncated as cut:
        raise Truncated("the body broke off", bytes(before) + cut.received) from None
    except ConnectionResetError:  # over TLS every end without close_notify
        raise Truncated("the body broke off", bytes(before) + bytes(wire.buffer)) from None


def read_body(wire, message, to_end_otherwise=False):
    message.framing, length = body_framing(message, to_end_otherwise)
    if message.framing == "chunked":
        message.body = read_chunked(wire, message)
    elif message.framing == "length":
        message.body = read_or_truncated(wire, length)
    elif message.framing == "close":
        message.body = wire.read_to_end()
    return message


def read_request(wire):
    return read_body(wire, read_request_head(wire))


def read_response(wire, method="GET"):
    """The next response, be it interim or final. `method`: of the request it answers."""
    response = read_response_head(wire)
    if method == "HEAD" or response.status < 200 or response.status in (204, 304):
        if response.status < 200 or response.status == 204:
            # RFC 9110 8.6, RFC 9112 6.1
            assert not response.values("Content-Length") and not response.values("Transfer-Encoding"), response.head
        return response
    return read_body(wire, response, to_end_otherwise=True)


class BodyInPieces:
    """The body of a response of which the head was read, while it comes."""

    def __init__(self, wire, response, method="GET"):
        self._wire = wire
        bare = method == "HEAD" or response.status < 200 or response.status in (204, 304)
        self._framing, self._left = ("none", 0) if bare else body_framing(response, to_end_otherwise=True)
        self._ended = self._framing == "none"
        self._first = True
        self.trailers = []

    def piece(self, most=1 << 62):
        """What has come, at least one byte and at most so many; b"" at its end."""
        if self._framing == "chunked" and not self._left:
            self._next_chunk()
        elif self._framing == "length":
            self._ended = not self._left
        if self._ended:
            return b""
        if not self._wire.buffer and not self._wire.fill():
            if self._framing != "close":
                raise Truncated("the body broke off")
            self._ended = True
        size = min(most, len(self._wire.buffer), most if self._left is None else self._left)
        self._left = None if self._left is None else self._left - size
        return self._wire.take(size)

    def _next_chunk(self):
        if self._ended:
            return
        if not self._first and self._wire.read_exactly(2) != b"\r\n":
            raise ProtocolError("no CRLF behind a chunk")
        self._first = False
        line = self._wire.read_until(b"\r\n")[:-2]
        if not CHUNK_SIZE.fullmatch(line):
            raise ProtocolError(f"malformed chunk size line {line!r} (opslb never writes extensions)")
        self._left = int(line, 16)
        if not self._left:
            self._ended = True
            self.trailers = read_trailers(self._wire)

    def read(self, size):
        """Exactly so many bytes."""
        found = b""
        while len(found) < size:
            piece = self.piece(size - len(found))
            if not piece:
                raise Truncated(f"the body ended after {len(found)} of {size} bytes", found)
            found += piece
        return found

    def rest(self):
        return b"".join(iter(self.piece, b""))
