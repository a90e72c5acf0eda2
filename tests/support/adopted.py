"""A process that was started by one of ours, such as the successor in a takeover of opslb: with what subprocess.Popen has for
one that was started here."""

import ctypes
import os
import select
import signal
import subprocess

from support.timeouts import Deadline

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Processes below this one become its children when their own parent ends, so that their exit codes can be had."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class Adopted:
    def __init__(self, pid):
        self.pid = pid
        self.returncode = None  # negative for a signal
        self._handle = os.pidfd_open(pid)

    def poll(self):
        """Its exit code; None: it runs. 0 if it ended before the process that started it, which has its code."""
        if self.returncode is None and select.select([self._handle], [], [], 0)[0]:
            try:
                self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            except ChildProcessError:
                self.returncode = 0
        return self.returncode

    def wait(self, timeout=None):
        deadline = Deadline(1e6 if timeout is None else timeout)
        if not select.select([self._handle], [], [], deadline.left())[0]:
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.poll()

    def send_signal(self, number):
        signal.pidfd_send_signal(self._handle, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)
