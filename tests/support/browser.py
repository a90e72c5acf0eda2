"""A browser for tests: Debian's Chromium, steered over playwright-core by tests/browser/driver.mjs."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess

from support.timeouts import ANSWER, scaled

DRIVER = pathlib.Path(__file__).resolve().parents[1] / "browser" / "driver.mjs"
PHONE, DESKTOP = (360, 780), (1280, 900)


class Browser:
    def __init__(self):
        assert (DRIVER.parent / "node_modules" / "playwright-core").is_dir(), "playwright-core is missing: ./dev bootstrap test"
        chromium = shutil.which("chromium")
        assert chromium, "chromium is not installed; ./dev bootstrap test does that"
        self._driver = subprocess.Popen(["node", DRIVER, chromium, str(int(scaled(ANSWER) * 1000))], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, encoding="utf-8")
        self._answer()

    def open(self, url, size=DESKTOP, scheme="light", **options):
        """A tab of its own profile. `scheme`: light or dark; `clock`: its time stands still but for
        pass_time(); other options are those of playwright's newContext()."""
        viewport = {"width": size[0], "height": size[1]}
        tab = Tab(self, self.call(None, "open", {"viewport": viewport, "colorScheme": scheme} | options))
        tab.url = url
        tab.goto(url)
        return tab

    def call(self, tab, verb, *arguments):
        self._driver.stdin.write(json.dumps({"tab": tab, "verb": verb, "arguments": arguments}) + "\n")
        self._driver.stdin.flush()
        return self._answer()

    def close(self):
        self._driver.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._driver.wait(scaled(ANSWER))
            return
        self._driver.kill()
        self._driver.wait()

    def _answer(self):
        line = self._driver.stdout.readline()
        assert line, "the browser's driver ended"
        answer = json.loads(line)
        assert "error" not in answer, answer.get("error")
        return answer["value"]


class Tab:
    """One tab. What is looked for is named by CSS, or by role and name: "button:Drain ops1…"."""

    def __init__(self, browser, number):
        self._browser, self._number = browser, number
        self.url = None

    def _call(self, verb, *arguments):
        return self._browser.call(self._number, verb, *arguments)

    def goto(self, url):
        self._call("goto", url)

    def wait(self, where, pattern=""):
        """Until something there has text in which the pattern (JavaScript's) is found."""
        self._call("wait", where, pattern)

    def wait_gone(self, where):
        self._call("waitGone", where)

    def click(self, where):
        self._call("click", where)

    def hover(self, where, across):
        """Puts the pointer there, at this fraction of its width."""
        self._call("hover", where, across)

    def press(self, *keys):
        for key in keys:
            self._call("press", key)

    def type(self, text):
        self._call("type", text)

    def texts(self, where):
        """What is shown there, one text for each element."""
        return self._call("texts", where)

    def text(self, where):
        return " ".join(self.texts(where))

    def attribute(self, where, name):
        return self._call("attribute", where, name)

    def visible(self, where):
        return self._call("visible", where)

    def evaluate(self, script):
        return self._call("evaluate", script)

    def focused(self):
        """What has the focus, as a person would name it."""
        return self.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()")

    def hide(self, hidden=True):
        self._call("hide", hidden)

    def pass_time(self, seconds):
        """For a tab opened with `clock`: its timers ring as if so much time had passed."""
        self._call("passTime", seconds * 1000)

    def screenshot(self, path, full=True):
        self._call("screenshot", str(path), full)

    def close(self):
        self._call("close")

    def violations(self):
        """What axe-core finds against WCAG and good practice."""
        return self._call("violations")

    def faults(self, *expected):
        """What the console said, and what was asked of others than the page's own origin, but for lines with one of `expected`."""
        elsewhere = [each for each in self._call("asked") if not each.startswith((self.url, "data:"))]
        said = [each for each in self._call("said") if not any(re.search(pattern, each) for pattern in expected)]
        return [f"asked {each}" for each in elsewhere] + said
