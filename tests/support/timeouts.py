"""How long a test waits before it fails. Nothing here is a time a passing test has to spend."""

import os
import time

SLOWNESS = float(os.environ.get("OPSLB_SLOW", "1"))
"""Factor for slow builds: about 3 with AddressSanitizer, 10 with ThreadSanitizer or valgrind."""

ANSWER = 10.0
"""For anything that should happen at once."""


def scaled(seconds):
    return seconds * SLOWNESS


class Deadline:
    """One bound over several waits."""

    def __init__(self, seconds):
        self._end = time.monotonic() + scaled(seconds)

    def left(self):
        """Seconds left, never below zero; never exactly zero either, which would make a socket non-blocking."""
        return max(self._end - time.monotonic(), 0.001)

    def over(self):
        return time.monotonic() >= self._end
