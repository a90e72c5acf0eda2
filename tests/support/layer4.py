"""Real Layer-4 balancers before opslb, by the files of conf/layer4: only addresses, ports and paths are the test's."""

import contextlib
import pathlib
import re
import socket
import subprocess

from support.lines import Lines
from support.timeouts import Deadline, scaled

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf" / "layer4"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def replaced(text, *pairs):
    """Each pair once at least, so that a changed example is noticed."""
    for old, new in pairs:
        text, count = re.subn(old, new, text)
        assert count, f"{old} is not in the example any more"
    return text


class Balancer:
    def __init__(self, command, port):
        self.port = port
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._log = Lines(self._process.stdout, command[0])
        deadline = Deadline(20)
        while not self._listens():
            assert self._process.poll() is None and not deadline.over(), "\n".join(self._log.all())

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def wait_log(self, pattern, seconds=10):
        found = self._log.wait(re.compile(pattern).search, seconds)
        assert found is not None, "\n".join(self._log.all())
        return found

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(scaled(5))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def haproxy(directory, opslbs, readiness=None):
    """`opslbs`: ports. `readiness`: those of their admin endpoints; without them it is checked by connecting."""
    port = free_port()
    text = replaced((CONF / "haproxy.cfg").read_text(),
                    (r"maxconn 20000", "maxconn 1000"),  # which few open files allow
                    (r"bind :::443 v4v6", f"bind 127.0.0.1:{port}"),
                    (r"10\.20\.0\.11:443", f"127.0.0.1:{opslbs[0]}" + (f" port {readiness[0]}" if readiness else "")),
                    (r"10\.20\.0\.12:443", f"127.0.0.1:{opslbs[1]}" + (f" port {readiness[1]}" if readiness else "")),
                    (r" port 9080", ""))
    if not readiness:
        text = replaced(text, (r"    option httpchk.*\n", ""), (r"    http-check.*\n", ""))
    file = directory / "haproxy.cfg"
    file.write_text(text)
    return Balancer(["haproxy", "-db", "-f", str(file)], port)


def nginx(directory, opslbs):
    port = free_port()
    text = replaced((CONF / "nginx.conf").read_text(),
                    (r"listen 443", f"listen 127.0.0.1:{port}"), (r" +listen \[::\].*\n", ""),
                    (r"10\.20\.0\.11:443", f"127.0.0.1:{opslbs[0]}"), (r"10\.20\.0\.12:443", f"127.0.0.1:{opslbs[1]}"),
                    (r"load_module modules", "load_module /usr/lib/nginx/modules"), (r"worker_processes auto", "worker_processes 1"),
                    (r"worker_rlimit_nofile.*\n", ""), (r"worker_connections 16384", "worker_connections 512"),
                    (r"/var/log/nginx/error\.log", "stderr"), (r"/run/nginx\.pid", f"{directory}/nginx.pid"))
    file = directory / "nginx.conf"
    file.write_text(text)
    return Balancer(["nginx", "-e", "stderr", "-p", str(directory), "-g", "daemon off;", "-c", str(file)], port)
