"""Settings: defaults, errors that name the place, changes that keep comments."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hfs.errors import ConfigError
from hfs.user_config import load_config, set_value


def write(home: Path, text: str, mode: int = 0o600) -> Path:
    home.mkdir(exist_ok=True)
    path = home / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_a_file_the_defaults_hold(home: Path) -> None:
    config = load_config(home)
    assert (config.model, config.offline, config.providers, config.warnings) == (None, False, {}, [])
    assert not home.exists()


def test_settings_are_read(home: Path) -> None:
    write(
        home,
        'model = "mine/x"\noffline = true\n[providers.mine]\nbase_url = "http://127.0.0.1:1/v1"\napi_key = "sk-1"\n',
    )
    config = load_config(home)
    assert (config.model, config.offline) == ("mine/x", True)
    assert config.providers["mine"].api_key == "sk-1"
    assert "sk-1" not in repr(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n# model\nmodel = 3\n", "line 3: model has the wrong type: expected text"),
        ('offline = "yes"\n', "line 1: offline has the wrong type: expected true or false"),
        ('[providers.x]\n\nbase_url = ["a"]\n', "line 3: providers.x.base_url has the wrong type"),
        ("providers = 1\n", "line 1: providers has the wrong type: expected a table"),
        ("model = \n", "is no TOML"),
        ("context_length = true\n", "expected a whole number"),
    ],
)
def test_what_cannot_be_used_names_file_key_and_line(home: Path, text: str, message: str) -> None:
    path = write(home, text)
    with pytest.raises(ConfigError) as caught:
        load_config(home)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unknown_key_warns_with_the_nearest_name(home: Path) -> None:
    write(home, 'modle = "x"\n')
    (warning,) = load_config(home).warnings
    assert "line 1: modle is no setting" in warning
    assert "Did you mean model?" in warning


def test_a_key_that_others_can_read_is_not_used(home: Path) -> None:
    write(home, '[providers.x]\napi_key = "sk-1"\n', mode=0o644)
    config = load_config(home)
    assert config.providers["x"].api_key is None
    assert "chmod 600" in config.warnings[0]


def test_a_change_keeps_comments_and_makes_a_private_file(home: Path) -> None:
    set_value(home, "model", "a/b")
    path = home / "config.toml"
    path.write_text('# mine\nmodel = "a/b"  # best\n')
    set_value(home, "model", "c/d")
    set_value(home, "offline", "true")
    set_value(home, "providers.x.base_url", "http://localhost/v1")
    assert path.read_text().startswith('# mine\nmodel = "c/d"  # best\noffline = true\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_config(home).providers["x"].base_url == "http://localhost/v1"


@pytest.mark.parametrize(
    ("key", "value"), [("nope", "1"), ("providers", "1"), ("offline", "maybe"), ("context_length", "x")]
)
def test_a_change_that_makes_no_sense_is_refused(home: Path, key: str, value: str) -> None:
    with pytest.raises(ConfigError):
        set_value(home, key, value)
    assert not home.exists()
