"""One end of a TCP connection as the tests use it: exact bytes out, buffered bytes in, every wait bounded."""

import contextlib
import select
import socket
import struct

from support.message import Truncated
from support.timeouts import ANSWER, Deadline, scaled


class Wire:
    def __init__(self, sock, received=b""):
        self.sock = sock
        self.sock.settimeout(scaled(ANSWER))
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = sock.getsockname()
        self.remote = sock.getpeername()
        self.buffer = bytearray(received)
        self.ended = False  # the peer's FIN was read

    # Out.

    def send(self, data):
        """Sends all of it; text is sent as Latin-1."""
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def send_slowly(self, data, size=1):
        """In pieces of `size` bytes, each a segment of its own."""
        for at in range(0, len(data), size):
            self.send(data[at:at + size])

    # In.

    def fill(self, seconds=None):
        """Waits for some bytes; False at the peer's FIN. ConnectionResetError at its reset, TimeoutError if none come."""
        if self.ended:
            return False
        self.sock.settimeout(scaled(ANSWER) if seconds is None else scaled(seconds))
        got = self.sock.recv(256 * 1024)
        self.buffer += got
        self.ended = not got
        return bool(got)

    def take(self, size):
        out = bytes(self.buffer[:size])
        del self.buffer[:size]
        return out

    def read_exactly(self, size):
        while len(self.buffer) < size:
            if not self.fill():
                raise Truncated(f"the peer closed after {len(self.buffer)} of {size} bytes", bytes(self.buffer))
        return self.take(size)

    def read_some(self):
        """What is there, at least one byte; b"" at the peer's FIN."""
        if not self.buffer:
            self.fill()
        return self.take(len(self.buffer))

    def read_until(self, mark):
        """Everything up to `mark` and the mark itself."""
        seen = 0
        while (at := self.buffer.find(mark, max(0, seen - len(mark)))) < 0:
            seen = len(self.buffer)
            if not self.fill():
                raise Truncated(f"the peer closed before {mark!r}", bytes(self.buffer))
        return self.take(at + len(mark))

    def read_to_end(self):
        """Everything up to the peer's FIN."""
        while self.fill():
            pass
        return self.take(len(self.buffer))

    # The end of it.

    def wait_closed(self, seconds=ANSWER):
        """How the peer ended the connection: "fin" or "reset". Bytes that come before that stay in `buffer`."""
        deadline = Deadline(seconds)
        try:
            while not self.ended:
                self.sock.settimeout(deadline.left())
                got = self.sock.recv(256 * 1024)
                self.buffer += got
                self.ended = not got
        except (ConnectionResetError, BrokenPipeError):
            return "reset"
        except TimeoutError:
            raise AssertionError(f"the peer kept the connection open for {seconds} s; "
                                 f"bytes received meanwhile: {bytes(self.buffer)[:500]!r}") from None
        return "fin"

    def expect_closed(self, seconds=ANSWER):
        """The same, and that no byte came before."""
        how = self.wait_closed(seconds)
        assert not self.buffer, f"bytes came before the close: {bytes(self.buffer)[:500]!r}"
        return how

    def is_silent(self, seconds=0.2):
        """True if for that long no byte and no close comes. Proves absence only weakly: use it beside an event."""
        return not self.buffer and not select.select([self.sock], [], [], seconds)[0]

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST instead of FIN."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()

    @property
    def closed(self):
        return self.sock.fileno() < 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
