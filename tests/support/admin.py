"""The admin endpoint of an opslb as a test asks it: by http.client for what is well-formed, and raw."""

import http.client
import json

from support.timeouts import ANSWER, scaled

ON = {"bind": "127.0.0.1:0"}
"""`admin` of a configuration: on any free port."""


class Said:
    """An answer that was read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


def ask(lb, target, method="GET", body=None, headers=None, port=None):
    """One request on a connection of its own."""
    port = port or lb.admin_port()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(ANSWER))
    try:
        connection.request(method, target, body, headers or {})
        return Said(connection.getresponse())
    finally:
        connection.close()


def status(lb):
    return ask(lb, "/api/v1/status").json


def backend(lb, name):
    return next(each for each in status(lb)["backends"] if each["name"] == name)
