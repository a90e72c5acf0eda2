#!/usr/bin/env python3
"""Every link in the project's documents leads somewhere: to a file or folder that there is, and to a heading in it. Links to
elsewhere are not followed.

usage: document_links.py TOP
"""

import pathlib
import re
import sys

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?\)|<(?:a|img)\b[^>]*\b(?:href|src)=\"([^\"]+)\"")
FENCE = re.compile(r"^(```|~~~)[^\n]*\n.*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
NOT_OURS = re.compile(r"(^|/)(build[^/]*|node_modules|\.git|found)/")


def documents(top):
    for path in sorted(top.rglob("*.md")):
        if not NOT_OURS.search(str(path.relative_to(top))):
            yield path


def anchor(heading):
    """As forges make it: in lower case, without what is no word, with a hyphen for each blank."""
    words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower())
    return words.replace(" ", "-")


def anchors(text):
    seen = {}
    for heading in re.findall(r"^#{1,6} +(.*?) *#*$", FENCE.sub("", text), re.MULTILINE):
        name = anchor(heading)
        seen[name] = seen.get(name, -1) + 1
        yield name if not seen[name] else f"{name}-{seen[name]}"


def links(text):
    for found in LINK.finditer(CODE.sub("``", FENCE.sub("", text))):
        yield found[1] or found[2]


def fault(document, link):
    """What is wrong with it, or None."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", link):
        return None
    name, _, heading = link.partition("#")
    target = document.parent / name if name else document
    if not target.exists():
        return "there is no such file"
    if heading and heading not in anchors(target.read_text(encoding="utf-8")):
        return "there is no such heading"
    return None


def complaints(top):
    for document in documents(top):
        for link in links(document.read_text(encoding="utf-8")):
            if wrong := fault(document, link):
                yield f"{document.relative_to(top)}: {link}: {wrong}"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(complaints(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(bool(found))
