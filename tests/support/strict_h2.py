"""What a server sends over HTTP/2, read strictly: whatever is against RFC 9113 (a frame in the wrong place, more data than the
windows allow, a header block that is none) fails the test."""

import collections
import contextlib
import json
import struct
from dataclasses import dataclass, field

import hpack

from support import frames
from support.frames import ACK, END_HEADERS, END_STREAM, LARGEST, WINDOW, Code, Frame, Kind, Setting
from support.message import ProtocolError
from support.timeouts import ANSWER, Deadline
from support.wire import Wire

CONNECTION_SPECIFIC = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"}


@dataclass
class Answer:
    """What has come on one stream."""
    headers: list = None  # of the final response: (name, value), without :status
    status: int = None
    interim: list = field(default_factory=list)  # (status, headers) of each
    trailers: list = None
    body: bytearray = field(default_factory=bytearray)
    pieces: list = field(default_factory=list)  # the sizes that DATA came in
    ended: bool = False  # END_STREAM came
    reset: Code = None
    window: int = WINDOW

    def get(self, name):
        return next((value for key, value in self.headers if key == name), None)

    def json(self):
        return json.loads(self.body)

    def seen(self, name):
        """The values of that field in the request, as an OkOrigin saw it."""
        return [value for key, value in self.json()["headers"] if key.lower() == name]


