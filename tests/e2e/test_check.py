"""`opslb check`, `opslb version` and the command line itself, as an operator meets them."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from support.certificates import Authority

PROJECT = pathlib.Path(__file__).parents[2]
BINARY = pathlib.Path(os.environ.get("OPSLB_BUILD", PROJECT / "build")) / "opslb"

MINIMAL = {"listeners": [{"bind": "127.0.0.1:8080"}], "backends": [{"url": "http://ops1.example.com:8080"}]}


def opslb(*arguments, **more):
    return subprocess.run([str(BINARY), *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False, **more)


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory):
    """Content of the files that the examples name."""
    ca = Authority(tmp_path_factory.mktemp("certificates"))
    server, client = ca.issue("opsmanager.example.com"), ca.issue(client="opslb")
    files = {"lb.pem": server.certificate, "lb.key": server.key, "opslb.pem": client.certificate, "opslb.key": client.key,
             "agents-ca.pem": ca.file, "agents.crl": ca.revoke(), "ops-manager-ca.pem": ca.file}
    return {name: pathlib.Path(path).read_bytes() for name, path in files.items()}


@pytest.fixture
def check(tmp_path):
    """check(configuration) runs `opslb check` on it, given as text, bytes or an object."""
    file = tmp_path / "opslb.json"

    def run(configuration):
        if isinstance(configuration, dict):
            configuration = json.dumps(configuration)
        file.write_bytes(configuration if isinstance(configuration, bytes) else configuration.encode())
        result = opslb("check", "--config", file)
        result.stderr = result.stderr.replace(f"{file}", "FILE")
        return result
    return run


def test_a_good_file_is_one_line_on_stdout(check):
    result = check(MINIMAL)
    assert result.returncode == 0
    assert re.fullmatch(r"configuration ok: 1 listener, 1 backend, .*\n", result.stdout)
    assert result.stderr == ""


def test_listeners_of_raw_tcp_are_told_of(check):
    raw = {"bind": "127.0.0.1:25999", "tcp_port": 25999}
    result = check({**MINIMAL, "listeners": [*MINIMAL["listeners"], raw]})
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("configuration ok: 2 listeners, 1 of them raw TCP to port 25999, 1 backend, ")


def test_a_warning_goes_to_stderr_and_leaves_the_file_good(check):
    result = check({**MINIMAL, "listeners": [{"bind": "127.0.0.1:8080", "proxy_protocol": True}]})
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == 1
    assert re.fullmatch(r"warning: FILE:1:\d+: listeners\[0\]\.proxy_protocol: .*proxy_protocol_from.*\n", result.stderr)


def test_a_listener_may_keep_its_proxy_protocol_keys_while_it_is_off(check):
    result = check({**MINIMAL, "listeners": [{"bind": "127.0.0.1:8080", "proxy_protocol": False,
                                              "proxy_protocol_from": ["10.0.0.0/8"], "proxy_protocol_others": "refuse"}]})
    assert result.returncode == 0
    assert re.fullmatch(r"warning: FILE:1:\d+: listeners\[0\]\.proxy_protocol_from: "
                        r'has no effect without "proxy_protocol": true; .*\n', result.stderr)


def test_every_error_is_told_with_line_column_and_path(check):
    result = check("""{
  // two listeners
  "listeners": [
    {"bind": "127.0.0.1:8080", "proxy_protocl": true},
    {"bind": "localhost:80"}  /* names are not looked up */
  ],
  "backends": [{"url": "http://ops1"}, {"url": "http://ops1:80/"}],
  "timeouts": {"idle": 180, "cache_ttl": "1h"},
  "admin": {"bind": "0.0.0.0:9080"}
}
""")
    assert result.returncode == 1
    assert result.stdout == ""
    places = [line.split(": ", 2)[:2] for line in result.stderr.splitlines()]
    assert places == [
        ["FILE:4:32", "listeners[0].proxy_protocl"],
        ["FILE:5:14", "listeners[1].bind"],
        ["FILE:7:48", "backends[1].url"],
        ["FILE:8:24", "timeouts.idle"],
        ["FILE:8:29", "timeouts.cache_ttl"],
        ["FILE:9:21", "admin.bind"],
    ]
    assert 'listeners[0].proxy_protocl: unknown key; did you mean "proxy_protocol"?' in result.stderr
    assert "no cached content" in result.stderr
    assert 'it needs "token_file" beside it' in result.stderr


@pytest.mark.parametrize("text, message", [
    pytest.param(b"", "FILE:1:1: the file is empty", id="empty"),
    pytest.param(b"[]", "FILE:1:1: the file must hold one object", id="a list"),
    pytest.param(b'{\n"a": \xff}', "FILE:2:6: this is not UTF-8 text", id="Latin-1"),
    pytest.param('{"a": 1}'.encode("utf-16"), "FILE:1:1: this is not UTF-8 text", id="UTF-16"),
    pytest.param(b'{"a": 1,}', 'FILE:1:9: remove the comma before "}"', id="a comma too many"),
    pytest.param(b'{"a": 1', "FILE:1:8: the file ends here", id="cut off"),
    pytest.param(b'{"a":\0 1}', "FILE:1:6: there is a NUL byte here", id="NUL"),
    pytest.param(b"/" * (1024 * 1024 + 1), "FILE: is larger than 1 MiB", id="too large"),
])
def test_what_is_no_configuration_is_one_clear_error(check, text, message):
    result = check(text)
    assert result.returncode == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(message)


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_that_is_not_there_is_said_to_be_missing(command, tmp_path):
    result = opslb(command, "--config", tmp_path / "missing.json")
    assert result.returncode == 1
    assert result.stderr == f"{tmp_path}/missing.json: cannot be opened: No such file or directory\n"


def test_run_refuses_a_bad_file_with_every_error(tmp_path):
    file = tmp_path / "opslb.json"
    file.write_text('{"listeners": [{"bind": "x"}], "backends": [{"url": "y z"}]}')
    result = opslb("run", "-c", file)
    assert result.returncode == 1
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == ["listeners[0].bind", "backends[0].url"]


@pytest.mark.parametrize("example", sorted(path.name for path in (PROJECT / "conf").glob("*.json") if "schema" not in path.name))
def test_the_examples_are_good(example, tmp_path, tls_files):
    """With certificates under the names that the examples have for them."""
    for name, content in tls_files.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    result = opslb("check", "-c", shutil.copy(PROJECT / "conf" / example, tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("configuration ok: ")


def test_version_names_compiler_and_libraries():
    result = opslb("version")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert re.fullmatch(r"opslb \d+\.\d+\.\d+", lines[0])
    assert [line.split()[0] for line in lines[1:]] == ["compiler", "Boost", "OpenSSL", "nlohmann/json", "spdlog", "fmt"]
    assert all(re.search(r"\d+\.\d+", line) for line in lines[1:])
    assert opslb("--version").stdout == lines[0] + "\n"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], *([command, "--help"] for command in (
    "run", "check", "version", "status", "ping", "drain", "ready", "upgrade", "explain", "doctor"))], ids=" ".join)
def test_help_is_everywhere(arguments):
    result = opslb(*arguments)
    assert result.returncode == 0
    assert "Usage: opslb" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("arguments, message", [
    ([], "opslb: a command is needed"),
    (["serve"], 'opslb: there is no command "serve"'),
    (["check"], "opslb check: --config is required"),
    (["check", "-c"], "opslb check: --config"),
    (["check", "-c", "a.json", "b.json"], "opslb check: "),
    (["run", "-c", "a.json", "--daemon"], "opslb run: "),
    (["version", "--json"], "opslb version: "),
])
def test_wrong_usage_is_one_sentence_and_exit_code_2(arguments, message):
    result = opslb(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(message)


def test_a_command_still_to_come_is_refused():
    result = opslb("doctor", "--config", "opslb.json")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "opslb doctor: not built in yet\n"
