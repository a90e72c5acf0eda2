"""What the status page's modules compute, and that they are put together as they are meant."""

import importlib.util
import pathlib

import pytest

from support.site import run
from support.status_page import PAGE

MODULES = pathlib.Path(__file__).resolve().parents[1] / "browser" / "modules.test.mjs"


@pytest.fixture
def assemble(tmp_path, monkeypatch):
    """assemble(file=text, …) puts a page of these modules together, main.mjs being the first; returns the page."""
    spec = importlib.util.spec_from_file_location("assemble", PAGE / "assemble.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FOLDER", tmp_path)

    def put_together(**modules):
        (tmp_path / "page.html").write_text('<head>\n<link rel="stylesheet" href="a.css">\n</head>\n'
                                            '<script type="module" src="main.mjs"></script>\n', encoding="utf-8")
        (tmp_path / "a.css").write_text("/* a\nremark */\na { b: c; }\n", encoding="utf-8")
        for name, text in modules.items():
            (tmp_path / f"{name}.mjs").write_text(text, encoding="utf-8")
        try:
            return module.assemble()[0]
        except module.Broken as fault:
            return str(fault)
    return put_together


def test_what_they_compute():
    run("node", "--test", MODULES)


def test_modules_come_before_those_that_need_them_once(assemble):
    page = assemble(main='import { b } from "./two.mjs";\nimport { a } from "./one.mjs";\n// A remark.\nb(a);\n',
                    two='import { a } from "./one.mjs";\nexport const b = () => a;\n', one="export const a = 1;\n")
    assert page == ("<head>\n<style>a { b: c; }</style>\n</head>\n"
                    '<script type="module">const a = 1;\nconst b = () => a;\nb(a);</script>\n')


@pytest.mark.parametrize("modules, fault", [
    ({"main": 'import { a } from "./one.mjs";\n', "one": "const a = 1;\n"}, "main.mjs imports a, which one.mjs does not export"),
    ({"main": 'import { a } from "./one.mjs";\nconst b = 1;\n', "one": "export const a = 1;\nfunction b() {}\n"}, "both declare b"),
    ({"main": 'import { a } from "./one.mjs";\n', "one": 'import { b } from "./main.mjs";\nexport const a = 1;\n'}, "imports itself"),
    ({"main": 'import a from "elsewhere";\n'}, "not of the form"),
    ({"main": "const a = 1, b = 2;\n"}, "is for one name"),
    ({"main": 'say("</script>");\n'}, "must not have </"),
], ids=["not-exported", "declared-twice", "circle", "another-form", "two-names", "end-of-script"])
def test_what_cannot_be_joined_is_refused(assemble, modules, fault):
    assert fault in assemble(**modules)
