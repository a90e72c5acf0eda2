#!/usr/bin/env python3
"""usage: completions.py PROGRAM bash|zsh|fish

Prints the completion of opslb's command line for that shell, from what the program itself says in --help.
"""

import sys

import command_line

BASH = """# bash completion of opslb. Made from its --help.
_opslb() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in %(names)s) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $previous in
    %(file_options)s) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    %(value_options)s) return ;;
  esac
  local words
  case $command in
    '') words='%(top)s' ;;
%(cases)s
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _opslb opslb
"""

ZSH = """#compdef opslb
# zsh completion of opslb. Made from its --help.
_opslb() {
  local -a commands=(
%(commands)s
  )
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C %(top)s '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $line[1] in
%(cases)s
      esac ;;
  esac
}
_opslb "$@"
"""

NO_COMMAND = "not __fish_seen_subcommand_from $commands"


def is_file(option):
    return "FILE" in option.argument


def joined(patterns):
    """As a pattern of case, which matches nothing if there are none."""
    return "|".join(sorted(patterns)) or "'a b'"


def bash(top):
    options = [option for command in top.commands for option in command.options if option.argument]
    words = {command.name: [name for option in command.options for name in option.names] for command in top.commands}
    return BASH % {
        "names": joined(words),
        "file_options": joined({name for option in options if is_file(option) for name in option.names}),
        "value_options": joined({name for option in options if not is_file(option) for name in option.names}),
        "top": " ".join([*words, *(name for option in top.options for name in option.names)]),
        "cases": "\n".join(f"    {name}) words='{' '.join(names)}' ;;" for name, names in words.items())}


def zsh_quoted(text):
    for letter in "\\:[]":
        text = text.replace(letter, f"\\{letter}")
    return text.replace("'", "'\\''")


def zsh_option(option):
    others = f"({' '.join(option.names)})"
    names = f"{{{','.join(option.names)}}}" if len(option.names) > 1 else option.names[0]
    value = "" if not option.argument else f":{option.argument}:{'_files' if is_file(option) else ''}"
    return f"'{others}'{names}'[{zsh_quoted(option.about)}]{value}'"


def zsh_case(command):
    arguments = [f"'{number}:{argument.name}:'" for number, argument in enumerate(command.arguments, 1)]
    return f"        {command.name}) _arguments {' '.join([*map(zsh_option, command.options), *arguments]) or ':'} ;;"


def zsh(top):
    return ZSH % {
        "commands": "\n".join(f"    '{zsh_quoted(command.name)}:{zsh_quoted(command.about)}'" for command in top.commands),
        "top": " ".join(map(zsh_option, top.options)),
        "cases": "\n".join(map(zsh_case, top.commands))}


def fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_option(condition, option):
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    value = "" if not option.argument else " -r -F" if is_file(option) else " -x"
    return f"complete -c opslb -n {fish_quoted(condition)} {names}{value} -d {fish_quoted(option.about)}"


def fish(top):
    lines = ["# fish completion of opslb. Made from its --help.",
             f"set -l commands {' '.join(command.name for command in top.commands)}",
             "complete -c opslb -f"]
    # Double quotes: $commands is put in now, it is gone when the condition is asked.
    lines += [f'complete -c opslb -n "{NO_COMMAND}" -a {command.name} -d {fish_quoted(command.about)}' for command in top.commands]
    lines += [fish_option(NO_COMMAND, option).replace(fish_quoted(NO_COMMAND), f'"{NO_COMMAND}"') for option in top.options]
    lines += [fish_option(f"__fish_seen_subcommand_from {command.name}", option)
              for command in top.commands for option in command.options]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in ("bash", "zsh", "fish"):
        sys.exit(__doc__.splitlines()[0])
    print({"bash": bash, "zsh": zsh, "fish": fish}[sys.argv[2]](command_line.read(sys.argv[1])), end="")
