"""Sums up the figures of a run: a value to print and a value to keep."""

import os
import pathlib
import platform
import statistics
import time


def summary(figures, options, versions):
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(),
        "options": options,
        "versions": versions,
        "scenarios": {name: {"proxies": {proxy: of_proxy(rounds) for proxy, rounds in by_proxy.items()},
                             "ratios": ratios(by_proxy)} for name, by_proxy in figures.items()},
    }


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), "unknown")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "load_average": os.getloadavg()}


def of_proxy(rounds):
    cpu = [each["cpu_us"] for each in rounds]
    return {"median_cpu_us": statistics.median(cpu), "least_cpu_us": min(cpu),
            "median_rate": statistics.median(each["rate"] for each in rounds),
            "median_busy": statistics.median(each["busy"] for each in rounds),
            "median_others": statistics.median(each["others"] for each in rounds), "rounds": rounds}


def ratios(by_proxy):
    """opslb against each other one within every round: what slows the machine down for a while touches both."""
    ours = by_proxy.get("opslb")
    if not ours:
        return {}
    result = {}
    for name, theirs in by_proxy.items():
        if name != "opslb":
            each = [a["cpu_us"] / b["cpu_us"] for a, b in zip(ours, theirs)]
            result[name] = {"median": statistics.median(each), "least": min(each), "most": max(each), "rounds": each}
    return result


def table(result):
    lines = []
    for name, scenario in result["scenarios"].items():
        lines += ["", f"{name}: CPU µs a request, user and system",
                  f"{'':10}{'median':>9}{'least':>9}{'requests/s':>12}{'core busy':>11}{'by others':>11}"
                  f"{'opslb takes':>13}  (least to most)"]
        for proxy, figures in scenario["proxies"].items():
            line = (f"{proxy:10}{figures['median_cpu_us']:9.2f}{figures['least_cpu_us']:9.2f}"
                    f"{figures['median_rate']:12.0f}{figures['median_busy']:11.0%}{figures['median_others']:11.0%}")
            if ratio := scenario["ratios"].get(proxy):
                line += f"{ratio['median']:13.2f}  ({ratio['least']:.2f} to {ratio['most']:.2f})"
            lines.append(line)
    return "\n".join(lines + [""])
