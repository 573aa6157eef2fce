"""What is imported is declared, and what is declared is imported."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NOT_INSTALLED_HERE = {"xllamacpp": "xllamacpp", "compression": "", "keyring": "keyring", "backports": "backports.zstd"}
"""Distributions of modules that an environment of the tests need not have; none for a module of a later Python."""
NAMED_IN_TEXT = {"aiosqlite": "sqlite+aiosqlite"}
"""What is used without an import, and the word by which."""

BROUGHT = {"psycopg"}
"""Drivers that a user brings who names them in an address."""


def plain(requirement: str) -> str:
    """The normalised name in a requirement."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def imported(folder: Path) -> dict[str, set[str]]:
    """The distributions that modules import, and which modules those are."""
    known = packages_distributions()
    found = defaultdict(set)
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            for top in {module.partition(".")[0] for module in modules}:
                if top in sys.stdlib_module_names or top in {"hfs", "tests", "bench", "docs"}:
                    continue
                named = NOT_INSTALLED_HERE.get(top)
                for distribution in known.get(top, [top]) if named is None else [named] * bool(named):
                    found[plain(distribution)].add(str(path.relative_to(ROOT)))
    return found


def declared() -> dict[str, str]:
    """The normalised names of what the package may need, with the requirement."""
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    return {plain(text): text for group in groups for text in group}


def test_what_the_package_imports_is_declared() -> None:
    found = imported(ROOT / "hfs")
    assert {name: places for name, places in found.items() if name not in declared().keys() | BROUGHT} == {}


def test_what_is_declared_is_used() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "hfs").rglob("*.py"))
    unused = set(declared()) - set(imported(ROOT / "hfs"))
    assert {name for name in unused if NAMED_IN_TEXT.get(name, "\0") not in sources} == set()


def test_what_is_always_installed_is_used_outside_the_engines_for_servers() -> None:
    always = {plain(text) for text in PROJECT["project"]["dependencies"]}
    used = imported(ROOT / "hfs")
    assert {name for name in always if all("/sql/" in place for place in used[name])} == set()


@pytest.mark.parametrize(("name", "requirement"), sorted(declared().items()))
def test_every_requirement_has_a_lower_bound(name: str, requirement: str) -> None:
    assert re.search(r">=\d", requirement)


def test_a_list_loads_nothing_of_an_extra() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    of_extras = {plain(text) for group in extras for text in group}
    modules = {top for top, owners in packages_distributions().items() if of_extras & {plain(name) for name in owners}}
    assert "sqlalchemy" in modules
    code = f"import atexit, sys; atexit.register(lambda: print(sorted({modules!r} & set(sys.modules))))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; sys.argv = ['hfs', 'list']; from hfs.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
