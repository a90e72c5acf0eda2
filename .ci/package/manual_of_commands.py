#!/usr/bin/env python3
"""usage: manual_of_commands.py PROGRAM TEMPLATE

Prints the manual page opslb(1): TEMPLATE, in which @VERSION@ and @COMMANDS@ are what the program itself says.
"""

import pathlib
import subprocess
import sys

import command_line
import roff


def placeholder(argument):
    return f" {roff.italic(argument)}" if argument else ""


def option_synopsis(option):
    text = f"{roff.bold(option.names[-1])}{placeholder(option.argument)}"
    return text if option.required else f"[{text}]"


def argument_synopsis(argument):
    text = roff.italic(argument.name)
    return text if argument.required else f"[{text}]"


def own_options(command):
    return [option for option in command.options if "--help" not in option.names]


def lines_of(command):
    synopsis = [roff.bold(f"opslb {command.name}"), *map(argument_synopsis, command.arguments),
                *map(option_synopsis, own_options(command))]
    yield ".TP"
    yield " ".join(synopsis)
    yield roff.prose(command.about.rstrip(".")) + "."
    if command.arguments or own_options(command):
        yield ".RS"
        for argument in command.arguments:
            yield from (".TP", roff.italic(argument.name), roff.prose(argument.about))
        for option in own_options(command):
            yield from (".TP", ", ".join(map(roff.bold, option.names)) + placeholder(option.argument), roff.prose(option.about))
        yield ".RE"


def main(program, template):
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    commands = [line for command in command_line.read(program).commands for line in lines_of(command)]
    page = pathlib.Path(template).read_text(encoding="utf-8")
    print(page.replace("@VERSION@", version).replace("@COMMANDS@", "\n".join(commands)), end="")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    main(*sys.argv[1:])
