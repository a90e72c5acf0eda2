"""The fixtures of the end-to-end tests: opslb itself and what may stand behind it. See tests/support/README.md."""

import contextlib

import pytest

from support import jetty_origin
from support.opslb import launcher
from support.raw import OkOrigin, RawOrigin
from support.simulator import Simulator


@pytest.fixture
def origin():
    """origin() starts an OkOrigin, origin(RawOrigin, health=500) another kind. Names are ops1, ops2, … in order."""
    started = []

    def start(kind=OkOrigin, **more):
        more.setdefault("name", f"ops{len(started) + 1}")
        started.append(kind(**more))
        return started[-1]
    yield start
    for each in started:
        each.close()
    for each in started:
        each.check()


@pytest.fixture
def raw_origin(origin):
    """One RawOrigin, ops1."""
    return origin(RawOrigin)


@pytest.fixture
def simulator():
    """simulator("ops1") starts an Ops Manager simulator."""
    started = []

    def start(name=None, *arguments):
        started.append(Simulator(name or f"ops{len(started) + 1}", *arguments))
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
def ops1():
    """The one backend of `lb`, for tests that take its connections with ops1.accept()."""
    with contextlib.closing(RawOrigin()) as started:
        yield started
        started.check()


@pytest.fixture(scope="module")
def lb(module_opslb, ops1):
    """One opslb in front of one scripted origin, `ops1`, for a whole file of tests that only send requests."""
    return module_opslb(backends=[ops1])


@pytest.fixture(scope="session")
def jetty(tmp_path_factory):
    """A backend that is a real Jetty, and tells what the application on it believes of its client."""
    classes = tmp_path_factory.mktemp("jetty")
    jetty_origin.compile_into(classes)
    started = jetty_origin.JettyOrigin(classes)
    yield started
    started.close()
