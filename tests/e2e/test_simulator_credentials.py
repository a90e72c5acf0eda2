"""The Ops Manager simulator asks agents and API users for what Ops Manager asks them for."""

import base64
import gzip
import hashlib
import json
import re

import pytest

from support.simulator_client import curl, request, simulator, simulator_with


def basic(user, key):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()


@pytest.mark.parametrize("lines, status", [
    ([], 401),
    ([basic("group1", "key1")], 200),
    ([basic("group1", "wrong")], 401),
    ([basic("group2", "key1")], 401),
    (["Authorization: Basic !!!!"], 401),
    (["Authorization: Bearer x"], 401),
])
def test_agents_need_their_groups_id_and_key(simulator, lines, status):
    assert simulator.get("/agents/api/automation/conf/v1/group1?ah=db1&av=13.10", *lines)[0] == status


def test_agents_without_configured_keys_may_use_any_for_their_own_group(simulator_with):
    one = simulator_with()
    assert one.get("/agents/api/automation/jobs/v1/g1", basic("g1", "k"))[0] == 200
    assert one.get("/agents/api/automation/jobs/v1/g1", basic("g1", ""))[0] == 401
    assert one.get("/agents/api/automation/jobs/v1/g1", basic("g2", "k"))[0] == 401


def test_an_unchanged_configuration_is_304(simulator):
    target = "/agents/api/automation/conf/v1/group1?ah=db1&av=13.10&aos=linux"
    _, headers, body = simulator.get(target, basic("group1", "key1"))
    assert json.loads(body)["agentHost"] == "db1"
    status, again, body = simulator.get(target, basic("group1", "key1"), f"If-None-Match: {headers['etag']}")
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])


def test_agents_post_compressed_samples(simulator):
    samples = gzip.compress(b"x" * 100_000)
    for data, status in ((samples, 200), (b"not gzip", 400)):
        with simulator.connect() as client:
            client.send(request("POST", "/agents/api/automation/log/v1/group1", basic("group1", "key1"),
                                "Content-Encoding: gzip", f"Content-Length: {len(data)}", body=data))
            got, _, body = client.response()
            assert got == status
            if status == 200:
                assert json.loads(body)["sha256"] == hashlib.sha256(data).hexdigest()


def digest(method, target, challenge, uri=None, user="apiuser", key="apikey"):
    """An Authorization line after RFC 7616 3.4."""
    told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    uri = target if uri is None else uri
    first, second = md5(f"{user}:{told['realm']}:{key}"), md5(f"{method}:{uri}")
    response = md5(f"{first}:{told['nonce']}:00000001:abc:auth:{second}")
    return (f'Authorization: Digest username="{user}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="{uri}", '
            f'qop=auth, nc=00000001, cnonce="abc", response="{response}", algorithm=MD5')


def challenge_of(one, target="/api/public/v1.0/groups"):
    status, headers, body = one.get(target)
    assert status == 401
    assert sorted(json.loads(body)) == ["detail", "error", "errorCode", "parameters", "reason"]
    return headers["www-authenticate"]


def test_the_api_accepts_curls_digest(simulator):
    result = curl("--digest", "-u", "apiuser:apikey", f"{simulator.url}/api/public/v1.0/groups?pretty=true")
    assert json.loads(result.stdout)["target"] == "/api/public/v1.0/groups?pretty=true"


def test_the_api_refuses_a_wrong_key(simulator):
    result = curl("--digest", "-u", "apiuser:wrong", "-o", "/dev/null", "-w", "%{http_code}",
                  f"{simulator.url}/api/public/v1.0/groups")
    assert result.stdout == b"401"


@pytest.mark.parametrize("target, signed, status", [
    ("/api/public/v1.0/a%2fb;x?y=%7E", "/api/public/v1.0/a%2fb;x?y=%7E", 200),
    ("/api/public/v1.0/a%2fb", "/api/public/v1.0/a%2Fb", 401),
    ("/api/public/v1.0/a%7Eb", "/api/public/v1.0/a~b", 401),
    ("/api/public/v1.0//a", "/api/public/v1.0/a", 401),
])
def test_the_signed_target_must_be_the_one_that_arrived_byte_for_byte(simulator, target, signed, status):
    line = digest("GET", target, challenge_of(simulator), uri=signed)
    assert simulator.get(target, line)[0] == status


def test_a_challenge_of_one_host_is_good_at_another(simulator, simulator_with):
    other = simulator_with("--name", "other")
    target = "/api/public/v1.0/groups"
    assert other.get(target, digest("GET", target, challenge_of(simulator)))[0] == 200


def test_an_old_nonce_is_stale(simulator):
    target = "/api/public/v1.0/groups"
    old = 'Digest realm="MMS Public API", nonce="1000.0123456789abcdef"'
    status, headers, _ = simulator.get(target, digest("GET", target, old))
    assert status == 401 and "stale=true" in headers["www-authenticate"]


def test_the_version_manifest_needs_no_credentials(simulator):
    status, _, body = simulator.get("/api/public/v1.0/unauth/versionManifest")
    assert status == 200 and json.loads(body)["version"] == "8.0.3"


@pytest.mark.parametrize("lines, status", [
    ([], 403),
    (["X-Forwarded-For: 198.51.100.7"], 200),
    (["X-Forwarded-For: 2001:db8::1"], 200),
    (["X-Forwarded-For: 198.51.100.7, 203.0.113.9"], 200),
    (["X-Forwarded-For: 203.0.113.9, 198.51.100.7"], 403),
    (["X-Forwarded-For: 198.51.100.7", "X-Forwarded-For: 203.0.113.9"], 200),
    (["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7"], 403),
    (["X-Forwarded-For: 203.0.113.9", "Forwarded: for=198.51.100.7"], 200),
    (["Forwarded: for=203.0.113.9", "X-Forwarded-For: 198.51.100.7"], 403),
])
def test_the_access_list_believes_what_jetty_believes(simulator_with, lines, status):
    one = simulator_with("--access-list", "198.51.100.0/24", "2001:db8::/32")
    target = "/api/public/v1.0/groups"
    got, _, body = one.get(target, digest("GET", target, challenge_of(one)), *lines)
    assert got == status
    if status == 403:
        assert json.loads(body)["errorCode"] == "IP_ADDRESS_NOT_ON_ACCESS_LIST"
