"""Node's http, https and http2 (tests/support/clients/http_client.mjs) through opslb to the simulator."""

import json
import pathlib

import pytest

from support.site import MUCH, SOME, body_in, ca_file, run

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "support" / "clients" / "http_client.mjs"
SIZES = [SOME, pytest.param(MUCH, marks=pytest.mark.slow)]


@pytest.fixture
def node(site, front):
    """node(action, argument): what came of it."""
    def ask(*arguments):
        return json.loads(run("node", SCRIPT, site.url(front, ""), ca_file(), "h2" if front.http2 else "h1", *arguments))
    return ask


def test_it_gets(site, front, node):
    target = f"/_sim/echo?{front}"
    answer = node("get", target)
    assert answer["status"] == 200
    seen = json.loads(answer["text"])
    assert seen["target"] == target
    assert dict(seen["headers"])["X-Forwarded-Proto"] == front.scheme
    assert site.protocol_of(target) == front.protocol


@pytest.mark.parametrize("size", SIZES)
def test_it_uploads_byte_for_byte(node, tmp_path, size):
    file, digest = body_in(tmp_path, size)
    receipt = json.loads(node("upload", file)["text"])
    assert (receipt["bytes"], receipt["sha256"]) == (size, digest)


@pytest.mark.parametrize("size", SIZES)
def test_it_downloads_byte_for_byte_with_the_trailers(site, node, size):
    answer = node("get", f"/_sim/download?bytes={size}&chunked=1")
    assert (answer["bytes"], answer["sha256"]) == (size, site.sum_of_download(size))
    assert answer["trailers"]["x-sha256"] == answer["sha256"]


def test_it_asks_a_hundred_at_once(node):
    assert node("many", 100) == {"right": 100}


def test_it_sees_a_response_that_breaks_off(node):
    assert node("broken")["seen"]
