"""W3C Trace Context passes through untouched, well formed or not: it is the application's business. The log names the trace."""

import pytest

from support.backings import PLAIN
from support.conversation import request

pytestmark = pytest.mark.backings(PLAIN)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GOOD = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def answered(opslb, origin, front):
    """answered(*lines): what the origin got of them, and the entry in the log."""
    lb = opslb(backends=[origin()])

    def ask(*lines):
        with front.connect(lb) as client:
            client.send(request("GET", "/", *lines))
            seen = client.read_response().json()["headers"]
        return [value for name, value in seen if name.lower() in ("traceparent", "tracestate")], lb.wait_access()
    return ask


def test_a_trace_goes_through_and_into_the_log(answered):
    seen, entry = answered(f"traceparent: {GOOD}", "tracestate: rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")
    assert seen == [GOOD, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"]
    assert entry["trace_id"] == TRACE


@pytest.mark.parametrize("value", [f"ff-{TRACE}-00f067aa0ba902b7-01", "00-nonsense", "\"}{", TRACE.upper(),
                                   f"00-{'0' * 32}-00f067aa0ba902b7-01"])
def test_what_is_malformed_goes_through_but_not_into_the_log(answered, value):
    seen, entry = answered(f"traceparent: {value}", "tracestate: ,,=,")
    assert seen == [value, ",,=,"]
    assert "trace_id" not in entry


def test_without_a_trace_the_log_names_none(answered):
    seen, entry = answered()
    assert seen == []
    assert "trace_id" not in entry
