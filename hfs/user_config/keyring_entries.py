"""The system's keyring, where keys and passwords are kept that no file should hold."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from hfs.errors import ConfigError
from hfs.extras import install_command

_SERVICE: Final = "hfs"
"""What the entries are named after."""


def read_entry(name: str, what: str) -> str | None:
    """What the keyring has under a name, or None.

    Args:
        name: The name.
        what: What it is, for messages: ``the key of openai``.

    Raises:
        ConfigError: There is no keyring, or it refuses.
    """
    keyring = _keyring()
    try:
        found = keyring.get_password(_SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise ConfigError(f"The keyring did not give {what}: {error}. Is it unlocked?") from error
    return str(found) if found else None


def keep_entry(name: str, secret: str, what: str) -> None:
    """Puts a secret into the keyring.

    Args:
        name: The name to find it by.
        secret: The key or password.
        what: What it is, for messages.

    Raises:
        ConfigError: There is no keyring, or it refuses.
    """
    keyring = _keyring()
    try:
        keyring.set_password(_SERVICE, name, secret)
    except keyring.errors.KeyringError as error:
        raise ConfigError(f"The keyring did not take {what}: {error}.") from error


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise ConfigError(f"The keyring needs one more package: {install_command('keyring')}.") from error
    return keyring
