"""Hosts for raw TCP: health checks on one port, and bytes that are the test's on another one, the same on all of them, as with
queryable backups. So each host has an address of its own in 127.0.0.0/8."""

import errno
import selectors
import socket

from support.raw import RawClient, RawOrigin
from support.timeouts import ANSWER, scaled
from support.wire import Wire


def how_it_ends(port, **more):
    """How opslb ends a new connection on which nobody says anything; a reset may be there before connect() has returned."""
    try:
        client = RawClient(port, **more)
    except ConnectionResetError:
        return "reset"
    with client:
        return client.expect_closed()


class TcpHost(RawOrigin):
    """A RawOrigin beside which bytes arrive at `tcp_port`."""

    def __init__(self, name, host, tcp_port=0, tls=None):
        super().__init__(name, host, tls=tls)
        self.tcp_port = tcp_port
        self.tcp = None
        try:
            self.resume_tcp()
        except OSError:
            self.close()
            raise

    def pause_tcp(self):
        """Refuses connections there. What has arrived and nobody took is reset."""
        if self.tcp:
            self.tcp.close()
        self.tcp = None

    def resume_tcp(self):
        self.tcp = socket.create_server((self.host, self.tcp_port), backlog=256)
        self.tcp_port = self.tcp.getsockname()[1]

    def next_tcp(self, seconds=ANSWER):
        """The far end of the next connection."""
        self.tcp.settimeout(scaled(seconds))
        try:
            return Wire(self.tcp.accept()[0])
        except TimeoutError:
            raise AssertionError(f"no connection reached {self.name} within {seconds} s") from None

    def close(self):
        super().close()
        self.pause_tcp()


def start_hosts(count, tls=None):
    """ops1 on 127.0.0.1, ops2 on 127.0.0.2 and so on, with one `tcp_port`. `tls`: of their health checks."""
    for _ in range(20):
        hosts = []
        try:
            for number in range(1, count + 1):
                hosts.append(TcpHost(f"ops{number}", f"127.0.0.{number}", hosts[0].tcp_port if hosts else 0, tls))
            return hosts
        except OSError as error:
            for each in hosts:
                each.close()
            if error.errno != errno.EADDRINUSE:
                raise
    raise AssertionError("no port is free on all addresses")


def listener(hosts, **more):
    """One of opslb's for raw TCP to these hosts."""
    return {"name": "tcp", "bind": "127.0.0.1:0", "tcp_port": hosts[0].tcp_port, **more}


def arrival(hosts, seconds=ANSWER):
    """Where the next connection arrives: the host and its end of it."""
    with selectors.DefaultSelector() as selector:
        for each in hosts:
            if each.tcp:
                selector.register(each.tcp, selectors.EVENT_READ, each)
        ready = selector.select(scaled(seconds))
    assert ready, f"no connection reached any of {[each.name for each in hosts]} within {seconds} s"
    host = ready[0][0].data
    return host, host.next_tcp()
