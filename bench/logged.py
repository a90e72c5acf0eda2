"""Holds a proxy that keeps an access log to a line for every request: one that loses lines has less to do."""

import time

from errors import Spoiled

PATIENCE = 5.0  # logs are written in batches


def lines(proxy):
    with open(proxy.access_log, "rb") as log:
        return sum(piece.count(b"\n") for piece in iter(lambda: log.read(1 << 20), b""))


class Logged:
    """`with Logged(proxy) as log: …`, then `log.check(done)`. Nothing without an access log. The file starts empty each time,
    which all who append to it bear: it would grow by 100 MB a round."""

    def __init__(self, proxy):
        self.proxy = proxy

    def __enter__(self):
        if self.proxy.setup.access_log and self.proxy.access_log.exists():
            with open(self.proxy.access_log, "r+b") as log:
                log.truncate()
        return self

    def __exit__(self, *_):
        pass

    def check(self, done):
        if not self.proxy.setup.access_log:
            return
        end = time.monotonic() + PATIENCE
        while (found := lines(self.proxy)) < done:
            if time.monotonic() > end:
                raise Spoiled(f"{self.proxy.name} logged {found} of {done} requests")
            time.sleep(0.05)
