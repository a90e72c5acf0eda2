"""Requests over HTTP/2 that have to be answered, and by whom (RFC 9113 8)."""

import pytest

from support.frames import Code, continuation, data, headers
from support.header_block import block, literal
from support.raw_h2 import HOST


def without(h2, name):
    return [field for field in h2.fields() if field[0] != name]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
def test_a_request_of_any_method_is_answered(h2, method):
    h2.send(headers(1, block(*h2.fields(method))))
    answer = h2.expect_answer(1)
    assert bool(answer.body) == (method != "HEAD")


def test_a_request_with_a_body_is_answered(h2):
    h2.send(h2.post(1, "/", ("content-length", "8")) + data(1, b"test") + data(1) + data(1, b"more", end=True))
    assert h2.expect_answer(1).json()["body_bytes"] == 8


def test_a_request_with_trailers_is_answered_and_they_are_passed_on(h2):
    h2.send(h2.post(1, "/", ("trailer", "x-test")) + data(1, b"test") + headers(1, block(("x-test", "ok"))))
    seen = h2.expect_answer(1).json()
    assert (seen["body_bytes"], [(name.lower(), value) for name, value in seen["trailers"]]) == (4, [("x-test", "ok")])


def test_trailers_may_come_in_pieces(h2):
    h2.send(h2.post(1) + data(1, b"test") + headers(1, block(("x-one", "1")), end_headers=False)
            + continuation(1, block(("x-two", "2"))))
    assert len(h2.expect_answer(1).json()["trailers"]) == 2


def test_te_of_trailers_is_allowed(h2):
    h2.send(h2.get(1, "/", ("te", "trailers")))
    h2.expect_answer(1)


def test_host_does_where_there_is_no_authority(h2):
    h2.send(headers(1, block(*without(h2, ":authority"), ("host", HOST))))
    assert h2.expect_answer(1).seen("host") == [HOST]


def test_authority_and_an_equal_host_are_one(h2):
    h2.send(h2.get(1, "/", ("host", HOST)))
    assert h2.expect_answer(1).seen("host") == [HOST]


def test_the_crumbs_of_a_cookie_are_one_line_again(h2):
    h2.send(h2.get(1, "/", ("cookie", "a=1"), ("x-between", "1"), ("cookie", "b=2; c=3"), ("cookie", "d=4")))
    assert h2.expect_answer(1).seen("cookie") == ["a=1; b=2; c=3; d=4"]


def test_the_pseudo_header_fields_may_come_in_any_order(h2):
    h2.send(headers(1, block(*reversed(h2.fields()), ("x-test", "ok"))))
    h2.expect_answer(1)


def test_connect_without_a_protocol_is_not_allowed(h2):
    h2.send(headers(1, block((":method", "CONNECT"), (":authority", HOST + ":443")), end=False))
    answer = h2.expect_head(1)
    assert answer.status == 405 and answer.get("allow")


def test_trace_is_not_allowed(h2):
    h2.send(headers(1, block(*h2.fields("TRACE"))))
    assert h2.expect_answer(1, status=405).get("allow")


def test_an_asterisk_is_a_target_of_options_alone(h2):
    h2.send(headers(1, block(*h2.fields("OPTIONS", "*"))) + headers(3, block(*h2.fields("GET", "*"))))
    assert h2.expect_answer(1).json()["target"] == "*"
    h2.expect_refusal(3)


def test_the_target_goes_through_byte_for_byte(h2):
    target = "/a/../b;p//%2e%7E?x=%zz&y='()*"
    h2.send(h2.get(1, target))
    assert h2.expect_answer(1).json()["target"] == target


def test_a_request_that_reads_like_an_index_of_the_static_table_is_one(h2):
    h2.send(headers(1, b"\x83" + (b"\x87" if h2.scheme == "https" else b"\x86") + b"\x85" + literal(1, HOST)))
    assert h2.expect_answer(1).json()["target"] == "/index.html"


def test_an_early_answer_stops_the_upload_without_an_error(h2):
    h2.send(headers(1, block(*h2.fields("TRACE")), end=False))
    answer = h2.answer(1)
    assert h2.expect_head(1).status == 405
    h2.wait(lambda: answer.ended, "the end of the answer")
    h2.send(data(1, b"x" * 100))
    h2.expect_it_goes_on(3)
    assert answer.reset in (None, Code.NO_ERROR)  # 8.1
