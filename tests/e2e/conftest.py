"""The fixtures of the end-to-end tests: opslb itself and what may stand behind it. See tests/support/README.md."""

import contextlib
import shutil
import zlib

import pytest

from support import backings, fronts, jetty_origin, tcp_hosts
from support.browser import Browser
from support.h2_front import BodyOrigin, H2Front
from support.name_server import NameServer
from support.opslb import launcher
from support.prometheus import Prometheus
from support.raw import OkOrigin, RawOrigin
from support.simulator import Simulator
from support.site import open_site
from support.status_page import StatusPage


WAYS = [(front, backings.PLAIN) for front in fronts.ALL] + [(fronts.H1, backings.TLS), (fronts.H2_TLS, backings.TLS)]
"""From the client to opslb and from there to the hosts, for a test that does not say which it is about."""


def way_name(front, hosts):
    return front.name if hosts is backings.PLAIN else f"{front.name}-to-tls"


def pytest_generate_tests(metafunc):
    """A test with the fixture `front` runs over WAYS, or over the fronts alone if it makes its host itself; one without it runs
    over plain and TLS hosts if it is marked `backings()`."""
    if "front" in metafunc.fixturenames and "backing" not in metafunc.fixturenames:
        metafunc.parametrize("front", fronts.ALL, indirect=True, ids=str, scope="module")
    elif "front" in metafunc.fixturenames:
        metafunc.parametrize("front, backing", WAYS, indirect=True, ids=[way_name(*way) for way in WAYS], scope="module")
    elif "backing" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("backings")
        if mark and not mark.args:
            metafunc.parametrize("backing", backings.ALL, indirect=True, ids=lambda hosts: f"to-{hosts}", scope="module")


def pytest_addoption(parser):
    parser.addoption("--few-ways", action="store_true", help="do not take every test every way: for builds that are slow")


def pytest_collection_modifyitems(config, items):
    """The marks `fronts(…)` and `backings(…)` of a test, or of one of its parameters, leave the ways that it is about."""
    def is_about(item):
        way = item.callspec.params if hasattr(item, "callspec") else {}
        return all(way.get(name) is None or not mark.args or way[name] in mark.args
                   for name, marks in (("front", "fronts"), ("h2_front", "fronts"), ("backing", "backings"))
                   for mark in item.iter_markers(marks))
    items[:] = [item for item in items if is_about(item)]
    if config.getoption("few_ways"):
        items[:] = few_ways(items)


def few_ways(items):
    """Of the ways that a test would go, one over HTTP/1.1 and one over HTTP/2; which ones differs from test to test, so that
    all of them together go every way."""
    tests = {}
    for item in items:
        test, protocol = item.nodeid, None
        if hasattr(item, "callspec") and "front" in item.callspec.params:
            way = item.callspec.params
            named = way_name(way["front"], way.get("backing", backings.PLAIN))
            test, protocol = item.nodeid.replace(f"[{named}", "[", 1), way["front"].http2
        tests.setdefault((test, protocol), []).append(item)
    kept = {ways[zlib.crc32(test.encode()) % len(ways)] for (test, _), ways in tests.items()}
    return [item for item in items if item in kept]


@pytest.fixture(scope="module")
def front(request):
    """How the client of this test reaches opslb."""
    return request.param


@pytest.fixture(scope="module")
def backing(request):
    """How opslb reaches the hosts of this test."""
    return getattr(request, "param", backings.PLAIN)


@pytest.fixture
def origin(backing):
    """origin() starts an OkOrigin, origin(RawOrigin, health=500) another kind. Names are ops1, ops2, … in order."""
    started = []

    def start(kind=OkOrigin, **more):
        more.setdefault("name", f"ops{len(started) + 1}")
        started.append(kind(**backing.options(), **more))
        return started[-1]
    yield start
    for each in started:
        each.close()
    for each in started:
        each.check()


@pytest.fixture
def dns():
    """A name server of the test's own; as root only."""
    with contextlib.closing(NameServer()) as server:
        yield server


@pytest.fixture
def raw_origin(origin):
    """One RawOrigin, ops1."""
    return origin(RawOrigin)


