"""What is counted rather than timed, and so can be had beside other work: user instructions by callgrind and system calls by
strace. Each is taken from two runs of different length, so that what start and end cost drops out."""

import collections
import contextlib
import re

from errors import Spoiled, Unfit
from load import FEW
from process import installed_program
from proxies import Setup

# Under valgrind a proxy takes fifty times as long.
PATIENCE = 120.0
MANY = FEW + 1  # of the amount that is asked for, so that the difference is that


class Callgrind:
    program = "valgrind"
    # --fair-sched: valgrind runs one thread at a time, and else may leave one out for long.
    command = ("valgrind", "--tool=callgrind", "--trace-children=no", "--fair-sched=try", "--quiet",
               "--callgrind-out-file=@DIRECTORY@/callgrind.%p")

    @staticmethod
    def read(directory):
        """{"cost": all instructions}; a file for each process."""
        found = [int(line.split()[1]) for file in directory.glob("callgrind.*")
                 for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if line.startswith("totals:")]
        if not found:
            raise Spoiled(f"callgrind left no figures in {directory}")
        return collections.Counter(cost=sum(found))


class Strace:
    program = "strace"
    command = ("strace", "-f", "-c", "-o", "@DIRECTORY@/strace.txt")

    @staticmethod
    def read(directory):
        """{"cost": all calls, and each by its name}."""
        calls = collections.Counter()
        for line in (directory / "strace.txt").read_text(encoding="utf-8").splitlines():
            # "% time", seconds, µs a call, calls, errors where there were any, name
            if found := re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line):
                calls["cost" if found[2] == "total" else found[2]] += int(found[1])
        return calls


def difference(start, tool, front, scenario, options, workers=1):
    """What `tool` counts for one unit of the scenario."""
    amount = max(10, round(options.amount * scenario.work.share))
    few, many = (counted(start, tool, front, scenario, options, round(amount * share), workers) for share in (FEW, MANY))
    units = round(amount * MANY) - round(amount * FEW)
    return {name: (many[name] - few[name]) / units for name in many}


def counted(start, tool, front, scenario, options, amount, workers):
    if not installed_program(tool.program):
        raise Unfit(f"{tool.program} is not installed")
    setup = Setup(scenario.setup.hosts, scenario.setup.access_log, workers, tool.command)
    with contextlib.closing(start(setup, patience=PATIENCE)) as proxy:
        scenario.work.counted(proxy, front, options, amount)
    return tool.read(proxy.directory)


def instructions(scenario):
    def measure(start, front, options):
        return difference(start, Callgrind, front, scenario, options)
    return measure


def two_workers(scenario):
    """With two workers, and with one beside it."""
    def measure(start, front, options):
        one, two = (difference(start, Callgrind, front, scenario, options, workers)["cost"] for workers in (1, 2))
        return {"cost": two, "one": one, "growth": (two / one - 1) * 100}
    return measure


def system_calls(scenario):
    def measure(start, front, options):
        found = difference(start, Strace, front, scenario, options)
        each = {name: calls for name, calls in sorted(found.items(), key=lambda item: -item[1])
                if name != "cost" and calls >= 0.005}
        which = ", ".join(f"{name} {calls:.2f}" for name, calls in each.items())
        return {"cost": found["cost"], "calls": each, "which": which}
    return measure
