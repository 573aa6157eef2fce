"""The extras of the package: which are installed, and what installs one here."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

PACKAGES: Final = {
    "local": (("xllamacpp", "xllamacpp"),),
    "sql": (("sqlalchemy", "SQLAlchemy"), ("aiosqlite", "aiosqlite"), ("asyncpg", "asyncpg")),
    "keyring": (("keyring", "keyring"),),
}
"""The packages that an extra is there for: how each is imported, and what it is called."""


def install_command(extra: str) -> str:
    """What a person types to install an extra where this hfs is installed: pip's command, pipx's or uv's.

    Args:
        extra: ``local``, ``sql`` or ``keyring``.
    """
    # Whoever may have to name a command imports this module, so it imports little itself.
    import shlex

    # Both make an environment of their own for a program, in which pip may not be, and leave a note in it.
    for note, command in (("uv-receipt.toml", "uv tool install"), ("pipx_metadata.json", "pipx install --force")):
        if (Path(sys.prefix) / note).is_file():
            return f"{command} {shlex.quote(f'{_origin()}[{extra}]')}"
    return f"python3 -m pip install 'hfs-chat[{extra}]'"


def _origin() -> str:
    """The folder or file that hfs was installed from, where that is there; else its name."""
    # pip finds an extra by what is installed; these two look for the whole package anew, and where it came from a
    # clone, a registry need not have it.
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import unquote, urlsplit

    try:
        told = distribution("hfs-chat").read_text("direct_url.json")
    except PackageNotFoundError:
        told = None
    url = urlsplit(json.loads(told)["url"]) if told else None
    path = Path(unquote(url.path)) if url is not None and url.scheme == "file" else None
    return str(path) if path is not None and path.exists() else "hfs-chat"


def installed(extra: str) -> list[tuple[str, str]] | None:
    """The name and version of each package of an extra, or None where one is missing. None of them is imported.

    Args:
        extra: ``local``, ``sql`` or ``keyring``.
    """
    # Everything that may have to say what is missing would pay for it.
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for module, name in PACKAGES[extra]:
        if find_spec(module) is None:
            return None
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:
            found.append((name, "of an unknown version"))
    return found
