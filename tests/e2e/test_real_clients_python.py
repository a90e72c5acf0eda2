"""Python's own clients, through opslb to the simulator."""

import http.client
import json
import urllib.request

import pytest

from support import tls_peers
from support.fronts import HTTP1
from support.timeouts import ANSWER, scaled

pytestmark = pytest.mark.fronts(*HTTP1)


def context(front):
    return tls_peers.authority().client_context() if front.tls else None


def connect(site, front):
    if front.tls:
        return http.client.HTTPSConnection("localhost", site.port(front), timeout=scaled(ANSWER), context=context(front))
    return http.client.HTTPConnection("localhost", site.port(front), timeout=scaled(ANSWER))


def test_http_client_keeps_its_connection(site, front):
    connection = connect(site, front)
    connection.connect()
    sock = connection.sock
    for method, target, body in (("GET", "/_sim/echo", None), ("POST", "/_sim/echo", b"x" * 100000),
                                 ("HEAD", "/_sim/plain", None),
                                 ("PUT", "/_sim/echo", iter([b"abc", b"def"]))):
        connection.request(method, target, body=body, encode_chunked=not isinstance(body, (bytes, type(None))))
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200
        assert method == "HEAD" or json.loads(content)["method"] == method
        assert connection.sock is sock
    connection.close()


def test_urllib_reads_what_is_chunked(site, front):
    with urllib.request.urlopen(site.url(front, "/_sim/download?bytes=1000000&chunked=1"), timeout=scaled(ANSWER),
                                context=context(front)) as answer:
        assert len(answer.read()) == 1000000
