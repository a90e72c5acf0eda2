"""Clients that send one request after the other while a test does something to opslb. None of their requests may fail."""

import contextlib
import threading

from support.fronts import H1
from support.timeouts import ANSWER, Deadline


def one_connection_each(lb, front):
    """Requests on a new connection each."""
    while True:
        with front.connect(lb) as client:
            assert client.request().status == 200
        yield


def keep_alive(lb, front):
    """Requests on one connection, and another one when opslb says that it was the last."""
    while True:
        with front.connect(lb) as client:
            goes_on = True
            while goes_on:
                answer = client.request("POST", "/agents/api", body=b"sample")
                assert answer.status == 200
                goes_on = answer.get("Connection") != "close" and not getattr(client, "goaway", None)
                yield


class Load:
    """`with Load(lb, keep_alive, front, clients=4) as load:` runs until the end of the block, which raises what went wrong."""

    def __init__(self, lb, way, front=H1, clients=2):
        self.done = 0
        self.errors = []
        self._changed = threading.Condition()
        self._over = False
        self._threads = [threading.Thread(target=self._run, args=(way, lb, front), daemon=True) for _ in range(clients)]

    def _run(self, way, lb, front):
        requests = way(lb, front)
        try:
            with contextlib.closing(requests):
                for _ in requests:
                    with self._changed:
                        self.done += 1
                        self._changed.notify_all()
                        if self._over:
                            return
        except Exception as error:  # pylint: disable=broad-except
            with self._changed:
                self.errors.append(error)
                self._changed.notify_all()

    def wait_more(self, count, seconds=ANSWER):
        """Until so many further requests are done."""
        deadline = Deadline(seconds)
        with self._changed:
            wanted = self.done + count
            while self.done < wanted and not self.errors:
                assert not deadline.over(), f"{self.done} of {wanted} requests within {seconds} s"
                self._changed.wait(deadline.left())
        self.check()

    def check(self):
        if self.errors:
            raise AssertionError(f"after {self.done} requests: {self.errors[0]!r}") from self.errors[0]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        with self._changed:
            self._over = True
        for each in self._threads:
            each.join(ANSWER * 2)
        self.check()
