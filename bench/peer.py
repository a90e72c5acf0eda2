"""What has to be known of a proxy to measure it: peers/NAME.py says it, and nothing else in bench/ knows any by name."""

import importlib
import os
import pathlib
import subprocess
from dataclasses import dataclass, field

from process import installed_program

FOLDER = pathlib.Path(__file__).resolve().parent / "peers"
FEATURES = {"http", "h2c", "tls", "h2", "https-hosts", "access-log", "workers"}
OURS = "opslb"


@dataclass(frozen=True)
class Peer:
    """In `program`, `arguments`, `configuration` and the lines for the access log @NAMES@ are filled in; peers/README.md has
    the list."""

    program: str            # a name that is looked for in PATH, /usr/sbin and /usr/local/sbin, or a path
    arguments: list         # that start it in the foreground
    configuration: str      # the whole text of its file
    file: str               # and the name that this file gets
    version: list           # the arguments that make it tell its version, on the first line
    features: set           # of FEATURES; what needs another is not measured with it
    access_log: dict = field(default_factory=dict)   # False, True → what @ACCESSLOG@ stands for then
    # Where the access log goes: a file in its directory, or the log that takes its stdout and stderr.
    access_log_file: str = "output.log"

    def __post_init__(self):
        if unknown := set(self.features) - FEATURES:
            raise ValueError(f"{self.file}: no feature is called {', '.join(unknown)}; there are {', '.join(FEATURES)}")


def names():
    """opslb first, as the others are compared with it."""
    found = sorted(path.stem for path in FOLDER.glob("*.py"))
    return sorted(found, key=lambda name: name != OURS)


def describe(name):
    return importlib.import_module(f"peers.{name}").PEER


def program(name, build):
    """Its path; None where it is not installed."""
    wanted = describe(name).program.replace("@BUILD@", str(build))
    if "/" in wanted:
        return wanted if os.access(wanted, os.X_OK) else None
    return installed_program(wanted)


def installed(build):
    return [name for name in names() if program(name, build)]


def version(name, build):
    result = subprocess.run([program(name, build), *describe(name).version], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return result.stdout.splitlines()[0] if result.stdout else "unknown"
