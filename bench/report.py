"""Sums up the figures of a run: a value to print and a value to keep."""

import os
import pathlib
import platform
import statistics
import time

from peer import OURS
from scenarios import SCENARIOS
from targets import TARGETS, verdict


def summary(figures, options, versions, configurations):
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "options": options,
        "versions": versions,
        "configurations": configurations,
        "scenarios": {name: of_scenario(SCENARIOS[name], by_proxy) for name, by_proxy in figures.items()},
    }


def of_scenario(scenario, by_proxy):
    return {"letter": scenario.letter, "cost": scenario.kind.cost,
            "proxies": {proxy: of_proxy(rounds) for proxy, rounds in by_proxy.items()},
            "ratios": ratios(by_proxy, TARGETS.get(scenario.letter, {}))}


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_average": os.getloadavg()}


def of_proxy(rounds):
    result = {f"median_{what}": statistics.median(each[what] for each in rounds)
              for what in ("cost", "rate", "busy", "others") if what in rounds[0]}
    return {**result, "least_cost": min(each["cost"] for each in rounds), "rounds": rounds}


def ratios(by_proxy, targets):
    """opslb against each other one within every round: what slows the machine down for a while touches both."""
    ours = by_proxy.get(OURS)
    if not ours:
        return {}
    return {name: ratio(ours, theirs, targets.get(name)) for name, theirs in by_proxy.items() if name != OURS}


def ratio(ours, theirs, target):
    each = [a["cost"] / b["cost"] for a, b in zip(ours, theirs)]
    result = {"median": statistics.median(each), "least": min(each), "most": max(each), "rounds": each}
    return result if target is None else {**result, "target": target, "verdict": verdict(result["median"], target)}


def in_words(kind, figure):
    text = f"{figure['cost']:.{kind.decimals}f} {kind.cost}"
    if kind.rate:
        text += f", {figure['rate']:.0f} {kind.rate}, {figure['others']:.0%} of its core for other work"
    return text


def table(result):
    lines = []
    for name, scenario in result["scenarios"].items():
        kind = SCENARIOS[name].kind
        ratios_too = "   opslb takes  (least to most)" if scenario["ratios"] else ""
        columns = f"{kind.rate:>14}{'core busy':>11}{'by others':>11}" if kind.rate else ""
        letter = f"{scenario['letter']}, " if scenario["letter"] else ""
        lines += ["", f"{letter}{name}: {kind.cost}",
                  f"{'':10}{'median':>9}{'least':>9}{columns}{ratios_too}"]
        lines += [row(kind, proxy, figures, scenario["ratios"].get(proxy)) for proxy, figures in scenario["proxies"].items()]
    return "\n".join(lines + [""])


def row(kind, proxy, figures, ratio):
    line = f"{proxy:10}{figures['median_cost']:9.{kind.decimals}f}{figures['least_cost']:9.{kind.decimals}f}"
    if kind.rate:
        line += f"{figures['median_rate']:14.0f}{figures['median_busy']:11.0%}{figures['median_others']:11.0%}"
    if ratio:
        line += f"{ratio['median']:14.2f}  ({ratio['least']:.2f} to {ratio['most']:.2f})"
        if "target" in ratio:
            line += f"  target {ratio['target']:.2f}: {ratio['verdict']}"
    return line
