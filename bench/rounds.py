"""Measures every scenario with every proxy, round after round."""

import functools
import sys

import peer
import table
from catalogue import CATALOGUE
from errors import Spoiled
from scenarios import SCENARIOS

PACER = "haproxy"


def measure(options, site):
    """scenario → proxy → one figure a round. The order turns from round to round, so that none is always first."""
    able = {scenario: [name for name in options.proxy if CATALOGUE[scenario].needs() <= peer.describe(name).features]
            for scenario in options.scenarios}
    figures = {scenario: {name: [] for name in names} for scenario, names in able.items() if names}
    if not options.rate and any(CATALOGUE[name].kind.paced for name in figures):
        options.rate = quarter_of_capacity(site, options)
    for turn in range(options.rounds):
        order = options.proxy[turn % len(options.proxy):] + options.proxy[:turn % len(options.proxy)]
        for scenario in figures:
            if turn >= CATALOGUE[scenario].kind.most_rounds:
                continue
            for name in filter(figures[scenario].__contains__, order):
                figure = measure_one(site, name, CATALOGUE[scenario], options)
                figures[scenario][name].append(figure)
                print(f"round {turn + 1} of {options.rounds}, {scenario}, {name}: "
                      f"{table.in_words(CATALOGUE[scenario].kind, figure)}", file=sys.stderr, flush=True)
    return figures


def quarter_of_capacity(site, options):
    """Of HAProxy's, or the first proxy's where there is none: what it does with `small` while its core is full."""
    name, small = PACER if PACER in options.proxy else options.proxy[0], SCENARIOS["small"]
    figure = measure_one(site, name, small, options)
    return max(1, round(figure["rate"] / figure["busy"] / 4))


def measure_one(site, name, scenario, options):
    """A machine that stalls for a second spoils a measurement; what is wrong with a proxy spoils the next one as well."""
    try:
        return measured(site, name, scenario, options)
    except Spoiled as problem:
        print(f"bench: measured again: {problem}", file=sys.stderr, flush=True)
        return measured(site, name, scenario, options)


def measured(site, name, scenario, options):
    if scenario.kind.starts:
        return scenario.measure(functools.partial(site.start, name), scenario.front, options)
    with site.proxy(name, scenario) as proxy:
        return scenario.measure(proxy, scenario.front, options)
