"""A guard against decay: opslb spends no more user instructions on a request than it did when the bounds were recorded. Counted
by callgrind, so no time is measured."""

import os
import warnings

import pytest

from support import instruction_bounds, instructions

ATTEMPTS = 3
"""The least of them counts: whatever disturbs a count makes it higher."""


def what_is_missing():
    tools = instructions.missing_tools()
    if tools:
        return f"not installed: {', '.join(tools)}"
    if not instruction_bounds.of_this_release():
        return f"no bounds are recorded for {instruction_bounds.release()}: ./dev instructions --record WHY"
    return None


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    unfit = instruction_bounds.unfit_build()
    if unfit:
        pytest.skip(unfit)
    missing = what_is_missing()
    if missing and os.environ.get("CI") == "true" and instruction_bounds.release() == "bookworm":
        pytest.fail(f"this must not be skipped here: {missing}")
    if missing:
        pytest.skip(missing)
    with instructions.Counter(tmp_path_factory.mktemp("callgrind")) as started:
        yield started


def least_of_some(measure, name, good_enough):
    counts = []
    while len(counts) < ATTEMPTS and not any(count <= good_enough for count in counts):
        counts.append(measure(name))
    return min(counts)


@pytest.mark.parametrize("name", instructions.SCENARIOS)
def test_a_request_costs_no_more_than_it_did(counter, name):
    bound = instruction_bounds.of_this_release()[name]["instructions"]
    count = least_of_some(counter.count, name, bound * (1 + instruction_bounds.MARGIN))
    assert count <= bound * (1 + instruction_bounds.MARGIN), (
        f"a request of \"{name}\" takes {count:,} instructions, {count / bound - 1:.1%} more than the {bound:,} that are recorded. "
        f"See where they go, before and after: ./dev instructions --profile {name}. If they are worth it, raise the bound in the "
        f"commit that spends them, and name there the feature and its price: ./dev instructions {name} --record FEATURE")
    if count < 0.9 * bound:
        warnings.warn(f"a request of \"{name}\" takes {count:,} instructions, {1 - count / bound:.0%} less than the {bound:,} that "
                      f"are recorded: keep it so with ./dev instructions {name} --record REASON", stacklevel=1)


@pytest.mark.parametrize("name", [name for name, scenario in instructions.SCENARIOS.items() if scenario.access_log])
def test_observing_a_request_costs_no_more_of_it_than_it_did(counter, name):
    """Histograms, counters, access log and the ring of recent requests, against a request without all that."""
    bound = instruction_bounds.of_this_release()[name]["observing"] + instruction_bounds.MARGIN_OF_PART
    part = least_of_some(counter.observing, name, bound)
    assert part <= bound, (
        f"a request of \"{name}\" takes {part:.1%} more for being observed, above {bound:.1%}. See where it goes: "
        f"./dev instructions --profile {name}")
    assert part > bound / 2, "what observes has got other names: see OBSERVERS in tests/support/instructions.py"
