"""No text of others is handed to Textual or Rich as markup."""

from __future__ import annotations

import ast
from pathlib import Path

import hfs.tui

FORBIDDEN = {"Static", "Label", "Button", "Option", "notify", "update", "from_markup", "print"}
SAFE = {"Content", "Text"}


def offences(tree: ast.AST) -> list[int]:
    """Lines on which something that reads markup gets anything but a literal or Content."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in FORBIDDEN or any(word.arg == "markup" for word in node.keywords):
            continue
        first = node.args[0]
        wrapped = isinstance(first, ast.Call) and getattr(first.func, "id", "") in SAFE
        if not (wrapped or isinstance(first, ast.Constant)):
            found.append(node.lineno)
    return found


def test_no_widget_gets_text_that_it_would_read_as_markup() -> None:
    for path in Path(hfs.tui.__path__[0]).rglob("*.py"):
        assert offences(ast.parse(path.read_text())) == [], path


def test_the_check_sees_an_offence() -> None:
    assert offences(ast.parse("Static(name)\nself.notify(f'{x}')\nStatic(Content(name))\nnotify(x, markup=False)")) == [
        1,
        2,
    ]
