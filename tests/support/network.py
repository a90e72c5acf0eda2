"""A network of the test's own: namespaces with one bridge between them, where nothing else is. Takes root and Linux; all of it
is gone at the end, whatever happened. For traffic that loopback cannot have: an address that moves from machine to machine."""

import contextlib
import ctypes
import os
import secrets
import subprocess

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def can_be_made():
    """Whether namespaces and bridges are to be had here."""
    if os.geteuid() != 0:
        return False
    try:
        with Network({}):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Network(contextlib.AbstractContextManager):
    """`machines` says the address of each, on one network with /24; further `addresses` belong to the bridge, where clients and
    hosts are. Each machine's link is called eth0, as on a real one."""

    def __init__(self, machines, addresses=()):
        self._prefix = f"opslb-{secrets.token_hex(3)}"
        self.machines = machines
        with contextlib.ExitStack() as undo:
            self._make("net", undo)
            _ip("-n", self.name("net"), "link", "add", "br0", "type", "bridge")
            for each in addresses:
                _ip("-n", self.name("net"), "address", "add", f"{each}/24", "dev", "br0")
            _ip("-n", self.name("net"), "link", "set", "br0", "up")
            for machine, address in machines.items():
                self._make(machine, undo)
                self._connect(machine, address)
            self._undo = undo.pop_all()

    def _make(self, machine, undo):
        _ip("netns", "add", self.name(machine))
        undo.callback(subprocess.run, ["ip", "netns", "delete", self.name(machine)], check=False, capture_output=True)
        _ip("-n", self.name(machine), "link", "set", "lo", "up")

    def _connect(self, machine, address):
        _ip("-n", self.name("net"), "link", "add", f"to-{machine}", "type", "veth",
            "peer", "name", "eth0", "netns", self.name(machine))
        _ip("-n", self.name("net"), "link", "set", f"to-{machine}", "master", "br0", "up")
        _ip("-n", self.name(machine), "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", self.name(machine), "link", "set", "eth0", "up")

    def name(self, machine):
        """The namespace of a machine; "net" is the bridge's, of clients and hosts."""
        return f"{self._prefix}-{machine}"

    def under(self, machine):
        """A command that runs the one behind it on that machine."""
        return ["nsenter", f"--net=/run/netns/{self.name(machine)}"]

    @contextlib.contextmanager
    def inside(self, machine="net"):
        """Sockets that this thread opens meanwhile are of that machine."""
        with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{self.name(machine)}", "rb") as there:
            _enter(there)
            try:
                yield
            finally:
                _enter(before)

    def has_address(self, machine, address):
        shown = subprocess.run(["ip", "-n", self.name(machine), "-oneline", "address", "show", "to", address],
                               check=True, capture_output=True, text=True)
        return bool(shown.stdout)

    def unplug(self, machine):
        _ip("-n", self.name("net"), "link", "set", f"to-{machine}", "down")

    def __exit__(self, *_):
        self._undo.close()


def _enter(namespace):
    if _libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
