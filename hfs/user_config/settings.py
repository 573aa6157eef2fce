"""The settings there are: what the loader accepts, ``hfs config`` changes, and the page of them lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PROVIDERS: Final = "providers"
"""The table whose tables are settings of one provider each."""
_OF_A_PROVIDER: Final = f"{PROVIDERS}.NAME."

KINDS: Final = {
    str: "text in quotes",
    bool: "true or false",
    int: "a whole number",
    dict: "a table",
    list: 'a list of texts, such as ["pass", "show", "openai"]',
}
"""What a type of values is called."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of ``config.toml``."""

    name: str
    """With the tables it is in; ``NAME`` stands for the name that a person gives to a provider."""
    kind: type
    help: str
    """What it does, in sentences. Backquotes are around what is typed."""
    example: str
    """A value, as TOML."""
    default: str = ""
    """What holds without it, in words or as TOML; nothing, where that is nothing."""


SETTINGS: Final = (
    Setting(
        "model",
        str,
        "The model, as `provider/name`, or `local`. `--model` and `$HFS_MODEL` come before it.",
        '"ollama/llama3"',
        '"local"',
    ),
    Setting("system", str, "A prompt that every conversation begins with.", '"Answer in one paragraph."'),
    Setting(
        "theme",
        str,
        "The colours of the chat: `hfs-dark`, `hfs-light`, or one that `/theme` offers.",
        '"hfs-light"',
        '"hfs-dark"',
    ),
    Setting(
        "offline",
        bool,
        "Refuse to talk to anything but this machine. `--offline` and `$HFS_OFFLINE` do the same.",
        "true",
        "false",
    ),
    Setting(
        "gguf",
        str,
        "The path of weights for the local model, instead of those that `hfs models add` fetched.",
        '"~/models/mine.gguf"',
    ),
    Setting("context_length", int, "How much the local model has in view, in tokens.", "16384", "4096"),
    Setting(
        "store",
        str,
        "Where sessions are: `documents`, `sqlite`, or `postgresql://USER@HOST/DATABASE`. `--store` and `$HFS_STORE` "
        "come before it.",
        '"sqlite"',
        '"documents"',
    ),
    Setting(
        "store_keyring",
        bool,
        "The password of the PostgreSQL server is in the system's keyring; `hfs config set-key store` puts it there.",
        "true",
        "false",
    ),
    Setting(
        f"{_OF_A_PROVIDER}base_url",
        str,
        "The address of an OpenAI-compatible server, up to and with `/v1`.",
        '"http://127.0.0.1:8080/v1"',
        "the provider's own, where hfs knows it",
    ),
    Setting(
        f"{_OF_A_PROVIDER}key_env",
        str,
        "The environment variable that holds its key.",
        '"MY_API_KEY"',
        "`OPENAI_API_KEY` for openai, `OPENROUTER_API_KEY` for openrouter",
    ),
    Setting(
        f"{_OF_A_PROVIDER}key_command",
        list,
        "A command that prints its key on the first line; no shell is involved.",
        '["pass", "show", "openai"]',
    ),
    Setting(
        f"{_OF_A_PROVIDER}keyring",
        bool,
        "Its key is in the system's keyring; `hfs config set-key NAME` puts it there.",
        "true",
        "false",
    ),
    Setting(f"{_OF_A_PROVIDER}api_key", str, "Its key. Not used where others can read the file.", '"..."'),
)

TOP_LEVEL: Final[dict[str, type]] = {
    **{setting.name: setting.kind for setting in SETTINGS if "." not in setting.name},
    PROVIDERS: dict,
}
"""The keys of the file itself, and their types."""
OF_A_PROVIDER: Final[dict[str, type]] = {
    setting.name.removeprefix(_OF_A_PROVIDER): setting.kind
    for setting in SETTINGS
    if setting.name.startswith(_OF_A_PROVIDER)
}
"""The keys of a provider's table, and their types."""


def kind_of(name: str) -> type | None:
    """The type of a setting's value.

    Args:
        name: A setting, such as ``model`` or ``providers.mine.base_url``.

    Returns:
        It, or None where there is no such setting.
    """
    *tables, key = name.split(".")
    if not tables:
        return TOP_LEVEL.get(key) if key != PROVIDERS else None
    is_of_a_provider = len(tables) == 2 and tables[0] == PROVIDERS and tables[1]
    return OF_A_PROVIDER.get(key) if is_of_a_provider else None


def near(name: str) -> str | None:
    """The setting whose name is nearest to one that is misspelled; None where none is near.

    Args:
        name: What was written.
    """
    import difflib

    tables = name.split(".")
    # What a person calls a provider is no mistake.
    provider = tables[1] if len(tables) == 3 else "NAME"
    names = [setting.name.replace("NAME", provider) for setting in SETTINGS]
    found = difflib.get_close_matches(name, names, 1)
    return found[0] if found else None
