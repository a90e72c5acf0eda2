"""Collects the lines a process writes to a pipe, on a thread of its own, so that tests can wait for one."""

import threading

from support.timeouts import Deadline


class Lines:
    def __init__(self, pipe, name):
        self._pipe = pipe
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, name=name, daemon=True)
        self._thread.start()

    def _read(self):
        for raw in self._pipe:
            with self._changed:
                self._lines.append(raw.decode("utf-8", "backslashreplace").rstrip("\r\n"))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._pipe.close()

    def all(self):
        with self._changed:
            return list(self._lines)

    def __len__(self):
        with self._changed:
            return len(self._lines)

    def wait(self, found, seconds, since=0):
        """The first line, from number `since` on, for which found(line) is true; None when time or the pipe ends."""
        deadline = Deadline(seconds)
        at = since
        with self._changed:
            while True:
                while at < len(self._lines):
                    if found(self._lines[at]):
                        return self._lines[at]
                    at += 1
                if self._ended or deadline.over():
                    return None
                self._changed.wait(deadline.left())

    def join(self, seconds=5):
        """Waits for the end of the pipe."""
        self._thread.join(Deadline(seconds).left())
