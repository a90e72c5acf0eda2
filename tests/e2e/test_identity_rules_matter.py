"""Each rule of the client's identity, switched off in a build of its own, lets a lie through to the application: so the rule
is needed, and the cases of test_jetty_identity.py would notice its loss."""

import os
import pathlib

import pytest

from support import identity_lies as lies
from support import mutants
from support.application import Application, configuration


def is_found_out(start, jetty, binary):
    """True if some lie changes what the application sees through this build."""
    lb = start(binary=binary, **configuration(jetty))
    with Application(lb.port("direct"), source="127.0.0.2") as proxy, Application(lb.port("direct")) as client:
        return any(True for _ in proxy.each_deviation(lies.of_a_proxy())) \
            or any(True for _ in client.each_deviation(lies.all_lies()))


@pytest.mark.slow
@pytest.mark.parametrize("rule", mutants.RULES, ids=lambda rule: rule.name)
def test_opslb_without_it_is_found_out(opslb, jetty, tmp_path, rule):
    assert is_found_out(opslb, jetty, mutants.build_without(rule, tmp_path))


def builds_at_hand():
    """OPSLB_MUTANT_DIR may hold more of them, opslb-without-RULE."""
    directory = os.environ.get("OPSLB_MUTANT_DIR")
    found = sorted(pathlib.Path(directory).glob("opslb-without-*")) if directory else []
    assert found or not directory, f"OPSLB_MUTANT_DIR={directory} holds no opslb-without-RULE"
    return found


if builds_at_hand():
    @pytest.mark.parametrize("binary", builds_at_hand(), ids=lambda path: path.name)
    def test_a_build_at_hand_without_it_is_found_out(opslb, jetty, binary):
        assert is_found_out(opslb, jetty, binary)
