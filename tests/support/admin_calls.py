"""Calls to the admin endpoint of an opslb that was started with `admin=ADMIN`."""

import http.client
import json

from support.timeouts import ANSWER, Deadline, scaled

ADMIN = {"bind": "127.0.0.1:0"}


class AdminCalls:
    def __init__(self, lb):
        self.port = lb.admin_port()

    def ask(self, method, path, body=None):
        """The status, and the JSON of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=scaled(ANSWER))
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {} if body is None else {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()

    def status(self):
        return self.ask("GET", "/api/v1/status")[1]

    def backend(self, name="ops1"):
        return next(each for each in self.status()["backends"] if each["name"] == name)

    def drain(self, name="ops1", force=False):
        return self.ask("POST", f"/api/v1/backends/{name}/drain", {"force": True} if force else {})

    def ready(self, name="ops1"):
        return self.ask("POST", f"/api/v1/backends/{name}/ready", {})

    def wait_backend(self, wanted, name="ops1", seconds=ANSWER):
        """The backend, once wanted(backend) is true; the process is asked again and again."""
        deadline = Deadline(seconds)
        while not wanted(found := self.backend(name)):
            assert not deadline.over(), f"{name} is still {found}"
        return found

    def wait_state(self, state, name="ops1", seconds=ANSWER):
        return self.wait_backend(lambda found: found["state"] == state, name, seconds)
