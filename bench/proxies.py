"""A proxy that runs before the hosts: started by its description, on a core of its own."""

import pathlib
import subprocess
import time
from dataclasses import dataclass

import peer
from errors import Unfit
from process import Process, fill_in, free_port

START = 15.0


@dataclass(frozen=True)
class Setup:
    """How a proxy is set up for a scenario. Those that need the same share one that runs."""

    hosts: str = "http"     # how it reaches them: http or https
    access_log: bool = False
    workers: int = 1
    before: tuple = ()      # the command that it runs under, as valgrind

    def needs(self):
        """Features of a peer."""
        wanted = {"https-hosts": self.hosts == "https", "access-log": self.access_log, "workers": self.workers > 1}
        return {feature for feature, it_is in wanted.items() if it_is}


class Proxy:
    def __init__(self, name, place, hosts, setup=Setup(), patience=START):
        """`place` says where: its build, certificates and core, and a new directory for each proxy, for what it writes."""
        self.name, self.core, self.certificates = name, place.core, place.certificates
        self.described, self.setup = peer.describe(name), setup
        self.directory = place.new_directory(name)
        if setup.before:  # where also a worker that is no longer root leaves what was counted of it
            self.directory.chmod(0o1777)
        self.ports = {port: free_port() for port in ("PLAIN", "H2C", "TLS")}
        self.log = self.directory / "output.log"
        self.access_log = self.directory / self.described.access_log_file
        program = peer.program(name, place.build)
        if not program:
            raise Unfit(f"{name} is not installed")
        before = [fill_in(word, {"DIRECTORY": self.directory}) for word in setup.before]
        with open(self.log, "ab") as log:
            self.process = Process([*before, program, *self.configured(place, hosts)], core=place.core, stdout=log,
                                   stderr=subprocess.STDOUT)
        try:
            self.wait_until_it_answers(patience)
        except Unfit:
            self.stop()
            raise

    def configured(self, place, hosts):
        """Writes its file. Its arguments."""
        file = self.directory / self.described.file
        values = {"DIRECTORY": self.directory, "CERTIFICATES": place.certificates, "CONFIGURATION": file, "BUILD": place.build,
                  "SCHEME": self.setup.hosts, "WORKERS": self.setup.workers, **self.ports,
                  **{f"OPS{number}": address for number, address in enumerate(hosts, 1)}}
        values["ACCESSLOG"] = fill_in(self.described.access_log.get(self.setup.access_log, ""), values)
        self.configuration = fill_in(self.described.configuration.lstrip(), values)
        file.write_text(self.configuration, encoding="utf-8")
        return [fill_in(argument, values) for argument in self.described.arguments]

    def wait_until_it_answers(self, patience):
        end = time.monotonic() + patience
        url = f"http://127.0.0.1:{self.ports['PLAIN']}/_sim/plain"
        while True:
            asked = subprocess.run(["curl", "--silent", "--fail", "--noproxy", "*", "--max-time", "5", url],
                                   capture_output=True, check=False)
            if asked.returncode == 0:
                return
            if time.monotonic() > end or not self.process.runs:
                said = self.log.read_text(errors="replace").strip()
                raise Unfit(f"{self.name} does not answer: {said or 'it said nothing'}")
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
