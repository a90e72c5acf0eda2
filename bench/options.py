"""What can be said on the command line."""

import argparse
import fnmatch
import os
import pathlib

import certificates
import peer
from catalogue import CATALOGUE, everything, titled, usual
from ways import WAYS

BUILD = pathlib.Path(os.environ.get("OPSLB_BUILD", pathlib.Path(__file__).resolve().parent.parent / "build")).resolve()


def parse(about):
    parser = argparse.ArgumentParser(prog="bench/run", description=about,
                                     epilog="Scenarios: " + "; ".join(map(titled, everything())))
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help="a name, a letter, or a pattern of names ('tls-*'); default: all, in every way")
    parser.add_argument("--rounds", type=int, default=9, help="each measures every proxy once (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=4, help="of load for each measurement (default: %(default)s)")
    add_ways(parser)
    add_loads(parser)
    add_traffic(parser)
    add_surroundings(parser)
    options = parser.parse_intermixed_args()
    options.scenarios = chosen(options, parser)
    options.proxy = options.proxy or peer.installed(BUILD)
    return options


def add_ways(parser):
    group = parser.add_argument_group("what of it, in place of CPU time and memory",
                                      "one or more, for the scenarios that are named or some usual ones")
    for way, how in WAYS.items():
        group.add_argument(f"--{way}", action="store_true", help=how.about)


def add_loads(parser):
    group = parser.add_argument_group("how much of a load")
    group.add_argument("--connections", type=int, default=64, help="kept open over HTTP/1.1 (default: %(default)s)")
    group.add_argument("--sessions", type=int, default=16, help="kept open over HTTP/2 (default: %(default)s)")
    group.add_argument("--streams", type=int, default=16, help="at a time in each of these (default: %(default)s)")
    group.add_argument("--idle", type=int, default=5000, help="connections held for memory (default: %(default)s)")
    group.add_argument("--many", type=int, default=9000, help="connections, where many are active (default: %(default)s)")
    group.add_argument("--rate", type=int, help="requests/s where these are paced (default: a quarter of HAProxy's capacity)")
    group.add_argument("--amount", type=int, default=10000, help="requests that are counted (default: %(default)s)")
    group.add_argument("--body", type=int, default=1024, help="MiB of a large body (default: %(default)s)")


def add_traffic(parser):
    group = parser.add_argument_group("how much of Ops Manager's own traffic")
    group.add_argument("--agents", type=int, default=200, help="that poll and send (default: %(default)s)")
    group.add_argument("--storm", type=int, default=2000, help="of them in a reconnect storm (default: %(default)s)")
    group.add_argument("--silence", type=float, default=5, help="seconds before a diagnostic archive (default: %(default)s)")
    group.add_argument("--step", type=float, default=11,
                       help="seconds of each step of a rolling upgrade, longer than two health checks (default: %(default)s)")


def add_surroundings(parser):
    group = parser.add_argument_group("where and what with")
    group.add_argument("--key", choices=certificates.KEYS, default="ecdsa", help="of the certificate (default: %(default)s)")
    group.add_argument("--proxy", action="append", choices=peer.names(), help="default: all that are installed")
    group.add_argument("--proxy-core", type=int, default=0, help="default: %(default)s")
    group.add_argument("--load-core", type=int, default=1, help="for the load and the hosts (default: %(default)s)")
    group.add_argument("--html", type=pathlib.Path, metavar="FILE", help="also a page with plots, which stands alone")
    group.add_argument("--json", type=pathlib.Path, default=BUILD / "bench.json", help="default: %(default)s")


def chosen(options, parser):
    """Names in the order of the catalogue."""
    ways = [way for way in WAYS if getattr(options, way.replace("-", "_"))]
    if not options.scenarios:
        wanted = [name for way in ways for name in usual(way)] if ways else everything()
    else:
        named = [name for each in options.scenarios for name in matching(each, parser)]
        wanted = [f"{name}/{way}" for name in named for way in ways if f"{name}/{way}" in CATALOGUE] if ways else named
        if not wanted:
            parser.error(f"none of {', '.join(named)} can be measured in that way")
    return [name for name in CATALOGUE if name in wanted]


def matching(wanted, parser):
    """A letter is one only as it stands, so that `d*` is a pattern of names; one without a slash is about CPU time alone."""
    found = [name for name, scenario in CATALOGUE.items() if scenario.letter == wanted or
             fnmatch.fnmatchcase(name, wanted) and ("/" in wanted or "/" not in name)]
    if not found:
        parser.error(f"there is no scenario {wanted}: {'; '.join(map(titled, everything()))}")
    return found
