"""conf/opslb.schema.json against `opslb check`: editors and the loader take and refuse the same values. That both know the
same keys and defaults is for the unit tests."""

import copy
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

from support.certificates import Authority

PROJECT = pathlib.Path(__file__).parents[2]
BINARY = pathlib.Path(os.environ.get("OPSLB_BUILD", PROJECT / "build")) / "opslb"
SCHEMA = json.loads((PROJECT / "conf" / "opslb.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

BASE = {
    "listeners": [{"bind": "127.0.0.1:8080", "proxy_protocol": True, "proxy_protocol_from": ["10.0.0.0/8"],
                   "tls": {"certificate": "lb.pem", "key": "lb.key", "certificates": [{"certificate": "lb.pem", "key": "lb.key"}],
                           "client_ca": "ca.pem"}}],
    "backends": [{"url": "http://ops1.example.com:8080"}],
    "backend_tls": {}, "health_check": {}, "timeouts": {}, "forwarded": {}, "limits": {}, "access_log": {}, "log": {},
    "admin": {},
}

COUNT = ([0, 1, 1000000000, 1.0], [-1, 1.5, "1", None, True, 1000000001])
POSITIVE = (["1s", "500ms", "3m", "1h", "007s", "168h"], ["0s", "0ms", "", "1", "1d", "1.5s", "-1s", "1 s", "1S", 1, 0, None, True])
ZERO_TOO = (["0s", "0ms", "1s", "500ms", "3m", "1h"], ["", "0", "1", "1d", "-1s", "1m30s", 0, 5, None, []])
CHECK = (["10ms", "1s", "1h"], ["0s", "1", 1, None])
SIZE = ([0, "0B", "1B", "16KiB", "1MiB", "1GiB"], [1, 65536, -1, "", "0", "16", "16KB", "16K", "1.5MiB", "16 KiB", None, True])
NETWORKS = ([[], ["10.0.0.0/8"], ["192.0.2.1", "2001:db8::/32", "::1"]],
            ["10.0.0.0/8", [1], [None], ["ops1"], ["10.0.0.0/"], ["10.0.0.0/x"], [""], {}, None])
FILE = (["lb.pem"], ["", None, 1, True])
FILE_OR_NULL = ([None, "lb.pem"], ["", 1, True])
NAME = (["ops1", "a-b_c.d:1", "[::]:80", "x" * 64], ["", "a b", "a/b", "ä", "x" * 65, 1, None])

# Path of a key: (values that both take, values that both refuse)
VALUES = {
    "$schema": (["opslb.schema.json"], [1, None]),
    "listeners": ([[{"bind": "127.0.0.1:1"}]], [[], {}, None, "127.0.0.1:80", [1]]),
    "listeners.0": ([{"bind": "127.0.0.1:1"}, {"bind": "127.0.0.1:1", "tcp_port": 25999}, {"bind": "127.0.0.1:1", "tcp_port": 1, "tls": None},
                     {"bind": "127.0.0.1:1", "tcp_port": 65535, "redirect_to": None, "proxy_protocol": True}],
                    [{}, {"name": "x"}, {"bind": "127.0.0.1:1", "port": 1}, None,
                     {"bind": "127.0.0.1:1", "tcp_port": 25999, "redirect_to": "https://a"},
                     {"bind": "127.0.0.1:1", "tcp_port": 25999, "tls": {"certificate": "lb.pem", "key": "lb.key"}}]),
    "listeners.0.name": NAME,
    "listeners.0.bind": (["0.0.0.0:80", "[::]:80", "127.0.0.1:0", "[2001:db8::1]:65535"],
                         ["", "0.0.0.0", ":80", "80", 80, "localhost:80", "::1:80", "[::1]", "127.0.0.1:http", None]),
    "listeners.0.proxy_protocol": ([True], [1, "true", None]),
    "listeners.0.proxy_protocol_from": NETWORKS,
    "listeners.0.proxy_protocol_others": (["refuse", "direct"], ["Refuse", "", None, True]),
    "listeners.0.tls": ([None, {"certificate": "lb.pem", "key": "lb.key"}],
                        [{}, {"certificate": "lb.pem"}, {"key": "lb.key"}, {"certificate": "lb.pem", "key": None}, False, "off",
                         {"certificate": "lb.pem", "key": "lb.key", "client_certificate": "required"},
                         {"certificate": "lb.pem", "key": "lb.key", "client_ca": None, "client_certificate": "agents_only"},
                         {"certificate": "lb.pem", "key": "lb.key", "crl": "lb.pem"}]),
    "listeners.0.tls.certificate": FILE,
    "listeners.0.tls.key": (["lb.key"], FILE[1]),
    "listeners.0.tls.certificates": ([[], [{"certificate": "lb.pem", "key": "lb.key"}]], [[{}], {}, None, ["lb.pem"]]),
    "listeners.0.tls.certificates.0": ([{"certificate": "lb.pem", "key": "lb.key"}],
                                       [{"certificate": "lb.pem"}, {"key": "lb.key"}, {}, None, "lb.pem"]),
    "listeners.0.tls.certificates.0.certificate": FILE,
    "listeners.0.tls.certificates.0.key": (["lb.key"], FILE[1]),
    "listeners.0.tls.min_version": (["1.2", "1.3"], ["1.1", "TLSv1.2", "", 1.2, None]),
    "listeners.0.tls.hsts": (["0s", "1s", "5m", "8760h"], ["", "0", "1d", "500ms", "1000ms", "-1s", 31536000, None, True]),
    "listeners.0.tls.client_ca": FILE_OR_NULL,
    "listeners.0.tls.crl": ([None, "ca.crl"], FILE_OR_NULL[1]),
    "listeners.0.tls.client_certificate": (["none", "agents_only", "required"], ["optional", "", None, True]),
    "listeners.0.redirect_to": ([None, "https://opsmanager.example.com", "http://ops:80/", "HTTPS://[::1]:8443"],
                                ["", "opsmanager.example.com", "https://", "https://ops/mms", "https://u@ops", "ftp://ops", "/", 1]),
    "listeners.0.tcp_port": ([None], [0, -1, 65536, 1.5, "25999", True, 25999]),  # beside "tls"
    "backends": ([[{"url": "http://a"}]], [[], {}, None]),
    "backends.0": ([{"url": "http://a"}], [{}, {"name": "a"}, {"url": "http://a", "cache": True}]),
    "backends.0.name": NAME,
    "backends.0.url": (["http://ops1", "http://ops1:80", "http://ops1:80/", "HTTP://ops1", "HTTPS://ops1:8443", "http://192.0.2.1:1", "http://[::1]:80"],
                       ["", "ops1", "ops1:80", "https://", "https//ops1", "http://", "http://ops1/mms", "http://u@ops1", "http://ops1?x",
                        "http://ops1:", "http://::1", "http://ops 1", 1, None]),
    "backends.0.weight": ([1, 256], [0, 257, -1, "1", 1.5, None]),
    "backends.0.max_requests": ([0, 1, 1000000], [-1, 1000001, "1", None]),
    "backends.0.resolve": (["first", "all"], ["srv", "ALL", True, None]),  # the URL has a port, which SRV records say
    "backend_tls": ([None, {}, {"ca": None, "verify": True, "server_name": None, "certificate": None, "key": None},
                     {"certificate": "lb.pem", "key": "lb.key"}],
                    [{"certificate": "lb.pem"}, {"key": "lb.key"}, {"certificate": "lb.pem", "key": None}, {"verfy": True}, "off", []]),
    "backend_tls.ca": FILE_OR_NULL,
    "backend_tls.verify": ([True, False], ["true", None, 1]),
    "backend_tls.server_name": ([None, "ops.example.com"], ["", "ops:443", "-ops", 1]),
    "backend_tls.certificate": ([None], ["lb.pem", *FILE_OR_NULL[1]]),  # one of the two alone says nothing
    "backend_tls.key": ([None], ["lb.key", *FILE_OR_NULL[1]]),
    "send_proxy_protocol": (["off", "v1", "v2"], ["on", "V2", 2, None, False]),
    "balance": (["least_requests", "round_robin", "source_ip"], ["random", "", None]),
    "health_check": ([{}], [[], None, "off", {"pth": "/"}]),
    "health_check.path": (["/", "/monitor/health", "/a?b=c"], ["", "monitor", "/a b", "/a#b", "/ä", None]),
    "health_check.interval": CHECK,
    "health_check.timeout": CHECK,
    "health_check.rise": ([1, 100], [0, 101, "2", None]),
    "health_check.fall": ([1, 100], [0, 101, "2", None]),
    "health_check.slow_start": ZERO_TOO,
    "health_check.when_none_up": (["refuse", "pass"], ["", None, True]),
    "timeouts": ([{}], [[], None, {"idel": "1s"}, {"cache": "1s"}]),
    **{f"timeouts.{key}": POSITIVE for key in ("idle", "tunnel", "connect", "request_head", "keep_alive", "backend_keep_alive")},
    "timeouts.idle_for": ([{}, {"/agents/": "10m"}, {"/cache": "1m"}, {"/": "1s", "/a": "1h"}],
                          [{"agents": "1m"}, {"Cached": "1m"}, {"/a": "0s"}, {"/a": 60}, {"": "1s"}, "10m", [], None]),
    **{f"timeouts.{key}": ZERO_TOO for key in ("queue", "hold", "drain", "drain_grace")},
    "forwarded": ([{}], [[], None, {"server": "a"}]),
    "forwarded.client_ip_header": (["X-Forwarded-For", "X-Real-IP", "x_client"], ["", "X Real", "X-Real-IP:", "Ä", None]),
    "forwarded.trusted_proxies": NETWORKS,
    "forwarded.server_name": ([None, "lb1", "lb1.example.com", "lb_1"], ["", "lb1:443", "[::1]", "lb 1", "-lb", "lb.", 1]),
    "limits": ([{}], [[], None, {"connection": 1}]),
    **{f"limits.{key}": COUNT for key in ("connections", "connections_per_client", "waiting", "header_count")},
    **{f"limits.{key}": SIZE for key in ("head_bytes", "target_bytes", "body_bytes", "response_head_bytes")},
    "access_log": ([{}], ["off", None, {"file": "x"}]),
    "access_log.path": (["-", "off", "access.log"], ["", None, 1]),
    "access_log.format": (["json", "combined"], ["JSON", "common", None]),
    "log": ([{}], ["off", None, {"file": "x"}]),
    "log.path": (["-", "./off", "opslb.log"], ["", "off", None, 1]),
    "log.level": (["debug", "info", "warning", "error"], ["warn", "INFO", "", None]),
    "admin": ([None, {}, {"bind": "off"}, {"bind": "off", "token_file": None}, {"token_file": None}],
              [{"bind": None}, {"bind": "off", "x": 1}, "off", []]),
    "admin.bind": (["127.0.0.1:9080", "127.0.0.1:0", "[::1]:9080", "unix:/run/opslb/admin.sock", "unix:admin.sock", "off"],
                   ["", "9080", ":9080", "localhost:9080", "127.0.0.1", "unix:", "/run/opslb/admin.sock", "Off", 9080, None, True]),
    "admin.token_file": ([None, "token"], ["", 1, True]),
    "public_url": ([None, "https://opsmanager.example.com", "http://ops:8080/"],
                   ["", "opsmanager.example.com", "https://", "https://ops/mms", "https://u@ops", 1]),
    "state_file": ([None, "state.json"], FILE_OR_NULL[1]),
    "workers": ([0, 1, 1024], [-1, 1025, 1.5, "auto", None]),
    "cache": ([], [True, False, None, {}]),
    "Proxy-Cache": ([], [True, False, None, {}]),
}


def configuration(path, value):
    """BASE with this value at this path."""
    out = copy.deepcopy(BASE)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    node = out
    for parent in parents:
        node = node[parent]
    node[last] = value
    return out


@pytest.fixture(scope="module")
def named_files(tmp_path_factory):
    """The files that the values above name, with their content."""
    ca = Authority(tmp_path_factory.mktemp("certificates"))
    lb = ca.issue("lb.example.com")
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    return {name: pathlib.Path(path).read_bytes()
            for name, path in {"lb.pem": lb.certificate, "lb.key": lb.key, "ca.pem": ca.file, "ca.crl": ca.revoke(),
                               "token": token}.items()}


@pytest.fixture
def loader_takes(tmp_path, named_files):
    for name, content in named_files.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)

    def takes(config):
        file = tmp_path / "opslb.json"
        file.write_text(json.dumps(config), encoding="utf-8")
        result = subprocess.run([str(BINARY), "check", "-c", str(file)], capture_output=True, text=True, timeout=30, check=False)
        assert result.returncode in (0, 1), result
        return result.returncode == 0
    return takes


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_base_of_these_tests_is_good(loader_takes):
    assert VALIDATOR.is_valid(BASE)
    assert loader_takes(BASE)


@pytest.mark.parametrize("path", VALUES)
def test_schema_and_loader_agree(path, loader_takes):
    good, bad = VALUES[path]
    expected = [(value, True) for value in good] + [(value, False) for value in bad]
    schema = [(value, VALIDATOR.is_valid(configuration(path, value))) for value, _ in expected]
    loader = [(value, loader_takes(configuration(path, value))) for value, _ in expected]
    assert schema == expected
    assert loader == expected


@pytest.mark.parametrize("second, good", [({"redirect_to": "https://ops"}, True), ({}, False), ({"redirect_to": None}, False)])
def test_only_a_file_whose_listeners_all_redirect_needs_no_backends(second, good, loader_takes):
    listeners = [{"bind": "127.0.0.1:80", "redirect_to": "https://ops"}, {"bind": "127.0.0.1:81", **second}]
    for config in ({"listeners": listeners}, {"listeners": listeners, "backends": []}):
        assert VALIDATOR.is_valid(config) == good
        assert loader_takes(config) == good


def test_every_key_of_the_schema_is_in_the_table():
    def paths(node, path):
        if "$ref" in node:
            node = {**SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[-1]], **node}
        yield path
        if "not built in yet" in node.get("description", "").lower() and path:
            return
        for key, inner in node.get("properties", {}).items():
            yield from paths(inner, f"{path}.{key}" if path else key)
        if isinstance(node.get("items"), dict) and "$ref" in node["items"]:
            yield from paths(node["items"], f"{path}.0")

    assert set(paths(SCHEMA, "")) - {""} == set(VALUES) - {"cache", "Proxy-Cache"}


@pytest.mark.parametrize("example", sorted(path.name for path in (PROJECT / "conf").glob("*.json") if "schema" not in path.name))
def test_the_examples_fit_the_schema(example):
    text = (PROJECT / "conf" / example).read_text(encoding="utf-8")
    without_comments = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    without_comments = "\n".join(line.split("  // ")[0] for line in without_comments.splitlines())
    assert list(VALIDATOR.iter_errors(json.loads(without_comments))) == []
