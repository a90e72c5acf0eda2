"""The status page for everybody: by screen reader and keyboard, on a phone, in the dark, and under a policy that lets nothing in."""

import pytest

from support.browser import DESKTOP, PHONE
from support.status_page import ago, backend, check, status

EVERYTHING = {"upgrade_mode": {"active": True, "text": "ops3 runs 8.0.5.", "versions": {"8.0.4": ["ops1", "ops2"], "8.0.5": ["ops3"]}}}


def everything():
    flying = [{"path_class": "restore", "method": "GET", "age_seconds": 95, "bytes_in": 412, "bytes_out": 8_300_000_000}]
    failing = [check(5 * (60 - number), ok=number % 7 != 0) for number in range(60)]
    return status(backend("ops1", checks=failing), backend("ops2", state="down", last_check=check(2, ok=False)),
                  backend("ops3", state="draining", in_flight=1, drain={"since": ago(40), "in_flight": flying, "more": 0}), **EVERYTHING)


@pytest.fixture
def show(status_page, browse):
    status_page.status = everything()

    def start(**options):
        tab = browse(status_page.url, **options)
        tab.wait("#pulse", "live")
        return tab
    return start


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_wrong(show, scheme, size):
    tab = show(scheme=scheme, size=size)
    tab.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    tab.wait("#silent-empty")
    assert tab.violations() == []
    tab.click("button:Drain ops1")
    assert tab.violations() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_a_refusal_the_token_and_a_stale_page(status_page, show, scheme):
    tab = show(scheme=scheme, expected=["status of 40[19]", "ERR_EMPTY_RESPONSE"])
    status_page.answer_to_post = lambda path, body: (409, {"detail": "ops2 is down"})
    tab.click("button:Drain ops1")
    tab.click("#steer-go")
    tab.wait("#steer-refusal", "ops2 is down")
    assert tab.violations() == []
    status_page.token = "needed"
    tab.click("#steer-force")
    tab.wait("#token[open]")
    assert tab.violations() == []
    tab.press("Escape", "Escape")
    status_page.status = None
    tab.wait("h1", "does not answer")
    assert tab.violations() == []


@pytest.mark.parametrize("width", [320, 360, 414, 600, 768, 1024, 1280, 1920])
def test_nothing_has_to_be_scrolled_sideways(show, width):
    tab = show(size=(width, 800))
    tab.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    too_wide = """[...document.querySelectorAll('main *')].filter((each) => !each.closest('.unseen, .scroll, svg')
                  && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 99))"""
    assert tab.evaluate(too_wide) == []


def test_plots_and_strips_have_words_and_a_strip_more_than_colour(show):
    tab = show()
    assert tab.evaluate("[...document.querySelectorAll('svg[role=img]')].filter((each) => !each.firstElementChild.textContent).length") == 0
    assert tab.evaluate("document.querySelector('[data-host=ops1] .strip > title').textContent") == "51 of the last 60 checks were good"
    shapes = tab.evaluate("""['good', 'failed'].map((kind) => document.querySelector('.strip .' + kind).getBBox().height)""")
    assert shapes[0] != shapes[1]
    assert len(set(tab.evaluate("[...document.querySelectorAll('.host h3 use')].map((each) => each.getAttribute('href'))"))) == 3


def test_nothing_moves_for_who_does_not_want_it(show):
    moving = """[...document.querySelectorAll('*')].filter((each) => {
                  const {transitionDuration, animationName} = getComputedStyle(each);
                  return transitionDuration !== '0s' || animationName !== 'none';
                }).length"""
    assert show(reducedMotion="reduce").evaluate(moving) == 0
    assert show(reducedMotion="no-preference").evaluate(moving) > 0


def test_the_policy_lets_nothing_else_in(status_page, show):
    tab = show(expected=["Content Security Policy", "This document requires"])
    intrude = """() => new Promise((done) => {
                    const script = document.createElement('script');
                    script.append('globalThis.intruded = true');
                    document.body.append(script);
                    setTimeout(done);
                  })"""
    tab.evaluate(f"({intrude})()")
    assert tab.evaluate("globalThis.intruded ?? null") is None
    markup = "try { document.body.innerHTML = '<b>markup</b>'; 'taken' } catch (error) { error.name }"
    assert tab.evaluate(markup) == "TypeError", "text cannot become markup, whoever tries"
    assert tab.evaluate("fetch('https://127.0.0.1:9/').then(() => 'went', (error) => error.name)") == "TypeError"
    assert "unsafe" not in status_page.policy and "default-src 'none'" in status_page.policy


def test_it_is_one_small_document(status_page):
    assert len(status_page.page) < 100_000
    for mark in (b" src=", b"@import", b"url(", b"style=\"", b"innerHTML", b"onclick", b"http://", b"https://"):
        assert mark not in status_page.page
