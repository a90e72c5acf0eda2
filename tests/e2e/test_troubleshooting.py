"""docs/troubleshooting.md quotes opslb: what it quotes has to be what the program says."""

import pathlib
import re

import pytest

PROJECT = pathlib.Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

LITERAL = re.compile(r'R"\((?P<raw>.*?)\)"|"(?P<plain>(?:[^"\\\n]|\\.)*)"', re.DOTALL)
BESIDE = re.compile(r"\s*")
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
DIFFERS = re.compile(r"\{[^{}]*\}")


def unescaped(text):
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text)


def sentences(source):
    """The string literals of a C++ source, those beside each other as one."""
    joined, end = None, None
    for match in LITERAL.finditer(re.sub(r"^\s*(//|#).*$", "", source, flags=re.MULTILINE)):
        text = match["raw"] if match["raw"] is not None else unescaped(match["plain"])
        if end is not None and BESIDE.fullmatch(match.string, end, match.start()):
            joined += text
        else:
            if joined:
                yield joined
            joined = text
        end = match.end()
    if joined:
        yield joined


def said():
    """All that the program may say, without what differs from case to case."""
    sources = [path for folder in ("headers", "health", "proxy") for path in sorted((PROJECT / folder).rglob("*.[ch]pp"))]
    return [piece for path in sources for sentence in sentences(path.read_text(encoding="utf-8"))
            for piece in DIFFERS.split(sentence) if piece]


SAID = said()


def quotes():
    """The quoted lines of the page, and the first column of its tables of words."""
    for block in re.findall(r"(?:^> .*\n)+", PAGE, re.MULTILINE):
        yield " ".join(line[2:] for line in block.splitlines())
    for table in re.findall(r"^\| (?:words|`end`) \|.*\n\|.*\n((?:\|.*\n)+)", PAGE, re.MULTILINE):
        for row in table.splitlines():
            yield from re.findall(r"`([^`]+)`", row.split(" | ")[0])


QUOTES = [quote for quote in quotes() if quote != "like this one"]


def pieces(quote):
    """What stands between the places that differ, but for punctuation."""
    return [piece.strip(" :;()") for piece in quote.split("…") if re.search("[A-Za-z]{2}", piece)]


def is_said(piece):
    return any(piece in sentence for sentence in SAID)


def test_there_are_quotes_of_both_kinds():
    assert len(QUOTES) > 60
    assert "no host is up: …" in QUOTES and "TLS: no version in common" in QUOTES


@pytest.mark.parametrize("quote", QUOTES)
def test_what_is_quoted_is_what_the_program_says(quote):
    missing = [piece for piece in pieces(quote) if not is_said(piece)]
    assert pieces(quote) and not missing, f"opslb says nowhere: {missing}"


@pytest.mark.parametrize("quote", ["no host is down: …", "TLS: no virsion in common", "backend … is idle: …"])
def test_a_quote_that_nobody_says_is_noticed(quote):
    assert not all(is_said(piece) for piece in pieces(quote))


def test_every_reason_to_refuse_a_connection_is_explained():
    source = (PROJECT / "proxy" / "lane.cpp").read_text(encoding="utf-8")
    reasons = re.findall(r'case refused_connection::\w+: return "([^"]+)"', source)
    assert len(reasons) > 10
    assert not [reason for reason in reasons if reason not in QUOTES]


def test_every_end_of_a_request_is_explained():
    source = (PROJECT / "proxy" / "judge.cpp").read_text(encoding="utf-8")
    ends = re.findall(r'case failure_cause::\w+: return "([^"]+)"', source)
    assert len(ends) > 8
    assert not [end for end in ends if end not in QUOTES]
