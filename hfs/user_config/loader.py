"""Reads and changes ``config.toml``. A change keeps the user's comments."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any, Final, TypeVar

from hfs.errors import ConfigError
from hfs.paths import CONFIG
from hfs.user_config.models import Config, ProviderConfig, Secret

_KEYS: Final[dict[str, type]] = {
    "model": str,
    "system": str,
    "theme": str,
    "offline": bool,
    "gguf": str,
    "context_length": int,
    "store": str,
    "store_keyring": bool,
    "providers": dict,
}
_PROVIDER_KEYS: Final[dict[str, type]] = {
    "base_url": str,
    "key_env": str,
    "api_key": str,
    "key_command": list,
    "keyring": bool,
}
_NAMES: Final = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    dict: "a table",
    list: 'a list of texts, such as ["pass", "show", "openai"]',
}
_Value = TypeVar("_Value")


def load_config(home: Path) -> Config:
    """The settings of a home folder; the defaults where there is no file.

    Args:
        home: The folder that holds ``config.toml``.

    Raises:
        ConfigError: It is no TOML, or a value has the wrong type. It names the file, the key and the line.
    """
    path = home / CONFIG
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Config(path)
    except OSError as error:
        raise ConfigError(f"Could not read {path}: {error.strerror or error}.") from error
    try:
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}. Mend it, or move it away.") from error
    warnings: list[str] = []
    _require_types(values, _KEYS, text, path, warnings, "")
    readable = _is_readable_by_others(path)
    providers = {}
    for name, table in values.get("providers", {}).items():
        providers[name] = _provider(name, table, text, path, warnings, readable)
    gguf = values.get("gguf")
    return Config(
        path=path,
        model=values.get("model"),
        system=values.get("system"),
        theme=values.get("theme"),
        offline=values.get("offline", False),
        gguf=Path(gguf).expanduser() if gguf else None,
        context_length=values.get("context_length"),
        store=values.get("store"),
        store_keyring=values.get("store_keyring", False),
        providers=providers,
        warnings=warnings,
    )


def _provider(name: str, table: object, text: str, path: Path, warnings: list[str], readable: bool) -> ProviderConfig:
    if not isinstance(table, dict):
        raise _wrong_type(path, text, f"providers.{name}", dict)
    _require_types(table, _PROVIDER_KEYS, text, path, warnings, f"providers.{name}.")
    key = table.get("api_key")
    if key and readable:
        warnings.append(f"{path}: others can read this file, so the key of {name} is not used. Run: chmod 600 {path}")
        key = None
    command = table.get("key_command")
    if command is not None and not (command and all(isinstance(part, str) for part in command)):
        raise _wrong_type(path, text, f"providers.{name}.key_command", list)
    return ProviderConfig(
        table.get("base_url"),
        table.get("key_env"),
        Secret(key) if key else None,
        tuple(command) if command else None,
        table.get("keyring", False),
    )


def _require_types(
    values: dict[str, Any], known: dict[str, type], text: str, path: Path, warnings: list[str], prefix: str
) -> None:
    import difflib

    for key, value in values.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            warnings.append(f"{path}, line {_line(text, key)}: {prefix}{key} is no setting of hfs.{hint}")
        elif type(value) is not known[key]:
            raise _wrong_type(path, text, prefix + key, known[key])


def _wrong_type(path: Path, text: str, key: str, expected: type) -> ConfigError:
    line = _line(text, key.rsplit(".", 1)[-1])
    return ConfigError(f"{path}, line {line}: {key} has the wrong type: expected {_NAMES[expected]}.")


def _line(text: str, key: str) -> int:
    """The line that sets a key."""
    match = re.search(rf"^[^#\n]*\b{re.escape(key)}\b", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _is_readable_by_others(path: Path) -> bool:
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def set_value(home: Path, key: str, value: str) -> None:
    """Changes a setting in ``config.toml``; the rest of the file stays as it is.

    Args:
        home: The folder that holds the file; made where it is missing.
        key: A setting, such as ``model`` or ``providers.mine.base_url``.
        value: Its value as text; true, false and numbers are recognised where they are expected.

    Raises:
        ConfigError: There is no such setting, or it can't have that value.
    """
    import tomlkit

    path = home / CONFIG
    load_config(home)
    *tables, name = key.split(".")
    known = _KEYS if not tables else _PROVIDER_KEYS if len(tables) == 2 and tables[0] == "providers" else {}
    if name not in known or known[name] is dict:
        raise ConfigError(f"{key} is no setting of hfs. There are: {', '.join(sorted(set(_KEYS) - {'providers'}))}.")
    document = tomlkit.parse(path.read_text("utf-8-sig") if path.exists() else "")
    table: Any = document
    for part in tables:
        table = table.setdefault(part, tomlkit.table())
    table[name] = _converted(key, value, known[name])
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{CONFIG}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(document))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"Could not write {path}: {error.strerror or error}.") from error


def _converted(key: str, value: str, expected: type[_Value]) -> Any:
    if expected is bool:
        if value not in ("true", "false"):
            raise ConfigError(f"{key} can't be {value!r}: expected true or false.")
        return value == "true"
    if expected is int:
        if not value.isdigit():
            raise ConfigError(f"{key} can't be {value!r}: expected a whole number.")
        return int(value)
    if expected is list:
        import shlex

        return shlex.split(value)
    return value
