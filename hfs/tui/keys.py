"""The keys, as people are told of them: each binding says itself what it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding, BindingType

from hfs.tui.app import HFSApp
from hfs.tui.screens.chat import ChatScreen
from hfs.tui.screens.history import HistoryScreen
from hfs.tui.screens.picker import PickerScreen
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.transcript import Transcript

_NAMES: Final = {"escape": "Esc", "pageup": "Page Up", "pagedown": "Page Down"}
_CLICK: Final = ("Click on ▸", "Unfold it; on ▾: fold it again.")


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Keys that work in one place."""

    place: str
    rows: Sequence[tuple[str, str]]
    """The keys, and what they do."""


def chat_keys() -> KeyGroup:
    """The keys of the chat itself, and the mouse."""
    rows = _rows([*Prompt.TAKEN, *Prompt.BINDINGS, *ChatScreen.BINDINGS, *HFSApp.BINDINGS])
    return KeyGroup("In the chat", [*rows, _CLICK])


def key_groups() -> list[KeyGroup]:
    """All keys, by where they work."""
    return [
        chat_keys(),
        KeyGroup("In the conversation, where Shift+Tab goes", _rows(Transcript.BINDINGS)),
        KeyGroup("In the list of sessions", _rows([*PickerScreen.TAKEN, *PickerScreen.BINDINGS])),
        KeyGroup("In the search of what you said", _rows([*HistoryScreen.TAKEN, *HistoryScreen.BINDINGS])),
    ]


def _rows(bindings: Iterable[BindingType]) -> list[tuple[str, str]]:
    """Bindings with a description, which all have that are for people."""
    told = [one for one in bindings if isinstance(one, Binding) and one.description]
    return [(", ".join(map(_key_name, one.key.split(","))), f"{one.description}.") for one in told]


def _key_name(key: str) -> str:
    return "+".join(_NAMES.get(part, part.capitalize()) for part in key.split("+"))
