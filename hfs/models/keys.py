"""Where a provider's key comes from: the environment, a password manager's command, the keyring, the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hfs.errors import ConfigError, MissingKeyError
from hfs.user_config import ProviderConfig, Secret
from hfs.user_config.keyring_entries import keep_entry, read_entry

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
    try:
        key = read_entry(provider, f"the key of {provider}")
    except ConfigError as error:
        raise MissingKeyError(str(error)) from error
    if not key:
        raise MissingKeyError(f"The keyring has no key of {provider}: run `hfs config set-key {provider}`.")
    return key


def keep_key(provider: str, key: str) -> None:
    """Puts a provider's key into the system's keyring.

    Args:
        provider: Its name.
        key: The key.

    Raises:
        MissingKeyError: There is no keyring, or it refuses.
    """
    try:
        keep_entry(provider, key, f"the key of {provider}")
    except ConfigError as error:
        raise MissingKeyError(str(error)) from error
