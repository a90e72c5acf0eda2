"""What systemd is to a service: a socket that it tells of its state, and sockets that were opened for it."""

import socket
import sys
import threading

from support.timeouts import ANSWER, Deadline


class ServiceManager:
    """Receives what is sent to NOTIFY_SOCKET, each datagram as a dictionary. `address`: a path, or "@name"."""

    def __init__(self, address):
        self.address = address
        self.messages = []  # (process, {name: value})
        self._changed = threading.Condition()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        threading.Thread(target=self._receive, name="service manager", daemon=True).start()

    def _receive(self):
        while True:
            try:
                text, credentials, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(12))
            except OSError:
                return
            if not text:
                return  # close()
            sender = int.from_bytes(credentials[0][2][:4], sys.byteorder)
            fields = dict(line.partition("=")[::2] for line in text.decode().split("\n"))
            with self._changed:
                self.messages.append((sender, fields))
                self._changed.notify_all()

    def wait(self, wanted, since=0, seconds=ANSWER):
        """The number of the first message from `since` on that has these fields; a value None stands for any."""
        deadline = Deadline(seconds)
        at = since
        with self._changed:
            while True:
                while at < len(self.messages):
                    if all(name in self.messages[at][1] and value in (None, self.messages[at][1][name])
                           for name, value in wanted.items()):
                        return at
                    at += 1
                assert not deadline.over(), f"nothing with {wanted} within {seconds} s: {self.messages[since:]}"
                self._changed.wait(deadline.left())

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def with_sockets(*sockets, names=None, **variables):
    """What start() of the fixture `opslb` takes to run opslb with these sockets as systemd does. LISTEN_PID is only known in the
    process itself, so that a program before it sets the variables, unless `variables` says otherwise."""
    variables = {"LISTEN_FDS": str(len(sockets)), **({} if names is None else {"LISTEN_FDNAMES": names}), **variables}
    numbers = [each.fileno() for each in sockets]
    program = f"""
import os, sys
aside = [os.dup2(number, 200 + place) for place, number in enumerate({numbers})]
for place, number in enumerate(aside):
    os.dup2(number, 3 + place, inheritable=True)
os.closerange({3 + len(numbers)}, 300)
os.execve(sys.argv[1], sys.argv[1:], os.environ | {{"LISTEN_PID": str(os.getpid())}} | {variables!r})
"""
    return {"under": ["/usr/bin/python3", "-c", program], "pass_fds": numbers}
