"""Where a key comes from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.core import load_keyring

from hfs.errors import MissingKeyError
from hfs.models.keys import find_key, keep_key
from hfs.user_config import ProviderConfig, Secret


def printing(code: str) -> ProviderConfig:
    return ProviderConfig(key_command=(sys.executable, "-c", code), api_key=Secret("from settings"))


def test_the_environment_comes_before_the_command_and_the_command_before_the_settings() -> None:
    own = printing("print('from command'); print('a second line')")
    assert find_key("x", "X_KEY", own, {"X_KEY": "from environment"}) == "from environment"
    assert find_key("x", "X_KEY", own, {}) == "from command"
    assert find_key("x", "X_KEY", ProviderConfig(api_key=Secret("from settings")), {}) == "from settings"
    assert find_key("x", None, ProviderConfig(), {}) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; print('locked', file=sys.stderr); sys.exit(3)", "ended with 3: locked"),
        ("pass", "printed nothing"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "codec can't decode"),
    ],
)
def test_a_command_that_gives_no_key_says_why(code: str, reason: str) -> None:
    with pytest.raises(MissingKeyError, match=reason):
        find_key("x", None, printing(code), {})


def test_a_command_that_does_not_exist_says_so() -> None:
    with pytest.raises(MissingKeyError, match="no-such-program"):
        find_key("x", None, ProviderConfig(key_command=("no-such-program",)), {})


def test_a_key_shows_itself_in_no_repr() -> None:
    assert "secret" not in repr([Secret("secret")])


@pytest.fixture
def keyring_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real keyring, in files of its own."""
    before = keyring.get_keyring()
    backend = load_keyring("keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setattr(backend, "file_path", str(tmp_path / "keyring.cfg"))
    keyring.set_keyring(backend)
    yield tmp_path
    keyring.set_keyring(before)


def test_a_key_is_kept_in_the_keyring_and_comes_after_the_environment(keyring_folder: Path) -> None:
    own = ProviderConfig(keyring=True)
    with pytest.raises(MissingKeyError, match="hfs config set-key x"):
        find_key("x", "X_KEY", own, {})
    keep_key("x", "from keyring")
    assert find_key("x", "X_KEY", own, {}) == "from keyring"
    assert find_key("x", "X_KEY", own, {"X_KEY": "from environment"}) == "from environment"


def test_a_keyring_that_refuses_says_so() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(load_keyring("keyring.backends.fail.Keyring"))
    try:
        with pytest.raises(MissingKeyError, match="did not give the key of x"):
            find_key("x", None, ProviderConfig(keyring=True), {})
        with pytest.raises(MissingKeyError, match="did not take the key of x"):
            keep_key("x", "y")
    finally:
        keyring.set_keyring(before)


def test_without_the_package_the_keyring_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingKeyError, match=r"hfs-chat\[keyring\]"):
        find_key("x", None, ProviderConfig(keyring=True), {})


def test_the_command_puts_a_key_into_the_keyring_and_the_settings_show_no_more_than_that(
    home: Path, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path),
    }

    def hfs(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "hfs", *arguments]
        return subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False)

    assert hfs("config", "set-key", "mine", stdin="\n").returncode == 2
    assert hfs("config", "set-key", "mine", stdin="sk-secret\n").returncode == 0
    shown = hfs("config", "show").stdout
    assert "providers.mine.keyring = true" in shown
    assert "sk-secret" not in shown + (home / "config.toml").read_text()
    code = "from hfs.models.keys import find_key as f; from hfs.user_config import ProviderConfig as P"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(str(f('mine', None, P(keyring=True), {{}})))"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "sk-secret\n"
