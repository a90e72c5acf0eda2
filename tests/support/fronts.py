"""The four ways to reach opslb: HTTP/1.1 and HTTP/2, each plain and over TLS. A test with the fixture `front` runs once for each,
and says what it sends in HTTP/1.1; on HTTP/2 the same is said in that (spoken.py)."""

import functools
from dataclasses import dataclass

import pytest

from support import tls_peers
from support.http2_client import Http2Client
from support.raw import RawClient


@dataclass(frozen=True)
class Front:
    name: str
    http2: bool
    tls: bool

    def __str__(self):
        return self.name

    # What opslb tells others of it.

    @property
    def scheme(self):
        return "https" if self.tls else "http"

    @property
    def port(self):
        """That a host without one means."""
        return "443" if self.tls else "80"

    @property
    def proxied_https(self):
        return "on" if self.tls else "off"

    @property
    def via(self):
        return "2.0" if self.http2 else "1.1"

    @property
    def protocol(self):
        """In the access log."""
        return "HTTP/2" if self.http2 else "HTTP/1.1"

    # What of a response reaches the client.

    @property
    def version(self):
        return "2" if self.http2 else "1.1"

    def framed(self, as_in_http1):
        """`framing` of a response."""
        return "stream" if self.http2 and as_in_http1 == "chunked" else as_in_http1

    def reason(self, text):
        """HTTP/2 has none (RFC 9113 8.3.2)."""
        return "" if self.http2 else text

    @property
    def switched(self):
        """The status that begins a tunnel (RFC 8441 5)."""
        return 200 if self.http2 else 101

    def spelled(self, fields):
        """Names are in lower case in HTTP/2 (RFC 9113 8.2)."""
        return [(name.lower(), value) for name, value in fields] if self.http2 else fields

    # Using it.

    def listener(self, name=None, bind="127.0.0.1:0", **more):
        """A listener for it, as in the configuration. connect() finds it if it has no other name."""
        return {"name": name or self.scheme, "bind": bind, **(self.tls_settings() if self.tls else {}), **more}

    @staticmethod
    def tls_settings():
        return {"tls": tls_peers.certificate().tls}

    def connect(self, lb, listener=None, **more):
        """A client of this opslb; `more` is for raw.connect(), and for HTTP/2 `window`."""
        return self.connect_to(lb.port(listener or self.scheme), **more)

    def connect_to(self, port, **more):
        tls = tls_peers.to_opslb("h2" if self.http2 else "http/1.1") if self.tls else None
        kind = functools.partial(Http2Client, scheme=self.scheme) if self.http2 else RawClient
        return kind(port, tls=tls, **more)


H1 = Front("h1", http2=False, tls=False)
H1_TLS = Front("h1-tls", http2=False, tls=True)
H2 = Front("h2", http2=True, tls=False)
H2_TLS = Front("h2-tls", http2=True, tls=True)

ALL = (H1, H1_TLS, H2, H2_TLS)
HTTP1 = (H1, H1_TLS)
HTTP2 = (H2, H2_TLS)


def only_http1(*values, name=None):
    """A case of a test that HTTP/2 cannot say."""
    return pytest.param(*values, id=name, marks=pytest.mark.fronts(*HTTP1))


def only_http2(*values, name=None):
    """The reverse."""
    return pytest.param(*values, id=name, marks=pytest.mark.fronts(*HTTP2))


def listeners():
    """One for the plain ones and one for those over TLS: what opslb listens on where a test does not say."""
    return [H1.listener(), H1_TLS.listener()]
