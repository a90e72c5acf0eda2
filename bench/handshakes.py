"""Handshakes, one after the other: CPU time for each, with what a connection costs that it is for."""

import contextlib
import itertools
import socket
import ssl
import time

from errors import Spoiled
from fronts import NAME
from meter import Meter

TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
REQUEST = f"GET /_sim/plain HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
PATIENCE = 10.0
# Each closed connection keeps its pair of address and port for a while, so one address would not do.
_sources = itertools.cycle(f"127.0.{n // 250 + 1}.{n % 250 + 1}" for n in range(1000))


def connect(port):
    """From another address of the loopback each time."""
    sock = socket.socket()
    sock.settimeout(PATIENCE)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT, which Python has no name for
    sock.bind((next(_sources), 0))
    sock.connect(("127.0.0.1", port))
    return sock


def trusting(proxy, version=TLS_1_3, alpn=None):
    context = ssl.create_default_context(cafile=proxy.certificates / "ca.pem")
    context.minimum_version = context.maximum_version = version
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


class Handshakes:
    """One after the other. A resumed one shows the ticket of one connection made before, and has to be taken."""

    kept, share = False, 0.05   # as in load.Requests

    def __init__(self, version, resumed):
        self.version, self.resumed = version, resumed

    def timed(self, proxy, front, options):
        """A measurement: CPU time for each in a run of some seconds."""
        shake, made, end = self.prepared(proxy, front), 0, time.monotonic() + options.seconds
        with Meter(proxy) as spent:
            while time.monotonic() < end:
                shake()
                made += 1
        return {**spent.figure(spent.cpu / made * 1e6, made / spent.cpu), "handshakes": made}

    def counted(self, proxy, front, options, amount):
        """So many of them."""
        shake = self.prepared(proxy, front)
        for _ in range(amount):
            shake()

    def prepared(self, proxy, front):
        context, port = trusting(proxy, self.version), proxy.ports[front.port]
        session = session_from(context, port) if self.resumed else None
        return lambda: shake_hands(context, port, session, proxy)


def session_from(context, port):
    """With TLS 1.3 the ticket comes behind the handshake: reading an answer takes it in."""
    with context.wrap_socket(connect(port), server_hostname=NAME) as tls:
        tls.sendall(REQUEST)
        tls.recv(65536)
        return tls.session


def shake_hands(context, port, session, proxy):
    """To the end on both sides: the proxy's FIN says that it has taken the client's last flight and made its tickets."""
    with context.wrap_socket(connect(port), server_hostname=NAME, session=session) as tls:
        if tls.session_reused != (session is not None):
            raise Spoiled(f"{proxy.name} resumed {'no' if session else 'a'} session")
        with contextlib.suppress(ssl.SSLError):  # some close without a close_notify of their own
            tls.unwrap()
        while tls.recv(65536):
            pass
