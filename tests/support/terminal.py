"""A command on a terminal of its own."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios

from support.opslb import BINARY
from support.timeouts import ANSWER, Deadline, scaled

CTRL_C, CTRL_D = b"\x03", b"\x04"


class Terminal:
    def __init__(self, arguments, environment=None):
        self.ours, theirs = pty.openpty()
        modes = termios.tcgetattr(theirs)
        modes[3] |= termios.NOFLSH  # Ctrl-C would else take away what the command has just written because of it
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        self.process = subprocess.Popen([str(BINARY), *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                                        env=os.environ | {"TERM": "xterm"} | (environment or {}))
        os.close(theirs)
        self.seen = b""  # what the command wrote, and what was typed: a terminal shows both

    def type(self, what):
        os.write(self.ours, what)

    def read_until(self, mark, times=1, seconds=ANSWER):
        """Until the mark has been seen so often, from the beginning on."""
        deadline = Deadline(seconds)
        while self.seen.count(mark) < times:
            assert select.select([self.ours], [], [], deadline.left())[0], f"no {mark!r} in {self.lines()}"
            self.seen += os.read(self.ours, 65536)

    def lines(self):
        """What stands there in the end: of a line that was drawn over the last state."""
        text = self.seen.decode().replace("\r\n", "\n")
        return [line.rsplit("\r\x1b[K", 1)[-1] for line in re.split("\n", text)]

    def end(self, seconds=ANSWER):
        """Its exit code, when it has ended by itself."""
        try:
            while piece := os.read(self.ours, 65536):
                self.seen += piece
        except OSError:
            pass  # the other end is closed
        code = self.process.wait(scaled(seconds))
        os.close(self.ours)
        return code

    def close(self):
        """However a test left it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(scaled(ANSWER))
