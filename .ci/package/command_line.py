"""What a build of opslb says about its own command line in --help, as data: for the manual page and the completions, which
therefore cannot fall behind the program. Not tied to one version of CLI11, which lays its help out differently."""

import re
import subprocess
from dataclasses import dataclass, field

HEADING = re.compile(r"^(options|subcommands|positionals)\s*:\s*$", re.IGNORECASE)
ENTRY = re.compile(r"^ {1,4}(?P<what>\S.*?)(?: {2,}(?P<about>\S.*))?$")


@dataclass
class Option:
    names: list         # short before long
    argument: str       # "" for a flag
    about: str
    required: bool = False


@dataclass
class Argument:
    name: str
    about: str
    required: bool = False


@dataclass
class Command:
    name: str
    about: str
    options: list = field(default_factory=list)
    arguments: list = field(default_factory=list)
    commands: list = field(default_factory=list)


def sections(text):
    """The entries under each heading, as (what, about), and what stands above all of them."""
    found, above, current = {}, [], None
    for line in text.splitlines():
        if heading := HEADING.match(line.strip()):
            current = found.setdefault(heading[1].lower(), [])
        elif current is None:
            above.append(line.strip())
        elif line.strip():
            # CLI11 2.4 sets long names apart: "-h,     --help".
            entry = ENTRY.match(re.sub(r"^( +-\w), +--", r"\1,--", line))
            if entry:
                current.append([entry["what"], entry["about"] or ""])
            else:   # what did not fit beside a long name
                current[-1][1] = f"{current[-1][1]} {line.strip()}".strip()
    return found, [line for line in above if line]


RELATION = re.compile(r"\s*\b(Excludes|Needs):((?: --?[\w-]+)+)")
SAID_AS = {"Excludes": "not with", "Needs": "only with"}


def split(what):
    """The words of an entry without what CLI11 puts among them, whether it is required, and how it gets on with others."""
    relations = [f"{SAID_AS[kind]}{others}" for kind, others in RELATION.findall(what)]
    what = RELATION.sub("", what)
    required = bool(re.search(r"\bREQUIRED\b", what))
    return re.sub(r"\s*\bREQUIRED\b", "", what).strip(), required, relations


def option(what, about):
    what, required, relations = split(what)
    names, _, argument = what.partition(" ")
    names = sorted(names.split(","), key=lambda name: name.startswith("--"))
    return Option(names, argument.strip(), "; ".join([about, *relations]), required)


def argument(what, about):
    what, required, _ = split(what)
    return Argument(what.split(" ")[0].upper(), about, required)


def read(program, *path):
    """The command at that path, and all below it."""
    text = subprocess.run([program, *path, "--help"], capture_output=True, text=True, check=True).stdout
    found, above = sections(text)
    about = " ".join(line for line in above if not line.lower().startswith("usage:") and not line.startswith(program))
    command = Command(path[-1] if path else "opslb", about)
    command.options = [option(*entry) for entry in found.get("options", [])]
    command.arguments = [argument(*entry) for entry in found.get("positionals", [])]
    for name, below in found.get("subcommands", []):
        is_there = "not built in yet" not in below
        command.commands.append(read(program, *path, name) if is_there else Command(name, below))
    return command
