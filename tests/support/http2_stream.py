"""One stream of an Http2Client: what has come on it and was not read, and how it ended."""

import collections

from support.message import Response, Truncated
from support.timeouts import ANSWER, Deadline


class StreamReset(ConnectionResetError):
    """opslb ended the stream with RST_STREAM, or the connection below it ended."""


class Stream:
    def __init__(self, client, number, head):
        self._client = client
        self.number = number
        self.method = head.method
        self.target = head.target
        self.asked_upgrade = bool(head.upgrade)
        self.is_tunnel = False  # the upgrade was agreed to
        self.cancelled = False
        self.heads = collections.deque()  # that were not read: (status, fields)
        self.buffer = bytearray()  # bytes of the body that were not read
        self.trailers = []
        self.pieces = []  # the sizes of the DATA frames
        self.whole = False  # END_STREAM has come
        self.reset_code = None  # of its RST_STREAM
        self.sent_end = False  # END_STREAM was sent
        self.answered = False  # the final head was read
        self.done = False  # all of the answer was read, or the reader was told that it broke off

    # What is asked of it.

    def read_head(self):
        """The next head, interim or final."""
        self._wait(lambda: self.heads, "a head")
        status, fields = self.heads.popleft()
        self.answered = status >= 200
        self.is_tunnel = self.asked_upgrade and 200 <= status < 300
        self.done = self.answered and self.whole and not self.buffer
        text = "".join(f"{name}: {value}\r\n" for name, value in fields)
        return Response(version="2", headers=fields, head=f"HTTP/2 {status}\r\n{text}\r\n".encode("latin-1"), status=status,
                        framing="length" if any(name == "content-length" for name, _ in fields) else "stream")

    def read_response(self, skip_interim=False):
        """The next response, be it interim or final; with `skip_interim` the next final one. That to a request for another
        protocol ends with its head if it agrees."""
        response = self.read_head()
        while skip_interim and response.status < 200:
            response = self.read_head()
        if response.status < 200 or self.is_tunnel:
            return response
        response.body = self.read_rest()
        response.trailers, response.chunks = self.trailers, self.pieces
        return response

    def read_piece(self, most=1 << 62):
        """What has come of the body, at least one byte; b"" at its end."""
        self._wait(lambda: self.buffer or self.whole, "more of the body")
        piece = bytes(self.buffer[:most])
        del self.buffer[:most]
        self._client.acknowledge(self, len(piece))
        self.done = self.done or not piece
        return piece

    def read_body(self, size):
        found = b""
        while len(found) < size:
            piece = self.read_piece(size - len(found))
            if not piece:
                raise Truncated(f"the body ended after {len(found)} of {size} bytes", found)
            found += piece
        return found

    def read_rest(self):
        found = bytearray()
        while True:
            try:
                piece = self.read_piece()
            except Truncated as cut:
                raise Truncated(str(cut), bytes(found) + cut.received) from None
            if not piece:
                return bytes(found)
            found += piece

    def wait_for(self, mark):
        self._wait(lambda: mark in self.buffer, repr(mark))

    def wait_reset(self, seconds=ANSWER):
        """The code of the RST_STREAM that has to come."""
        self._client.pump_until(lambda: self.reset_code is not None, Deadline(seconds))
        assert self.reset_code is not None, f"stream {self.number} was not reset within {seconds} s"
        return self.reset_code

    def has_news(self):
        """True if anything came that was not read, its end included."""
        return bool(self.heads or self.buffer or (self.whole and not self.done) or self.reset_code is not None)

    def _wait(self, there, what):
        self._client.pump_until(lambda: there() or self.is_broken(), Deadline(ANSWER))
        if there():
            return
        received = bytes(self.buffer)
        self.buffer.clear()
        if not self.is_broken():
            raise TimeoutError(f"{what} did not come on stream {self.number}")
        self.done = True
        raise Truncated(f"stream {self.number} ended before {what}: {self._client.how_it_ended(self)}", received)

    def is_broken(self):
        """True if no more can come although it was not whole."""
        return not self.whole and (self.reset_code is not None or self._client.ended)

    def takes_no_more(self):
        """True if nothing that could be said on it would be heard."""
        return self.sent_end or self.cancelled or self.is_broken() or (self.done and not self.is_tunnel)

    # What the client hears.

    def hear_head(self, fields):
        named = [(name, value) for name, value in fields if not name.startswith(":")]
        self.heads.append((int(dict(fields)[":status"]), named))

    def hear_data(self, data):
        self.buffer += data
        if data:
            self.pieces.append(len(data))
