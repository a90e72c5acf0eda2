"""Clients of opslb over TLS that say how, and what they are told when opslb does not want them.

    with tls_client(lb, ca.client_context(), server_name="lb.example.com") as client:
        assert client.tls.version() == "TLSv1.3"
        assert client.request().status == 200
    assert alert(lb, unverified(version=TLSVersion.TLSv1_1)) == "protocol version"
"""

import contextlib
import re
import ssl
import warnings

from support.raw import RawClient
from support.tls_socket import TlsSocket


class TlsClient(RawClient):
    """A RawClient with what its TLS came to."""

    @property
    def tls(self):
        return self.sock.tls

    @property
    def certificate_name(self):
        """The common name in opslb's certificate."""
        return dict(pair for part in self.tls.getpeercert()["subject"] for pair in part)["commonName"]


def tls_client(lb, context, listener=None, server_name="opslb.example.com", session=None, **more):
    """`more` is for raw.connect()."""
    def begin(sock):
        return TlsSocket(sock, context, server_name=server_name, session=session)
    return TlsClient(lb.port(listener), tls=begin, **more)


def alert(lb, context, listener=None, **more):
    """The name of the alert that opslb ends the connection with, in the handshake or, as a client of TLS 1.3 may learn of it
    after its own part, behind it. None: a request was answered."""
    try:
        with contextlib.closing(tls_client(lb, context, listener, **more)) as client:
            client.request()
            return None
    except ssl.SSLError as error:
        return re.search(r" alert (.+) \(_ssl|$", str(error))[1] or str(error)


def unverified(*, version=None, ciphers=None, alpn=None):
    """A client that takes any certificate, and old versions and ciphers too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the versions that opslb is to refuse
        context.minimum_version = version or ssl.TLSVersion.TLSv1
        if version is not None:
            context.maximum_version = version
    if alpn:
        context.set_alpn_protocols(alpn)
    return context
