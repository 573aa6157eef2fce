"""The page of environment variables names those that the code reads, and no other of ours."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.pages import DOCS, ROOT

_READ_BY_LIBRARIES: Final = {"COLUMNS", "LINES", "PAGER"}
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]+")
_RECORDS: Final = ("_Known",)
"""What is called with names of variables."""


def _constants(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that stand for a text, and the text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                    yield target.id, node.value.value


def _is_environment(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "environ") or (
        isinstance(node, ast.Name) and node.id == "environ"
    )


def _asked_for(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands where the environment is asked for a variable."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_environment(node.value):
            yield node.slice
        elif isinstance(node, ast.Compare) and any(map(_is_environment, node.comparators)):
            yield node.left
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_environment(node.func.value):
            yield from node.args[:1]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _RECORDS:
            yield from (*node.args, *(keyword.value for keyword in node.keywords))


def _read_by_the_code() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(ROOT / "hfs").rglob("*.py")]
    constants = dict(pair for tree in trees for pair in _constants(tree) if _VARIABLE.fullmatch(pair[1]))
    found = set()
    for node in (node for tree in trees for node in _asked_for(tree)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value):
            found.add(node.value)
        elif isinstance(node, ast.Name) and node.id in constants:
            found.add(constants[node.id])
    return found


def test_the_page_of_variables_has_those_that_the_code_reads_and_no_others() -> None:
    page = (DOCS / "reference" / "environment.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[A-Z].*?) \|", page, re.MULTILINE)
    documented = {name for row in rows for name in _VARIABLE.findall(row)}
    assert documented == _read_by_the_code() | _READ_BY_LIBRARIES
