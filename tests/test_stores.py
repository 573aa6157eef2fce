"""Which store is chosen, and where its password comes from and may not stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import keyring
import pytest
from keyring.core import load_keyring

from hfs.errors import ConfigError
from hfs.stores import chosen_store, has_files, keyring_entry, named_store, store_called, text_to_open

SERVER = "postgresql://me@db.example.org/team"
SECRET = "Sw0rdf1sh"


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A real keyring, in files of its own."""
    before = keyring.get_keyring()
    backend = load_keyring("keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setattr(backend, "file_path", str(tmp_path / "keyring.cfg"))
    keyring.set_keyring(backend)
    yield
    keyring.set_keyring(before)


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("how", ["option", "settings"])
def test_who_is_offline_opens_no_store_on_another_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "option":
        monkeypatch.setenv("HFS_OFFLINE", "1")
    else:
        configure(home, "offline = true\n")
    monkeypatch.setenv("HFS_STORE", SERVER)
    for refused in (partial(chosen_store, home), partial(store_called, SERVER, home, "--to")):
        with pytest.raises(ConfigError, match=f"hfs is offline, and the store {re.escape(SERVER)} is"):
            refused()
    monkeypatch.setenv("PGHOST", "db.example.org")
    with pytest.raises(ConfigError, match="hfs is offline"):
        store_called("postgresql:///team", home, "--to")
    monkeypatch.delenv("PGHOST")
    for here in ("sqlite", "postgresql://me@localhost/team", "postgresql:///team", "postgresql://me@[::1]:5433/team"):
        assert store_called(here, home, "--to").shown
    assert named_store(home)[0].shown == SERVER


def configure(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text)


def test_the_environment_comes_before_the_settings_and_they_before_documents(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found() -> tuple[str, str, bool]:
        location, source = named_store(home)
        return location.kind, source, has_files(home)

    assert found() == ("documents", "default", True)
    configure(home, 'model = "local"\n')
    assert found() == ("documents", "default", True)
    configure(home, f'store = "{SERVER}"\n')
    assert found() == ("postgresql", "config.toml", False)
    monkeypatch.setenv("HFS_STORE", " sqlite ")
    assert found() == ("sqlite", "$HFS_STORE", False)
    monkeypatch.setenv("HFS_STORE", "documents")
    assert found() == ("documents", "$HFS_STORE", True)
    monkeypatch.setenv("HFS_STORE", "")
    assert found() == ("postgresql", "config.toml", False)


def test_a_name_that_names_no_store_is_told_with_the_place_it_stands_in(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, 'store = "sqllite"\n')
    with pytest.raises(ConfigError, match=r"config\.toml, store: 'sqllite' names no store"):
        named_store(home)
    monkeypatch.setenv("HFS_STORE", "postgre")
    with pytest.raises(ConfigError, match=r"^\$HFS_STORE: 'postgre' names no store"):
        named_store(home)


def test_settings_that_cannot_be_read_choose_no_store(home: Path) -> None:
    configure(home, "store = \n")
    with pytest.raises(ConfigError, match="is no TOML"):
        text_to_open(home)
    configure(home, "store = 5\n")
    with pytest.raises(ConfigError, match="store has the wrong type"):
        text_to_open(home)
    (home / "config.toml").unlink()
    (home / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="Could not read"):
        text_to_open(home)


def test_a_password_in_the_settings_is_refused_and_not_shown(home: Path) -> None:
    for store in (f"postgresql://me:{SECRET}@h/d", f"postgresql://me@h/d?password={SECRET}"):
        configure(home, f'store = "{store}"\n')
        with pytest.raises(ConfigError, match=r"\$HFS_STORE_PASSWORD") as caught:
            chosen_store(home)
        assert SECRET not in str(caught.value)


def test_a_password_comes_from_the_address_else_its_variable_else_the_keyring(
    home: Path, monkeypatch: pytest.MonkeyPatch, ring: None
) -> None:
    configure(home, f'store = "{SERVER}"\n')
    keyring.set_password("hfs", keyring_entry(named_store(home)[0]), "from the keyring")
    assert chosen_store(home).password is None
    configure(home, f'store = "{SERVER}"\nstore_keyring = true\n')
    assert chosen_store(home).password == "from the keyring"
    # The driver reads this one by itself.
    monkeypatch.setenv("PGPASSWORD", "x")
    assert chosen_store(home).password is None
    monkeypatch.setenv("HFS_STORE_PASSWORD", "p@ss:/ word")
    assert chosen_store(home).password == "p@ss:/ word"
    assert text_to_open(home) == "postgresql+asyncpg://me:p%40ss%3A%2F%20word@db.example.org/team"
    monkeypatch.setenv("HFS_STORE", "postgresql://me:own@db.example.org/team")
    assert chosen_store(home).password == "own"


def test_no_other_server_is_given_the_password_of_the_keyring(
    home: Path, monkeypatch: pytest.MonkeyPatch, ring: None
) -> None:
    configure(home, f'store = "{SERVER}"\nstore_keyring = true\n')
    keyring.set_password("hfs", keyring_entry(named_store(home)[0]), SECRET)
    for other in ("postgresql://me@other.example.org/team", "postgresql://you@db.example.org/team", "sqlite"):
        monkeypatch.setenv("HFS_STORE", other)
        assert chosen_store(home).password is None
    monkeypatch.setenv("HFS_STORE", f"{SERVER}?sslmode=require")
    assert chosen_store(home).password == SECRET


def test_a_keyring_that_refuses_says_so_and_is_not_asked_for_a_store_without_a_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, ring: None
) -> None:
    configure(home, f'store = "{SERVER}"\nstore_keyring = true\n')
    keyring.set_keyring(load_keyring("keyring.backends.fail.Keyring"))
    with pytest.raises(ConfigError, match=f"did not give the password of {SERVER}: .*Is it unlocked"):
        chosen_store(home)
    monkeypatch.setenv("HFS_STORE", "sqlite")
    assert chosen_store(home).kind == "sqlite"


@pytest.mark.parametrize("settings", [None, 'model = "local"\n'])
def test_who_never_named_a_store_pays_for_nothing_of_it(home: Path, settings: str | None) -> None:
    if settings is not None:
        configure(home, settings)
    code = (
        "import sys\nfrom hfs.cli import main\nsys.argv[1:] = ['list']\n"
        "try:\n    main()\nexcept SystemExit:\n    slow = {'tomllib', 'hfs.user_config', 'hfs.persistence.sql', "
        "'hfs.persistence.store_location', 'hfs.persistence._engine', 'sqlalchemy', 'keyring'}\n"
        "    print(*slow & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
