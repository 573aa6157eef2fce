"""Which pages are generated, and by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from docs.generate import commands, configuration, keys, manual, rooms, slash_commands
from docs.generate.markdown import with_part

DOCS: Final = Path(__file__).parents[1]
_MAN: Final = DOCS / "man"

PARTS: Final[dict[str, dict[str, Callable[[], str]]]] = {
    "commands.md": {"commands": commands.commands},
    "configuration.md": {"settings": configuration.settings, "example": configuration.example},
    "keys.md": {"keys": keys.keys},
    "slash-commands.md": {"slash commands": slash_commands.slash_commands},
}
"""The pages of the reference, and what makes the parts of them that are between markers."""


def current() -> dict[Path, str]:
    """Every generated page as the code gives it."""
    made = {}
    for name, parts in PARTS.items():
        path = DOCS / "reference" / name
        text = path.read_text(encoding="utf-8")
        for part, make in parts.items():
            text = with_part(text, part, make())
        made[path] = text
    made[DOCS / "images" / "rooms.svg"] = rooms.drawing()
    return made | {_MAN / name: text for name, text in manual.pages().items()}


def outdated(pages: Mapping[Path, str]) -> dict[Path, str | None]:
    """Those that are other in the folder, with the text they should have; None for one of a command that is gone.

    Args:
        pages: The pages as they should be.
    """
    changed: dict[Path, str | None] = {
        path: text for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    return changed | {path: None for path in sorted(_MAN.glob("*.1")) if path not in pages}
