"""What becomes of ``config.toml`` where it is a link, or can't be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.errors import ConfigError
from hfs.user_config import load_config, set_value


def test_a_link_to_the_settings_stays_one(home: Path, tmp_path: Path) -> None:
    home.mkdir()
    own = tmp_path / "dotfiles.toml"
    own.write_text("# mine\n")
    (home / "config.toml").symlink_to(own)
    set_value(home, "model", "a/b")
    assert (home / "config.toml").is_symlink()
    assert own.read_text() == '# mine\nmodel = "a/b"\n'


@pytest.mark.parametrize(
    ("key", "value"), [("model", "a/\udcff"), ("providers.\udcff.base_url", "http://localhost/v1")]
)
def test_what_is_no_text_is_not_written(home: Path, key: str, value: str) -> None:
    set_value(home, "model", "a/b")
    with pytest.raises(ConfigError, match="no Unicode text"):
        set_value(home, key, value)
    assert load_config(home).model == "a/b"
    assert [path.name for path in home.iterdir()] == ["config.toml"]


def test_settings_that_cannot_be_written_stay_as_they_were_and_leave_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    set_value(home, "model", "a/b")
    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(ConfigError, match="No space left on device"):
        set_value(home, "model", "c/d")
    assert load_config(home).model == "a/b"
    assert [path.name for path in home.iterdir()] == ["config.toml"]


def test_a_home_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone" / "deep")
    with pytest.raises(ConfigError, match="Could not write"):
        set_value(tmp_path / "link", "model", "a/b")
