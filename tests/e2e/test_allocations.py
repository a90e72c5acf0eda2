"""In steady state a request allocates nothing: what it needs is kept from the requests before it. What OpenSSL and nghttp2
allocate for themselves is counted as well, and bounded."""

import collections
import contextlib

import pytest

from support.allocation_counter import LIBRARY, AllocationCounter, described
from support.conversation import request, response
from support.fronts import H1, H1_TLS, H2, H2_TLS
from support.instruction_bounds import release
from support.opslb import launcher
from support.raw import RawOrigin

CONNECTIONS, WARM_UP, REQUESTS = 4, 200, 1000

BODY, CHUNKED = "a" * 1000, "Transfer-Encoding: chunked"
IN_CHUNKS = f"1f4\r\n{BODY[:500]}\r\n1f4\r\n{BODY[500:]}\r\n0\r\n\r\n"
ASKED = {
    "get": request("GET", "/"),
    "body": request("POST", "/", f"Content-Length: {len(BODY)}", body=BODY),
    "chunked": request("POST", "/", CHUNKED, body=IN_CHUNKS),
    "chunked-answer": request("GET", "/chunked"),
}
ANSWER, ANSWER_IN_CHUNKS = response(200, "Content-Length: 2", body="ok"), response(200, CHUNKED, body=IN_CHUNKS)

# For one request.
OPSLB = NGHTTP2 = 0
# OpenSSL 3.0 makes a buffer (SSL_MODE_RELEASE_BUFFERS gives it back, for the sake of idle connections) and a packet's
# bookkeeping for each record, in all two for one that is read and four for one that is written. Over HTTP/2 the test's client sends
# a record for each frame; an answer of two chunks is written in three pieces as it is decoded.
READ, WRITTEN = 2, 4
RECORDS_READ = {("h2-tls", "body"): 3, ("h2-tls", "chunked"): 4}
RECORDS_WRITTEN = {("h1-tls", "chunked-answer"): 3}

SOMETIMES = 0.1
"""For each request as well: what time costs and not the request (ticks, files that are looked at), blocks of access lines, and
vectors that still grew."""


def bounds(way, asked):
    here = way.name, asked
    most = {"opslb": OPSLB}
    if release() == "bookworm":  # elsewhere the libraries may be others
        most["nghttp2"] = NGHTTP2
        most["openssl"] = RECORDS_READ.get(here, 1) * READ + RECORDS_WRITTEN.get(here, 1) * WRITTEN if way.tls else 0
    return most


class Site:
    """opslb that counts, with or without an access log, before one host that answers everything at once."""

    def __init__(self, directory):
        self._directory = directory
        self._running = {}
        self._stack = contextlib.ExitStack()
        self._start = self._stack.enter_context(launcher(directory))
        self._host = self._stack.enter_context(contextlib.closing(RawOrigin()))
        self._host.on_request(lambda seen, _: ANSWER_IN_CHUNKS if seen.target == "/chunked" else ANSWER)

    def opslb(self, access_log):
        """(counter, opslb)"""
        if access_log not in self._running:
            board = self._directory / f"board-{access_log}"
            counter = self._stack.enter_context(contextlib.closing(AllocationCounter(board)))
            path = str(self._directory / "access.log") if access_log else "off"
            self._running[access_log] = counter, self._start(
                backends=[self._host], workers=1, health_check={"interval": "1h"}, access_log={"path": path},
                environment=counter.environment)
        return self._running[access_log]

    def close(self):
        self._stack.close()
        self._host.check()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not LIBRARY.exists():
        pytest.skip(f"{LIBRARY.name} is not in this build: a sanitizer has replaced malloc itself")
    with contextlib.closing(Site(tmp_path_factory.mktemp("allocations"))) as opened:
        yield opened


def callers(site, way, asked, access_log):
    """Who allocates while requests are made, one at a time on connections that have seen others before."""
    counter, lb = site.opslb(access_log)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(way.connect(lb)) for _ in range(CONNECTIONS)]

        def ask(times):
            for number in range(times):
                client = clients[number % CONNECTIONS]
                client.send(ASKED[asked])
                assert client.read_response().status == 200
        ask(WARM_UP)
        return counter.count(lb.pid, lambda: ask(REQUESTS))


def assert_within(found, most):
    counts = collections.Counter()
    for caller in found:
        counts[caller.owner] += caller.count
    print(f"{REQUESTS} requests: {dict(counts)}")
    above = [owner for owner, bound in most.items() if counts[owner] > (bound + SOMETIMES) * REQUESTS]
    assert not above, "\n".join(
        [f"{REQUESTS} requests made {owner} allocate {counts[owner]} times, at most {most[owner]} each are known:" for owner in above]
        + [described([caller for caller in found if caller.owner in above])])


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("way", [H1, H1_TLS, H2, H2_TLS], ids=str)
def test_a_request_allocates_nothing(site, way, asked):
    assert_within(callers(site, way, asked, access_log=False), bounds(way, asked))


@pytest.mark.parametrize("way", [H1, H2], ids=str)
def test_nor_does_its_line_in_the_access_log(site, way):
    assert_within(callers(site, way, "get", access_log=True), bounds(way, "get"))
