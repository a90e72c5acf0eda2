"""A release: what has one version, has it everywhere. `./dev release` makes one, and builds it twice."""

import re

from support import package

CHANGES = (package.TOP / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_newest_changes_are_unreleased_or_of_this_version():
    newest, *older = re.findall(r"^## (?:\[?(Unreleased|[0-9]+\.[0-9]+\.[0-9]+)\]?)(?: - \d{4}-\d{2}-\d{2})?$", CHANGES, re.MULTILINE)
    assert newest in ("Unreleased", package.version())
    assert "Unreleased" not in older


def test_every_heading_of_the_changes_is_a_version():
    for heading in re.findall(r"^## (.*)$", CHANGES, re.MULTILINE):
        assert re.fullmatch(r"Unreleased|\[?\d+\.\d+\.\d+\]? - \d{4}-\d{2}-\d{2}", heading), heading


def test_the_version_stands_in_one_place():
    version = re.escape(package.version())
    for name in ("README.md", "docs/install.md", "Containerfile", ".ci/image.sh", ".ci/package/build.sh", ".ci/release.sh",
                 "conf/package/CMakeLists.txt"):
        text = (package.TOP / name).read_text(encoding="utf-8")
        assert not re.search(rf"(?<![\d.]){version}(?![\d.])", text), name
