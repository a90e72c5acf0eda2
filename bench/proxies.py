"""Starts the proxies that are compared, each with one thread on one core, and the simulated hosts behind them."""

import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
NAMES = ("opslb", "haproxy", "nginx")
FILES = {"opslb": "opslb.json", "haproxy": "haproxy.cfg", "nginx": "nginx.conf"}
START = 15.0


class Unfit(Exception):
    """Something that is needed is not there or does not do its job."""


def binary(name, build):
    if name == "opslb":
        path = build / "opslb"
        return str(path) if os.access(path, os.X_OK) else None
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def installed(build):
    return [name for name in NAMES if binary(name, build)]


def version(name, build):
    flag = "version" if name == "opslb" else "-v"
    result = subprocess.run([binary(name, build), flag], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    return result.stdout.splitlines()[0] if result.stdout else "unknown"


class Cleanup:
    """Ends what was started, the last first."""

    def __init__(self):
        self.started = []

    def add(self, what):
        self.started.append(what)
        return what

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in reversed(self.started):
            each.stop()


class Host:
    """One simulated Ops Manager host, on the core of the load."""

    def __init__(self, build, name, core):
        program = build / "ops-manager-simulator"
        if not os.access(program, os.X_OK):
            raise Unfit(f"{program} is not there: build it, and name the build directory in OPSLB_BUILD")
        self.process = subprocess.Popen(["taskset", "-c", str(core), str(program), "--name", name],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"listening on http://(\S+)", line)
        if not found:
            raise Unfit(f"the simulator said {line!r} and no address")
        self.address = found[1]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """One proxy before the hosts."""

    def __init__(self, name, build, directory, hosts, core):
        self.name, self.port = name, free_port()
        program = binary(name, build)
        if not program:
            raise Unfit(f"{name} is not installed")
        self.file = directory / FILES[name]
        self.write_configuration(directory, hosts)
        arguments = {"opslb": ["run", "--config", str(self.file)],
                     "haproxy": ["-db", "-f", str(self.file)],
                     "nginx": ["-p", str(directory), "-c", str(self.file)]}[name]
        with open(directory / f"{name}.log", "wb") as log:
            self.process = subprocess.Popen(["taskset", "-c", str(core), program, *arguments], stdout=log, stderr=log)
        try:
            self.wait_until_it_answers(directory / f"{name}.log")
        except Unfit:
            self.stop()
            raise

    def write_configuration(self, directory, hosts):
        text = (PEERS / FILES[self.name]).read_text(encoding="utf-8")
        values = {"PORT": str(self.port), "DIRECTORY": str(directory),
                  **{f"OPS{number}": host.address for number, host in enumerate(hosts, 1)}}
        self.file.write_text(re.sub(r"@([A-Z0-9]+)@", lambda m: values.get(m[1], m[0]), text), encoding="utf-8")

    def wait_until_it_answers(self, log):
        end = time.monotonic() + START
        while True:
            try:
                if self.get("/_sim/plain")[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > end or self.process.poll() is not None:
                raise Unfit(f"{self.name} does not answer: {log.read_text(errors='replace').strip() or 'it said nothing'}")
            time.sleep(0.05)

    def get(self, target, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START)
        try:
            connection.request("GET", target, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        except http.client.HTTPException as problem:
            raise OSError(problem) from problem
        finally:
            connection.close()

    def check_that_it_does_the_job(self):
        """The same identity headers from all, whatever the client says: else the figures compare different work."""
        lies = {"Host": "om.example", "X-Forwarded-For": "192.0.2.66", "Forwarded": "for=192.0.2.66",
                "X-Forwarded-Proto": "https", "X-Proxied-Https": "on"}
        status, body = self.get("/_sim/echo", lies)
        if status != 200:
            raise Unfit(f"{self.name} answers {status}")
        seen = json.loads(body)
        identity = {name.lower(): value for name, value in seen["headers"]}
        expected = {"host": "om.example", "x-forwarded-for": "127.0.0.1", "x-forwarded-host": "om.example",
                    "x-forwarded-proto": "http", "x-forwarded-server": "bench.example.com", "x-proxied-https": "off"}
        wrong = {name: identity.get(name) for name, value in expected.items() if identity.get(name) != value}
        if wrong or seen["jetty"]["client"] != "127.0.0.1" or "x-forwarded-port" not in identity:
            raise Unfit(f"{self.name} tells the hosts something else: {wrong or identity}")

    def processes(self):
        """Its process and that one's children (nginx serves in a child)."""
        main = self.process.pid
        children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii").split()
        return [main, *map(int, children)]

    def cpu(self):
        """Nanoseconds of CPU so far, user and system, of all its threads, as the scheduler counts them."""
        return sum(int(path.read_text(encoding="ascii").split()[0])
                   for process in self.processes() for path in pathlib.Path(f"/proc/{process}/task").glob("*/schedstat"))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
