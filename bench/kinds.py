"""What a figure is: its unit, and what stands beside it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Kind:
    cost: str           # what the figure says, least is best
    rate: str = ""      # what else is shown beside it, and with it how busy the core was
    decimals: int = 2
    most_rounds: int = 1000
    fresh: bool = False     # on a proxy of its own, started for it
    own_hosts: bool = False     # and before hosts of its own, which it may stop
    starts: bool = False    # the measurement starts the proxies that it needs itself
    paced: bool = False     # needs a rate
    beside: tuple = ()      # further keys of a figure that the table shows


REQUEST = Kind("CPU µs a request", "requests/s")
HANDSHAKE = Kind("CPU µs a handshake", "a CPU second", 1)
MEMORY = Kind("bytes an idle connection, of the whole proxy", decimals=0, most_rounds=3, fresh=True, beside=("grown",))
BODY = Kind("CPU s a GiB", "MiB/s", 3, most_rounds=9)

INSTRUCTIONS = Kind("user instructions a unit", decimals=0, most_rounds=1, starts=True)
SYSTEM_CALLS = Kind("system calls a unit", most_rounds=1, starts=True, beside=("which",))
TWO_WORKERS = replace(INSTRUCTIONS, cost="user instructions a unit, with two workers", beside=("one", "growth"))
LATENCY = Kind("ms to an answer, p50", "requests/s", 3, paced=True, beside=("p99", "p99.9", "longest"))
MANY_CONNECTIONS = Kind("CPU µs a request on many connections", "requests/s", paced=True, beside=("few", "growth"))

ERRORS = ("p50", "p99", "longest", "failed", "errors")
TRAFFIC = Kind("CPU ms for 1,000 requests", "requests/s", 1, most_rounds=3, beside=ERRORS)
TRAFFIC_BODY = Kind("CPU ms a GiB", "MiB/s", 0, most_rounds=3, beside=ERRORS)
TRAFFIC_EVENT = replace(TRAFFIC, own_hosts=True)
TRAFFIC_FAILOVER = replace(TRAFFIC_EVENT, beside=("recovered", *ERRORS))
