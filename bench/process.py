"""Programs that are started for a run, and end with it."""

import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess

from errors import Unfit


def installed_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def free_port():
    """One that nobody is given by chance until its proxy listens: below those that the kernel gives to who asks for any."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    for _ in range(1000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(lowest // 2, lowest) if lowest > 4096 else 0))
            return probe.getsockname()[1]
    raise Unfit("no port is free on 127.0.0.1")


def fill_in(text, values):
    """With its @NAMES@ replaced."""
    return re.sub(r"@([A-Z0-9]+)@", lambda m: str(values.get(m[1], m[0])), text)


class Process:
    def __init__(self, command, *, core=None, **streams):
        """On the cores of this process, or on `core` alone."""
        before = ["taskset", "-c", str(core)] if core is not None else []
        self.popen = subprocess.Popen([*before, *command], text=True, **streams)

    @property
    def runs(self):
        return self.popen.poll() is None

    def line(self):
        return self.popen.stdout.readline()

    def with_children(self):
        """Its id and its children's."""
        main = self.popen.pid
        children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii").split()
        return [main, *map(int, children)]

    def end_kindly(self):
        """What runs under strace gets the signal itself: strace keeps those for it back."""
        pid, *children = self.with_children()
        if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "strace" and children:
            pid = children[0]
        os.kill(pid, signal.SIGTERM)

    def stop(self):
        if self.runs:
            self.end_kindly()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()


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
