"""Text as roff of the macro package man(7), which groff and mandoc both set."""

import re

SPECIAL = {"\\": "\\(rs", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}


def escape(text):
    """Text that is set as it is. Minus signs stay such, so that what is copied from a page can be run."""
    text = "".join(SPECIAL.get(letter, letter) for letter in text)
    return f"\\&{text}" if text.startswith(".") else text


def prose(text):
    """Escaped, with what is between backquotes in bold."""
    parts = re.split(r"`([^`]*)`", text)
    return "".join(f"\\fB{escape(part)}\\fR" if number % 2 else escape(part) for number, part in enumerate(parts))


def bold(text):
    return f"\\fB{escape(text)}\\fR"


def italic(text):
    return f"\\fI{escape(text)}\\fR"


def title(name, section, version, manual):
    # No date: the same sources give the same page.
    return f'.TH {name} {section} "" "opslb {version}" "{manual}"'


def quoted(text):
    """As one argument of a macro."""
    return '"' + text.replace('"', '""') + '"'
