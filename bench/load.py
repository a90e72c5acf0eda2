"""Small requests by wrk and h2load, for some time or so many of them."""

import re
import subprocess

from errors import Spoiled
from logged import Logged
from meter import Meter

TARGET = "/_sim/plain"
FEW = 0.2   # of --amount: what the shorter run does where a difference is counted


class Requests:
    """The same small request again and again, over connections that are kept unless the head says otherwise."""

    kept = True     # the connections stay
    share = 1.0     # of --amount that is enough when it is counted

    def __init__(self, headers):
        self.lines = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]

    def timed(self, proxy, front, options):
        """A measurement: CPU time for each in a run of some seconds."""
        with Logged(proxy) as log, Meter(proxy) as spent:
            done = (h2load_for if front.http2 else wrk)(proxy, front, self.lines, options)
        log.check(done)
        return {**spent.figure(spent.cpu / done * 1e6, done / spent.took), "requests": done}

    def counted(self, proxy, front, options, amount):
        """So many of them. The connections are as many however many requests: opening them is to drop out of a difference."""
        protocol = ["-m", str(options.streams)] if front.http2 else ["--h1"]
        connections = min(options.sessions if front.http2 else options.connections, round(options.amount * FEW))
        done = h2load(proxy, front, ["-n", str(amount), "-c", str(connections), *protocol, *self.lines])
        if done != amount:
            raise Spoiled(f"{proxy.name} answered {done} of {amount} requests")


def run(command, proxy):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Spoiled(f"{proxy.name} under {command[0]}: {result.stdout}{result.stderr}")
    return result.stdout


def whole_seconds(options):
    return str(max(1, round(options.seconds)))


def wrk(proxy, front, lines, options):
    output = run(["wrk", "-t1", f"-c{options.connections}", f"-d{whole_seconds(options)}s", *lines,
                  front.url(proxy, TARGET)], proxy)
    done = re.search(r"(\d+) requests in", output)
    if not done or int(done[1]) == 0 or "Non-2xx" in output or "Socket errors" in output:
        raise Spoiled(f"{proxy.name} under wrk: {output}")
    return int(done[1])


def h2load_for(proxy, front, lines, options):
    return h2load(proxy, front, [f"-D{whole_seconds(options)}", f"-c{options.sessions}", f"-m{options.streams}", *lines])


def h2load(proxy, front, arguments):
    """How many requests were answered; all of them well."""
    output = run(["h2load", "-t1", *arguments, front.url(proxy, TARGET)], proxy)
    check_h2load(output, proxy, front)
    return int(re.search(r"(\d+) done", output)[1])


def check_h2load(output, proxy, front):
    done = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
    # Of what is under way at the end a status may have come, but not all of the body.
    good = re.search(r"status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx", output)
    if not done or not good or not int(done[1]) or done[1] != done[2] or {done[3], done[4], done[5]} != {"0"}:
        raise Spoiled(f"{proxy.name} under h2load: {output}")
    protocol = "h2" if front.http2 else "http/1.1"
    if front.tls and not (f"Application protocol: {protocol}\n" in output and "TLS Protocol: TLSv1.3\n" in output):
        raise Spoiled(f"h2load did not get {protocol} over TLS 1.3 from {proxy.name}: {output}")
