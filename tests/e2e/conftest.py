"""The fixtures of the end-to-end tests: opslb itself and what may stand behind it. See tests/support/README.md."""

import pytest

from support.opslb import Opslb
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
    loopback port. At the end the process is made to end, and the test fails if it crashed or a sanitizer spoke.
    """
    started = []

    def start(wait=True, binary=None, environment=None, **config):
        more = {"binary": binary} if binary else {}
        started.append(Opslb(config, tmp_path / f"opslb{len(started) + 1}", environment=environment, **more))
        return started[-1].wait_listening() if wait else started[-1]
    yield start
    faults = []
    for each in started:
        fault = each.end()
        print(each.describe(f"opslb, process {each.pid}:"))  # shown by pytest where the test failed
        if fault:
            faults.append(each.describe(fault))
    assert not faults, "\n".join(faults)