@pytest.fixture
def raw_tcp(opslb, backing):
    """raw_tcp(3, balance=…) starts so many hosts and opslb with a listener for raw TCP to them: the process and the hosts.
    `listener`: more keys of that."""
    started = []

    def start(count=1, listener=None, **config):
        hosts = tcp_hosts.start_hosts(count, **backing.options())
        started.extend(hosts)
        return opslb(listeners=[tcp_hosts.listener(hosts, **(listener or {}))], backends=hosts, **config), hosts
    yield start
    for each in started:
        each.close()
    for each in started:
        each.check()


@pytest.fixture
def simulator(backing):
    """simulator("ops1") starts an Ops Manager simulator."""
    started = []

    def start(name=None, *arguments):
        started.append(Simulator(name or f"ops{len(started) + 1}", *arguments, tls=backing.tls))
        return started[-1]
    yield start
    for each in started:
        each.close()


@pytest.fixture
def opslb(tmp_path):
    """opslb(backends=[origin], …) runs opslb with that configuration and waits until it listens; wait=False does not.

    A backend may be an origin, a simulator, a port or an object as in the file; without `listeners` there is one on a free
    loopback port. The test fails if the process crashes, hangs at its end, or a sanitizer speaks.
    """
    with launcher(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def module_opslb(tmp_path_factory):
    """The same for a whole file of tests."""
    with launcher(tmp_path_factory.mktemp("opslb")) as start:
        yield start


@pytest.fixture(scope="module")
def ops1(backing):
    """The one backend of `lb`, for tests that take its connections with ops1.accept()."""
    with contextlib.closing(RawOrigin(**backing.options())) as started:
        yield started
        started.check()


@pytest.fixture(scope="module")
def lb(module_opslb, ops1):
    """One opslb in front of one scripted origin, `ops1`, for a whole file of tests that only send requests."""
    return module_opslb(backends=[ops1])


@pytest.fixture(scope="module", params=fronts.HTTP2, ids=str)
def h2_front(request, module_opslb):
    """For a whole file of tests that speak HTTP/2 frames."""
    with contextlib.closing(BodyOrigin()) as origin:
        yield H2Front(module_opslb(backends=[origin], listeners=[request.param.listener()]), origin, request.param)
        origin.check()


@pytest.fixture
def h2(h2_front):
    """A RawH2Client whose preface and settings are exchanged."""
    yield h2_front.connect()
    h2_front.close()


@pytest.fixture(scope="module")
def site(module_opslb):
    """One opslb on all fronts before one simulator, for a whole file of tests with real clients."""
    with open_site(module_opslb) as opened:
        yield opened


@pytest.fixture(scope="session")
def jetty(tmp_path_factory):
    """A backend that is a real Jetty, and tells what the application on it believes of its client."""
    classes = tmp_path_factory.mktemp("jetty")
    jetty_origin.compile_into(classes)
    started = jetty_origin.JettyOrigin(classes)
    yield started
    started.close()


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests; each tab is as good as a new one."""
    with contextlib.closing(Browser()) as started:
        yield started


@pytest.fixture
def browse(chromium):
    """browse(url, …) opens a tab (support/browser.py). It is an error if the page complains or asks anybody else, but for lines
    with one of its `expected`, a list."""
    tabs = []

    def start(url, expected=(), **options):
        tabs.append((chromium.open(url, **options), expected))
        return tabs[-1][0]
    yield start
    faults = [fault for tab, expected in tabs for fault in tab.faults(*expected)]
    for tab, _ in tabs:
        tab.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def prometheus(tmp_path):
    """prometheus("127.0.0.1:9080"): one that scrapes there."""
    if not shutil.which("prometheus"):
        pytest.skip("prometheus is not installed")
    started = []

    def start(target):
        started.append(Prometheus(tmp_path, target))
        return started[-1]
    yield start
    for each in started:
        each.end()


@pytest.fixture
def status_page():
    """The status page before a status that the test makes up."""
    with contextlib.closing(StatusPage()) as started:
        yield started
