"""Asks the application behind opslb (jetty/EchoOrigin.java) what it believes, over one keep-alive connection."""

import functools
import json

from support.fronts import H1
from support.identity_lies import PLAIN
from support.raw import Truncated

BELIEFS = ("remoteAddr", "scheme", "secure", "serverName", "serverPort", "requestURL")

SERVER_NAME = "lb1.example.net"
TRUSTED = ["127.0.0.2/32", "10.0.0.0/8", "2001:db8:1::/48"]


def configuration(backend, front=H1):
    """How opslb is set up in front of it."""
    return {
        "backends": [backend],
        "listeners": [front.listener("direct"),
                      front.listener("announced", proxy_protocol=True, proxy_protocol_from=["127.0.0.0/8"]),
                      front.listener("ipv6", "[::1]:0")],
        "forwarded": {"server_name": SERVER_NAME, "trusted_proxies": TRUSTED},
    }


class Application:
    """`preamble`: bytes to begin each connection with, such as a PROXY header; `source`: the address to come from."""

    def __init__(self, port, preamble=b"", host="127.0.0.1", source="127.0.0.9", front=H1):
        self._connect = functools.partial(front.connect_to, port, preamble=preamble, host=host, source=source)
        self._client = None
        self._plain_views = {}

    @property
    def client(self):
        if self._client is None:
            self._client = self._connect()
        return self._client

    def ask(self, raw):
        """The final response to exactly these bytes, or to what they say."""
        self.client.send(raw)
        response = self.client.read_response(skip_interim=True)
        if response.get("Connection", "").lower() == "close":
            self.close()
        return response

    def view(self, request=PLAIN):
        """All the application is told, without what differs from one request to the next; {"status": …} if it was not
        asked."""
        try:
            response = self.ask(request.raw())
        except (Truncated, OSError):
            self.close()
            return {"status": "none: the connection was closed"}
        return self.what_it_saw(response)

    @classmethod
    def what_it_saw(cls, response):
        """What it tells in this response of the request."""
        if response.status != 200:
            return {"status": response.status}
        seen = json.loads(response.body)
        seen["headers"] = sorted(cls._steady(name, value) for name, value in seen["headers"])
        # opslb's own port, unless somebody could choose it
        seen["remotePort"] = "chosen" if seen["remotePort"] == 666 else "any"
        return seen

    @staticmethod
    def _steady(name, value):
        return (name, "any" if name.lower() == "x-request-id" else value)

    def deviations(self, lies):
        """Those lies that changed something, each with what they changed."""
        return list(self.each_deviation(lies))

    def each_deviation(self, lies):
        for lie in lies:
            view, plain = self.view(lie.request), self._plain(lie.like)
            if view != plain:
                changed = {key: (plain.get(key), view.get(key)) for key in sorted(plain.keys() | view.keys())
                           if plain.get(key) != view.get(key)}
                yield f"{lie.what}: (without, with) it the application sees {changed}"

    def _plain(self, request):
        if request not in self._plain_views:
            view = self.view(request)
            assert "status" not in view, f"the plain request was refused: {view}, {request.raw()!r}"
            self._plain_views[request] = view
        return self._plain_views[request]

    def close(self):
        if self._client is not None:
            self._client.close()
        self._client = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def beliefs(view):
    """The part of a view by which an application judges its client."""
    return {key: view.get(key) for key in BELIEFS}
