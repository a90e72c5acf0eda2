"""All that can be measured, by name, and by letter where the targets have one."""

from collections.abc import Callable
from dataclasses import dataclass

from bodies import download, upload
from fronts import H1, H2, TLS_H1, TLS_H2, Front
from handshakes import TLS_1_2, TLS_1_3, Handshakes
from heads import AGENT, BROWSER, LARGE_BROWSER
from idle import idle
from kinds import BODY, HANDSHAKE, MEMORY, REQUEST, Kind
from load import Requests
from new_connections import NewConnections
from proxies import Setup


@dataclass(frozen=True)
class Scenario:
    kind: Kind
    front: Front
    measure: Callable   # (proxy, front, options) → {"cost": …, …}
    letter: str = ""
    setup: Setup = Setup()
    work: object = None     # what is done, where it can be counted: load.Requests, or something like it
    small: bool = False     # requests and answers that fit into one read, on connections that stay: bytes can be passed on unread

    def needs(self):
        """Features of a peer, without which it is left out."""
        return self.front.needs() | self.setup.needs() | (set() if self.small else {"http"})


def repeated(kind, front, work, letter="", *, small=False, **setup):
    """A scenario of small things, which can be counted as well."""
    return Scenario(kind, front, work.timed, letter, Setup(**setup), work, small)


def handshake(version, resumed, letter=""):
    return repeated(HANDSHAKE, TLS_H1, Handshakes(version, resumed), letter)


SCENARIOS = {
    "small": repeated(REQUEST, H1, Requests(AGENT), "a", small=True),
    "small-logged": repeated(REQUEST, H1, Requests(AGENT), "b", access_log=True),
    "browser": repeated(REQUEST, H1, Requests(BROWSER), small=True),
    "large-browser": repeated(REQUEST, H1, Requests(LARGE_BROWSER), "k", small=True),
    "new-connection": repeated(REQUEST, H1, NewConnections(), "g"),
    "h2": repeated(REQUEST, H2, Requests(AGENT)),
    "h2-browser": repeated(REQUEST, H2, Requests(BROWSER)),
    "tls-h1": repeated(REQUEST, TLS_H1, Requests(AGENT), "c"),
    "tls-h1-browser": repeated(REQUEST, TLS_H1, Requests(BROWSER)),
    "tls-h1-large-browser": repeated(REQUEST, TLS_H1, Requests(LARGE_BROWSER), "K"),
    "tls-h2": repeated(REQUEST, TLS_H2, Requests(AGENT), "j"),
    "tls-h2-browser": repeated(REQUEST, TLS_H2, Requests(BROWSER)),
    "reencrypt-h1": repeated(REQUEST, TLS_H1, Requests(AGENT), hosts="https"),
    "reencrypt-h2": repeated(REQUEST, TLS_H2, Requests(AGENT), hosts="https"),
    "handshake": handshake(TLS_1_3, False, "d"),
    "handshake-resumed": handshake(TLS_1_3, True, "D"),
    "handshake-1.2": handshake(TLS_1_2, False),
    "handshake-1.2-resumed": handshake(TLS_1_2, True),
    "idle-h1": Scenario(MEMORY, H1, idle, "h"),
    "idle-h2": Scenario(MEMORY, H2, idle),
    "idle-tls-h1": Scenario(MEMORY, TLS_H1, idle, "H"),
    "idle-tls-h2": Scenario(MEMORY, TLS_H2, idle),
    "download-h1": Scenario(BODY, H1, download, "e"),
    "upload-h1": Scenario(BODY, H1, upload, "f"),
    "download-tls-h1": Scenario(BODY, TLS_H1, download, "E"),
    "upload-tls-h1": Scenario(BODY, TLS_H1, upload),
    "download-tls-h2": Scenario(BODY, TLS_H2, download),
    "upload-tls-h2": Scenario(BODY, TLS_H2, upload),
}
