#!/usr/bin/env python3
"""usage: manual_of_keys.py SCHEMA VERSION

Prints the manual page opslb.json(5) from the JSON Schema of the configuration: every key with its form, its default and its
description. A key without a description is an error, so that the page stays whole.
"""

import json
import pathlib
import sys

import roff

KINDS = {"duration": "duration", "duration_or_zero": "duration", "seconds": "duration", "size": "size", "file": "file",
         "file_or_null": "file", "networks": "list of networks", "name": "name", "host_name_or_null": "host name"}
TYPES = {"boolean": "true or false", "integer": "number", "string": "string", "array": "list", "object": "object"}

INTRODUCTION = r"""
.SH NAME
opslb.json \- configuration of the load balancer opslb
.SH SYNOPSIS
.I /etc/opslb/opslb.json
.SH DESCRIPTION
One object in JSON, in UTF\-8, of at most 1 MiB. Comments are allowed: from
.B //
to the end of the line, and from
.B /*
to
.BR */ .
Unknown keys, wrong types and impossible values are errors, and
.B opslb check
finds all of them at once, each with its line and column.
Any key that asks for caching is refused: Ops Manager requires that its load balancer returns no cached content.
.TP
.I duration
a string of a whole number and a unit,
.BR ms ,
.BR s ,
.B m
or
.BR h :
"180s". At most "168h".
.TP
.I size
a string of a whole number and a unit,
.BR B ,
.BR KiB ,
.B MiB
or
.BR GiB :
"16KiB". The number 0 stands for no bound.
.TP
.I network
an address, or a CIDR block: "10.0.0.0/8".
.TP
.I file
a path, relative to the directory of the configuration file.
"""

END = r"""
.SH EXAMPLES
The smallest useful file:
.PP
.in +4n
.EX
{
  "listeners": [{"bind": "[::]:8080"}],
  "backends": [
    {"url": "http://ops1.example.com:8080"},
    {"url": "http://ops2.example.com:8080"}
  ]
}
.EE
.in
.PP
More of them, and the schema for editors that this page is made from, are in
.IR /usr/share/doc/opslb/examples .
.SH FILES
.I /etc/opslb/opslb.json
.SH SEE ALSO
.BR opslb (1)
"""


class Page:
    def __init__(self, schema):
        self.schema = schema
        self.lines = []

    def resolved(self, node):
        """With what it refers to, and the name of that."""
        if "$ref" not in node:
            return node, None
        name = node["$ref"].rsplit("/", 1)[-1]
        return {**self.schema["$defs"][name], **node}, name

    def form(self, node, reference):
        """What a value looks like, in a few words."""
        if node.get("enum"):
            return ", ".join(json.dumps(value) for value in node["enum"])
        if reference in KINDS:
            return KINDS[reference]
        kinds = node.get("type", [])
        words = [TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
        if "minimum" in node and "maximum" in node:
            words.append(f"{node['minimum']} to {node['maximum']}")
        return ", ".join(words)

    def entry(self, path, key, node, is_required):
        node, reference = self.resolved(node)
        if not node.get("description"):
            sys.exit(f"opslb.schema.json: {path}{key} has no description")
        tail = [self.form(node, reference)]
        if is_required:
            tail.append("required")
        elif "default" in node:
            tail.append(f"default {json.dumps(node['default'])}")
        form = "; ".join(filter(None, tail))
        self.lines += [".TP", f"{roff.bold(key)}" + (f"  ({roff.escape(form)})" if form else ""), roff.prose(node["description"])]

    def keys_of(self, path, node):
        """The keys of an object, then those of the objects below it, each with a heading of its own."""
        below = []
        for key, inner in node.get("properties", {}).items():
            if key == "$schema":
                continue
            self.entry(path, key, inner, key in node.get("required", []))
            inner, _ = self.resolved(inner)
            item, _ = self.resolved(inner.get("items", {}))
            if "properties" in item:
                below.append((f"{path}{key}[].", item))
            if "properties" in inner:
                below.append((f"{path}{key}.", inner))
        for inner_path, inner in below:
            self.lines.append(f".SS {roff.quoted(roff.escape(inner_path.rstrip('.')))}")
            self.keys_of(inner_path, inner)


def main(schema, version):
    page = Page(json.loads(pathlib.Path(schema).read_text(encoding="utf-8")))
    page.lines += [roff.title("OPSLB.JSON", 5, version, "File formats"), ".nh", INTRODUCTION.strip(), ".SH KEYS"]
    page.keys_of("", page.schema)
    page.lines.append(END.strip())
    print("\n".join(page.lines))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    main(*sys.argv[1:])
