"""Where a provider's key comes from: the environment, a password manager's command, the keyring, the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Final

from hfs.errors import MissingKeyError
from hfs.user_config import ProviderConfig, Secret

_SERVICE: Final = "hfs"
"""What the entries of the keyring are named after; the user name is the provider's."""
_PATIENCE: Final = 60.0
"""How long a command may take, in seconds: a person may have to unlock their password manager."""


def find_key(provider: str, variable: str | None, own: ProviderConfig, environ: Mapping[str, str]) -> Secret | None:
    """The key of a provider, or None if there is none.

    Args:
        provider: Its name, for messages.
        variable: The environment variable that holds it.
        own: The settings: their command is run, or the keyring asked, if the environment has no key.
        environ: The environment.

    Raises:
        MissingKeyError: The command or the keyring gave no key.
    """
    key = environ.get(variable or "")
    if not key and own.key_command:
        key = _from_command(provider, own.key_command)
    if not key and own.keyring:
        key = _from_keyring(provider)
    key = key or own.api_key
    return Secret(key) if key else None


def _from_command(provider: str, command: Sequence[str]) -> str:
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True, stdin=subprocess.DEVNULL)
        lines = done.stdout.decode("utf-8").split("\n")
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        reason = f"it ended with {error.returncode}{': ' + said if said else ''}"
    except subprocess.TimeoutExpired:
        reason = f"it took longer than {_PATIENCE:.0f} seconds"
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error)
    else:
        if lines[0].strip():
            return lines[0].strip()
        reason = "it printed nothing"
    raise MissingKeyError(
        f"The key of {provider} could not be had from its key_command, {command[0]!r}: {reason}. Run it by hand, and "
        "see that it prints the key on its first line."
    )


def _from_keyring(provider: str) -> str:
    keyring = _keyring()
    try:
        key = keyring.get_password(_SERVICE, provider)
    except keyring.errors.KeyringError as error:
        raise MissingKeyError(f"The keyring did not give the key of {provider}: {error}. Is it unlocked?") from error
    if not key:
        raise MissingKeyError(f"The keyring has no key of {provider}: run `hfs config set-key {provider}`.")
    return str(key)


def keep_key(provider: str, key: str) -> None:
    """Puts a provider's key into the system's keyring.

    Args:
        provider: Its name.
        key: The key.

    Raises:
        MissingKeyError: There is no keyring, or it refuses.
    """
    keyring = _keyring()
    try:
        keyring.set_password(_SERVICE, provider, key)
    except keyring.errors.KeyringError as error:
        raise MissingKeyError(f"The keyring did not take the key of {provider}: {error}.") from error


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise MissingKeyError(
            "The keyring needs one more package: python3 -m pip install 'hfs-chat[keyring]'."
        ) from error
    return keyring
