"""What can be said on the command line."""

import argparse
import fnmatch
import os
import pathlib

import certificates
import peer
from scenarios import SCENARIOS

BUILD = pathlib.Path(os.environ.get("OPSLB_BUILD", pathlib.Path(__file__).resolve().parent.parent / "build")).resolve()


def parse(about):
    parser = argparse.ArgumentParser(prog="bench/run", description=about, epilog="Scenarios: " + ", ".join(map(titled, SCENARIOS)))
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help="a name, a letter, or a pattern of names ('tls-*'); default: all")
    parser.add_argument("--rounds", type=int, default=9, help="each measures every proxy once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=4, help="of load for each measurement (default: %(default)s)")
    add_loads(parser)
    add_surroundings(parser)
    options = parser.parse_intermixed_args()
    options.scenarios = chosen(options.scenarios or ["*"], parser)
    options.proxy = options.proxy or peer.installed(BUILD)
    return options


def add_loads(parser):
    group = parser.add_argument_group("how much of a load")
    group.add_argument("--connections", type=int, default=64, help="kept open over HTTP/1.1 (default: %(default)s)")
    group.add_argument("--sessions", type=int, default=16, help="kept open over HTTP/2 (default: %(default)s)")
    group.add_argument("--streams", type=int, default=16, help="at a time in each of these (default: %(default)s)")
    group.add_argument("--idle", type=int, default=5000, help="connections held for memory (default: %(default)s)")
    group.add_argument("--body", type=int, default=1024, help="MiB of a large body (default: %(default)s)")


def add_surroundings(parser):
    group = parser.add_argument_group("where and what with")
    group.add_argument("--key", choices=certificates.KEYS, default="ecdsa", help="of the certificate (default: %(default)s)")
    group.add_argument("--proxy", action="append", choices=peer.names(), help="default: all that are installed")
    group.add_argument("--proxy-core", type=int, default=0, help="default: %(default)s")
    group.add_argument("--load-core", type=int, default=1, help="for the load and the hosts (default: %(default)s)")
    group.add_argument("--json", type=pathlib.Path, default=BUILD / "bench.json", help="default: %(default)s")


def titled(name):
    letter = SCENARIOS[name].letter
    return f"{name} ({letter})" if letter else name


def chosen(wanted, parser):
    """Names in the order of the list. A letter is one only as it stands, so that `d*` is a pattern of names."""
    found = set()
    for each in wanted:
        names = [name for name in SCENARIOS if SCENARIOS[name].letter == each or fnmatch.fnmatchcase(name, each)]
        if not names:
            parser.error(f"there is no scenario {each}: {', '.join(map(titled, SCENARIOS))}")
        found.update(names)
    return [name for name in SCENARIOS if name in found]
