"""Requests that wait within opslb. That they do is no event that anybody outside can see, but that one more than
`limits.waiting` is refused is: send one too many, and whoever gets the 503 says that all the others are in."""

import selectors

from support.conversation import request
from support.fronts import H1
from support.timeouts import ANSWER, Deadline


def first_answered(clients, seconds=ANSWER):
    """The first of these to which something is sent that is news to a request."""
    deadline = Deadline(seconds)
    with selectors.DefaultSelector() as selector:
        for each in clients:
            selector.register(each.sock, selectors.EVENT_READ, each)
        while not deadline.over():
            for key, _ in selector.select(deadline.left()):
                if not key.data.is_silent(0.01):
                    return key.data
    raise AssertionError(f"none of {len(clients)} clients was answered within {seconds} s")


def fill_waiting(lb, places, name="waits", source=None, front=H1):
    """Sends requests until those that wait are as many as there are places left; the clients of those that do, each with
    its target as `target`."""
    clients = []
    for number in range(places + 1):
        client = front.connect(lb, source=source)
        client.target = f"/{name}/{number}"
        client.send(request("GET", client.target))
        clients.append(client)
    refused = first_answered(clients)
    assert refused.read_response().status == 503
    refused.close()
    clients.remove(refused)
    return clients
