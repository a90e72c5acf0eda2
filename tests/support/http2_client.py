"""A client that speaks HTTP/2 over one connection to opslb, by hyper-h2 (Debian's python3-h2), which also sees to it that what
opslb says is HTTP/2. It is told what to say as RawClient is, in HTTP/1.1: see spoken.py."""

import h2.errors
import h2.events

from support.http2_connection import Http2Connection
from support.http2_stream import Stream, StreamReset
from support.raw import connect
from support.spoken import Data, Head, Spoken
from support.timeouts import ANSWER, SLOWNESS, Deadline

WINDOW = 1 << 20
"""What a stream may send ahead of its reader, and eight times as much for the connection."""


def encoded(fields):
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


class Http2Client(Http2Connection):
    """`scheme`: what `:scheme` says. The rest is at raw.connect(). Reading methods without a stream mean the oldest one of
    which the answer was not read to its end."""

    def __init__(self, port, host="127.0.0.1", source=None, preamble=b"", tls=None, scheme="http", window=WINDOW):
        self._scheme = scheme
        self._spoken = Spoken()
        self.streams = []
        self._by_number = {}
        self.settings = {}  # that opslb has announced
        self._pings = 0  # that were answered
        self.goaway = None  # (code, last stream) of its GOAWAY
        super().__init__(connect(port, host, source, preamble, tls), window)

    # Speaking.

    def send(self, data):
        """Says what these bytes of HTTP/1.1 say: a request on a new stream, the rest of the last one's body, or both."""
        if self.streams and self.streams[-1].takes_no_more() and self.streams[-1].done:
            self._spoken = Spoken()  # what the last request still owed is not owed any more
        for part in self._spoken.feed(data.encode("latin-1") if isinstance(data, str) else data):
            if isinstance(part, Head):
                self.open_as(part)
            elif isinstance(part, Data):
                self.send_data(self.streams[-1], part.piece)
            else:
                self.send_end(self.streams[-1], part.trailers)

    def send_slowly(self, data, size=1):
        for at in range(0, len(data), size):
            self.send(data[at:at + size])

    def send_some(self, data, seconds=ANSWER):
        """The next bytes of a body, as many as opslb takes now: how many, 0 if it takes none for so long."""
        room = min(self.wait_window(self.streams[-1], seconds), len(data))
        self.send(data[:room])
        return room

    def request(self, method="GET", target="/", headers=(), body=b"", host="opsmanager.example.com"):
        """As RawClient.request()."""
        fields = [(name.lower(), value) for name, value in headers]
        if body:
            fields.append(("content-length", str(len(body))))
        stream = self.open_as(Head(method, target, host, fields, ends=not body))
        if body:
            self.send_data(stream, body)
            self.send_end(stream)
        return stream.read_response(skip_interim=True)

    def open(self, data):
        """The stream of the request in these bytes, for tests that have several at once."""
        self.send(data)
        return self.streams[-1]

    def open_as(self, head):
        # RFC 9113 8.5, RFC 8441 4
        if head.method == "CONNECT" and not head.upgrade:
            pseudo = [(":method", "CONNECT"), (":authority", head.target)]
        else:
            pseudo = [(":method", "CONNECT" if head.upgrade else head.method), (":scheme", self._scheme),
                      (":path", head.target)]
            pseudo += [(":authority", head.host)] if head.host is not None else []
            pseudo += [(":protocol", head.upgrade)] if head.upgrade else []
        return self.open_with(pseudo + head.fields, head)

    def open_with(self, fields, head=None):
        """A stream that begins with exactly these fields; it is ended by send_end() unless `head` says that it ends."""
        head = head or Head("", "", None, [])
        with self._changed:
            number = self._h2.get_next_available_stream_id()
            stream = Stream(self, number, head)
            stream.sent_end = head.ends
            self._do(lambda: self._h2.send_headers(number, encoded(fields), end_stream=head.ends))
            self.streams.append(stream)
            self._by_number[number] = stream
        self._flush()
        return stream

    def send_data(self, stream, data):
        """Sends all of it, as the windows allow. StreamReset if the stream ended meanwhile."""
        view, deadline = memoryview(data), Deadline(ANSWER)
        while view:
            with self._changed:
                self._assert_takes_data(stream)
                room = min(self._h2.local_flow_control_window(stream.number), self._h2.max_outbound_frame_size, len(view))
                if room > 0:
                    self._do(lambda: self._h2.send_data(stream.number, bytes(view[:room])))
            if room > 0:
                view, deadline = view[room:], Deadline(ANSWER)
                self._flush()
            elif not self._pump(deadline):
                raise TimeoutError(f"opslb gave stream {stream.number} no window for {ANSWER} s")

    def send_end(self, stream, trailers=()):
        with self._changed:
            self._assert_takes_data(stream)
            stream.sent_end = True
            if trailers:
                self._do(lambda: self._h2.send_headers(stream.number, encoded(trailers), end_stream=True))
            else:
                self._do(lambda: self._h2.end_stream(stream.number))
        self._flush()

    def _assert_takes_data(self, stream):
        if stream.reset_code is not None or self.ended:
            raise StreamReset(self.how_it_ended(stream))

    def cancel(self, stream, code=h2.errors.ErrorCodes.CANCEL):
        self._do(lambda: self._h2.reset_stream(stream.number, code))
        stream.done = stream.cancelled = True
        self._flush()

    def abandon(self):
        """Lets go of the last answer that was asked for; the connection goes on."""
        self.cancel(self.streams[-1])

    def half_close(self):
        """Ends the last stream's own direction."""
        self.send_end(self.streams[-1])

    def acknowledge(self, stream, size):
        """The reader has taken so many bytes: opslb may send more."""
        if size and not self.ended:
            self._do(lambda: self._h2.acknowledge_received_data(size, stream.number))
            self._flush()

    def window_left(self, stream):
        """How much opslb takes of the stream's body now."""
        return self._h2.local_flow_control_window(stream.number)

    def wait_window(self, stream, seconds=ANSWER):
        """The same once there is some, or 0 if there is none for so long."""
        self.pump_until(lambda: self.window_left(stream) > 0, Deadline(seconds))
        return max(0, self.window_left(stream))

    # Listening.

    @property
    def reading(self):
        """The stream that reading means now."""
        return next((each for each in self.streams if not each.done), self.streams[-1])

    def read_head(self, method="GET"):  # pylint: disable=unused-argument
        return self.reading.read_head()

    def read_response(self, method="GET", skip_interim=False):  # pylint: disable=unused-argument
        return self.reading.read_response(skip_interim)

    def read_body(self, size):
        return self.reading.read_body(size)

    read_exactly = read_body

    def read_piece(self):
        return self.reading.read_piece()

    def read_rest(self):
        return self.reading.read_rest()

    read_to_end = read_rest

    def read_trailers(self):
        return self.reading.trailers

    def wait_for(self, mark):
        self.reading.wait_for(mark)

    def is_silent(self, seconds=0.2):
        """True if for that long, however slow the build, nothing comes on any stream, and no end. Frames of the connection
        alone are no news."""
        return not self._hears(seconds / SLOWNESS)

    def wait_news(self, seconds=ANSWER):
        assert self._hears(seconds), f"nothing came within {seconds} s"

    def _hears(self, seconds):
        self.pump_until(self._has_news, Deadline(seconds))
        return self._has_news()

    def _has_news(self):
        return self.ended or any(each.has_news() for each in self.streams if not each.done)

    def wait_tunnel_ended(self):
        tunnel = self.streams[-1]
        self.pump_until(lambda: tunnel.whole or tunnel.is_broken(), Deadline(ANSWER))
        assert (tunnel.whole or tunnel.is_broken()) and not tunnel.buffer

    def wait_settings(self):
        """What opslb has announced in its first SETTINGS."""
        self.pump_until(lambda: self.settings, Deadline(ANSWER))
        return self.settings

    def wait_goaway(self, seconds=ANSWER):
        """(code, last stream) of its GOAWAY."""
        self.pump_until(lambda: self.goaway, Deadline(seconds))
        assert self.goaway, f"no GOAWAY within {seconds} s"
        return self.goaway

    def ping(self):
        """Until opslb has answered a PING: it has heard all that was sent before."""
        answered = self._pings + 1
        self._do(lambda: self._h2.ping(b"opslb is"))
        self._flush()
        self.pump_until(lambda: self._pings >= answered, Deadline(ANSWER))
        assert self._pings >= answered, "no answer to a PING"

    def wait_closed(self, seconds=ANSWER):
        """How opslb ended the connection: "fin" or "reset"."""
        self.pump_until(lambda: False, Deadline(seconds))
        assert self.ended, f"opslb kept the connection open for {seconds} s"
        return self.ended

    def expect_closed(self, seconds=ANSWER):
        """The same, and that no answer came before that was not read."""
        how = self.wait_closed(seconds)
        assert not any(each.heads or each.buffer for each in self.streams), "an answer came before the close"
        return how

    def how_it_ended(self, stream):
        if stream.reset_code is not None:
            return f"RST_STREAM({stream.reset_code!r})"
        return f"the connection ended ({self.ended}, GOAWAY {self.goaway})"

    # What comes in.

    def _on(self, event):
        stream = self._by_number.get(getattr(event, "stream_id", None))
        if isinstance(event, (h2.events.InformationalResponseReceived, h2.events.ResponseReceived)):
            stream.hear_head(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            stream.hear_data(event.data)
            padding = event.flow_controlled_length - len(event.data)
            self.acknowledge(stream, padding)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers = list(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            stream.whole = True
        elif isinstance(event, h2.events.StreamReset):
            stream.reset_code = event.error_code
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = (event.error_code, event.last_stream_id)
        elif isinstance(event, h2.events.RemoteSettingsChanged):
            self.settings |= {code: change.new_value for code, change in event.changed_settings.items()}
        elif isinstance(event, h2.events.PingAckReceived):
            self._pings += 1
