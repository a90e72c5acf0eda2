"""How the status page keeps up: it tells when it can't, rests while nobody looks, and finds its way back."""

import pytest

from support.status_page import ago, backend, status

LOST = "ERR_EMPTY_RESPONSE"


@pytest.fixture
def tab(status_page, browse):
    opened = browse(status_page.url, expected=[LOST, "status of 503"])
    opened.wait("#pulse", "live")
    return opened


def test_it_says_since_when_it_is_stale_and_recovers(status_page, tab):
    status_page.status = None
    tab.wait("h1", "opslb does not answer")
    tab.wait("#pulse", "No answer from opslb for \\d+ s: what you see is as old")
    assert tab.attribute("body", "data-stale") == "true"
    assert tab.text("#announcement") == "opslb does not answer."
    assert tab.texts(".host h3") == ["ops1", "ops2", "ops3"], "what it knew stays to be seen"
    status_page.status = status()
    tab.wait("h1", "Ops Manager is reachable")
    assert tab.attribute("body", "data-stale") == "false"
    assert tab.text("#announcement") == "opslb answers again."


def test_it_tells_a_refusal_in_its_words(status_page, tab):
    status_page.status = (503, "the process is too busy to say; look into its log")
    tab.wait("#verdict-why", "too busy to say")


def test_a_page_that_never_had_an_answer_says_so(status_page, browse):
    status_page.status = None
    tab = browse(status_page.url, expected=[LOST])
    tab.wait("h1", "opslb does not answer")
    assert tab.text("#pulse-text") == "opslb does not answer."


def test_a_hidden_tab_asks_nothing_and_is_up_to_date_when_it_is_looked_at(status_page, browse):
    asked = []

    def count():
        asked.append(1)
        return status()
    status_page.status = count
    tab = browse(status_page.url, clock=True)
    tab.wait("#pulse", "live")
    tab.hide()
    tab.pass_time(3600)
    tab.evaluate("fetch('api/v1/agents').then((answer) => answer.json())")  # what was asked before this has come
    assert len(asked) == 1
    status_page.status = status(backend("ops1", state="down"), backend("ops2"))
    tab.hide(False)
    tab.wait("h1", "on 1 of 2 hosts")


def test_changes_of_state_are_announced_and_nothing_else(status_page, tab):
    status_page.status = status(backend("ops1", requests=999_999), backend("ops2"), backend("ops3"))
    tab.wait("[data-host=ops1] .figures", "999,999")
    assert tab.text("#announcement") == ""
    status_page.status = status(backend("ops1"), backend("ops2", state="down"), backend("ops3"))
    tab.wait("#announcement", "ops2 is down. Ops Manager is reachable on 2 of 3 hosts.")
    status_page.status = status(*[backend(f"ops{number}", state="down") for number in (1, 2, 3)])
    tab.wait("#announcement", "Ops Manager cannot be reached.")


def test_many_changes_at_once_are_one_sentence(status_page, tab):
    status_page.status = status(*[backend(f"ops{number}") for number in range(20)])
    tab.wait("#hosts", "ops19")
    status_page.status = status(*[backend(f"ops{number}", state="down" if number % 2 else "up") for number in range(20)])
    tab.wait("#announcement", "10 hosts changed: 10/20 up.")


def test_a_new_process_begins_new_plots(status_page, tab):
    status_page.status = status(backend("ops1", requests=5), started=ago(1))
    tab.wait("[data-host=ops1] .figures", "5 in all")
    assert tab.evaluate("document.querySelector('#figures .line-0').getAttribute('d')") == ""


def test_hosts_come_and_go_with_the_configuration(status_page, tab):
    tab.click("[data-host=ops3] summary")
    status_page.status = status(backend("ops3"), backend("ops4"))
    tab.wait("#hosts", "ops4")
    assert tab.texts(".host h3") == ["ops3", "ops4"]
    assert tab.evaluate("document.querySelector('[data-host=ops3] details').open"), "what was open stays open"
