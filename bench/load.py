"""Puts one proxy under load with wrk and reads what that cost in CPU time."""

import os
import pathlib
import re
import subprocess
import time

# What a browser sends with a session of Ops Manager: about 1 KB of head.
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "Cache-Control": "no-cache",
    "Cookie": "mmsa-prod=" + "a1b2c3d4" * 24 + "; mmsa-device=" + "0f1e2d3c" * 12 + "; timezone=Europe%2FDublin",
    "Pragma": "no-cache",
    "Referer": "https://opsmanager.example.com/v2/5f2b0c9de4b0a1d2c3b4a596#/clusters",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "X-CSRF-Time": "1732262400000",
    "X-CSRF-Token": "7d1c" * 16,
    "X-Requested-With": "XMLHttpRequest",
}
AGENT = {"Authorization": "Basic NWYyYjBjOWRlNGIwYTFkMmMzYjRhNTk2OjAxMjM0NTY3ODlhYmNkZWY=", "User-Agent": "mongodb-agent"}

# Request headers by scenario; always a small answer over kept connections.
SCENARIOS = {"small": AGENT, "browser": BROWSER}


class Spoiled(Exception):
    """A measurement during which something went wrong says nothing."""


def core_busy(core):
    """Seconds that a core has worked so far, for whomever."""
    line = next(line for line in pathlib.Path("/proc/stat").read_text(encoding="ascii").splitlines()
                if line.startswith(f"cpu{core} "))
    user, nice, system, _, _, irq, softirq, steal = map(int, line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def run(proxy, headers, options):
    lines = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["taskset", "-c", str(options.load_core), "wrk", "-t1", f"-c{options.connections}",
               f"-d{max(1, round(options.seconds))}s", *lines, f"http://127.0.0.1:{proxy.port}/_sim/plain"]
    cpu, core, begin = proxy.cpu(), core_busy(options.proxy_core), time.monotonic()
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu, core, took = proxy.cpu() - cpu, core_busy(options.proxy_core) - core, time.monotonic() - begin

    done = re.search(r"(\d+) requests in", output)
    if not done or int(done[1]) == 0 or "Non-2xx" in output or "Socket errors" in output:
        raise Spoiled(f"{proxy.name} under load: {output}")
    requests = int(done[1])
    return {"requests": requests, "rate": requests / took, "cpu_us": cpu / requests / 1000, "busy": cpu / 1e9 / took,
            "others": max(0.0, core - cpu / 1e9) / took}
