"""curl, with all it can say, through opslb to the simulator."""

import json

import pytest

from support import tls_peers
from support.fronts import H1, H1_TLS, H2, H2_TLS, HTTP1
from support.site import MUCH, SOME, body_in, ca_file, run, sum_of_file

VERSION = {H1: "--http1.1", H1_TLS: "--http1.1", H2: "--http2-prior-knowledge", H2_TLS: "--http2"}
SIZES = [SOME, pytest.param(MUCH, marks=pytest.mark.slow)]


# curl 7.88 of Debian 12 cannot send a second request on a connection with prior knowledge, whatever the server.
MORE_THAN_ONE = pytest.mark.fronts(H1, H1_TLS, H2_TLS)


def curl(*arguments, **more):
    return run("curl", "--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert", ca_file(), *arguments, **more)


@pytest.fixture(name="curl_front")
def fixture_curl_front(front):
    """curl() with the protocol of the front."""
    return lambda *arguments, **more: curl(VERSION[front], *arguments, **more)


def test_it_gets(site, front, curl_front):
    seen = json.loads(curl_front(site.url(front, "/_sim/echo/a%2Fb;c?d=e%20f")))
    assert seen["target"] == "/_sim/echo/a%2Fb;c?d=e%20f"
    headers = dict(seen["headers"])
    assert (headers["X-Forwarded-For"], headers["X-Forwarded-Proto"]) == ("127.0.0.1", front.scheme)
    assert headers["Host"] == f"localhost:{site.port(front)}"
    spoken = curl_front("--write-out", "%{http_version} %{http_code} %{size_download}", "--output", "/dev/null",
                        site.url(front, "/_sim/download?bytes=3000000&chunked=1"))
    assert spoken == f"{front.version} 200 3000000"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["length", "unknown length"])
def test_it_uploads_byte_for_byte(site, front, curl_front, tmp_path, form, size):
    file, digest = body_in(tmp_path, size)
    chunked = ["--header", "Transfer-Encoding: chunked"] if form != "length" and not front.http2 else []
    # From stdin, its length is unknown to curl.
    data = ["--upload-file", str(file) if form == "length" else "-"]
    with open(file, "rb") as content:
        receipt = json.loads(curl_front(*chunked, "--request", "POST", *data, site.url(front, "/_sim/upload"), stdin=content))
    assert (receipt["bytes"], receipt["sha256"]) == (size, digest)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["", "&chunked=1", "&close=1"])
def test_it_downloads_byte_for_byte(site, front, curl_front, tmp_path, form, size):
    curl_front("--output", tmp_path / "got", site.url(front, f"/_sim/download?bytes={size}{form}"))
    assert sum_of_file(tmp_path / "got") == site.sum_of_download(size)


@MORE_THAN_ONE
def test_it_asks_many_on_one_connection(site, front, curl_front):
    connects = curl_front("--write-out", "%{num_connects} ", *["--output", "/dev/null"] * 5,
                          *[site.url(front, "/_sim/plain")] * 5)
    assert connects.split() == ["1", "0", "0", "0", "0"]


@MORE_THAN_ONE
def test_it_asks_many_at_once(site, front, curl_front):
    codes = curl_front("--parallel", "--parallel-max", 20, "--write-out", "%{http_code} ", *["--output", "/dev/null"] * 50,
                       *[site.url(front, f"/_sim/slow?ms={number}") for number in range(50)])
    assert codes.split() == ["200"] * 50


@MORE_THAN_ONE
def test_it_signs_with_digest(site, front, curl_front):
    groups = curl_front("--digest", "--user", "apiuser:apikey", site.url(front, "/api/public/v1.0/groups?pretty=true"))
    assert "results" in json.loads(groups)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_it_asks_without_a_body(site, front, curl_front, method):
    arguments = ["--head"] if method == "HEAD" else ["--request", method]
    assert curl_front(*arguments, "--write-out", "%{http_code}", "--output", "/dev/null",
                      site.url(front, "/_sim/plain")) == "200"


def test_it_sees_a_response_that_breaks_off(site, front, curl_front):
    # 18: partial file, 56: receive error, 92: HTTP/2 stream error
    curl_front("--output", "/dev/null", site.url(front, "/_sim/break?after=3000000&chunked=1"),
               codes=(92,) if front.http2 else (18, 56))


def test_it_announces_its_client(site, front, curl_front):
    url = f"{front.scheme}://localhost:{site.lb.port(f'announced-{front.scheme}')}/_sim/echo"
    assert dict(json.loads(curl_front("--haproxy-protocol", url))["headers"])["X-Forwarded-For"] == "127.0.0.1"
    curl_front(url, codes=(16, 18, 35, 52, 56))  # it ends without an answer


@pytest.mark.fronts(H1)
def test_its_offer_to_upgrade_to_http2_is_not_taken(site, front):
    # RFC 9113 3.1: obsolete. Who wants HTTP/2 without TLS knows it beforehand.
    assert curl("--http2", "--write-out", "%{http_version}", "--output", "/dev/null", site.url(front, "/_sim/plain")) == "1.1"


@pytest.mark.fronts(*HTTP1)
def test_it_speaks_http10(site, front):
    spoken = curl("--http1.0", "--write-out", "%{http_code}", "--output", "/dev/null",
                  site.url(front, "/_sim/download?bytes=3000000&chunked=1"))
    assert spoken == "200"


@pytest.mark.fronts(H1_TLS, H2_TLS)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_it_speaks_this_version_of_tls(site, front, curl_front, version):
    assert curl_front(f"--tlsv{version}", "--tls-max", version, site.url(front, "/_sim/plain")) == "ok\n"


@pytest.mark.fronts(H1_TLS, H2_TLS)
def test_it_shows_a_certificate(module_opslb, site, front, curl_front):
    agent = tls_peers.authority().issue(client="agent-1")
    tls = tls_peers.certificate().tls | {"client_ca": ca_file(), "client_certificate": "required"}
    lb = module_opslb(backends=[site.host], listeners=[front.listener() | {"tls": tls}])
    url = f"https://localhost:{lb.port(front.scheme)}/_sim/plain"
    assert curl_front("--cert", agent.certificate, "--key", agent.key, url) == "ok\n"
    curl_front(url, codes=(56, 35, 16, 92))  # where the alert finds it differs
