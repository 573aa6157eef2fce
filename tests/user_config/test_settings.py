"""The records of the settings: what is loaded, changed and told comes from them."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from hfs.errors import ConfigError
from hfs.models.local import DEFAULT_CONTEXT
from hfs.tui.themes import DARK
from hfs.user_config import SETTINGS, Config, ProviderConfig, Setting, load_config, set_value
from hfs.user_config.settings import OF_A_PROVIDER, PROVIDERS, TOP_LEVEL


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)


def test_there_is_a_record_for_whatever_can_be_set() -> None:
    assert set(TOP_LEVEL) == {field.name for field in fields(Config)} - {"path", "warnings"}
    assert set(OF_A_PROVIDER) == {field.name for field in fields(ProviderConfig)}
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS) == len(TOP_LEVEL) - 1 + len(OF_A_PROVIDER)


@each()
def test_the_example_of_a_setting_is_read_from_the_file(setting: Setting, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").touch(0o600)
    (home / "config.toml").write_text(f"{setting.name} = {setting.example}\n")
    config = load_config(home)
    assert not config.warnings
    found: Config | ProviderConfig = config.providers["NAME"] if setting.name.startswith(PROVIDERS) else config
    assert getattr(found, setting.name.rsplit(".", 1)[-1]) not in (None, False)


@each()
def test_the_example_of_a_setting_can_be_set_as_text(setting: Setting, home: Path) -> None:
    value = tomllib.loads(f"x = {setting.example}")["x"]
    as_text = " ".join(value) if isinstance(value, list) else str(value).lower() if value is True else str(value)
    set_value(home, setting.name, as_text)
    assert tomllib.loads((home / "config.toml").read_text()) == tomllib.loads(f"{setting.name} = {setting.example}")


def test_the_defaults_that_are_told_hold(home: Path) -> None:
    told = {setting.name: setting.default for setting in SETTINGS}
    config = load_config(home)
    assert told["context_length"] == str(DEFAULT_CONTEXT)
    assert told["theme"] == f'"{DARK.name}"'
    assert told["offline"] == str(config.offline).lower()
    assert told["store_keyring"] == str(config.store_keyring).lower()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("modle", "Did you mean model?"),
        ("providers.mine.base_ulr", "Did you mean providers.mine.base_url?"),
        ("provider.mine.base_url", "Did you mean providers.mine.base_url?"),
        ("xyzzy", "`hfs config list` lists the settings."),
        ("providers", "hfs config list"),
        ("providers..base_url", "providers"),
    ],
)
def test_a_setting_that_is_not_there_is_told_with_what_is_near(key: str, told: str, home: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        set_value(home, key, "1")
    assert told in str(caught.value)
    assert not home.exists()
