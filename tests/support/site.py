"""What real clients are pointed at: opslb on all fronts before one simulated host, and the programs themselves."""

import contextlib
import functools
import hashlib
import shutil
import subprocess
from dataclasses import dataclass

from support import fronts, tls_peers
from support.opslb import Opslb
from support.raw import RawClient
from support.simulator import Simulator
from support.timeouts import ANSWER, scaled

SOME, MUCH = 16_000_000, 200_000_000
"""How much is sent up and down in every run, and in slow ones."""

PIECE = bytes((position * 31) % 251 for position in range(1_000_000))


@dataclass
class Site:
    lb: Opslb
    host: Simulator

    def port(self, front):
        return self.lb.port(front.scheme)

    def url(self, front, path="/", host="localhost"):
        return f"{front.scheme}://{host}:{self.port(front)}{path}"

    @functools.cache  # pylint: disable=method-cache-max-size-none  # a site lasts as long as its file of tests
    def sum_of_download(self, size):
        """The SHA-256 of /_sim/download, asked of the host itself."""
        with RawClient(self.host.port) as client:
            client.send(f"GET /_sim/download?bytes={size}&chunked=1 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.read_head()
            digest = hashlib.sha256()
            for piece in iter(client.read_piece, b""):
                digest.update(piece)
            assert dict(client.read_trailers())["X-Sha256"] == digest.hexdigest()
        return digest.hexdigest()

    def protocol_of(self, target):
        """What the access log says that was spoken for it."""
        return self.lb.wait_access(lambda entry: entry["target"] == target)["protocol"]

    def __hash__(self):
        return id(self)


@contextlib.contextmanager
def open_site(start_opslb):
    with contextlib.closing(Simulator()) as host:
        announced = [each | {"name": f"announced-{each['name']}", "proxy_protocol": True, "proxy_protocol_from": ["127.0.0.0/8"]}
                     for each in fronts.listeners()]
        yield Site(start_opslb(backends=[host], listeners=fronts.listeners() + announced), host)


def body_in(directory, size):
    """A file of that size, and its SHA-256."""
    file, digest = directory / f"body-{size}", hashlib.sha256()
    with open(file, "wb") as out:
        for at in range(0, size, len(PIECE)):
            piece = PIECE[:size - at]
            out.write(piece)
            digest.update(piece)
    return file, digest.hexdigest()


def sum_of_file(file):
    with open(file, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def ca_file():
    return tls_peers.authority().file


def run(name, *arguments, seconds=6 * ANSWER, codes=(0,), **more):
    """What the program says on stdout, bytes as Latin-1. It has to end with one of these codes."""
    assert shutil.which(name), f"{name} is not installed; ./dev bootstrap test does that"
    if not {"input", "stdin"} & more.keys():
        more["stdin"] = subprocess.DEVNULL
    done = subprocess.run([name, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="latin-1",
                          timeout=scaled(seconds), check=False, **more)
    assert done.returncode in codes, f"{name} ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout
