"""TLS over a connected socket, with the methods of a socket that `wire.Wire` uses. Unlike ssl.SSLSocket it can close one
direction, tells a close in order from a cut, and one thread may send while another receives."""

import ssl
import threading

PIECE = 256 * 1024


class TlsSocket:
    """`context` as ssl has it; `received`: ciphertext that was read before. The handshake is over when the constructor
    returns."""

    def __init__(self, sock, context, server_side=False, server_name=None, session=None, received=b""):
        self._sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._in.write(received)
        self._engine = threading.Lock()  # OpenSSL's object takes one thread at a time
        self._order = threading.RLock()  # records leave in the order in which they were made
        self._unsent = bytearray()  # records that the kernel had no room for
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # Python before 3.13 sets it, and takes a cut for an end
        self._object = context.wrap_bio(self._in, self._out, server_side=server_side, server_hostname=server_name,
                                        session=session)
        self._until_done(self._object.do_handshake)

    @property
    def tls(self):
        """The ssl.SSLObject: version, cipher, selected_alpn_protocol, getpeercert, session."""
        return self._object

    # As sockets have them.

    def recv(self, size):
        """b"" once the peer has said close_notify; ConnectionResetError where the bytes end without (RFC 8446 6.1)."""
        try:
            return self._until_done(lambda: self._object.read(size))
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLError as error:
            if error.reason != "UNEXPECTED_EOF_WHILE_READING" and not isinstance(error, ssl.SSLEOFError):
                raise
            raise ConnectionResetError("the peer ended TLS without close_notify") from None

    def send(self, data):
        """Takes part of it: what has become a record is taken, even if the kernel has no room for all of it now."""
        part = bytes(data[:16 * 1024])
        with self._order:
            self._flush()
            with self._engine:
                self._object.write(part)
            try:
                self._flush()
            except TimeoutError:
                pass
        return len(part)

    def sendall(self, data):
        view = memoryview(data)
        for at in range(0, len(view), PIECE):
            self._write(view[at:at + PIECE])

    def shutdown(self, _how):
        """Ends this direction alone, by close_notify; the TCP connection stays as it is."""
        with self._order:
            try:
                with self._engine:
                    self._object.unwrap()
            except (ssl.SSLWantReadError, ssl.SSLSyscallError, ssl.SSLZeroReturnError):
                pass  # it waits for the peer's, which recv() will see
            self._flush()

    def close(self):
        """With a close_notify where the peer still takes one at once, as applications end a connection."""
        try:
            self._sock.settimeout(0)
            self.shutdown(None)
        except OSError:
            pass
        self._sock.close()

    @property
    def plain(self):
        """The TCP socket below."""
        return self._sock

    def __getattr__(self, name):
        return getattr(self._sock, name)  # settimeout, setsockopt, fileno, getsockname, …

    # The machine.

    def _write(self, part):
        with self._order:
            with self._engine:
                self._object.write(part)
            self._flush()

    def _until_done(self, step):
        while True:
            try:
                with self._engine:
                    done = step()
            except ssl.SSLWantReadError:
                self._flush()
                self._take(self._sock.recv(PIECE))
                continue
            except ssl.SSLError:
                self._flush()  # the alert that tells the peer
                raise
            self._flush()
            return done

    def _take(self, received):
        with self._engine:
            if received:
                self._in.write(received)
            else:
                self._in.write_eof()

    def _flush(self):
        # Whoever receives does not wait for a sender whom only more receiving may set free.
        while (self._out.pending or self._unsent) and self._order.acquire(blocking=False):
            try:
                with self._engine:
                    self._unsent += self._out.read()
                while self._unsent:
                    del self._unsent[:self._sock.send(self._unsent)]
            finally:
                self._order.release()
