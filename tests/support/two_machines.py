"""Two machines with opslb and keepalived from conf/keepalived, one address between them, hosts and clients beside them: each in
a network namespace. Time is measured here and told, and never judged."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from support.message import Truncated
from support.network import Network
from support.opslb import BINARY, Opslb
from support.raw import OkOrigin, RawClient
from support.timeouts import Deadline, scaled

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf" / "keepalived"
ADDRESS, PORT = "192.0.2.10", 8080
MACHINES = {"a": "192.0.2.11", "b": "192.0.2.12"}
HOSTS = ("192.0.2.21", "192.0.2.22")
CLIENTS = "192.0.2.100"

CONFIG = {
    "listeners": [{"name": "http", "bind": f"0.0.0.0:{PORT}"}],
    "backends": [{"name": f"ops{number}", "url": f"http://{host}:8080"} for number, host in enumerate(HOSTS, 1)],
    "admin": {"bind": "127.0.0.1:9080"},
}


def missing():
    """What has to be installed for it and is not."""
    return [name for name in ("keepalived", "iptables", "ip", "nsenter") if not shutil.which(name)]


class Machine:
    def __init__(self, network, name, directory):
        self.network, self.name, self.directory = network, name, directory
        self.mark = directory / "hand-over"
        self.opslb = None
        self._keepalived = None

    def start_opslb(self, **more):
        self.opslb = Opslb(CONFIG | more, self.directory / "opslb", under=self.network.under(self.name))
        self.opslb.wait_listening()

    def start_keepalived(self):
        file = self.directory / "keepalived.conf"
        file.write_text(self._configuration())
        self._keepalived = subprocess.Popen(
            [*self.network.under(self.name), "keepalived", "--dont-fork", "--log-console", "--vrrp", "--use-file", file,
             "--pid", self.directory / "keepalived.pid", "--vrrp_pid", self.directory / "vrrp.pid"],
            env=self._environment(), stdin=subprocess.DEVNULL, stdout=(self.directory / "keepalived.log").open("wb"),
            stderr=subprocess.STDOUT)

    def _configuration(self):
        """The example as it is, but for who runs the script, and on the second machine the three lines that say so."""
        text = (CONF / "keepalived.conf").read_text()
        # In a test the script's folder may be anybody's, and there is no user opslb.
        text = re.sub(r"enable_script_security\n", "", text).replace("script_user opslb", "script_user root")
        text = text.replace("/etc/keepalived/check-opslb", str(CONF / "check-opslb"))
        if self.name == "b":
            text = re.sub(r"priority 110 .*the second machine: (\d+)", r"priority \1", text)
            text = re.sub(r"[\d.]+( +! the second machine: )([\d.]+)", r"\2", text)
        return text

    def _environment(self):
        return os.environ | {"OPSLB": str(BINARY), "OPSLB_CONFIG": str(self.opslb.file), "OPSLB_HAND_OVER": str(self.mark)}

    def keepalived_log(self):
        return (self.directory / "keepalived.log").read_text(errors="replace")

    def has_address(self):
        return self.network.has_address(self.name, ADDRESS)

    def drops_new_connections(self):
        rules = subprocess.run([*self.network.under(self.name), "iptables", "-S", "INPUT"], check=True, capture_output=True,
                               text=True)
        return "-j DROP" in rules.stdout

    def begin_hand_over(self, pid=None):
        """conf/keepalived/hand-over-opslb, under way."""
        pid = self.opslb.pid if pid is None else pid
        # Whoever runs the tests in the background may ignore signals, which a script cannot change.
        return subprocess.Popen([*self.network.under(self.name), "env", "--default-signal", CONF / "hand-over-opslb", ADDRESS, str(pid)],
                                env=self._environment())

    def hand_over(self):
        """The same to its end."""
        script = self.begin_hand_over()
        deadline = Deadline(30)
        while script.poll() is None:
            self.opslb.runs  # pylint: disable=pointless-statement  # whoever started it has to ask, or it never is gone
            if deadline.over():
                script.terminate()
            time.sleep(0.02)
        assert script.returncode == 0, f"hand-over-opslb ended with {script.returncode}"

    def lose_power(self):
        """Both processes and the link, at once."""
        self.network.unplug(self.name)
        self._keepalived.send_signal(signal.SIGSTOP)
        self.opslb.signal(signal.SIGSTOP)

    def close(self):
        if self._keepalived:
            self._keepalived.send_signal(signal.SIGCONT)
            self._keepalived.terminate()
            try:
                self._keepalived.wait(scaled(10))
            except subprocess.TimeoutExpired:
                self._keepalived.kill()
                self._keepalived.wait()
        if self.opslb:
            if self.opslb.runs:
                self.opslb.signal(signal.SIGCONT)
            return self.opslb.end()
        return None


class Pair(contextlib.AbstractContextManager):
    """Both machines, the first with the address, and their hosts."""

    def __init__(self, directory):
        self._undo = contextlib.ExitStack()
        with contextlib.ExitStack() as undo:
            self.network = undo.enter_context(Network(MACHINES, (CLIENTS, *HOSTS)))
            with self.network.inside():
                self.hosts = [OkOrigin(f"ops{number}", host=host, port=8080) for number, host in enumerate(HOSTS, 1)]
            for host in self.hosts:
                undo.callback(host.close)
            self.machines = []
            for name in MACHINES:
                (directory / name).mkdir()
                self.machines.append(Machine(self.network, name, directory / name))
                undo.callback(self.machines[-1].close)
            self.first, self.second = self.machines
            for machine in self.machines:
                machine.start_opslb()
            self.first.start_keepalived()
            self.wait_has_address(self.first)
            self.second.start_keepalived()
            self._undo = undo.pop_all()

    def wait_has_address(self, machine):
        deadline = Deadline(20)
        while not machine.has_address():  # nobody tells
            assert not deadline.over(), f"{machine.name} does not get the address: {machine.keepalived_log()}"
            time.sleep(0.02)

    def __exit__(self, *_):
        self._undo.close()


class Load:
    """Clients that send one request after another to the pair's address, as agents do: over a connection that is kept, and
    once more over a new one if a kept one is found closed before a byte of the answer came. And one that begins anew every
    time and has no patience, to see how long nobody answers."""

    def __init__(self, pair, clients=8):
        self.failures, self.again, self._answers, self._seen_at = [], 0, 0, []
        self._pair, self._over, self._changed = pair, threading.Event(), threading.Condition()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]
        self._threads.append(threading.Thread(target=self._look, daemon=True))
        for each in self._threads:
            each.start()

    def _run(self):
        with self._pair.network.inside():
            client = None
            while not self._over.is_set():
                client = self._one_request(client)
            if client:
                client.close()

    def _look(self):
        with self._pair.network.inside():
            while not self._over.wait(0.02):
                with contextlib.suppress(OSError), socket.create_connection((ADDRESS, PORT), timeout=0.2) as sock:
                    sock.sendall(b"GET /look HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    if sock.recv(12) == b"HTTP/1.1 200":
                        self._seen_at.append(time.monotonic())

    def _one_request(self, client):
        """The connection, if it can be used again."""
        kept = client is not None
        try:
            client = client or RawClient(PORT, host=ADDRESS)
            response = client.request()
            assert response.status == 200, response.status
            with self._changed:
                self._answers += 1
                self._changed.notify_all()
            if not closes(response):
                return client
        except (OSError, Truncated) as error:
            with self._changed:
                if kept and not isinstance(error, TimeoutError):
                    self.again += 1
                else:
                    self.failures.append(error)
        except AssertionError as error:
            self.failures.append(error)
        if client:
            client.close()
        return None

    def wait_answers(self, count):
        """So many more."""
        deadline = Deadline(60)
        with self._changed:
            wanted = self._answers + count
            while self._answers < wanted:
                assert not deadline.over(), f"no answers any more: {self.failures[-3:]}"
                self._changed.wait(deadline.left())

    def wait_seen(self):
        """Until the impatient one has had an answer once more."""
        deadline, before = Deadline(60), len(self._seen_at)
        while len(self._seen_at) < before + 2:  # the first may have been asked for before
            assert not deadline.over(), "nobody answers"
            time.sleep(0.02)

    def end(self):
        self._over.set()
        for each in self._threads:
            each.join(scaled(30))

    def longest_gap(self):
        """The longest time without any answer."""
        return max(later - earlier for earlier, later in zip(self._seen_at, self._seen_at[1:]))

    def __len__(self):
        return self._answers


def closes(response):
    return "close" in (response.get("Connection") or "").lower()
