"""Small requests over kept connections, by wrk and h2load: CPU time for each."""

import re
import subprocess

from errors import Spoiled
from meter import Meter

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
TARGET = "/_sim/plain"


def requests(headers):
    """A measurement: the same small request again and again."""
    def measure(proxy, front, options):
        tool = h2load if front.http2 else wrk
        lines = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        with Meter(proxy) as spent:
            done = tool(proxy, front, lines, options)
        return {**spent.figure(spent.cpu / done * 1e6, done / spent.took), "requests": done}
    return measure


def run(command, proxy):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Spoiled(f"{proxy.name} under {command[0]}: {result.stdout}{result.stderr}")
    return result.stdout


def wrk(proxy, front, lines, options):
    output = run(["wrk", "-t1", f"-c{options.connections}", f"-d{max(1, round(options.seconds))}s", *lines,
                  front.url(proxy, TARGET)], proxy)
    done = re.search(r"(\d+) requests in", output)
    if not done or int(done[1]) == 0 or "Non-2xx" in output or "Socket errors" in output:
        raise Spoiled(f"{proxy.name} under wrk: {output}")
    return int(done[1])


def h2load(proxy, front, lines, options):
    output = run(["h2load", "-t1", f"-c{options.sessions}", f"-m{options.streams}", f"-D{max(1, round(options.seconds))}",
                  *lines, front.url(proxy, TARGET)], proxy)
    done = re.search(r"(\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", output)
    # Of what is under way at the end a status may have come, but not all of the body.
    good = re.search(r"status codes: \d+ 2xx, 0 3xx, 0 4xx, 0 5xx", output)
    if not done or not good or not int(done[1]) or done[1] != done[2] or {done[3], done[4], done[5]} != {"0"}:
        raise Spoiled(f"{proxy.name} under h2load: {output}")
    if front.tls and not ("Application protocol: h2\n" in output and "TLS Protocol: TLSv1.3\n" in output):
        raise Spoiled(f"h2load did not get HTTP/2 over TLS 1.3 from {proxy.name}: {output}")
    return int(done[1])
