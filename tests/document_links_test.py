#!/usr/bin/env python3
"""The test of the documents' links notices what it is there for."""

import pathlib
import tempfile
import unittest

import document_links


class DocumentLinks(unittest.TestCase):
    def complaints(self, text):
        with tempfile.TemporaryDirectory() as folder:
            top = pathlib.Path(folder)
            (top / "docs").mkdir()
            (top / "docs" / "a.md").write_text(text, encoding="utf-8")
            (top / "docs" / "b.md").write_text("# The `b` of [it](a.md): all\n\n## Twice\n\n## Twice\n", encoding="utf-8")
            (top / "plain.txt").write_text("", encoding="utf-8")
            (top / "build").mkdir()
            (top / "build" / "c.md").write_text("[x](nowhere)", encoding="utf-8")
            return list(document_links.complaints(top))

    def test_what_is_there_is_fine(self):
        for link in ("b.md", "../plain.txt", "../docs", "#here", "b.md#the-b-of-it-all", "b.md#twice", "b.md#twice-1",
                     "https://example.com/nowhere", "mailto:a@example.com"):
            self.assertEqual([], self.complaints(f"# Here\n\n[a [b] c]({link}) ![picture](b.md)\n"), link)

    def test_what_is_not_there_is_told(self):
        for link, wrong in (("c.md", "file"), ("plain.txt", "file"), ("#there", "heading"), ("b.md#twice-2", "heading")):
            self.assertEqual([f"docs/a.md: {link}: there is no such {wrong}"], self.complaints(f"# Here\n\n[a `b`]({link})\n"))

    def test_pictures_count_and_so_does_html(self):
        self.assertEqual(1, len(self.complaints("![x](no.png)")))
        self.assertEqual(1, len(self.complaints('<img alt="x" src="no.png">')))

    def test_code_is_no_link(self):
        self.assertEqual([], self.complaints("`[x](no)`\n\n```\n[x](no)\n```\n"))


if __name__ == "__main__":
    unittest.main()
