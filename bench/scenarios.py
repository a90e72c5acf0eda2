"""All that can be measured, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from bodies import download, upload
from fronts import H1, H2, TLS_H1, TLS_H2, Front
from handshakes import TLS_1_2, TLS_1_3, handshakes
from idle import idle
from load import AGENT, BROWSER, requests


@dataclass(frozen=True)
class Kind:
    cost: str           # what the figure says, least is best
    rate: str = ""      # what else is shown beside it
    decimals: int = 2
    most_rounds: int = 1000
    fresh: bool = False  # on a proxy of its own, started for it


REQUEST = Kind("CPU µs a request", "requests/s")
HANDSHAKE = Kind("CPU µs a handshake", "a CPU second", 1)
MEMORY = Kind("bytes an idle connection", decimals=0, most_rounds=2, fresh=True)
BODY = Kind("CPU s a GiB", "MiB/s", 3, most_rounds=3)


@dataclass(frozen=True)
class Scenario:
    kind: Kind
    front: Front
    measure: Callable  # (proxy, front, options) → {"cost": …, …}
    hosts: str = "http"


SCENARIOS = {
    "small": Scenario(REQUEST, H1, requests(AGENT)),
    "browser": Scenario(REQUEST, H1, requests(BROWSER)),
    "h2": Scenario(REQUEST, H2, requests(AGENT)),
    "h2-browser": Scenario(REQUEST, H2, requests(BROWSER)),
    "tls-h1": Scenario(REQUEST, TLS_H1, requests(AGENT)),
    "tls-h1-browser": Scenario(REQUEST, TLS_H1, requests(BROWSER)),
    "tls-h2": Scenario(REQUEST, TLS_H2, requests(AGENT)),
    "tls-h2-browser": Scenario(REQUEST, TLS_H2, requests(BROWSER)),
    "reencrypt-h1": Scenario(REQUEST, TLS_H1, requests(AGENT), hosts="https"),
    "reencrypt-h2": Scenario(REQUEST, TLS_H2, requests(AGENT), hosts="https"),
    "handshake": Scenario(HANDSHAKE, TLS_H1, handshakes(TLS_1_3, resumed=False)),
    "handshake-resumed": Scenario(HANDSHAKE, TLS_H1, handshakes(TLS_1_3, resumed=True)),
    "handshake-1.2": Scenario(HANDSHAKE, TLS_H1, handshakes(TLS_1_2, resumed=False)),
    "handshake-1.2-resumed": Scenario(HANDSHAKE, TLS_H1, handshakes(TLS_1_2, resumed=True)),
    "idle-h1": Scenario(MEMORY, H1, idle),
    "idle-h2": Scenario(MEMORY, H2, idle),
    "idle-tls-h1": Scenario(MEMORY, TLS_H1, idle),
    "idle-tls-h2": Scenario(MEMORY, TLS_H2, idle),
    "download-h1": Scenario(BODY, H1, download),
    "upload-h1": Scenario(BODY, H1, upload),
    "download-tls-h1": Scenario(BODY, TLS_H1, download),
    "upload-tls-h1": Scenario(BODY, TLS_H1, upload),
    "download-tls-h2": Scenario(BODY, TLS_H2, download),
    "upload-tls-h2": Scenario(BODY, TLS_H2, upload),
}
