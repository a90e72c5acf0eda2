"""What opslb allocates while a test looks, and who asked for it: opslb itself, OpenSSL, nghttp2. The library that counts
(allocation_counter.cpp) is loaded into the real program."""

import collections
import mmap
import pathlib
import re
import struct
import subprocess
from dataclasses import dataclass

from support.opslb import BUILD

LIBRARY = BUILD / "tests" / "liballocation_counter.so"

# The board: counting, stacks used, without stack; then for each stack its count, its depth and its frames.
HEAD = struct.Struct("=3Q")
FRAMES, STACKS = 24, 512
STACK = struct.Struct(f"={2 + FRAMES}Q")
SIZE = HEAD.size + STACKS * STACK.size

# Who asked: the innermost frame that only passes on for others does not count.
PASSES_ON = re.compile(r"liballocation_counter|libstdc\+\+|libc\.so|ld-linux")
LIBRARIES = {"libcrypto": "openssl", "libssl": "openssl", "libnghttp2": "nghttp2"}


@dataclass(frozen=True)
class Caller:
    owner: str  # opslb, openssl, nghttp2
    count: int
    frames: tuple  # (file, address in it), the innermost first


class AllocationCounter:
    """One opslb that counts: pass `environment` to it, then its pid to attach()."""

    def __init__(self, directory):
        self._file = pathlib.Path(directory)
        self._file.write_bytes(bytes(SIZE))
        self.environment = {"LD_PRELOAD": str(LIBRARY), "OPSLB_ALLOCATION_BOARD": str(self._file)}
        with self._file.open("r+b") as opened:
            self._board = mmap.mmap(opened.fileno(), SIZE)

    def count(self, pid, do):
        """The callers that allocate in process `pid` while do() runs, the busiest first."""
        self._board[:SIZE] = bytes(SIZE)
        self._board[:8] = struct.pack("=Q", 1)
        do()
        self._board[:8] = bytes(8)
        _, used, without_stack = HEAD.unpack_from(self._board)
        assert without_stack == 0, f"{without_stack} allocations by more callers than the board has room for"
        modules = Modules(pid)
        found = collections.Counter()
        for number in range(used):
            count, depth, *frames = STACK.unpack_from(self._board, HEAD.size + number * STACK.size)
            found[tuple(modules.locate(address - 1) for address in frames[:depth])] += count
        return sorted((Caller(owner(frames), count, frames) for frames, count in found.items()), key=lambda each: -each.count)

    def close(self):
        self._board.close()


class Modules:
    """Which file of a process an address belongs to."""

    def __init__(self, pid):
        self._mappings, first = [], {}
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
            bounds, _, offset, _, _, *path = line.split(maxsplit=5)
            start, end = (int(bound, 16) for bound in bounds.split("-"))
            if path and path[0].startswith("/"):
                first.setdefault(path[0], start - int(offset, 16))
                self._mappings.append((start, end, path[0], first[path[0]]))

    def locate(self, address):
        for start, end, file, base in self._mappings:
            if start <= address < end:
                return file, address - base
        return "?", address


def owner(frames):
    for file, _ in frames:
        if not PASSES_ON.search(file):
            return next((known for library, known in LIBRARIES.items() if library in file), "opslb")
    return "opslb"


def described(callers):
    """A line for each, for a message: function names, the innermost first."""
    addresses = {}
    for caller in callers:
        for file, address in caller.frames:
            if file != "?" and not PASSES_ON.search(file):
                addresses.setdefault(file, set()).add(address)
    names = {}
    for file, wanted in addresses.items():
        names |= {(file, address): found for address, found in function_names(file, sorted(wanted)).items()}
    return "\n".join(f"{caller.count} × {caller.owner}: " + " < ".join(
        [name for frame in caller.frames for name in names.get(frame, [])][:8]) for caller in callers)


def function_names(file, addresses):
    """address → the function there and those it is inlined into, but for the standard library's."""
    told = subprocess.run(["addr2line", "-aCfie", file, *map(hex, addresses)], capture_output=True, text=True, check=False).stdout
    found, names = {}, []
    for line in told.splitlines():
        if line.startswith("0x"):
            names = found.setdefault(int(line, 16), [])
        elif not re.search(r":(\d+|\?)( \(discriminator \d+\))?$", line):
            name = re.sub(r"\(.*|<.*", "", line.replace("(anonymous namespace)::", ""))
            if not name.startswith(("std::", "void std::", "operator new", "__gnu_cxx", "decltype")):
                names.append(name)
    return found
