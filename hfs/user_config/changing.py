"""Changes ``config.toml``. The user's comments stay."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfs.errors import ConfigError
from hfs.paths import CONFIG
from hfs.user_config.loader import load_config
from hfs.user_config.settings import kind_of, near

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def set_value(home: Path, key: str, value: str) -> None:
    """Changes a setting in ``config.toml``; the rest of the file stays as it is.

    Args:
        home: The folder that holds the file; made where it is missing.
        key: A setting, such as ``model`` or ``providers.mine.base_url``.
        value: Its value as text; true, false and numbers are recognised where they are expected.

    Raises:
        ConfigError: There is no such setting, or it can't have that value, or the file can't be written.
    """
    import tomlkit

    path = home / CONFIG
    load_config(home)
    kind = kind_of(key)
    if kind is None:
        nearest = near(key)
        hint = f"Did you mean {nearest}?" if nearest else "`hfs config list` lists the settings."
        raise ConfigError(f"{key} is no setting of hfs. {hint}")
    try:
        f"{key}{value}".encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{key} can't be {value!r}: that is no Unicode text. Write it in UTF-8.") from error
    document = tomlkit.parse(path.read_text("utf-8-sig") if path.exists() else "")
    *tables, name = key.split(".")
    table: Any = document
    for part in tables:
        table = table.setdefault(part, tomlkit.table())
    table[name] = _converted(key, value, kind)
    _write(path, document)


def _converted(key: str, value: str, expected: type) -> object:
    if expected is bool:
        if value not in ("true", "false"):
            raise ConfigError(f"{key} can't be {value!r}: expected true or false.")
        return value == "true"
    if expected is int:
        if not value.isdecimal():
            raise ConfigError(f"{key} can't be {value!r}: expected a whole number.")
        return int(value)
    if expected is list:
        import shlex

        try:
            return shlex.split(value)
        except ValueError as error:
            raise ConfigError(f"{key} can't be {value!r}: a quote in it is not closed.") from error
    return value


def _write(path: Path, document: TOMLDocument) -> None:
    # A link stays one: what it leads to is replaced.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{CONFIG}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(document.as_string())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise ConfigError(f"Could not write {path}: {error.strerror or error}.") from error
