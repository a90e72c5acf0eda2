"""The two ways to reach a host behind opslb: plain, and over TLS. A test with the fixture `backing`, or one that uses it, gets
its origins as that says."""

from dataclasses import dataclass

from support import tls_peers


@dataclass(frozen=True)
class Backing:
    name: str
    tls: bool

    def __str__(self):
        return self.name

    def options(self):
        """For the constructor of an origin."""
        return {"tls": tls_peers.of_a_host} if self.tls else {}


PLAIN = Backing("plain", tls=False)
TLS = Backing("tls", tls=True)

ALL = (PLAIN, TLS)
