"""What the page of the architecture names is there, and the first change that is told does what it says."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
STEP = re.compile(r"^\| `(hfs/[\w/]+\.py)` \| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
ALSO = re.compile(r"`(\w+)` (?:in|of)\s+`(hfs/[\w/]+\.py)`")


def defined(path: str) -> set[str]:
    """Every function, class and constant of a module."""
    tree = ast.parse((ROOT / path).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return functions | names | {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_is_there(page: str) -> None:
    named = set(re.findall(r"`((?:hfs|tests|docs|bench|fixtures)/[\w./-]*)`", (ROOT / page).read_text()))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_each_step_of_a_message_is_a_function_of_its_file() -> None:
    steps = STEP.findall(PAGE)
    assert len(steps) >= 11
    named = [(path, name) for path, names in steps for name in re.findall(r"\w+", names)]
    named += [(path, name) for name, path in ALSO.findall(PAGE)]
    assert [(path, name) for path, name in named if name not in defined(path)] == []


def test_every_package_of_the_store_has_a_row() -> None:
    folders = {path.parent.name for path in (ROOT / "hfs" / "persistence").glob("*/__init__.py")}
    assert [name for name in sorted(folders) if f"`{name}/`" not in PAGE] == []


def test_the_first_change_works_as_it_is_told(tmp_path: Path) -> None:
    told = dict(re.findall(r"<!-- first change: (.*?) -->\n```python\n(.*?)```", CONTRIBUTING, re.DOTALL))
    for folder in ("hfs", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    module = tmp_path / "hfs" / "tui" / "commands" / "messages.py"
    text = module.read_text().replace("from hfs.tui", "from hfs.display import counted\nfrom hfs.tui", 1)
    text = text.replace("\n\nCOMMANDS", f"\n\n{told['hfs/tui/commands/messages.py']}\n\nCOMMANDS", 1)
    module.write_text(text.replace("COMMANDS: Final = (", f"COMMANDS: Final = (\n{told['COMMANDS'].rstrip()},", 1))
    test = tmp_path / "tests" / "tui" / "test_chat_commands.py"
    test.write_text(f"{test.read_text()}\n\n{told['test']}")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "words_of_a_session_are_counted"]
    done = subprocess.run([*run, str(test)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout
