"""Connections that made one request and then wait: memory of the whole proxy for each, and what it grew by."""

import contextlib
import pathlib
import re
import select
import time

import h2_client
from errors import Spoiled
from fronts import NAME
from handshakes import REQUEST, connect, trusting

SETTLED = 0.5   # seconds without a change
PATIENCE = 30.0


def idle(proxy, front, options):
    """A measurement, on a proxy that has served nothing yet but a few requests of the kind."""
    opened = opener(proxy, front)
    for _ in range(20):  # what is allocated once, for all connections
        opened().close()
    with contextlib.ExitStack() as held:
        before = settled_memory(proxy)
        connections = [held.enter_context(opened()) for _ in range(options.idle)]
        memory = settled_memory(proxy)
        check_that_all_stand(connections, proxy)
    return {"cost": memory / options.idle, "grown": (memory - before) / options.idle, "connections": options.idle}


def opener(proxy, front):
    port = proxy.ports[front.port]
    context = trusting(proxy, alpn="h2" if front.http2 else "http/1.1") if front.tls else None

    def opened():
        sock = connect(port)
        if context:
            sock = context.wrap_socket(sock, server_hostname=NAME)
        if front.http2:
            h2_client.get(sock, front.scheme, NAME, "/_sim/plain")
        else:
            get(sock)
        return sock
    return opened


def get(sock):
    sock.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"ok\n"):
        more = sock.recv(65536)
        if not more:
            raise Spoiled(f"closed after {answer!r}")
        answer += more


def resident(proxy):
    """Bytes in memory of all its processes, what they have of programs and libraries once; what the kernel holds for its
    sockets is not in it."""
    statuses = [pathlib.Path(f"/proc/{process}/status").read_text(encoding="ascii") for process in proxy.processes()]
    own, *shared = ([int(re.search(rf"^{what}:\s*(\d+) kB$", status, re.MULTILINE)[1]) for status in statuses]
                    for what in ("RssAnon", "RssFile", "RssShmem"))
    return 1024 * (sum(own) + sum(map(max, shared)))


def settled_memory(proxy):
    """Once nothing more changes: closing, and giving back, may come late."""
    end = time.monotonic() + PATIENCE
    last = resident(proxy)
    while time.monotonic() < end:
        time.sleep(SETTLED)
        now = resident(proxy)
        if now == last:
            return now
        last = now
    raise Spoiled(f"the memory of {proxy.name} does not come to rest")


def check_that_all_stand(connections, proxy):
    poll = select.poll()
    for each in connections:
        poll.register(each, select.POLLRDHUP)
    if closed := len(poll.poll(0)):
        raise Spoiled(f"{proxy.name} closed {closed} of {len(connections)} idle connections")
