"""The certificates of tests that only need some: one authority for the whole run, one certificate for everything on loopback."""

import atexit
import functools
import shutil
import ssl
import tempfile
import threading

from support.certificates import Authority
from support.tls_socket import TlsSocket

NAMES = ("127.0.0.1", "::1", "localhost", "opsmanager.example.com", "opslb.example.com")


_making = threading.RLock()


def made_once(make):
    """As functools.cache, and only once even if several threads ask for it first: origins accept on theirs."""
    cached = functools.cache(make)

    @functools.wraps(make)
    def get(*arguments):
        with _making:
            return cached(*arguments)
    return get


@made_once
def authority():
    directory = tempfile.mkdtemp(prefix="opslb-test-ca-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Authority(directory, "Test CA of opslb")


@made_once
def certificate():
    return authority().issue(*NAMES)


@made_once
def _client_context(alpn):
    return authority().client_context(alpn=list(alpn))


@made_once
def _server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate().certificate, certificate().key)
    context.set_alpn_protocols(["http/1.1"])
    return context


def to_opslb(*alpn, server_name="opslb.example.com"):
    """For raw.connect(): TLS that trusts the authority and offers these protocols. It fails unless opslb takes the first."""
    def begin(sock):
        found = TlsSocket(sock, _client_context(alpn), server_name=server_name)
        chosen = found.tls.selected_alpn_protocol()
        assert chosen == alpn[0], f"opslb chose {chosen!r} of {alpn}"
        return found
    return begin


def of_a_host(sock, received=b""):
    """For RawOrigin: the TLS of an Ops Manager host."""
    return TlsSocket(sock, _server_context(), server_side=True, received=received)
