"""A real Prometheus scrapes opslb, and what it then knows is what the clients counted."""

import socket

from support.conversation import request
from support.metrics import ADMIN
from support.timeouts import ANSWER, scaled


def exchange(port, sent):
    """Everything that one connection gives for these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=scaled(ANSWER)) as client:
        client.sendall(sent)
        got = b""
        while piece := client.recv(65536):
            got += piece
        return got


def test_its_numbers_are_those_that_the_clients_counted(opslb, origin, prometheus):
    lb = opslb(backends=[origin(), origin()], admin=ADMIN)
    server = prometheus(f"127.0.0.1:{lb.admin_port()}")
    requests, sent, received, classes = 0, 0, 0, {}
    for number in range(60):
        body = "b" * (number * 37 % 500)
        message = request("POST" if body else "GET", "/?n=1", "Connection: close", f"Content-Length: {len(body)}", body=body)
        if number % 10 == 9:
            message = request("TRACE", "/", "Connection: close")
        got = exchange(lb.port(), message)
        requests += 1
        sent += len(message)
        received += len(got)
        status = got.split(b" ", 2)[1].decode()
        classes[f"{status[0]}xx"] = classes.get(f"{status[0]}xx", 0) + 1
    assert set(classes) == {"2xx", "4xx"}
    server.wait("opslb_requests_total", requests)
    server.wait("sum(opslb_responses_total)", requests)
    for each, count in classes.items():
        server.wait(f'opslb_responses_total{{class="{each}"}}', count)
    server.wait("opslb_received_bytes_total", sent)
    server.wait("opslb_sent_bytes_total", received)
    server.wait("sum(opslb_backend_requests_total)", classes["2xx"])
    server.wait('sum(opslb_backend_responses_total{class="2xx"})', classes["2xx"])
    server.wait('opslb_own_answers_total{status="405"}', classes["4xx"])
    server.wait("opslb_connections_total", requests)
    server.wait("opslb_exchange_seconds_count", requests)
    server.wait('opslb_exchange_seconds_bucket{le="+Inf"}', requests)
    server.wait("sum(opslb_backend_up)", 2)
    server.wait('up{job="opslb"}', 1)
    assert 0 < server.query("histogram_quantile(0.9, sum by (le) (opslb_backend_first_byte_seconds_bucket))")[0][1] < 3600
