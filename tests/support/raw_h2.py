"""A raw HTTP/2 client: it sends whatever bytes the test says, reads strictly, and waits for what has to come back."""

import socket

from support import frames
from support.frames import PREFACE, Code
from support.header_block import block
from support.strict_h2 import StrictReader
from support.timeouts import ANSWER, Deadline, scaled

HOST = "opsmanager.example.com"


class RawH2Client(StrictReader):
    """`settings`: (identifier, value) pairs to begin with. `tls`: what makes a TLS socket of a TCP socket. greets=False:
    sends nothing, not even the preface. `grants`: gives back, at once, the window that received DATA took."""

    def __init__(self, port, settings=(), tls=None, greets=True, grants=False):
        sock = socket.create_connection(("127.0.0.1", port), timeout=scaled(ANSWER))
        super().__init__(tls(sock) if tls else sock, grants)
        self.scheme = "https" if tls else "http"
        if greets:
            self.greet(*settings)

    # Out.

    def greet(self, *pairs):
        """The preface, and until each side has acknowledged the other's settings."""
        self.send(PREFACE)
        self.send_settings(*pairs)
        self.wait(lambda: self.settings is not None and self.settings_acks, "the server's preface and its ACK of ours")

    def fields(self, method="GET", path="/", *more, authority=HOST):
        """The fields of a request, for block()."""
        return [(":method", method), (":scheme", self.scheme), (":path", path), (":authority", authority), *more]

    def get(self, stream, path="/", *more, **how):
        """A request as one HEADERS frame. `how`: as frames.headers has it."""
        return frames.headers(stream, block(*self.fields("GET", path, *more)), **how)

    def post(self, stream, path="/", *more, end=False, **how):
        return frames.headers(stream, block(*self.fields("POST", path, *more)), end=end, **how)

    # In.

    def wait(self, happened, what, seconds=ANSWER):
        """Reads frames until happened() is true."""
        deadline = Deadline(seconds)
        while not happened():
            try:
                got = self.read_frame(deadline.left() / scaled(1))
            except TimeoutError:
                raise AssertionError(self.describe(f"{what} did not come within {seconds} s")) from None
            assert got is not None, self.describe(f"the connection ended before {what}")
            self.take_in(got)

    def expect_answer(self, stream, status=200, seconds=ANSWER):
        """The whole response on that stream."""
        answer = self.answer(stream)
        self.wait(lambda: answer.ended or answer.reset is not None, f"an answer on stream {stream}", seconds)
        assert answer.ended, self.describe(f"stream {stream} was reset with {answer.reset!r}")
        assert status is None or answer.status == status, self.describe(f"{answer.status}: {bytes(answer.body)[:300]}")
        return answer

    def expect_head(self, stream):
        """At least the head of the final response."""
        answer = self.answer(stream)
        self.wait(lambda: answer.status is not None or answer.reset is not None, f"a response on stream {stream}")
        assert answer.status is not None, self.describe(f"stream {stream} was reset with {answer.reset!r}")
        return answer

    def expect_reset(self, stream, *codes):
        """RST_STREAM with one of these codes."""
        answer = self.answer(stream)
        self.wait(lambda: answer.reset is not None or (self.goaways and self.goaways[-1][1] != Code.NO_ERROR),
                  f"RST_STREAM on stream {stream}")
        assert answer.reset in codes, self.describe(f"{answer.reset!r} on stream {stream}, not one of {codes}")

    def expect_goaway(self, *codes, seconds=ANSWER):
        """GOAWAY with one of these codes, and then the end of the connection (RFC 9113 5.4.1)."""
        self.wait(lambda: self.goaways, "GOAWAY", seconds)
        last, code, debug = self.goaways[-1]
        assert code in codes, self.describe(f"GOAWAY with {code!r} ({debug!r}), not one of {codes}")
        self.expect_end(seconds)
        return last

    def expect_stream_error(self, stream, *codes):
        """RST_STREAM with one of these codes, or what an endpoint may always make of it (5.4.2): GOAWAY with one."""
        answer = self.answer(stream)
        self.wait(lambda: answer.reset is not None or self.goaways, f"RST_STREAM on stream {stream} or GOAWAY")
        if answer.reset is None:
            self.expect_goaway(*codes)
        else:
            assert answer.reset in codes, self.describe(f"RST_STREAM with {answer.reset!r}, not one of {codes}")

    def expect_refusal(self, stream):
        """What becomes of a request that cannot be passed on, though its frames are right: 400, or RST_STREAM."""
        answer = self.answer(stream)
        self.wait(lambda: answer.ended or answer.reset is not None, f"a refusal on stream {stream}")
        assert answer.status == 400 or answer.reset == Code.PROTOCOL_ERROR, \
            self.describe(f"{answer.status}, {answer.reset!r}")

    def expect_end(self, seconds=ANSWER):
        """The end of the connection, whatever frames come before."""
        deadline = Deadline(seconds)
        while True:
            try:
                got = self.read_frame(deadline.left() / scaled(1))
            except TimeoutError:
                raise AssertionError(self.describe(f"the connection did not end within {seconds} s")) from None
            if got is None:
                return
            self.take_in(got)

    def expect_pong(self, payload=b"are you?"):
        """Sends a PING and waits for its ACK: all that was sent before has been read then."""
        before = self.pongs.count(payload)
        self.send(frames.ping(payload))
        self.wait(lambda: self.pongs.count(payload) > before, "the ACK of a PING")

    def expect_pong_or_end(self):
        """For where RFC 9113 leaves it to the server whether the connection goes on."""
        try:
            self.send(frames.ping(b"or else?"))
        except (ConnectionResetError, BrokenPipeError):
            return
        while not self.pongs and (got := self.read_frame()) is not None:
            self.take_in(got)

    def expect_it_goes_on(self, stream, path="/next"):
        """A request on a new stream of this connection is answered."""
        self.send(self.get(stream, path))
        self.expect_answer(stream)
