#!/usr/bin/env python3
"""Puts the status page together: page.html with its style sheets and modules inside, and the Content-Security-Policy under which
nothing else runs.

    assemble.py html FILE    the page
    assemble.py policy       the policy, on stdout
    assemble.py cpp FILE     both, as the definitions of what page.hpp declares

The modules keep to what can be put one behind the other: `import { names } from "./file.mjs";`, `export` before a declaration, and no
two files declare one name at their top. All of it is checked here, so that the page behaves as its modules do.
"""

import base64
import hashlib
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.mjs)";\n', re.MULTILINE)
DECLARED = re.compile(r"^(export )?(?:async )?(?:function|class|const|let) (?:(\w+)|\[([^\]]*)\])", re.MULTILINE)
SEVERAL = re.compile(r"^(?:export )?(?:const|let) [^{\[(\n]*, \w+ =", re.MULTILINE)
STYLE = re.compile(r'<link rel="stylesheet" href="([\w-]+\.css)">\n')
SCRIPT = re.compile(r'<script type="module" src="([\w-]+\.mjs)"></script>')


class Broken(Exception):
    """A source that cannot be put together, in words."""


def in_order(name, seen=None):
    """The modules that `name` needs, and itself last."""
    seen = {} if seen is None else seen
    if name in seen:
        if seen[name] is None:
            raise Broken(f"{name} imports itself by way of others")
        return []
    seen[name] = None
    text = (FOLDER / name).read_text(encoding="utf-8")
    found = [module for _, other in IMPORT.findall(text) for module in in_order(other, seen)]
    seen[name] = text
    return found + [(name, text)]


def script(name):
    modules = in_order(name)
    owner, exported = {}, {}
    for file, text in modules:
        if SEVERAL.search(text):
            raise Broken(f"{file}: one declaration at the top is for one name")
        names = [(bool(export), each.strip()) for export, single, several in DECLARED.findall(text)
                 for each in (single or several).split(",")]
        exported[file] = {each for is_exported, each in names if is_exported}
        for _, each in names:
            if each in owner:
                raise Broken(f"{owner[each]} and {file} both declare {each}")
            owner[each] = file
    for file, text in modules:
        for names, other in IMPORT.findall(text):
            for each in filter(None, map(str.strip, names.split(","))):
                if each not in exported[other]:
                    raise Broken(f"{file} imports {each}, which {other} does not export")
    joined = "".join(re.sub(r"^export ", "", IMPORT.sub("", text), flags=re.MULTILINE) for _, text in modules)
    if re.search(r"^(import|export)\b", joined, re.MULTILINE):
        raise Broken("an import or export is not of the form that this script knows")
    return lean(joined, r"^\s*//")


def lean(text, comment):
    """Without indentation, and without the lines that are comments."""
    text = re.sub(r"^\s*/\*.*?\*/\n", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = (line.strip() for line in text.split("\n") if not re.match(comment, line))
    return "\n".join(filter(None, lines))


def source(text):
    """A hash as the policy names it (CSP 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def assemble():
    """The page and its policy."""
    page = (FOLDER / "page.html").read_text(encoding="utf-8")
    styles = lean("".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLE.findall(page)), r"(?!)")
    scripts = script(SCRIPT.search(page)[1])
    if "</" in scripts or "<!--" in scripts:
        raise Broken("a script must not have </ or <!-- in it: HTML would take it for its end")
    page = lean(re.sub(r"<!--.*?-->\n", "", STYLE.sub("", page), flags=re.DOTALL), r"(?!)") + "\n"
    page = page.replace("</head>", f"<style>{styles}</style>\n</head>", 1)
    page = SCRIPT.sub(lambda _: f'<script type="module">{scripts}</script>', page)
    policy = "; ".join([
        "default-src 'none'", f"script-src {source(scripts)}", f"style-src {source(styles)}", "connect-src 'self'", "img-src data:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"])
    return page, policy


def definitions(page, policy):
    """C++. Bytes one by one: a literal of this length is more than compilers have to take."""
    text = page.encode()
    lines = [",".join(str(byte) for byte in text[at:at + 40]) for at in range(0, len(text), 40)]
    return "\n".join([
        "// Written by proxy/admin/page/assemble.py.", '#include "proxy/admin/page.hpp"', "",
        "namespace opslb::admin {", "namespace {", f"constexpr unsigned char bytes[{len(text)}] = {{", ",\n".join(lines), "};",
        "}  // namespace", "",
        "std::string_view page() { return {reinterpret_cast<const char*>(bytes), sizeof bytes}; }",
        f'std::string_view page_policy() {{ return "{policy}"; }}', "}  // namespace opslb::admin", ""])


def main(what, *file):
    try:
        page, policy = assemble()
    except Broken as fault:
        sys.exit(f"assemble.py: {fault}")
    text = {"html": page, "policy": policy + "\n", "cpp": definitions(page, policy)}[what]
    if file:
        pathlib.Path(file[0]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
