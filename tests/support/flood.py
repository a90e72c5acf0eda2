"""What a client does that means harm, and what has to become of it: it alone is sent away, with GOAWAY(ENHANCE_YOUR_CALM), in
bounded memory, and the log says so."""

import contextlib
import threading

from support.frames import Code
from support.raw_h2 import RawH2Client
from support.timeouts import ANSWER, SLOWNESS


def keep_sending(client, pieces):
    """Sends each of `pieces` on a thread of its own, until they are over or the server has closed. Returns the thread."""
    def send():
        with contextlib.suppress(OSError, ValueError):
            for piece in pieces:
                client.send(piece)
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


class Memory:
    """The most memory a process held since this was made, above what it held then, in KiB."""

    def __init__(self, pid):
        self._pid = pid
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")  # proc(5): resets VmHWM
        self._before = self._read("VmRSS")

    def _read(self, key):
        with open(f"/proc/{self._pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(key))

    def grew(self):
        return self._read("VmHWM") - self._before


@contextlib.contextmanager
def costs_nobody_else(front, kib=32 * 1024):
    """For what happens within: a client that was there before goes on, and memory stays within the bound."""
    bystander = front.connect()
    bystander.expect_it_goes_on(1)
    memory = Memory(front.lb.pid)
    yield
    grew = memory.grew()
    bystander.expect_it_goes_on(3)
    with RawH2Client(front.port) as newcomer:
        newcomer.expect_it_goes_on(1)
    # A sanitizer keeps what was freed for a while.
    assert SLOWNESS > 1 or grew < kib, f"the process grew by {grew} KiB"


def sends_it_away(front, pieces, log, client=None, codes=(Code.ENHANCE_YOUR_CALM,), kib=32 * 1024):
    """`pieces` is what it sends, `log` the pattern of the line that has to be logged."""
    client = client or front.connect()
    since = len(front.lb.log_lines)
    with costs_nobody_else(front, kib):
        sender = keep_sending(client, pieces)
        client.expect_goaway(*codes, seconds=2 * ANSWER)
        sender.join(ANSWER)
        assert not sender.is_alive()
    front.lb.wait_log(log, since=since)
