"""Where a key comes from."""

from __future__ import annotations

import sys

import pytest

from hfs.errors import MissingKeyError
from hfs.models.keys import find_key
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
