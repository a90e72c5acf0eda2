"""What came of the requests of a run: how many, how long they took, and what went wrong, by kind."""

import asyncio
import collections
import contextlib
import ssl
import time

from errors import WrongStatus
from percentiles import percentiles

GIB = 1024 ** 3
# TimeoutError and SSLError are OSErrors too: the first that fits counts.
KINDS = ((TimeoutError, "timeout"), (ssl.SSLError, "tls"), (ConnectionRefusedError, "refused"),
         (ConnectionResetError, "reset"), (BrokenPipeError, "reset"), (EOFError, "cut off"), (OSError, "network"))


def kind_of(error):
    if isinstance(error, WrongStatus):
        return f"status {error}"
    return next(name for type_, name in KINDS if isinstance(error, type_))


class Tally:
    def __init__(self):
        self.done, self.bytes, self.times, self.errors = 0, 0, [], collections.Counter()
        self.began, self.last_error = time.monotonic(), None

    @contextlib.asynccontextmanager
    async def one(self, patience):
        """Something that is tried: it counts as done, with its time, or as an error of some kind."""
        begin = time.monotonic()
        try:
            async with asyncio.timeout(patience):
                yield
        except (WrongStatus, OSError, EOFError) as error:
            self.errors[kind_of(error)] += 1
            self.last_error = time.monotonic()
        else:
            self.done += 1
            self.times.append(time.monotonic() - begin)

    def figure(self, spent, by_bytes):
        """CPU ms for 1,000 of them, or for a GiB."""
        units = self.bytes / GIB if by_bytes else self.done / 1000
        rate = self.bytes / 1024 ** 2 if by_bytes else self.done
        return {**spent.figure(spent.cpu * 1000 / units if units else float("inf"), rate / spent.took),
                **percentiles(self.times), "requests": self.done, "bytes": self.bytes, "errors": dict(self.errors),
                "failed": sum(self.errors.values())}
