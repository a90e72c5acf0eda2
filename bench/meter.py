"""What a stretch of time costs a proxy, and how much of it."""

import os
import pathlib
import time


def core_busy(core):
    """Seconds that a core has worked so far, for whomever."""
    line = next(line for line in pathlib.Path("/proc/stat").read_text(encoding="ascii").splitlines()
                if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, softirq, steal = map(int, line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


class Meter:
    """`with Meter(proxy) as spent: …`, then `spent.cpu` seconds in `spent.took`."""

    def __init__(self, proxy):
        self.proxy = proxy

    def __enter__(self):
        self.cpu, self.core, self.begin = self.proxy.cpu(), core_busy(self.proxy.core), time.monotonic()
        return self

    def __exit__(self, *_):
        self.cpu, self.core = self.proxy.cpu() - self.cpu, core_busy(self.proxy.core) - self.core
        self.took = time.monotonic() - self.begin

    def figure(self, cost, rate):
        """`cost` and `rate` in the units of the scenario; how much of the core the proxy had, and others."""
        return {"cost": cost, "rate": rate, "busy": self.cpu / self.took,
                "others": max(0.0, self.core - self.cpu) / self.took}
