"""Clients that people use, through opslb to the simulator."""

import contextlib
import http.client
import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from support.simulator import Simulator
from support.timeouts import ANSWER, scaled


@pytest.fixture(scope="module")
def lb(module_opslb):
    with contextlib.closing(Simulator()) as ops1:
        yield module_opslb(backends=[ops1])


def run(name, *arguments):
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    return subprocess.run([name, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=scaled(3 * ANSWER), check=True).stdout


def curl(*arguments):
    return run("curl", "--silent", "--show-error", "--fail", "--noproxy", "*", *arguments)


@pytest.mark.parametrize("version", ["--http1.1", "--http1.0"])
def test_curl_gets(lb, version):
    url = f"http://127.0.0.1:{lb.port()}"
    seen = json.loads(curl(version, f"{url}/_sim/echo/a%2Fb;c?d=e%20f"))
    assert seen["target"] == "/_sim/echo/a%2Fb;c?d=e%20f"
    assert dict(seen["headers"])["X-Forwarded-For"] == "127.0.0.1"
    assert curl(version, "--write-out", "%{http_code} %{size_download}", "--output", "/dev/null",
                f"{url}/_sim/download?bytes=3000000&chunked=1") == "200 3000000"


@pytest.mark.parametrize("version", ["--http1.1", "--http1.0"])
def test_curl_posts(lb, version, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"sample " * 300000)
    url = f"http://127.0.0.1:{lb.port()}/_sim/upload"
    receipt = json.loads(curl(version, "--data-binary", f"@{body}", url))  # curl sends Expect: 100-continue with 1.1
    assert receipt["bytes"] == 2100000


def test_curl_posts_chunked_and_follows_many_on_one_connection(lb, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"sample " * 300000)
    url = f"http://127.0.0.1:{lb.port()}"
    assert json.loads(curl("--header", "Transfer-Encoding: chunked", "--data-binary", f"@{body}",
                           f"{url}/_sim/upload"))["bytes"] == 2100000
    connects = curl("--write-out", "%{num_connects} ", *["--output", "/dev/null"] * 5, *[f"{url}/_sim/plain"] * 5)
    assert connects.split() == ["1", "0", "0", "0", "0"]


def test_curl_signs_with_digest(lb):
    groups = curl("--digest", "--user", "apiuser:apikey",
                  f"http://127.0.0.1:{lb.port()}/api/public/v1.0/groups?pretty=true")
    assert "results" in json.loads(groups)


def test_wrk_meets_no_error(lb):
    out = run("wrk", "--threads", 2, "--connections", 16, "--duration", "1s",
              f"http://127.0.0.1:{lb.port()}/_sim/plain")
    assert int(re.search(r"(\d+) requests in", out)[1]) > 50
    assert "Socket errors" not in out and "Non-2xx" not in out, out


def test_python_http_client_keeps_its_connection(lb):
    connection = http.client.HTTPConnection("127.0.0.1", lb.port(), timeout=scaled(ANSWER))
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


def test_python_urllib_reads_what_is_chunked(lb):
    with urllib.request.urlopen(f"http://127.0.0.1:{lb.port()}/_sim/download?bytes=1000000&chunked=1",
                                timeout=scaled(ANSWER)) as answer:
        assert len(answer.read()) == 1000000
