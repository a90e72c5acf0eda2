"""Other ways to measure a scenario than by CPU time: NAME/WAY is NAME, measured so."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from counting import instructions, system_calls, two_workers
from kinds import INSTRUCTIONS, LATENCY, MANY_CONNECTIONS, SYSTEM_CALLS, TWO_WORKERS, Kind
from paced import latency, many_connections


@dataclass(frozen=True)
class Way:
    about: str
    kind: Kind
    measurement: Callable   # of a scenario's work: what measures it
    usual: str              # letters of the scenarios that are measured so if none is named

    def can(self, scenario):
        """What is counted has to be small things, and what is paced has to come over connections that stay."""
        return scenario.work is not None and (scenario.work.kept or not self.kind.paced)

    def of(self, scenario):
        return dataclasses.replace(scenario, kind=self.kind, measure=self.measurement(scenario), letter="")


WAYS = {
    "instructions": Way("user instructions for each unit, by callgrind", INSTRUCTIONS, instructions, "akcjg"),
    "system-calls": Way("system calls for each unit, by strace", SYSTEM_CALLS, system_calls, "akcjg"),
    "two-workers": Way("user instructions with two workers, beside one", TWO_WORKERS, two_workers, "a"),
    "latency": Way("time to an answer at a quarter of HAProxy's capacity", LATENCY, latency, "ac"),
    "many-connections": Way("CPU time with many connections, active in turn, beside few", MANY_CONNECTIONS, many_connections,
                            "a"),
}
