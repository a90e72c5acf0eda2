"""All that can be measured, by name: the scenarios, each of them in other ways, and Ops Manager's own traffic."""

from scenarios import SCENARIOS
from traffic.scenarios import TRAFFIC_SCENARIOS
from ways import WAYS

CATALOGUE = {
    **SCENARIOS,
    **{f"{name}/{way}": how.of(scenario) for way, how in WAYS.items()
       for name, scenario in SCENARIOS.items() if how.can(scenario)},
    **TRAFFIC_SCENARIOS,
}


def usual(way):
    """The names of what is measured in that way if nothing is named."""
    return [f"{name}/{way}" for name, scenario in SCENARIOS.items()
            if scenario.letter and scenario.letter in WAYS[way].usual and f"{name}/{way}" in CATALOGUE]


def everything():
    return [*SCENARIOS, *(name for way in WAYS for name in usual(way)), *TRAFFIC_SCENARIOS]


def titled(name):
    letter = CATALOGUE[name].letter
    return f"{letter}, {name}" if letter else name
