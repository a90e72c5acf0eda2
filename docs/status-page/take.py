#!/usr/bin/env python3
"""Takes the screenshots of docs/status-page.md anew, of made-up states, into this folder (needs what `./dev bootstrap test`
installs; looks best where the typeface Inter is):

    docs/status-page/take.py
"""

import contextlib
import math
import pathlib
import random
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "tests"))

from support.browser import DESKTOP, PHONE, Browser  # pylint: disable=wrong-import-position
from support.status_page import BOUNDS, StatusPage, ago, backend, check, status  # pylint: disable=wrong-import-position

SAMPLES = 150
REFUSAL = "ops2 is down: draining ops1 as well would leave no host that is up. Wait until ops2 is up again, or use force."


def trouble():
    """One host down, one drained, so that two versions are about."""
    flying = [{"path_class": "backup", "method": "POST", "age_seconds": 312, "bytes_in": 8.3e9, "bytes_out": 210},
              {"path_class": "restore", "method": "GET", "age_seconds": 95, "bytes_in": 412, "bytes_out": 1.2e9},
              {"path_class": "agents", "method": "GET", "age_seconds": 3, "bytes_in": 300, "bytes_out": 0}]
    ended = [check(5 * (60 - number), ok=number < 41 and not 20 <= number < 23) for number in range(60)]
    return status(
        backend("ops1"),
        backend("ops2", state="down", since=ago(95), why="answers its health check with 500: look at the application database", checks=ended,
                last_check=ended[-1]),
        backend("ops3", state="draining", since=ago(340), why="taken out of rotation; what was in flight there goes on", version="8.0.5",
                in_flight=3, drain={"since": ago(340), "in_flight": flying, "more": 0}),
        upgrade_mode={"active": True, "text": "ops3 runs 8.0.5, the others 8.0.4, until all hosts are upgraded.",
                      "versions": {"8.0.4": ["ops1", "ops2"], "8.0.5": ["ops3"]}})


def series(base, last, counts, chance):
    """Five minutes of about `base` requests a second that end at what the status says."""
    made = {name: [] for name in ("requests", "errors", "in_flight", "bytes_in", "bytes_out", "latency")}
    requests = bytes_out = 0
    for number in range(SAMPLES):
        level = max(0.0, base * (1 + 0.25 * math.sin(number / 17)) + chance.gauss(0, base * 0.05))
        requests += int(2 * level)
        bytes_out += int(2 * level * 9400 * (1 + 0.6 * math.sin(number / 9 + base)))
        slow = int(level / 6 * (1 + math.sin(number / 20)))
        grown = [[2, int(level / 3)], [3, int(level)], [4, int(level / 2)], [5, int(level / 5)], [6, slow], [8, int(level / 30)]]
        for name, value in (("requests", requests), ("bytes_in", requests * 2100), ("bytes_out", bytes_out),
                            ("errors", 1 if number < 70 else 3), ("in_flight", max(0, int(level / 8 + chance.gauss(0, 1)))),
                            ("latency", grown if number else [])):
            made[name].append(value)
    for name, end in (("requests", last["requests"]), ("bytes_in", last["bytes_in"]), ("bytes_out", last["bytes_out"]),
                      ("errors", last["responses"]["5xx"] + last["responses"]["none"])):
        step = made[name][-1] - made[name][-2]
        made[name] = [value + end - step - made[name][-1] for value in made[name]]
    sums = [sum(by for each in made["latency"] for bucket, by in each if bucket == at) for at in range(len(counts))]
    return made | {"latency_first": [count - grown for count, grown in zip(counts, sums)]}


def history(said):
    chance, at = random.Random(7), [time.time() - 2 * (SAMPLES - number) + 0.5 for number in range(SAMPLES)]
    return {"interval_seconds": 2, "bounds": BOUNDS, "at": at,
            "totals": series(190, said["totals"], said["latency"]["total"]["counts"], chance),
            "backends": {host["name"]: series(60 + 4 * number, host, host["latency"]["total"]["counts"], chance)
                         for number, host in enumerate(said["backends"])}}


def main():
    with contextlib.closing(StatusPage()) as page, contextlib.closing(Browser()) as browser:
        page.answer_to_post = lambda path, body: (409, {"detail": REFUSAL})

        def shot(name, state, size, scheme, act=None):
            page.status = state
            page.history = history(state())
            tab = browser.open(page.url, size=size, scheme=scheme)
            tab.wait("#pulse", "live")
            if act:
                act(tab)
            tab.screenshot(FOLDER / f"{name}.png", full=not act)
            tab.close()

        def refuse(tab):
            tab.click("button:Drain ops1")
            tab.click("#steer-go")
            tab.wait("#steer-refusal", "refuses")
        shot("desktop-light", status, DESKTOP, "light")
        shot("desktop-dark", status, DESKTOP, "dark")
        shot("trouble-light", trouble, DESKTOP, "light")
        shot("trouble-dark", trouble, DESKTOP, "dark")
        shot("phone-light", status, PHONE, "light", lambda tab: None)
        shot("phone-dark", trouble, PHONE, "dark", lambda tab: None)
        shot("refusal-phone", trouble, PHONE, "light", refuse)


if __name__ == "__main__":
    main()
