"""Puts TLS before a server on this machine that has none, so that it stands behind opslb as a host with HTTPS does."""

import contextlib
import socket
import threading

from support import tls_peers

PIECE = 256 * 1024


class TlsRelay:
    """Takes TLS connections on `port` and passes what they carry to and from another port, each direction to its own end."""

    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="TLS relay", daemon=True).start()

    def _accept(self):
        while True:
            try:
                outer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(outer,), name="TLS relay", daemon=True).start()

    def _relay(self, outer):
        with contextlib.ExitStack() as open_ones, contextlib.suppress(OSError):
            open_ones.callback(outer.close)
            outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            inner = open_ones.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured = tls_peers.of_a_host(outer)
            up = threading.Thread(target=self._pass_on, args=(secured, inner), name="TLS relay, up", daemon=True)
            up.start()
            self._pass_on(inner, secured)
            up.join()

    @staticmethod
    def _pass_on(source, sink):
        try:
            while piece := source.recv(PIECE):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for each in (source, sink):  # what broke on one side breaks on the other
                with contextlib.suppress(OSError):
                    tcp = getattr(each, "plain", each)
                    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                    tcp.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
