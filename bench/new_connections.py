"""A new connection for every request: CPU time for each, from accept to close."""

from errors import Spoiled
from handshakes import connect
from heads import AGENT
from fronts import NAME
from load import TARGET, Requests

# RFC 9112 9.6: the last request of its connection, which the proxy closes behind the answer.
HEAD = {**AGENT, "Connection": "close"}
REQUEST = "".join([f"GET {TARGET} HTTP/1.1\r\nHost: {NAME}\r\n", *(f"{name}: {value}\r\n" for name, value in HEAD.items()),
                   "\r\n"]).encode()


class NewConnections(Requests):
    kept, share = False, 0.1

    def __init__(self):
        super().__init__(HEAD)

    def counted(self, proxy, front, options, amount):
        """One after the other, each to its end."""
        for _ in range(amount):
            with connect(proxy.ports[front.port]) as sock:
                sock.sendall(REQUEST)
                answer = b""
                while more := sock.recv(65536):
                    answer += more
            if not (answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nok\n")):
                raise Spoiled(f"{proxy.name} answered {answer!r}")
