"""What the documents speak of is there: commands with their options, keys of the configuration."""

import functools
import json
import pathlib
import re

import pytest

from support.opslb import run

PROJECT = pathlib.Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", PROJECT / "SECURITY.md", *sorted((PROJECT / "docs").glob("*.md")),
         *sorted(PROJECT.glob("*/README.md")), PROJECT / "tests" / "support" / "README.md"]
SCHEMA = json.loads((PROJECT / "conf" / "opslb.schema.json").read_text(encoding="utf-8"))

FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
CALL = re.compile(r"(?:^ *(?:\$ |sudo )?|[=\"])(?:/usr/bin/|build/)?opslb ([a-z]+)\b([^#|;&\"]*)")


def name_of(page):
    return str(page.relative_to(PROJECT))


@functools.cache
def text_of(page):
    return page.read_text(encoding="utf-8")


@functools.cache
def help_of(*command):
    said = run(*command, "--help")
    assert said.returncode == 0, said.stderr
    return said.stdout


def commands(page):
    """[(verb, its options)] of every call of opslb that a page shows."""
    text = text_of(page)
    shown = [*CODE.findall(FENCE.sub("", text)), *(line for block in FENCE.findall(text) for line in block.splitlines()),
             *(line for block in INDENTED.findall(text) for line in block.splitlines())]
    for each in shown:
        for match in CALL.finditer(each):
            yield match[1], re.findall(r"(?<!\S)\[?(--?[a-z][a-z-]*)", match[2])


def is_known(verb, options):
    if not re.search(rf"^ +{verb}\b", help_of(), re.MULTILINE):
        return False
    return all(re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", help_of(verb)) for option in options)


@pytest.mark.parametrize("page", [page for page in PAGES if any(commands(page))], ids=name_of)
def test_every_command_that_is_shown_can_be_given(page):
    unknown = [each for each in commands(page) if not is_known(*each)]
    assert not unknown


def test_commands_that_cannot_be_given_are_noticed():
    assert is_known("drain", ["--wait", "--force"])
    assert not is_known("drian", [])
    assert not is_known("drain", ["--wiat"])


def keys_of(part, schema):
    found = schema.get("properties", {}).get(part, {})
    if "$ref" in found:
        found = SCHEMA["$defs"][found["$ref"].rsplit("/", 1)[1]]
    return found.get("properties", {})


GROUPS = [part for part in SCHEMA["properties"] if keys_of(part, SCHEMA)]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_key_that_is_named_exists(page):
    named = re.findall(rf"(?<![\w./-])({'|'.join(GROUPS)})\.([a-z_]+)(?![\w/(*-])", " ".join(CODE.findall(text_of(page))))
    endings = {"json", "log", "pem", "md", "cpp", "hpp", "py", "sock"}
    assert not [each for each in named if each[1] not in keys_of(each[0], SCHEMA) and each[1] not in endings]


def test_there_are_keys_to_look_for():
    assert {"timeouts", "limits", "health_check", "forwarded"} <= set(GROUPS)
    assert "idle" in keys_of("timeouts", SCHEMA)
