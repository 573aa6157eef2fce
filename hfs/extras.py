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
    package = f"'hfs-chat[{extra}]'"
    # Both make an environment of their own for a program, in which pip may not be, and leave a note in it.
    if (Path(sys.prefix) / "uv-receipt.toml").is_file():
        return f"uv tool install {package}"
    if (Path(sys.prefix) / "pipx_metadata.json").is_file():
        return f"pipx install --force {package}"
    return f"python3 -m pip install {package}"


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
