"""Builds opslb with one identity rule switched off, to see that a test notices. The product has no such switch: one source
file is changed in a copy, compiled as the build in OPSLB_BUILD compiles it, and linked in front of the library that has the
right one."""

import pathlib
import shlex
import subprocess
from dataclasses import dataclass

from support.opslb import BUILD
from support.timeouts import scaled

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "headers/known_field.cpp"
OWN_ADDRESS = '  out.line("X-Forwarded-For", who.client_text);'


@dataclass(frozen=True)
class Rule:
    name: str
    file: str
    right: str  # stands in the file exactly once
    wrong: str


def passing(name, meaning):
    """The header of that name is let through."""
    return Rule(name, TABLE, f'{{"{name}", {meaning}}}', f'{{"{name}", known_field{{}}}}')


RULES = (
    Rule("x-forwarded-for", "headers/rewrite.cpp", OWN_ADDRESS,  # two rules drop the client's line; this one keeps it
         '  for (const auto& line : head.fields) if (line.known.id == field_id::x_forwarded_for) out.line(line.name, line.value);'
         + OWN_ADDRESS),
    passing("x-forwarded-host", "client(x_forwarded_host)"),
    passing("x-forwarded-port", "client(x_forwarded_port)"),
    passing("x-forwarded-proto", "client(x_forwarded_proto)"),
    passing("x-proxied-https", "client(x_proxied_https)"),
    *(passing(name, "client()") for name in (
        "proxy-ssl-id", "proxy-auth-cert", "client-cert", "client-cert-chain", "proxy", "true-client-ip", "x-client-ip",
        "x-cluster-client-ip", "x-url-scheme", "front-end-https")),
    Rule("forwarded", TABLE, '"forwarded",', '"forwarded-",'),
    Rule("forwarded-for", TABLE, '"forwarded",', '"forwarded-other",'),
    Rule("x-forwarded-anything", TABLE, '"x-forward",', '"x-forward-other",'),
    Rule("x-original-anything", TABLE, '"x-original",', '"x-original-other",'),
    Rule("x-real-ip", TABLE, '"x-real-",', '"x-real-other",'),
    Rule("underscores", TABLE, "table['_'] = '-';", ""),
    Rule("dots", TABLE, "table['.'] = '-';", ""),
    Rule("nothing-in-trailers", "headers/rewrite.cpp", "if (line.known.never_in_trailer ||", "if (false ||"),
    Rule("origin-form", "headers/rewrite.cpp", "facts.target.origin, \" HTTP/1.1", "head.target, \" HTTP/1.1"),
    Rule("host-of-the-absolute-form", "headers/framing.cpp", "if (facts.target.form == target_form::absolute)", "if (false)"),
    Rule("lines-that-connection-cannot-remove", "headers/rewrite.cpp", OWN_ADDRESS,
         '  if (!read_connection(head.fields).nominates("X-Forwarded-For"))' + OWN_ADDRESS),
    Rule("trust", "headers/forwarded.cpp", "= contains(rules.trusted_proxies, from.client.address);", "= true;"),
    Rule("the-walk-from-the-right", "headers/forwarded.cpp", "if (!contains(trusted, client)) return false;", ""),
)


def build_without(rule, directory):
    """The path of an opslb without that rule, in `directory`."""
    source = (ROOT / rule.file).read_text(encoding="utf-8")
    assert source.count(rule.right) == 1, f"{rule.file} has {rule.right!r} {source.count(rule.right)} times: mend mutants.py"
    copy, binary = directory / "mutant.cpp", directory / f"opslb-without-{rule.name}"
    copy.write_text(source.replace(rule.right, rule.wrong), encoding="utf-8")

    commands = run(["ninja", "-C", BUILD, "-t", "commands", "opslb"]).splitlines()
    compile_it = next(shlex.split(line) for line in commands if f" -c {ROOT / rule.file}" in line)
    at = compile_it.index("-MD")  # dependency files and output: not those of the build
    run([*compile_it[:at], "-Wno-error", "-o", copy.with_suffix(".o"), "-c", copy])
    # Only the linking: what comes behind it takes the symbols out of the build's own opslb.
    link = commands[-1].removeprefix(": && ").split(" && ")[0].replace(" -o opslb ", f" {copy.with_suffix('.o')} -o {binary} ", 1)
    assert str(binary) in link, f"not a link of opslb: {link}"
    run(["sh", "-c", link])
    return binary


def run(command):
    done = subprocess.run([str(word) for word in command], cwd=BUILD, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=scaled(300), check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout
