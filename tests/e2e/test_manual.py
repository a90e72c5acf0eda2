"""The pages of the manual, and what shells complete: made from the program and the schema, and whole."""

import contextlib
import gzip
import json
import os
import pty
import re
import subprocess

import pytest

from support import package
from support.opslb import BUILD
from support.opslb import run as opslb
from support.timeouts import SLOWNESS

pytestmark = pytest.mark.skipif(SLOWNESS > 1, reason="made of the release build")

MADE = BUILD / "conf/package"
SCHEMA = json.loads((package.TOP / "conf/opslb.schema.json").read_text(encoding="utf-8"))


def commands():
    """Name to long options, as --help has them."""
    listed = re.search(r"^subcommands:\n(.*)", opslb("--help").stdout, re.IGNORECASE | re.MULTILINE | re.DOTALL)[1]
    found = dict(re.findall(r"^ {2}(\w+) +(.*)", listed, re.MULTILINE))
    return {name: [] if "not built in yet" in about else re.findall(r"--[\w-]+", opslb(name, "--help").stdout.split("\n\n", 1)[1])
            for name, about in found.items()}


COMMANDS = commands() if (BUILD / "opslb").exists() else {}


def page(name):
    return gzip.decompress((MADE / f"{name}.gz").read_bytes()).decode("ascii")


def shown(name):
    """As a terminal has it, without bold and underline."""
    return re.sub(".\b", "", package.run("mandoc", "-T", "ascii", "-O", "width=140", input=page(name)))


@pytest.mark.parametrize("name", ["opslb.1", "opslb.json.5"])
def test_mandoc_finds_nothing_wrong_but_that_there_is_no_date(name):
    found = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page(name), capture_output=True, text=True, check=False)
    assert [line for line in found.stdout.splitlines() if "missing date" not in line] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_manual_has_every_command_with_its_options(command):
    text = shown("opslb.1")
    assert re.search(rf"^ +opslb {command}\b", text, re.MULTILINE)
    block = re.split(r"^ {5,7}opslb ", text, flags=re.MULTILINE)
    [own] = [each for each in block if re.match(rf"{command}\b", each)]
    assert [option for option in COMMANDS[command] if option not in (*re.findall(r"--[\w-]+", own), "--help")] == []


def test_how_options_get_on_with_each_other_is_said_in_words():
    text = shown("opslb.1")
    assert "not with --admin" in text and not re.search("Excludes|Needs:|REQUIRED", text)


def test_the_manual_tells_signals_and_exit_codes():
    text = shown("opslb.1")
    assert all(name in text for name in ("SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2", "EXIT STATUS"))


def test_the_manual_has_every_key_of_the_schema():
    text = shown("opslb.json.5")

    def keys(node):
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                yield from [name] if "type" in inner or "$ref" in inner or "enum" in inner else []
            for name, inner in node.items():
                if name not in ("if", "then", "else", "allOf", "anyOf", "dependentSchemas"):
                    yield from keys(inner)
    wanted = set(keys(SCHEMA)) - {"$schema"}
    assert len(wanted) > 60
    assert [key for key in sorted(wanted) if not re.search(rf"^ +{key}(  \(|$)", text, re.MULTILINE)] == []


def test_a_key_without_a_description_is_an_error(tmp_path):
    file = tmp_path / "schema.json"
    file.write_text(json.dumps({"properties": {"a": {"type": "string"}}}), encoding="utf-8")
    result = subprocess.run([package.TOP / ".ci/package/manual_of_keys.py", file, "1"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (1, "opslb.schema.json: a has no description\n")


def complete_in_bash(line):
    words = line.split(" ")
    program = (f"source {MADE}/completion.bash; COMP_WORDS=({' '.join(word or repr('') for word in words)}); "
               f"COMP_CWORD={len(words) - 1}; _opslb; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return package.run("bash", "--norc", "-c", program).split()


def complete_in_fish(line):
    program = f"source {MADE}/completion.fish; complete --do-complete '{line}'"
    return [each.split("\t")[0] for each in package.run("fish", "--no-config", "-c", program).splitlines()]


# What may follow is printed, too, each word in <>, whatever zsh makes of it on the screen.
ZSH = """
PROMPT='ready>' RPS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D
compadd() {{
  local -a found; builtin compadd -O found "$@"
  (( $#found )) && print -r -- "<${{(j:><:)found}}>"
  builtin compadd "$@"
}}
bindkey '^I' complete-word
"""


def read_terminal(terminal, mark):
    """To the mark; without one to the end."""
    text = b""
    with contextlib.suppress(OSError):  # what a terminal says once its last process has ended
        while not mark or mark not in text:
            text += os.read(terminal, 4096)
    return text


def complete_in_zsh(line, folder):
    (folder / "_opslb").write_bytes((MADE / "completion.zsh").read_bytes())
    (folder / ".zshrc").write_text(ZSH.format(folder=folder), encoding="utf-8")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(ZDOTDIR=str(folder), TERM="dumb")
        os.execvp("zsh", ["zsh", "--no-globalrcs", "-i"])
    read_terminal(terminal, b"ready>")
    # Control-U drops the line again, however much of it zsh has filled in.
    os.write(terminal, f"{line}\t\x15exit\n".encode())
    text = read_terminal(terminal, None)
    os.close(terminal)
    os.waitpid(child, 0)
    return re.findall(r"<([\w-]+)>", text.decode().replace("><", "> <"))


COMPLETE = {"bash": lambda line, _: complete_in_bash(line), "fish": lambda line, _: complete_in_fish(line), "zsh": complete_in_zsh}


@pytest.mark.parametrize("shell", COMPLETE)
def test_a_shell_completes_every_command(shell, tmp_path):
    assert set(COMMANDS) <= set(COMPLETE[shell]("opslb ", tmp_path))
    assert set(COMPLETE[shell]("opslb ch", tmp_path)) == {"check"}


@pytest.mark.parametrize("shell", COMPLETE)
def test_a_shell_completes_the_options_of_each_command(shell, tmp_path):
    for command, options in COMMANDS.items():
        if options:
            found = set(COMPLETE[shell](f"opslb {command} --", tmp_path))
            assert set(options) <= {f"--{each.lstrip('-')}" for each in found}, command
