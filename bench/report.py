"""Sums up the figures of a run, as a value to keep."""

import os
import pathlib
import platform
import statistics
import time

from catalogue import CATALOGUE
from peer import OURS
from table import BESIDE
from targets import LIMITS, TARGETS, verdict

MEDIANS = ("cost", "rate", "busy", "others", *BESIDE)


def summary(figures, options, versions, configurations):
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "options": options,
        "versions": versions,
        "configurations": configurations,
        "scenarios": {name: of_scenario(name, CATALOGUE[name], by_proxy) for name, by_proxy in figures.items()},
    }


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_average": os.getloadavg()}


def of_scenario(name, scenario, by_proxy):
    proxies = {proxy: of_proxy(rounds) for proxy, rounds in by_proxy.items()}
    result = {"letter": scenario.letter, "cost": scenario.kind.cost, "proxies": proxies,
              "ratios": ratios(by_proxy, TARGETS.get(scenario.letter or name, {}))}
    if name in LIMITS and OURS in proxies:
        what, most = LIMITS[name]
        value = proxies[OURS][f"median_{what}"]
        result["limit"] = {"of": what, "most": most, "value": value, "verdict": "met" if value <= most else "not met"}
    return result


def of_proxy(rounds):
    result = {f"median_{what}": statistics.median(each[what] for each in rounds) for what in MEDIANS if what in rounds[0]}
    return {**result, "least_cost": min(each["cost"] for each in rounds), "rounds": rounds}


def ratios(by_proxy, targets):
    """opslb against each other one within every round: what slows the machine down for a while touches both."""
    ours = by_proxy.get(OURS)
    if not ours:
        return {}
    return {name: ratio(ours, theirs, targets.get(name)) for name, theirs in by_proxy.items() if name != OURS}


def ratio(ours, theirs, target):
    # In a short run what costs little may be counted as nothing at all.
    each = [a["cost"] / b["cost"] if b["cost"] > 0 else 1.0 for a, b in zip(ours, theirs)]
    result = {"median": statistics.median(each), "least": min(each), "most": max(each), "rounds": each}
    return result if target is None else {**result, "target": target, "verdict": verdict(result["median"], target)}