class StrictReader(Wire):
    """The receiving half of a connection to a server; acknowledges SETTINGS and PING. `grants`: gives back, at once, the
    window that received DATA took."""

    def __init__(self, sock, grants=False):
        super().__init__(sock)
        self.grants = grants
        self.replies = True  # False: no ACK to SETTINGS and PING
        self.answers = {}
        self.settings = None  # the server's, once they have come
        self.settings_acks = 0  # of ours
        self.pongs = []  # payloads of PINGs that were acknowledged
        self.goaways = []  # (last stream, code, debug data)
        self.window = WINDOW  # what the server may still send on the connection
        self.granted = {0: WINDOW}  # what we may send in all, by stream
        self._initial = WINDOW  # for what the server sends on new streams
        self.unacknowledged = []  # initial window sizes that we have sent, None where there was none
        self.decoder = hpack.Decoder()
        self._open_block = None  # of a header block without END_HEADERS: [first frame, bytes]
        self._seen = collections.deque(maxlen=60)  # the last frames, for messages

    def send_settings(self, *pairs):
        for identifier, value in pairs:
            if identifier == Setting.HEADER_TABLE_SIZE:
                self.decoder.max_allowed_table_size = value
        sizes = [value for identifier, value in pairs if identifier == Setting.INITIAL_WINDOW_SIZE]
        self.unacknowledged.append(sizes[-1] if sizes else None)
        self.send(frames.settings(*pairs))

    def grant(self, stream, size):
        """WINDOW_UPDATE, and keeps count of it."""
        if stream == 0:
            self.window += size
        else:
            self.answer(stream).window += size
        self._reply(frames.window_update(stream, size))

    def _reply(self, data):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # what it said before it closed counts
            self.send(data)

    def answer(self, stream):
        """What has come on that stream so far."""
        return self.answers.setdefault(stream, Answer(window=self._initial))

    def read_frame(self, seconds=ANSWER):
        """The next frame; None at the end of the connection."""
        deadline = Deadline(seconds)
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            self.sock.settimeout(deadline.left())
            try:
                got = b"" if self.ended else self.sock.recv(256 * 1024)
                self._demand(got or not self.buffer, f"whole frames before the end, not {bytes(self.buffer[:40])!r}")
            except (ConnectionResetError, BrokenPipeError):
                got = b""
            self.buffer += got
            self.ended = not got
            if self.ended:
                return None
        size = int.from_bytes(self.buffer[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", self.take(9)[3:])
        got = Frame(kind, flags, stream, self.take(size))
        self._seen.append(str(got))
        self._demand(size <= LARGEST, "frames of at most 16384 bytes")
        self._demand(stream < 2**31, "a reserved bit of 0")
        return got

    def describe(self, what):
        return "\n".join([what, "frames received:"] + [f"  {each}" for each in self._seen])

    def _demand(self, right, what):
        if not right:
            raise ProtocolError(self.describe(f"RFC 9113 demands {what}"))

    def take_in(self, got):
        if self._open_block:
            self._demand(got.kind == Kind.CONTINUATION and got.stream == self._open_block[0].stream,
                         "nothing within a header block (4.3)")
        self._demand(self.settings is not None or got.kind == Kind.SETTINGS and not got.has(ACK),
                     "SETTINGS as the first frame (3.4)")
        self._demand(got.kind in iter(Kind) and got.kind != Kind.PUSH_PROMISE, "frames that were asked for")
        getattr(self, "_take_" + Kind(got.kind).name.lower())(got)

    def _take_settings(self, got):
        self._demand(got.stream == 0, "SETTINGS on stream 0")
        if got.has(ACK):
            self._demand(not got.payload, "an empty ACK")
            self._demand(self.unacknowledged, "an ACK for what was sent")
            self.settings_acks += 1
            self._apply_window(self.unacknowledged.pop(0))
            return
        self._demand(len(got.payload) % 6 == 0, "settings of six bytes")
        pairs = dict(struct.iter_unpack(">HI", got.payload))
        self._demand(pairs.get(Setting.ENABLE_PUSH, 0) == 0, "no ENABLE_PUSH of 1 from a server (6.5.2)")
        self.settings = (self.settings or {}) | pairs
        if self.replies:
            self._reply(frames.settings_ack())

    def _apply_window(self, size):
        if size is not None:
            for answer in self.answers.values():
                answer.window += size - self._initial
            self._initial = size

    def _take_ping(self, got):
        self._demand(got.stream == 0 and len(got.payload) == 8, "PING of 8 bytes on stream 0")
        if got.has(ACK):
            self.pongs.append(got.payload)
        elif self.replies:
            self._reply(frames.ping(got.payload, ack=True))

    def _take_goaway(self, got):
        self._demand(got.stream == 0 and len(got.payload) >= 8, "GOAWAY of 8 bytes or more on stream 0")
        last, code = struct.unpack(">II", got.payload[:8])
        self._demand(not self.goaways or last <= self.goaways[-1][0], "a last stream that never grows (6.8)")
        self.goaways.append((last, Code(code), got.payload[8:]))

    def _take_window_update(self, got):
        increment = int.from_bytes(got.payload, "big")
        self._demand(len(got.payload) == 4 and 0 < increment < 2**31, "a positive increment in 4 bytes")
        self.granted[got.stream] = self.granted.get(got.stream, self.first_window) + increment

    @property
    def first_window(self):
        """What the server grants to each of our streams at first."""
        return (self.settings or {}).get(Setting.INITIAL_WINDOW_SIZE, WINDOW)

    def _take_priority(self, got):
        self._demand(False, "nothing, but servers send no PRIORITY")

    def _take_rst_stream(self, got):
        self._demand(got.stream in self.answers or got.stream % 2, "RST_STREAM on one of our streams only")
        self._demand(len(got.payload) == 4, "RST_STREAM of 4 bytes")
        self.answer(got.stream).reset = Code(int.from_bytes(got.payload, "big"))

    def _take_data(self, got):
        answer = self.answer(got.stream)
        self._demand(answer.status is not None and not answer.ended and answer.reset is None,
                     "DATA within a response only (8.1)")
        answer.window -= len(got.payload)
        self.window -= len(got.payload)
        # A larger window counts for the server once it has read of it, and we know that only from its ACK.
        hoped = max([self._initial] + [size for size in self.unacknowledged if size is not None]) - self._initial
        self._demand(not got.payload or self.window >= 0 and answer.window + hoped >= 0,
                     f"no more DATA than the windows allow (6.9): {self.window} on the connection, {answer.window} left")
        payload = got.payload
        if got.has(frames.PADDED):
            self._demand(payload[0] < len(payload), "less padding than payload")
            payload = payload[1:len(payload) - payload[0]]
        answer.pieces.append(len(payload))
        answer.body += payload
        answer.ended = got.has(END_STREAM)
        if self.grants and got.payload:
            self.grant(0, len(got.payload))
            if not answer.ended:
                self.grant(got.stream, len(got.payload))

    def _take_headers(self, got):
        answer = self.answer(got.stream)
        self._demand(got.stream % 2 and not answer.ended and answer.reset is None, "HEADERS on an open stream")
        self._demand(not got.has(frames.PADDED | frames.WITH_PRIORITY), "nothing, but opslb sends neither padding nor "
                                                                         "priority, and this client reads none")
        self._open_block = [got, bytearray(got.payload)]
        self._end_block(got)

    def _take_continuation(self, got):
        self._demand(self._open_block is not None, "CONTINUATION within a header block only (6.10)")
        self._open_block[1] += got.payload
        self._end_block(got)

    def _end_block(self, got):
        if not got.has(END_HEADERS):
            return
        (first, raw), self._open_block = self._open_block, None
        decoded = [(name.decode("latin-1"), value.decode("latin-1"))
                   for name, value in self.decoder.decode(bytes(raw), raw=True)]
        self._take_fields(self.answer(first.stream), decoded, first.has(END_STREAM))

    def _take_fields(self, answer, decoded, ends):
        names = [name for name, _ in decoded]
        self._demand(all(name == name.lower() and name not in CONNECTION_SPECIFIC for name in names),
                     f"lower-case names that are not connection-specific (8.2), not {decoded}")
        if answer.status is not None:
            self._demand(ends and not any(name.startswith(":") for name in names), f"trailers, not {decoded} (8.1)")
            answer.trailers, answer.ended = decoded, True
            return
        self._demand(decoded and names[0] == ":status" and not any(name.startswith(":") for name in names[1:]),
                     f":status first and no other (8.3.2), not {decoded}")
        status = int(decoded[0][1])
        if status < 200:
            self._demand(not ends and status != 101, "no end and no 101 in interim responses (8.1, 8.6)")
            answer.interim.append((status, decoded[1:]))
            return
        answer.status, answer.headers, answer.ended = status, decoded[1:], ends
