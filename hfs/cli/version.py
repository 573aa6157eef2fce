"""``hfs --version``: what runs here. It never fails: who asks for it is often about to report what does."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator

import click

from hfs import __version__
from hfs.cli._output import out
from hfs.display import one_line
from hfs.errors import HfsError

_WIDTH = 8


def print_version(ctx: click.Context) -> None:
    """Prints what runs here.

    Args:
        ctx: The command line, with ``--home`` and ``--store`` where they were given.
    """
    # Another program reads the first line: it has the name and the version, and nothing else.
    out(f"hfs {__version__}")
    for name, text in _lines(ctx):
        out(f"{name:{_WIDTH}}{text}")


def _lines(ctx: click.Context) -> Iterator[tuple[str, str]]:
    python = sys.implementation.name
    named = {"cpython": "CPython", "pypy": "PyPy"}.get(python, python)
    yield "Python", f"{platform.python_version()} ({named})"
    yield "System", f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "SQLite", _sqlite()
    yield "Store", _store(ctx)
    for number, (extra, text) in enumerate(_extras()):
        yield "" if number else "Extras", f"{extra:{_WIDTH}}{text}"


def _sqlite() -> str:
    try:
        import sqlite3
    except ImportError:
        return "none in this Python"
    return sqlite3.sqlite_version


def _store(ctx: click.Context) -> str:
    """The store and where it is, never with a password."""
    from hfs.paths import home_folder
    from hfs.persistence.store_location import parse_store
    from hfs.stores import named_store

    try:
        home = home_folder(ctx.params.get("home"))
        given = ctx.params.get("store")
        location, source = (parse_store(given, home), "--store") if given else named_store(home)
    except (HfsError, OSError, RuntimeError) as error:
        return f"not known: {one_line(str(error), 500)}"
    if location.kind == "documents":
        place = home / "sessions"
        missing = "" if place.is_dir() else ", not there yet"
        return f"documents in {one_line(str(place), 500)} ({source}{missing})"
    return f"{one_line(location.shown, 500)} ({source})"


def _extras() -> Iterator[tuple[str, str]]:
    """Each extra, and its packages with their versions."""
    from hfs.extras import PACKAGES, installed

    for extra in PACKAGES:
        packages = installed(extra)
        told = "not installed" if packages is None else ", ".join(f"{name} {version}" for name, version in packages)
        yield extra, told
