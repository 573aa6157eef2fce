"""The door of the toolkit: nothing of it changes unnoticed, and everything of it is documented by what runs."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import doctest
import inspect
import itertools
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import hfs
import hfs.persistence
from hfs.persistence import HfsError
from tests.persistence import public_api
from tests.persistence.public_api import constructor_of, instance_attributes, members_of

ROOT = Path(hfs.__file__).parent.parent
NAMES = hfs.persistence.__all__
CLASSES = [name for name in NAMES if inspect.isclass(getattr(hfs.persistence, name))]
DOCUMENTED = [name for name in NAMES if name in CLASSES or inspect.isfunction(getattr(hfs.persistence, name))]
CONSTANTS = [name for name in NAMES if name not in DOCUMENTED]
SECTIONS = re.compile(r"^(Args|Returns|Raises|Example|Yields):\n((?:(?: .*)?\n?)*)", re.MULTILINE)
ENTRY = re.compile(r"^    (\*{0,2}\w[\w, \n*]*?):(?: |$)", re.MULTILINE)


def callables() -> Iterator[tuple[str, Any]]:
    """Everything public that can be called, with its full name."""
    for name in DOCUMENTED:
        value = getattr(hfs.persistence, name)
        if not inspect.isclass(value):
            yield name, value
            continue
        if constructor_of(value) is not None:
            yield name, constructor_of(value)
        for key, member in members_of(value).items():
            if not key.startswith("_") and not isinstance(member, property):
                yield f"{name}.{key}", getattr(member, "__func__", member)


CALLABLES = dict(callables())


def docstring_of(name: str) -> str:
    """The docstring, for a constructor that of its class."""
    value = getattr(hfs.persistence, name) if name in NAMES else CALLABLES[name]
    return inspect.cleandoc(value.__doc__ or "")


def section_of(name: str, title: str) -> str:
    """A section of a docstring; empty where there is none."""
    return next((body for head, body in SECTIONS.findall(docstring_of(name) + "\n") if head == title), "")


def entries(name: str, title: str) -> list[str]:
    """What a section names."""
    return [part.strip() for names in ENTRY.findall(section_of(name, title)) for part in names.split(",")]


def test_the_api_is_as_it_was_written_down() -> None:
    difference = public_api.difference()
    assert not difference, f"{difference}\n\nIf you meant it: python -m tests.persistence.public_api --write"


def test_the_door_lists_what_can_be_reached_in_order() -> None:
    homes = [name for names in hfs.persistence._HOMES.values() for name in names]
    assert sorted(homes) == sorted(NAMES) and len(set(homes)) == len(homes)
    # As ruff sorts it: constants, classes, then the rest.
    kinds = sorted(NAMES, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert kinds == NAMES


def test_types_and_running_programs_are_given_the_same_names_from_the_same_homes() -> None:
    tree = ast.parse(Path(hfs.persistence.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    homes = {
        name: f"hfs.persistence{home}" if home.startswith(".") else home
        for home, names in hfs.persistence._HOMES.items()
        for name in names
    }
    assert typed == homes


def test_importing_the_door_imports_no_home() -> None:
    code = "import sys, hfs.persistence; print(sorted(name for name in sys.modules if name.startswith('hfs.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['hfs.persistence']"


def test_help_and_completion_know_every_name() -> None:
    code = "import hfs.persistence, pydoc; print(pydoc.render_doc(hfs.persistence, renderer=pydoc.plaintext))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    told = set(re.findall(r"^    (?:class )?(\w+)(?:\(| = )", done.stdout, re.MULTILINE))
    assert set(NAMES) <= told
    assert set(NAMES) <= set(dir(hfs.persistence))


def test_without_the_extra_the_rest_can_be_imported_and_the_names_that_need_it_say_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from hfs.persistence import *\n"
        "print(DocumentDB.__name__, 'create_db_engine' in globals())\n"
        "from hfs.persistence import create_db_engine"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == "DocumentDB False\n"
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: create_db_engine needs more packages: ")
    assert "hfs-chat[sql]" in last


def test_every_error_that_a_store_raises_can_be_had_at_the_door() -> None:
    import hfs.errors

    outside = {"ModelError", "TransferError"}
    for error in vars(hfs.errors).values():
        if inspect.isclass(error) and issubclass(error, HfsError):
            others = {base.__name__ for base in error.__mro__} & outside
            assert others or error.__name__ in NAMES, error


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_public_name_has_a_docstring_with_an_example(name: str) -> None:
    docstring = docstring_of(name)
    assert docstring and docstring[0].isupper(), name
    assert ">>> " in section_of(name, "Example"), "it has no example"


@pytest.mark.parametrize("name", CALLABLES)
def test_arguments_values_and_errors_are_documented(name: str) -> None:
    signature = inspect.signature(CALLABLES[name])
    parameters = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    assert entries(name, "Args") == [
        str(parameter.replace(annotation=parameter.empty, default=parameter.empty)) for parameter in parameters
    ]
    if parameters and name not in CLASSES and signature.return_annotation not in ("None", signature.empty):
        # Without arguments, what is returned is what the first line says.
        assert section_of(name, "Returns") or section_of(name, "Yields")
    for error in entries(name, "Raises"):
        found = getattr(hfs.persistence, error) if error in NAMES else getattr(builtins, error)
        assert issubclass(found, Exception)


def with_a_string_below(source: str) -> set[str]:
    """The names and attributes under whose assignment a string stands."""
    found: set[str] = set()
    for parent in ast.walk(ast.parse(source)):
        body = getattr(parent, "body", [])
        for statement, following in itertools.pairwise(body) if isinstance(body, list) else ():
            target = getattr(statement, "target", None) or next(iter(getattr(statement, "targets", [])), None)
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                found.add(str(getattr(target, "attr", None) or getattr(target, "id", "")))
    return found


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_is_documented(name: str) -> None:
    home = import_module(hfs.persistence._HOME_OF[name], "hfs.persistence")
    assert name in with_a_string_below(inspect.getsource(home))


@pytest.mark.parametrize("name", CLASSES)
def test_every_attribute_is_documented(name: str) -> None:
    cls = getattr(hfs.persistence, name)
    fields = [field.name for field in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else []
    missing = {*fields, *instance_attributes(cls)}
    for one in cls.__mro__:
        if one.__module__.partition(".")[0] == "hfs":
            missing -= with_a_string_below(inspect.getsource(one))
    missing |= {
        key
        for key, member in members_of(cls).items()
        if isinstance(member, property) and not (member.__doc__ or "").strip()
    }
    assert missing == set()


EXAMPLES = [name for name in [*DOCUMENTED, *CALLABLES] if ">>> " in docstring_of(name)]


@pytest.mark.parametrize("name", sorted(set(EXAMPLES)))
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(docstring_of(name), {}, name, None, 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failed = runner.run(test, out=said.append).failed
    assert not failed, "".join(said)
