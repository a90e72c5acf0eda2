"""What opslb itself answers: recognisable, short, in the form the client reads, and silent about the inside."""

import json
import re
from email.utils import parsedate_to_datetime

import pytest

from support.backings import PLAIN
from support.conversation import ask, request
from support.fronts import HTTP1, only_http1

pytestmark = pytest.mark.backings(PLAIN)

BROWSER = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NEVER = "/no/such/path"


@pytest.fixture(scope="module")
def down(module_opslb, ops1):
    """An opslb whose only host says that it cannot serve."""
    ops1.health = 500
    return module_opslb(backends=[ops1], timeouts={"hold": "0s"})


def is_html(answer):
    return answer.get("Content-Type") == "text/html; charset=utf-8"


def is_json(answer):
    return answer.get("Content-Type").split(";")[0] == "application/json"


def test_every_answer_says_who_gives_it_and_is_not_to_be_stored(down, front):
    answer = ask(down, request(), front=front)
    assert (answer.status, answer.get("Server"), answer.get("Cache-Control")) == (503, "opslb", "no-store")
    assert parsedate_to_datetime(answer.get("Date")).tzinfo
    assert int(answer.get("Retry-After")) > 0
    assert answer.get("Content-Length") == str(len(answer.body))


def test_the_request_id_of_the_client_is_returned(down, front):
    assert ask(down, request("GET", "/", "X-Request-Id: my-id.1"), front=front).get("X-Request-Id") == "my-id.1"


@pytest.mark.parametrize("sent", [request(), request("GET", "/", "X-Request-Id: not sane"), request("TRACE"),
                                  only_http1(b"x\r\n\r\n")],
                         ids=["none", "not sane", "refused", "malformed"])
def test_a_request_id_is_made_where_there_is_none(down, front, sent):
    first, second = ask(down, sent, front=front).get("X-Request-Id"), ask(down, sent, front=front).get("X-Request-Id")
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,128}", first)
    assert first != second
    down.wait_access(lambda entry: entry["request_id"] == first)


def test_the_body_has_the_shape_of_ops_managers_own_errors(down, front):
    body = ask(down, request("GET", "/api/public/v1.0/groups"), front=front).json()
    assert list(body) == ["error", "reason", "detail"]
    assert (body["error"], body["reason"]) == (503, "Service Unavailable")
    assert "/monitor/health" in body["detail"] and "500" in body["detail"]


@pytest.mark.parametrize("target", [
    "/api", "/api/", "/api/public/v1.0", "/api?x", "/agents", "/agents/api/automation/conf", "//agents//x",
    "/./agents/x", "/x/../api/y",
    "/%61gents/x", "/%61%70%69", "/agents;x=1/y", "/api;jsessionid=1", "/a%67ents%2Fx",
    only_http1("http://other.example.com/api/x"),
    "/%2561gents/x"])
def test_api_and_agents_get_json_even_if_they_ask_for_html(down, front, target):
    answer = ask(down, request("GET", target, BROWSER), front=front)
    assert answer.status == 503
    assert is_json(answer) and answer.json()["error"] == 503


@pytest.mark.parametrize("sent, status", [
    (request("TRACE", "/api/x", BROWSER), 405), (request("GET", "/agents/x", BROWSER, "Via: 1.1 lb.example.com"), 508),
    (request("POST", "/api/x", BROWSER, "Expect: x"), 417),
    only_http1(request("POST", "/api/x", BROWSER, "Transfer-Encoding: gzip, chunked"), 501),
    only_http1(request("POST", "/agents/x", BROWSER, "Content-Length: x"), 400)], ids=[405, 508, 417, 501, 400])
def test_so_do_those_whose_request_is_refused(module_opslb, ops1, front, sent, status):
    lb = module_opslb(backends=[ops1], forwarded={"server_name": "lb.example.com"}, timeouts={"hold": "0s"})
    answer = ask(lb, sent, front=front)
    assert answer.status == status
    assert is_json(answer)


@pytest.mark.parametrize("target", ["/", "/user/login", "/apis", "/agentsx", "/x/api", "/static/api.css", "/v2"])
def test_browsers_get_a_page(down, front, target):
    answer = ask(down, request("GET", target, BROWSER), front=front)
    assert answer.status == 503
    assert is_html(answer)
    assert answer.body.startswith(b"<!DOCTYPE html>")
    assert answer.get("X-Request-Id").encode() in answer.body


@pytest.mark.parametrize("accept", ["text/html", "TEXT/HTML;q=0.1", "*/*, text/html;level=1"])
def test_a_page_is_asked_for_in_any_spelling(down, front, accept):
    assert is_html(ask(down, request("GET", "/", f"Accept: {accept}"), front=front))


@pytest.mark.parametrize("accept", [[], ["Accept: */*"], ["Accept: application/json"], ["Accept: image/avif,image/*"],
                                    ["Accept:"], ["Accept: text/html;q=0, */*"], ["Accept: text/html; q=0.000"],
                                    ["Accept: text/htmlx"]])
def test_clients_that_do_not_ask_for_html_get_json(down, front, accept):
    answer = ask(down, request("GET", "/user/login", *accept), front=front)
    assert is_json(answer) and json.loads(answer.body)["error"] == 503


def test_head_gets_the_fields_without_the_body(down, front):
    with front.connect(down) as client:
        for _ in range(2):
            client.send(request("HEAD", "/api/x"))
            answer = client.read_response("HEAD")
            assert (answer.status, is_json(answer)) == (503, True)
            assert int(answer.get("Content-Length")) > 0
        client.send(request("GET", "/api/x"))
        assert client.read_response().json()["error"] == 503


def test_an_answer_is_no_reason_to_end_a_connection(down, front):
    with front.connect(down) as client:
        for _ in range(3):
            client.send(request("POST", "/api/x", "Content-Length: 4", body="body"))
            answer = client.read_response()
            assert (answer.status, answer.get("Connection")) in ((503, None), (503, "close"))
            if answer.get("Connection") == "close":
                assert client.expect_closed() == "fin"
                return


@pytest.mark.fronts(*HTTP1)
def test_http10_clients_get_it_too_and_then_the_end(down, front):
    with front.connect(down) as client:
        client.send(request(version="1.0"))
        answer = client.read_response()
        assert (answer.status, answer.get("Connection")) == (503, "close")
        assert client.expect_closed() == "fin"


def test_no_address_of_a_backend_is_shown(opslb, raw_origin, module_opslb, ops1, down, front):
    lb = opslb(backends=[raw_origin], health_check={"interval": "1h"})
    with front.connect(lb) as client:
        client.send(request("POST", "/", "Content-Length: 0"))
        with raw_origin.accept() as conn:
            conn.read_request()
            conn.close()
        answers = [client.read_response()]
        raw_origin.pause()
        answers += [client.request(), client.request(headers=[("Accept", "text/html")])]
    answers += [ask(down, request(), front=front), ask(down, request("GET", "/", BROWSER), front=front)]
    assert [answer.status for answer in answers] == [502, 502, 502, 503, 503]
    for answer in answers:
        text = (answer.head + answer.body).decode("latin-1")
        assert not re.search(r"127\.0\.0\.1|localhost|ops1", text)
        assert not any(str(port) in text.replace(answer.get("X-Request-Id"), "") for port in (raw_origin.port,
                                                                                              ops1.port))


def test_what_a_client_says_is_not_repeated_into_the_page(down, front):
    answer = ask(down, request("GET", "/<script>alert(1)</script>", BROWSER, "X-Request-Id: a&b'c"), front=front)
    assert b"<script>" not in answer.body
    assert b"a&b" not in answer.body
