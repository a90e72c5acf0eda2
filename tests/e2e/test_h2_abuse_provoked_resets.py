"""Requests for which the server has to reset the stream itself, or is made to (CVE-2025-8671, "MadeYouReset"): they cost as
much as those that the client takes back. Where one such error already ends the connection, that is the end of it too."""

import pytest

from support import fronts
from support.flood import costs_nobody_else, keep_sending
from support.frames import Code, Kind, data, frame, headers, priority, window_update
from support.header_block import block

pytestmark = pytest.mark.fronts(fronts.H2)  # what is above TLS is the same over it

PROVOKED = {
    "a WINDOW_UPDATE of nothing": lambda h2, n: h2.get(n) + window_update(n, 0),
    "a window over 31 bits": lambda h2, n: h2.get(n) + window_update(n, 2**31 - 1),
    "DATA behind the end": lambda h2, n: h2.get(n) + data(n, b"test"),
    "HEADERS behind the end": lambda h2, n: h2.get(n) + h2.get(n),
    "PRIORITY of 4 bytes": lambda h2, n: h2.get(n) + frame(Kind.PRIORITY, 0, n, bytes(4)),
    "PRIORITY on itself": lambda h2, n: h2.get(n) + priority(n, on=n),
    "more DATA than Content-Length": lambda h2, n: h2.post(n, "/", ("content-length", "1")) + data(n, b"test"),
    "trailers that do not end": lambda h2, n: h2.post(n) + headers(n, block(("x-test", "ok")), end=False),
    "malformed trailers": lambda h2, n: h2.post(n) + headers(n, block((":path", "/"))),
    "a malformed request": lambda h2, n: h2.get(n, "/", ("UPPER", "case")),
    "a request without :path": lambda h2, n: headers(n, block(*h2.fields()[:2])),
}


@pytest.mark.parametrize("case", PROVOKED)
def test_provoked_resets_are_counted_like_the_clients_own(h2, h2_front, case):
    before = len(h2_front.origin.requests)
    with costs_nobody_else(h2_front):
        sender = keep_sending(h2, (PROVOKED[case](h2, n) for n in range(1, 40_000, 2)))
        h2.expect_goaway(Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR, Code.STREAM_CLOSED, Code.FRAME_SIZE_ERROR)
        sender.join()
    assert len(h2_front.origin.requests) - before < 2000
