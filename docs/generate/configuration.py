"""The parts of ``reference/configuration.md`` that are the records of the settings."""

from __future__ import annotations

from docs.generate.markdown import block, code, prose, table
from hfs.user_config import SETTINGS
from hfs.user_config.settings import KINDS, PROVIDERS


def settings() -> str:
    """A table of all settings."""
    rows = [
        [code(setting.name), _kind(setting.kind), _default(setting.default), prose(setting.help)]
        for setting in SETTINGS
    ]
    return table(["Setting", "Value", "Without it", "What it does"], rows)


def _kind(kind: type) -> str:
    return KINDS[kind].partition(",")[0]


def _default(default: str) -> str:
    return prose(default) if " " in default or not default else code(default)


def example() -> str:
    """A file with all of them."""
    top = [f"{setting.name} = {setting.example}" for setting in SETTINGS if "." not in setting.name]
    own = [
        f"{setting.name.rsplit('.', 1)[1]} = {setting.example}"
        for setting in SETTINGS
        if setting.name.startswith(PROVIDERS)
    ]
    return block([*top, "", f"[{PROVIDERS}.mine]", *own], "toml")
