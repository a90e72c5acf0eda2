"""The simulated Ops Manager hosts, plain and, for re-encryption, on HTTPS."""

import json
import os
import pathlib
import re
import subprocess
import urllib.request

from errors import Unfit
from process import Process, fill_in, free_port, installed_program

TLS = pathlib.Path(__file__).resolve().parent / "hosts_tls.conf"
PATIENCE = 10.0
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))     # whatever the environment says


class Simulator:
    """One simulated Ops Manager host."""

    def __init__(self, build, name):
        program = build / "ops-manager-simulator"
        if not os.access(program, os.X_OK):
            raise Unfit(f"{program} is not there: build it, and name the build directory in OPSLB_BUILD")
        self.process = Process([str(program), "--name", name], stdout=subprocess.PIPE)
        line = self.process.line()
        found = re.search(r"listening on http://(\S+)", line)
        if not found:
            self.stop()
            raise Unfit(f"the simulator said {line!r} and no address")
        self.address = found[1]
        self.control_address = re.search(r"control http://(\S+)", line)[1]

    def control(self, what):
        """Asks its control port for /_sim/WHAT, which tests/support/simulator/README.md lists."""
        with DIRECTLY.open(f"http://{self.control_address}/_sim/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def kill(self):
        """As when the machine dies, but that its kernel still says so."""
        self.process.popen.kill()
        self.process.popen.wait()

    def stop(self):
        self.process.stop()

    close = stop


class TlsHosts:
    """Both hosts again, on HTTPS: nginx before them, on the core of the load like themselves."""

    def __init__(self, plain, place):
        ports = [free_port() for _ in plain]
        self.addresses = [f"127.0.0.1:{port}" for port in ports]
        directory = place.new_directory("hosts")
        file = directory / TLS.name
        file.write_text(fill_in(TLS.read_text(encoding="utf-8"), {
            "DIRECTORY": directory, "CERTIFICATES": place.certificates,
            **{f"PORT{n}": port for n, port in enumerate(ports, 1)},
            **{f"OPS{n}": address for n, address in enumerate(plain, 1)}}), encoding="utf-8")
        program = installed_program("nginx")
        if not program:
            raise Unfit("nginx is not installed, which is to speak TLS for the hosts")
        with open(directory / "hosts.log", "wb") as log:
            self.process = Process([program, "-p", str(directory), "-c", str(file)], stdout=log, stderr=log)

    def stop(self):
        self.process.stop()
