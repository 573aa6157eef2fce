"""Reads ``config.toml``. What is wrong in it is told with the line."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hfs.errors import ConfigError
from hfs.paths import CONFIG
from hfs.user_config.models import Config, ProviderConfig, Secret
from hfs.user_config.settings import KINDS, OF_A_PROVIDER, PROVIDERS, TOP_LEVEL, near


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
    return _ConfigFile(path, text).read(values)


@dataclass(slots=True)
class _ConfigFile:
    """A file that is TOML, and what a person should be told about it."""

    path: Path
    text: str
    warnings: list[str] = field(default_factory=list)

    def read(self, values: dict[str, Any]) -> Config:
        self._require_types(values, TOP_LEVEL, "")
        plain = {key: value for key, value in values.items() if key in TOP_LEVEL}
        providers = {name: self._provider(name, table) for name, table in plain.pop(PROVIDERS, {}).items()}
        gguf = plain.pop("gguf", None)
        weights = Path(gguf).expanduser() if gguf else None
        return Config(path=self.path, gguf=weights, providers=providers, warnings=self.warnings, **plain)

    def _provider(self, name: str, table: object) -> ProviderConfig:
        prefix = f"{PROVIDERS}.{name}."
        if not isinstance(table, dict):
            raise self._wrong_type(prefix.removesuffix("."), dict)
        self._require_types(table, OF_A_PROVIDER, prefix)
        key = table.get("api_key")
        if key and _is_readable_by_others(self.path):
            said = f"others can read this file, so the key of {name} is not used. Run: chmod 600 {self.path}"
            self.warnings.append(f"{self.path}: {said}")
            key = None
        command = table.get("key_command")
        if command is not None and not (command and all(isinstance(part, str) for part in command)):
            raise self._wrong_type(f"{prefix}key_command", list)
        return ProviderConfig(
            table.get("base_url"),
            table.get("key_env"),
            Secret(key) if key else None,
            tuple(command) if command else None,
            table.get("keyring", False),
        )

    def _require_types(self, values: dict[str, Any], known: dict[str, type], prefix: str) -> None:
        for key, value in values.items():
            if key not in known:
                nearest = near(prefix + key)
                hint = f" Did you mean {nearest}?" if nearest else ""
                self.warnings.append(f"{self.path}, line {self._line(key)}: {prefix}{key} is no setting of hfs.{hint}")
            elif type(value) is not known[key]:
                raise self._wrong_type(prefix + key, known[key])

    def _wrong_type(self, key: str, expected: type) -> ConfigError:
        line = self._line(key.rsplit(".", 1)[-1])
        return ConfigError(f"{self.path}, line {line}: {key} has the wrong type: expected {KINDS[expected]}.")

    def _line(self, key: str) -> int:
        """The line that sets a key."""
        match = re.search(rf"^[^#\n]*\b{re.escape(key)}\b", self.text, re.MULTILINE)
        return self.text.count("\n", 0, match.start()) + 1 if match else 1


def _is_readable_by_others(path: Path) -> bool:
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
