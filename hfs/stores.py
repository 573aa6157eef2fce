"""Which store holds the sessions: ``$HFS_STORE`` (which ``--store`` sets), else ``config.toml``, else documents.

Passwords come from the environment or the keyring, and are refused where others could read them. Who has documents pays
for nothing of this.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hfs.errors import ConfigError
from hfs.paths import CONFIG

if TYPE_CHECKING:
    from hfs.persistence.store_location import StoreLocation

VARIABLE: Final = "HFS_STORE"
PASSWORD_VARIABLE: Final = "HFS_STORE_PASSWORD"
DOCUMENTS: Final = "documents"
_ELSEWHERE: Final = (
    f"Take it out, and put it into ${PASSWORD_VARIABLE}, ~/.pgpass, or the keyring: `hfs config set-key store`."
)


def named_store(home: Path) -> tuple[StoreLocation, str]:
    """The store that holds the sessions, and what named it. No password is looked for.

    Args:
        home: The home folder.

    Returns:
        The store, and ``$HFS_STORE``, ``config.toml`` or ``default``.

    Raises:
        ConfigError: What is set names no store, or holds a password where it is not safe.
    """
    from hfs.persistence.store_location import parse_store

    text, source = _named(home)
    try:
        location = parse_store(text, home)
    except ConfigError as error:
        raise ConfigError(f"{source if source != CONFIG else f'{home / CONFIG}, store'}: {error}") from error
    if source == CONFIG:
        require_no_password(location, f"`store` in {home / CONFIG}")
    return location, source


def chosen_store(home: Path) -> StoreLocation:
    """The store that holds the sessions, with the password where one is known here.

    Args:
        home: The home folder.

    Raises:
        ConfigError: What is set names no store, or one on another machine while hfs is offline, or the keyring refuses.
    """
    from hfs.persistence.store_location import parse_store

    location, _ = named_store(home)
    require_allowed(location, home)
    password = _password(location, home)
    return parse_store(location.shown, home, password) if password else location


def store_called(text: str, home: Path, where: str) -> StoreLocation:
    """The store that a text names, with the password where one is known here.

    Args:
        text: What was typed.
        home: The home folder.
        where: What it was typed for, for the message.

    Raises:
        ConfigError: It names no store, or one on another machine while hfs is offline, or holds a password, or the
            keyring refuses.
    """
    from hfs.persistence.store_location import parse_store

    location = parse_store(text, home)
    require_no_password(location, where)
    require_allowed(location, home)
    password = _password_in_variable(location, home) or _password(location, home)
    return parse_store(location.shown, home, password) if password else location


def has_files(home: Path) -> bool:
    """Whether the sessions are files.

    Args:
        home: The home folder.

    Raises:
        ConfigError: The settings can't be read.
    """
    return _named(home)[0] == DOCUMENTS


def text_to_open(home: Path) -> str:
    """What opens the store that holds the sessions, with its password: for the program, never for people.

    Args:
        home: The home folder.

    Raises:
        ConfigError: What is set names no store, or the keyring refuses.
    """
    return DOCUMENTS if has_files(home) else store_text(chosen_store(home))


def store_text(location: StoreLocation) -> str:
    """What opens a store, with its password."""
    return location.url or DOCUMENTS


def require_no_password(location: StoreLocation, where: str) -> None:
    """Refuses a password where others could read it.

    Args:
        location: The store as it was named there.
        where: What named it, for the message.

    Raises:
        ConfigError: There is one.
    """
    if location.password is not None:
        raise ConfigError(f"There is a password in {where}, where others may read it. {_ELSEWHERE}")


def require_allowed(location: StoreLocation, home: Path) -> None:
    """Refuses a server on another machine where hfs is offline.

    Args:
        location: The store.
        home: The home folder.

    Raises:
        ConfigError: It is on one.
    """
    if location.kind != "postgresql":
        return
    from hfs.user_config import LOOPBACK, is_offline, load_config

    host = location.host or os.environ.get("PGHOST", "") or "/"
    config = load_config(home)
    if is_offline(config, os.environ) and not host.startswith("/") and host not in LOOPBACK:
        how = "`hfs config set offline false`" if config.offline else "Leave out --offline"
        raise ConfigError(
            f"hfs is offline, and the store {location.shown} is on another machine. {how}, or name a store on this "
            "one: --store documents."
        )


def keyring_entry(location: StoreLocation) -> str:
    """The name of a store's entry in the keyring: no other server is ever given its password."""
    return f"store {location.folder_name}"


def _named(home: Path) -> tuple[str, str]:
    """What names the store, and where that stands."""
    text = os.environ.get(VARIABLE, "").strip()
    if text:
        return text, f"${VARIABLE}"
    text = (_configured(home) or "").strip()
    return (text, CONFIG) if text else (DOCUMENTS, "default")


def _configured(home: Path) -> str | None:
    try:
        # Who never named a store need not pay for a reader of TOML.
        if b"store" not in (home / CONFIG).read_bytes():
            return None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        # Reading it in earnest says what is wrong.
        pass
    from hfs.user_config import load_config

    return load_config(home).store


def _password_in_variable(location: StoreLocation, home: Path) -> str | None:
    """The password in the address that ``$HFS_STORE`` holds, where that is this very store."""
    from hfs.persistence.store_location import parse_store

    try:
        chosen = parse_store(os.environ.get(VARIABLE, ""), home)
    except ConfigError:
        return None
    return chosen.password if chosen.folder_name == location.folder_name else None


def _password(location: StoreLocation, home: Path) -> str | None:
    """The password from the environment or the keyring; None where there is none, or the driver finds it itself."""
    if location.kind != "postgresql" or location.password is not None:
        return None
    # The error about the password says it in a sentence.
    warnings.filterwarnings("ignore", "password file .* has group or world access", UserWarning)
    given = os.environ.get(PASSWORD_VARIABLE)
    # The drivers know this one, and ~/.pgpass after it.
    if given or os.environ.get("PGPASSWORD"):
        return given
    from hfs.user_config import load_config
    from hfs.user_config.keyring_entries import read_entry

    if not load_config(home).store_keyring:
        return None
    return read_entry(keyring_entry(location), f"the password of {location.shown}")
