"""Draining a host and putting it back from the status page: it asks, explains, and shows what opslb refuses."""

import pytest

from support.status_page import ago, backend, status

REFUSAL = "ops2 is down: draining ops1 as well would leave one host. Wait until ops2 is up, or use --force."


class Steered:
    """A site that does what it is told, unless `guard` says why not."""

    def __init__(self, page):
        self.page, self.guard = page, None
        self.drained = set()
        page.status, page.answer_to_post = self.status, self.post

    def host(self, name):
        out = name in self.drained
        return backend(name, state="drained" if out else "up", in_flight=0 if out else 7,
                       drain={"since": ago(1), "in_flight": [], "more": 0} if out else None)

    def status(self):
        return status(*map(self.host, ("ops1", "ops2", "ops3")))

    def post(self, path, body):
        name, verb = path.split("/")[-2:]
        if verb == "drain" and self.guard and not body.get("force"):
            return 409, {"error": 409, "reason": "Conflict", "detail": self.guard}
        (self.drained.add if verb == "drain" else self.drained.discard)(name)
        return 200, {"backend": self.host(name)}


@pytest.fixture
def site(status_page):
    return Steered(status_page)


@pytest.fixture
def tab(site, browse):
    opened = browse(site.page.url, expected=["status of 40[149]", "status of 503", "ERR_EMPTY_RESPONSE"])
    opened.wait("#pulse", "live")
    return opened


def test_it_asks_and_explains_before_it_drains(site, tab):
    tab.click("button:Drain ops1")
    tab.wait("dialog[open] h2", "Take ops1 out of rotation\\?")
    assert tab.texts("#steer-points li") == [
        "ops1 gets no new request.", "The 7 requests in flight there may end; this page shows them.",
        "ops2 and ops3 are left to take its share.", "It stays out, also over a reload or restart of opslb, until you put it back."]
    assert site.page.posts == []
    tab.click("#steer-go")
    tab.wait("[data-host=ops1] .badge", "Drained")
    assert site.page.posts == [("/api/v1/backends/ops1/drain", {})]
    assert not tab.visible("dialog")
    assert tab.focused() == "Put back ops1", "the focus is where it was, on the button that says what comes next"


def test_cancelling_and_escape_change_nothing(site, tab):
    for leave in (lambda: tab.click("#steer-cancel"), lambda: tab.press("Escape")):
        tab.click("button:Drain ops1")
        tab.wait("dialog[open] h2", "Take ops1")
        leave()
        tab.wait_gone("dialog")
        assert tab.focused() == "Drain ops1"
    assert site.page.posts == []


def test_a_refusal_is_shown_and_only_then_it_can_be_forced(site, tab):
    site.guard = REFUSAL
    tab.click("button:Drain ops1")
    assert not tab.visible("#steer-force")
    tab.click("#steer-go")
    tab.wait("#steer-refusal", "opslb refuses:")
    assert REFUSAL in tab.text("#steer-refusal") and "Ops Manager allows one host at a time" in tab.text("#steer-refusal")
    assert tab.focused() == "Cancel", "forcing it is never what a hasty Enter does"
    tab.click("button:Drain ops1 all the same")
    tab.wait("[data-host=ops1] .badge", "Drained")
    assert [body for _, body in site.page.posts] == [{}, {"force": True}]
    tab.click("button:Drain ops2")
    assert not tab.visible("#steer-force") and not tab.visible("#steer-refusal"), "the next one begins anew"


def test_what_there_is_to_know_of_a_drain_is_shown(site, tab):
    site.page.answer_to_post = lambda path, body: (200, site.post(path, body)[1] | {"note": "The drain will not survive a restart."})
    tab.click("button:Drain ops1")
    tab.click("#steer-go")
    tab.wait("#steer-refusal", "Done. The drain will not survive a restart.")
    tab.press("Enter")
    tab.wait_gone("dialog")
    tab.wait("[data-host=ops1] .badge", "Drained")


def test_a_host_is_put_back(site, tab):
    site.drained.add("ops2")
    tab.wait("[data-host=ops2] .badge", "Drained")
    tab.click("button:Put back ops2")
    tab.wait("dialog[open] h2", "Put ops2 back into rotation\\?")
    assert "after its next good checks" in tab.text("#steer-points")
    tab.click("#steer-go")
    tab.wait("[data-host=ops2] .badge", "Up")
    assert site.page.posts == [("/api/v1/backends/ops2/ready", {})]


def test_everything_by_keyboard_alone(site, tab):
    for _ in range(40):
        tab.press("Tab")
        if tab.focused() == "Drain ops2":
            break
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "one sees where one is"
    tab.press("Enter")
    tab.wait("dialog[open] h2", "Take ops2")
    assert tab.focused() == "Cancel"
    inside = set()
    for _ in range(6):
        tab.press("Tab")
        inside.add(tab.focused())
    assert "Drain ops2" in inside and not inside & {"Drain ops1", "Drain ops3"}, "the page behind the dialog is out of reach"
    while tab.focused() != "Drain ops2":
        tab.press("Tab")
    tab.press("Enter")
    tab.wait("[data-host=ops2] .badge", "Drained")
    tab.wait("#announcement", "ops2 is drained")


def test_a_name_is_sent_as_it_has_to_be_in_a_url(status_page, browse):
    status_page.status = status(backend("ops/1 ?#ü"), backend("ops2"))
    tab = browse(status_page.url, expected=["status of 404"])
    tab.wait("#pulse", "live")
    tab.click("button:Drain ops/1 ?#ü")
    tab.click("#steer-go")
    tab.wait("#steer-refusal", "there is no such backend")
    assert status_page.posts[0][0] == "/api/v1/backends/ops%2F1%20%3F%23%C3%BC/drain"
    assert not tab.visible("#steer-force"), "only the guard can be overruled"


def test_an_opslb_that_does_not_answer_is_said_to(site, tab):
    tab.click("button:Drain ops1")
    site.page.answer_to_post = lambda path, body: None
    tab.click("#steer-go")
    tab.wait("#steer-refusal", "opslb could not be asked: it does not answer")
    assert not tab.visible("#steer-force")


def test_a_change_asks_for_the_token_where_one_is_needed(site, tab):
    site.page.token = "open-sesame"
    tab.click("button:Drain ops1")
    tab.click("#steer-go")
    tab.wait("#token[open] h2", "asks for its token")
    assert not tab.visible("#token-wrong")
    tab.type("wrong")
    tab.press("Enter")
    tab.wait("#token[open] #token-wrong:not([hidden])", "That is not the token")
    tab.type("open-sesame")
    tab.press("Enter")
    tab.wait("[data-host=ops1] .badge", "Drained")
    tab.click("button:Put back ops1")
    tab.click("#steer-go")
    tab.wait("[data-host=ops1] .badge", "Up")  # not asked again
    assert tab.evaluate("localStorage.length + document.cookie.length") == 0
    assert "open-sesame" not in tab.evaluate("location.href + document.documentElement.outerHTML")


def test_a_page_that_needs_the_token_to_show_anything_asks_for_it(status_page, browse):
    status_page.token, status_page.token_for_reading = "open-sesame", True
    tab = browse(status_page.url, expected=["status of 401"])
    tab.wait("#token[open] h2", "asks for its token")
    tab.press("Escape")
    tab.wait("h1", "opslb asks for its token")
    tab.click("button:Token…")
    tab.type("open-sesame")
    tab.press("Enter")
    tab.wait("h1", "Ops Manager is reachable")
    assert not tab.visible("#token-wrong")
