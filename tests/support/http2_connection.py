"""The machine under Http2Client: hyper-h2 on a socket, used by one thread that sends and one that receives."""

import threading

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from support.message import ProtocolError
from support.timeouts import ANSWER, scaled
from support.wire import Wire


class Connection(h2.connection.H2Connection):
    """hyper-h2's takes a GOAWAY for the end of everything, but streams that were open go on (RFC 9113 6.8)."""

    def _receive_goaway_frame(self, frame):
        event = h2.events.ConnectionTerminated()
        event.error_code, event.last_stream_id = frame.error_code, frame.last_stream_id
        return [], [event]


WITHOUT_CHECKS = h2.config.H2Configuration(client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
                                           normalize_outbound_headers=False)


class Http2Connection:
    """Derived classes take the events that come in by _on()."""

    def __init__(self, sock, window):
        self._wire = Wire(sock)
        self._h2 = Connection(WITHOUT_CHECKS)
        self._h2.local_settings = h2.settings.Settings(client=True, initial_values={
            h2.settings.SettingCodes.ENABLE_PUSH: 0, h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window,
            h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: 1 << 20})
        self._h2.decoder.max_header_list_size = 1 << 20
        self._changed = threading.Condition(threading.RLock())
        self._receiving = False
        self._sending = threading.RLock()
        self._out = bytearray()
        self.ended = None  # "fin" or "reset" once the connection has ended
        self._do(lambda: (self._h2.initiate_connection(), self._h2.increment_flow_control_window(8 * window)))
        self._flush()

    def _on(self, event):
        raise NotImplementedError

    # Receiving.

    def pump_until(self, there, deadline):
        """Receives until that is true, the connection has ended, or time is up."""
        while not there() and not self.ended:
            if not self._pump(deadline):
                return

    def _pump(self, deadline):
        """Receives once, or waits while another thread does. False when time is up."""
        with self._changed:
            if self._receiving:
                self._changed.wait(deadline.left())
                return not deadline.over()
            if self.ended:
                return True
            self._receiving = True
        data, how = b"", None
        try:
            self._wire.sock.settimeout(deadline.left())
            data = self._wire.sock.recv(256 * 1024)
            how = None if data else "fin"
        except TimeoutError:
            return False
        except ConnectionError:
            how = "reset"
        finally:
            with self._changed:
                self._receiving = False
                self.ended = self.ended or how
                if data:
                    self._hear(data)
                self._changed.notify_all()
        self._flush()
        return True

    def _hear(self, data):
        try:
            events = self._h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            self.ended = "reset"
            raise ProtocolError(f"opslb does not speak HTTP/2: {error!r}; it sent {data[:500]!r}") from error
        for event in events:
            self._on(event)
        self._out += self._h2.data_to_send()

    # Sending.

    def _do(self, step):
        with self._changed:
            step()
            self._out += self._h2.data_to_send()

    def _flush(self):
        # Whoever receives does not wait for a sender whom only more receiving may set free.
        while self._out and self._sending.acquire(blocking=False):
            try:
                with self._changed:
                    data, self._out = bytes(self._out), bytearray()
                self._wire.sock.settimeout(scaled(ANSWER))
                self._wire.sock.sendall(data)
            except ConnectionError:
                with self._changed:
                    self.ended = self.ended or "reset"
                return
            finally:
                self._sending.release()

    # The connection.

    @property
    def sock(self):
        return self._wire.sock

    @property
    def local(self):
        return self._wire.local

    @property
    def remote(self):
        return self._wire.remote

    def reset(self):
        """RST of the connection."""
        self._wire.reset()

    def close(self):
        self._wire.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
