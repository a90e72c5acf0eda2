"""Requests at a rate of their own, which does not depend on how fast they are answered: latency, and the cost of many
connections that are all active in turn. By h2load, which holds each connection to its share of the rate."""

import math
import pathlib
import subprocess
import time

from errors import Spoiled
from load import TARGET, check_h2load
from meter import Meter
from percentiles import percentiles

GOLDEN = (math.sqrt(5) - 1) / 2


class Pace:
    """`rate` requests a second over so many connections, opened one after the other (`each` of them a millisecond)."""

    def __init__(self, rate, connections):
        self.connections = connections
        self.each = max(1, connections // 2000)
        # What a connection sends comes again after a period. One that is no simple fraction of the millisecond between two
        # connections spreads their requests over the whole of it; else they would come in bursts.
        period = connections / rate * 1000
        self.period = (max(0, math.floor(period - GOLDEN)) + GOLDEN) / 1000
        self.opening = connections / self.each / 1000
        self.rate = connections / self.period

    def arguments(self, seconds, log):
        requests = max(2, round(seconds / self.period)) * self.connections
        return ["h2load", "-t1", "-n", str(requests), "-c", str(self.connections), "-r", str(self.each), "--rate-period=1ms",
                f"--rps={1 / self.period:.4f}", f"--log-file={log}"]


def paced(proxy, front, work, pace, seconds):
    """(what was spent while all connections were open, seconds that each request of that time took)."""
    log = proxy.directory / "paced.log"
    log.unlink(missing_ok=True)
    margin = 0.3 + pace.period
    protocol = ["-m", "1"] if front.http2 else ["--h1"]
    command = [*pace.arguments(pace.opening + seconds + 2 * margin, log), *protocol, *work.lines, front.url(proxy, TARGET)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as load:
        time.sleep(pace.opening + margin)
        begin = time.time()
        with Meter(proxy) as spent:
            time.sleep(seconds)
        end = time.time()
        output = load.communicate()[0]
    check_h2load(output, proxy, front)
    times = [took for finished, took in answered(log) if begin <= finished < end]
    if not times:
        raise Spoiled(f"{proxy.name} answered nothing in {seconds} s at {pace.rate:.0f} requests/s")
    return spent, times


def answered(log):
    """(when, how long it took) of each request in h2load's log, in seconds."""
    for line in pathlib.Path(log).read_text(encoding="ascii").splitlines():
        start, _, took = map(int, line.split("\t"))
        yield (start + took) / 1e6, took / 1e6


def latency(scenario):
    """A measurement: how long answers take at `options.rate`."""
    def measure(proxy, front, options):
        pace = Pace(options.rate, options.connections)
        spent, times = paced(proxy, front, scenario.work, pace, options.seconds)
        shown = percentiles(times)
        return {**spent.figure(shown["p50"], len(times) / spent.took), **shown, "requests": len(times)}
    return measure


def many_connections(scenario):
    """A measurement: CPU time for a request on one of many connections, all active in turn, and on one of few, both at the
    same rate."""
    def measure(proxy, front, options):
        cost, requests = {}, {}
        for connections in (options.connections, options.many):
            spent, times = paced(proxy, front, scenario.work, Pace(options.rate, connections), options.seconds)
            cost[connections], requests[connections] = spent.cpu / len(times) * 1e6, len(times)
        few, many = cost[options.connections], cost[options.many]
        return {**spent.figure(many, requests[options.many] / spent.took), "few": few, "growth": (many / few - 1) * 100,
                "connections": options.many, "requests": requests[options.many]}
    return measure
