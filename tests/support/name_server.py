"""A name server of the test's own, on a loopback address that nobody else uses, and hosts beside it. opslb is started with a
/etc/resolv.conf that names it, in a mount namespace, which takes root."""

import contextlib
import itertools
import os
import random
import secrets
import socket
import struct
import threading

from support.timeouts import ANSWER, Deadline

A, SRV, AAAA = 1, 33, 28
SERVER_FAILS, NO_SUCH_NAME = 2, 3
SILENT = "silent"
"""Questions stay without an answer."""


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def decode_name(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels).lower(), at + 1


class NameServer:
    """Answers over UDP and TCP what the test has said last: addresses(name, …), services(name, …), fails(name, how). Names it
    was told nothing of do not exist."""

    def __init__(self):
        self._answers = {}
        self._questions = []
        self._changed = threading.Condition()
        self._open_port_53()
        self._over = False
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, name="name server", daemon=True).start()

    def _open_port_53(self):
        for _ in range(50):
            # A /24 of its own, so that tests that run at the same time do not meet; .1 is the server, the rest are hosts.
            network = f"127.{random.randint(2, 250)}.{random.randint(1, 250)}"
            with contextlib.ExitStack() as undo:
                udp = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                tcp = undo.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    udp.bind((f"{network}.1", 53))
                    tcp.bind((f"{network}.1", 53))
                except OSError:
                    continue
                tcp.listen()
                undo.pop_all()
                self._udp, self._tcp, self.network, self.address = udp, tcp, network, f"{network}.1"
                self._hosts = (f"{network}.{last}" for last in itertools.count(11))
                return
        raise OSError("no loopback address with a free port 53")

    def next_host(self):
        """Another address of the test's own, for a host to listen on."""
        return next(self._hosts)

    # What the test says.

    def addresses(self, name, *addresses):
        self._set(name, {A: [socket.inet_aton(each) for each in addresses]})

    def services(self, name, *records):
        """Each (priority, weight, port, host)."""
        self._set(name, {SRV: [struct.pack("!HHH", *record[:3]) + encode_name(record[3]) for record in records]})

    def fails(self, name, how):
        """With a response code, or SILENT."""
        self._set(name, how)

    def _set(self, name, answer):
        with self._changed:
            self._answers[name.lower()] = answer

    def wait_questions(self, name, count, seconds=ANSWER):
        """Until so many more were asked for that name."""
        deadline = Deadline(seconds)
        with self._changed:
            wanted = self._questions.count(name) + count
            while self._questions.count(name) < wanted:
                assert not deadline.over(), f"{name} was not looked up {count} times within {seconds} s"
                self._changed.wait(deadline.left())

    # Its threads.

    def _answer(self, question):
        name, end = decode_name(question, 12)
        kind, = struct.unpack_from("!H", question, end)
        with self._changed:
            self._questions.append(name)
            self._changed.notify_all()
            known = self._answers.get(name, NO_SUCH_NAME)
        if known == SILENT:
            return None
        code, records = (0, known.get(kind, [])) if isinstance(known, dict) else (known, [])
        head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(each)) + each for each in records)
        return head + question[12:end + 4] + body

    def _serve_udp(self):
        while not self._over:
            with contextlib.suppress(OSError):
                question, peer = self._udp.recvfrom(4096)
                if self._over:
                    return
                answer = self._answer(question)
                if answer is not None and len(answer) > 512:  # truncated: to be asked again over TCP
                    answer = answer[:2] + b"\x83\x80" + answer[4:6] + bytes(6) + question[12:]
                if answer is not None:
                    self._udp.sendto(answer, peer)

    def _serve_tcp(self):
        while not self._over:
            with contextlib.suppress(OSError, struct.error):
                conn, _ = self._tcp.accept()
                with conn, conn.makefile("rb") as reader:
                    while head := reader.read(2):
                        answer = self._answer(reader.read(*struct.unpack("!H", head)))
                        conn.sendall(struct.pack("!H", len(answer)) + answer)

    def close(self):
        self._over = True
        for each in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    # How opslb gets to know it.

    def resolver(self, directory):
        """For opslb(under=…): a command that runs the one behind it with this server as its only resolver."""
        file = directory / f"resolv-{secrets.token_hex(4)}.conf"
        file.write_text(f"nameserver {self.address}\noptions timeout:1 attempts:1\n")
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                'mount --bind "$0" /etc/resolv.conf && exec "$@"', file]


def can_be_used():
    return os.geteuid() == 0
