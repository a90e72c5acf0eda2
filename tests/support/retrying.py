"""What the tests of retries have in common: a host that requests go to first, and one that is there to take over."""

from support.conversation import request

NO_CHECKS = {"interval": "1h", "fall": 100}
"""Only the first check, so that what happens to connections is the test's alone."""


def preferred(of):
    """This backend as requests choose it before all others while it has none in flight."""
    return {"name": of.name, "url": of.url, "weight": 256}


def rested(client, origin):
    """A connection to this origin that has served one request, and waits for the next one of this client."""
    client.send(request("GET", "/first"))
    conn = origin.next_connection()
    assert conn.read_request().target == "/first"
    conn.answer()
    assert client.read_response().status == 200
    return conn


def end(conn, how):
    """Closes in order ("fin") or not ("reset")."""
    conn.reset() if how == "reset" else conn.close()


def outcomes(entry):
    """What the access log says of the tries: [("ops1", "connection refused"), ("ops2", "done")]."""
    tries = entry["tried"].removesuffix(")").split(") ") if entry.get("tried") else []
    return [(each.split("(")[0], each.split(": ", 1)[1]) for each in tries]
