"""Starts the proxies that are compared, each with one thread on one core, and holds them to the same work."""

import os
import pathlib
import subprocess
import time

from errors import Unfit
from process import Process, fill_in, free_port, installed_program

NAMES = ("opslb", "haproxy", "nginx")
FILES = {"opslb": "opslb.json", "haproxy": "haproxy.cfg", "nginx": "nginx.conf"}
START = 15.0


def binary(name, build):
    if name == "opslb":
        path = build / "opslb"
        return str(path) if os.access(path, os.X_OK) else None
    return installed_program(name)


def installed(build):
    return [name for name in NAMES if binary(name, build)]


def version(name, build):
    flag = "version" if name == "opslb" else "-v"
    result = subprocess.run([binary(name, build), flag], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    return result.stdout.splitlines()[0] if result.stdout else "unknown"


class Proxy:
    """One proxy before the hosts, which it reaches over `scheme`."""

    def __init__(self, name, build, directory, hosts, scheme, core):
        """`directory` has the certificates, and takes the configuration and the log."""
        self.name, self.directory, self.core = name, directory, core
        self.ports = {port: free_port() for port in ("PLAIN", "H2C", "TLS")}
        program = binary(name, build)
        if not program:
            raise Unfit(f"{name} is not installed")
        file = fill_in(FILES[name], directory, {
            "DIRECTORY": str(directory), "SCHEME": scheme, **{port: str(number) for port, number in self.ports.items()},
            **{f"OPS{number}": address for number, address in enumerate(hosts, 1)}})
        arguments = {"opslb": ["run", "--config", str(file)],
                     "haproxy": ["-db", "-f", str(file)],
                     "nginx": ["-p", str(directory), "-c", str(file)]}[name]
        with open(directory / f"{name}.log", "wb") as log:
            self.process = Process([program, *arguments], core=core, stdout=log, stderr=log)
        try:
            self.wait_until_it_answers(directory / f"{name}.log")
        except Unfit:
            self.stop()
            raise

    def wait_until_it_answers(self, log):
        end = time.monotonic() + START
        url = f"http://127.0.0.1:{self.ports['PLAIN']}/_sim/plain"
        while True:
            asked = subprocess.run(["curl", "--silent", "--fail", "--noproxy", "*", "--max-time", "5", url],
                                   capture_output=True, check=False)
            if asked.returncode == 0:
                return
            if time.monotonic() > end or not self.process.runs:
                raise Unfit(f"{self.name} does not answer: {log.read_text(errors='replace').strip() or 'it said nothing'}")
            time.sleep(0.05)

    def processes(self):
        """Its process and that one's children (nginx serves in a child)."""
        return self.process.with_children()

    def cpu(self):
        """Seconds of CPU so far, user and system, of all its threads, as the scheduler counts them."""
        return sum(int(path.read_text(encoding="ascii").split()[0]) for process in self.processes()
                   for path in pathlib.Path(f"/proc/{process}/task").glob("*/schedstat")) / 1e9

    def stop(self):
        self.process.stop()

    close = stop
