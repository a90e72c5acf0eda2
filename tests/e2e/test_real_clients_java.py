"""Java's HttpClient (tests/support/clients/JavaClient.java) through opslb to the simulator. It knows no HTTP/2 without TLS but
by an upgrade, which opslb does not take."""

import json
import pathlib
import subprocess

import pytest

from support.fronts import H1, H1_TLS, H2_TLS
from support.site import MUCH, SOME, body_in, ca_file, run
from support.timeouts import scaled

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "support" / "clients" / "JavaClient.java"
SIZES = [SOME, pytest.param(MUCH, marks=pytest.mark.slow)]

pytestmark = pytest.mark.fronts(H1, H1_TLS, H2_TLS)


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    directory = tmp_path_factory.mktemp("java-client")
    subprocess.run(["javac", "-nowarn", "-encoding", "UTF-8", "-d", directory, SOURCE], check=True, timeout=scaled(120),
                   stdin=subprocess.DEVNULL)
    return directory


@pytest.fixture
def java(site, front, classes):
    """java(action, argument): the line that it says."""
    def ask(*arguments, protocol="h2" if front.http2 else "h1"):
        return run("java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", classes, "JavaClient", site.url(front, ""),
                   ca_file(), protocol, *arguments).strip()
    return ask


def test_it_gets(front, java):
    version, status, seen = java("get", "/_sim/echo?a=1").split(" ", 2)
    assert (version, status) == ("HTTP_2" if front.http2 else "HTTP_1_1", "200")
    seen = json.loads(seen)
    assert seen["target"] == "/_sim/echo?a=1"
    assert dict(seen["headers"])["X-Forwarded-Proto"] == front.scheme


@pytest.mark.fronts(H1)
def test_its_offer_to_upgrade_is_not_taken(java):
    assert java("get", "/_sim/echo", protocol="h2").startswith("HTTP_1_1 200 ")


@pytest.mark.parametrize("size", SIZES)
def test_it_uploads_byte_for_byte(java, tmp_path, size):
    file, digest = body_in(tmp_path, size)
    receipt = json.loads(java("upload", file))
    assert (receipt["bytes"], receipt["sha256"]) == (size, digest)


@pytest.mark.parametrize("size", SIZES)
def test_it_downloads_byte_for_byte(site, java, size):
    assert java("download", f"/_sim/download?bytes={size}&chunked=1") == site.sum_of_download(size)


def test_it_asks_a_hundred_at_once(java):
    assert java("many", 100) == "100"


def test_it_sees_a_response_that_breaks_off(java):
    assert java("broken") == "seen"
