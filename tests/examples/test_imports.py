"""The examples are programs of somebody else: they know one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES


def of_hfs(path: Path) -> set[str]:
    """The modules of hfs that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name for name in found if name.partition(".")[0] == "hfs"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("**/*.py")), ids=lambda path: path.name)
def test_an_example_imports_nothing_of_hfs_but_the_toolkit(path: Path) -> None:
    assert of_hfs(path) == {"hfs.persistence"}
