"""The public names of ``hfs.persistence`` as text, the same on every Python: what programs of others stand on.

``python -m tests.persistence.public_api --write`` writes it into ``public_api.txt``.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hfs.persistence

FILE: Final = Path(__file__).with_suffix(".txt")
_PROTOCOLS: Final = frozenset(
    ("__aenter__", "__aexit__", "__bool__", "__enter__", "__exit__", "__getitem__", "__iter__", "__len__", "__str__")
)
_MARKS: Final[dict[object, str]] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}


def described() -> str:
    """The whole API."""
    return "\n".join(text for name in hfs.persistence.__all__ for text in _name(name)) + "\n"


def difference() -> str:
    """How the API differs from the file; empty where it doesn't."""
    lines = difflib.unified_diff(
        FILE.read_text(encoding="utf-8").splitlines(),
        described().splitlines(),
        "public_api.txt",
        "the code",
        lineterm="",
    )
    return "\n".join(lines)


def members_of(cls: type) -> dict[str, Any]:
    """What a class of hfs has, and what it has from private classes: by name, as it is defined."""
    found: dict[str, Any] = {}
    for one in reversed(cls.__mro__):
        if one.__module__.partition(".")[0] == "hfs":
            found.update(vars(one))
    return {name: member for name, member in sorted(found.items()) if _is_public(name, member)}


def _is_public(name: str, member: Any) -> bool:
    if name in _PROTOCOLS:
        return inspect.isfunction(member) and _is_written(member)
    kinds = (property, staticmethod, classmethod)
    return not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, kinds))


def _is_written(function: Any) -> bool:
    """Whether somebody wrote a function: a dataclass makes some by itself."""
    return not function.__code__.co_filename.startswith("<")


def constructor_of(cls: type) -> Any:
    """How a class of hfs is made, where hfs says it and not a dataclass or somebody else's class; or None."""
    for one in cls.__mro__:
        if one.__module__.partition(".")[0] == "hfs" and "__init__" in vars(one):
            found = vars(one)["__init__"]
            is_ours = inspect.isfunction(found) and found.__module__ == one.__module__ and _is_written(found)
            return found if is_ours else None
    return None


def instance_attributes(cls: type) -> list[str]:
    """The attributes that instances get where they are made, but for those of a dataclass."""
    found: set[str] = set()
    for one in cls.__mro__:
        initial = vars(one).get("__init__")
        if one.__module__.partition(".")[0] == "hfs" and inspect.isfunction(initial) and _is_written(initial):
            tree = ast.parse(textwrap.dedent(inspect.getsource(initial)))
            found |= {
                node.attr
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            }
    return sorted(name for name in found if not name.startswith("_"))


def _name(name: str) -> Iterator[str]:
    value = getattr(hfs.persistence, name)
    if inspect.isclass(value):
        yield from _class(name, value)
    elif inspect.isfunction(value):
        yield _function(name, value)
    else:
        yield f"{name} = {value!r}"
    yield ""


def _class(name: str, cls: type) -> Iterator[str]:
    if dataclasses.is_dataclass(cls):
        params: Any = vars(cls)["__dataclass_params__"]
        yield f"@dataclass(frozen={params.frozen})"
    yield f"class {name}({', '.join(_bases(cls))})"
    if dataclasses.is_dataclass(cls):
        for field in dataclasses.fields(cls):
            yield f"    {field.name}: {field.type}{_default_of(field)}"
    elif constructor_of(cls) is not None:
        yield f"    {_function('__init__', constructor_of(cls))}"
    for attribute in instance_attributes(cls):
        yield f"    {attribute}"
    for key, member in members_of(cls).items():
        yield f"    {_member(key, member)}"


def _bases(cls: type) -> list[str]:
    """The bases that a program can know: public ones, and those of others."""
    found = []
    for base in cls.__bases__:
        known = base.__name__ in hfs.persistence.__all__ or base.__module__.partition(".")[0] != "hfs"
        found += [base.__name__] if known else _bases(base)
    return [name for at, name in enumerate(found) if name != "object" and name not in found[:at]]


def _default_of(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f" = {_shown(field.default)}"
    factory: Any = field.default_factory
    return "" if factory is dataclasses.MISSING else f" = {factory.__name__}()"


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        return f"{name}: {inspect.signature(member.fget).return_annotation}  # read-only" if member.fget else name
    if isinstance(member, (staticmethod, classmethod)):
        return f"@{type(member).__name__} {_function(name, member.__func__)}"
    return _function(name, member)


def _function(name: str, function: Any) -> str:
    signature = inspect.signature(function, follow_wrapped=True)
    parts: list[str] = []
    starred = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        default = "" if parameter.default is parameter.empty else f" = {_shown(parameter.default)}"
        parts.append(f"{_MARKS.get(parameter.kind, '')}{parameter.name}{annotation}{default}")
    prefix = "async def" if inspect.iscoroutinefunction(function) else "def"
    if hasattr(function, "__wrapped__") and prefix == "def":
        prefix = "@contextmanager def"
    return f"{prefix} {name}({', '.join(parts)}) -> {signature.return_annotation}"


def _shown(value: Any) -> str:
    return f"{type(value).__name__}()" if dataclasses.is_dataclass(value) else repr(value)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(__doc__)
    FILE.write_text(described(), encoding="utf-8")
