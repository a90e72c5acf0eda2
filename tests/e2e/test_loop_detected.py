"""A request that this opslb has passed on before is not passed on again (508), whoever sends it back."""

import pytest

from support.backings import PLAIN
from support.conversation import ask, converse, refused, request

pytestmark = pytest.mark.backings(PLAIN)

NAME = "lb1.example.com"


@pytest.fixture(scope="module")
def lb(module_opslb, ops1):
    return module_opslb(backends=[ops1], forwarded={"server_name": NAME})


@pytest.mark.parametrize("lines", [
    [f"Via: 1.1 {NAME}"], [f"Via: 1.0 other, 1.1 {NAME}"], ["Via: 1.0 other", f"Via: 1.1 {NAME}"],
    [f"Via: 1.1 {NAME.upper()}"],
    [f"Via: HTTP/1.1 {NAME}"], [f"Via: 2.0 {NAME} (a comment), 1.1 other"], [f"Via: 1.1 {NAME}:8080"],
    [f"via: 1.1\t{NAME}"],
    [f"Via: 1.1 other (x, y), 1.1 {NAME}"]])
def test_it_is_answered_508(lb, ops1, front, lines):
    answer = refused(lb, request("GET", "/", *lines), front=front)
    assert (answer.status, answer.json()["error"]) == (508, 508)
    assert not ops1.has_connection_waiting()


@pytest.mark.parametrize("value", ["1.1 other", f"1.1 x{NAME}", f"1.1 {NAME}.other", f"1.1 other ({NAME})",
                                   f"{NAME} other",
                                   f"1.1 other (1.1 {NAME}), 1.0 third", "1.1 lb1"])
def test_other_proxies_on_the_way_are_no_loop(lb, ops1, front, value):
    seen, got = converse(lb, ops1, request("GET", "/", f"Via: {value}"), front=front)
    assert got.status == 200
    assert seen.get("Via") == f"{value}, {front.via} {NAME}"


def test_it_comes_back_from_the_second_of_two_that_have_the_same_name(opslb, origin, front):
    ops1 = origin()
    second = opslb(backends=[ops1], forwarded={"server_name": NAME})
    first = opslb(backends=[second.port()], forwarded={"server_name": NAME}, health_check={"path": "/any"})
    assert ask(first, request("GET", "/again"), front=front).status == 508
    assert "/again" not in [each.target for each in ops1.requests]


def test_two_of_different_names_may_stand_behind_each_other(opslb, origin, front):
    behind = opslb(backends=[origin()], forwarded={"server_name": NAME})
    before = opslb(backends=[behind.port()], forwarded={"server_name": "lb2.example.com"},
                   health_check={"path": "/any"})
    answer = ask(before, request(), front=front)
    assert answer.status == 200
    assert ["Via", f"{front.via} lb2.example.com, 1.1 {NAME}"] in answer.json()["headers"]
