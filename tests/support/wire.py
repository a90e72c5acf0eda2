"""One end of a connection, of TCP or TLS, as the tests use it: exact bytes out, buffered bytes in, every wait bounded."""

import contextlib
import socket
import struct

from support.message import Truncated
from support.timeouts import ANSWER, Deadline, scaled


class BytesWire:
    """Bytes to read that are there already, and no more."""

    def __init__(self, received=b""):
        self.buffer = bytearray(received)

    def fill(self, seconds=None):  # pylint: disable=unused-argument
        """Waits for more bytes; False if none will come."""
        return False

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
        """What is there, at least one byte; b"" at the end."""
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

    def wait_for(self, mark):
        """Until that is among the bytes that have come and were not read."""
        while mark not in self.buffer:
            if not self.fill():
                raise Truncated(f"the peer closed before {mark!r}", bytes(self.buffer))


class Wire(BytesWire):
    def __init__(self, sock, received=b""):
        super().__init__(received)
        self.sock = sock
        self.tcp = getattr(sock, "plain", sock)  # without TLS
        self.sock.settimeout(scaled(ANSWER))
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local = sock.getsockname()
        self.remote = None
        with contextlib.suppress(OSError):  # it may have been reset already
            self.remote = sock.getpeername()
        self.ended = False  # the peer's FIN was read
        self._broken = None  # the error of its reset

    # Out.

    def send(self, data):
        """Sends all of it; text is sent as Latin-1."""
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def send_some(self, data, seconds=ANSWER):
        """The first bytes of it, as many as the kernel takes now: how many, 0 if it takes none for so long."""
        self.sock.settimeout(scaled(seconds))
        try:
            return self.sock.send(data)
        except TimeoutError:
            return 0

    def send_slowly(self, data, size=1):
        """In pieces of `size` bytes, each a segment of its own."""
        for at in range(0, len(data), size):
            self.send(data[at:at + size])

    # In.

    def fill(self, seconds=None):
        """Waits for some bytes; False at the peer's FIN. ConnectionResetError at its reset, TimeoutError if none come."""
        if self.ended:
            return False
        self._receive(scaled(ANSWER if seconds is None else seconds))
        return not self.ended

    def _receive(self, seconds):
        if self._broken:
            raise self._broken
        self.sock.settimeout(seconds)
        try:
            got = self.sock.recv(256 * 1024)
        except ConnectionError as error:
            self._broken = error
            raise
        self.buffer += got
        self.ended = not got

    # The end of it.

    def wait_closed(self, seconds=ANSWER):
        """How the peer ended the connection: "fin" or "reset". Bytes that come before that stay in `buffer`."""
        deadline = Deadline(seconds)
        try:
            while not self.ended:
                self._receive(deadline.left())
        except ConnectionError:
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
        if self.buffer or self.ended:
            return False
        try:
            self._receive(seconds)
        except TimeoutError:
            return True
        except ConnectionError:
            return False
        return False

    def half_close(self):
        """Ends this end's direction: a FIN, or over TLS a close_notify."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST instead of FIN."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tcp.close()

    def hang_up(self):
        """Closes in order, even if a thread is reading, which close() would not wake up."""
        with contextlib.suppress(OSError):
            self.half_close()
            self.tcp.shutdown(socket.SHUT_RDWR)

    def drop(self):
        """The same with an RST."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.tcp.shutdown(socket.SHUT_RDWR)
            self.tcp.close()

    def close(self):
        self.sock.close()

    @property
    def closed(self):
        return self.sock.fileno() < 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
