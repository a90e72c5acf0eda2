"""An origin whose health checks get one answer after another, as a list says."""

import collections
import threading

from support.raw import OkOrigin


class ScriptedHealth(OkOrigin):
    """`ops1.play("close", 200, 500)`: the next three checks get these, one each, and those after them the last one again.
    Assigning to `health` is a list of one."""

    def __init__(self, name="ops1", **more):
        self._script = collections.deque([200])
        self._scripting = threading.Lock()
        super().__init__(name, **more)

    def play(self, *answers):
        with self._scripting:
            self._script = collections.deque(answers)

    @property
    def health(self):
        """Read once for each check."""
        with self._scripting:
            return self._script.popleft() if len(self._script) > 1 else self._script[0]

    @health.setter
    def health(self, answer):
        self.play(answer)
