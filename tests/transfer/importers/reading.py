"""Fixtures read as the program reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hfs.transfer.conversation import Conversation
from hfs.transfer.files.source import Source
from hfs.transfer.files.sources import open_sources
from hfs.transfer.importing.reading import Failed, Reading

FIXTURES: Final = Path(__file__).parents[3] / "fixtures" / "imports"


def source_of(path: Path) -> Source:
    """The one file that a path stands for."""
    with open_sources([str(path)]) as sources:
        (source,) = sources
    assert isinstance(source, Source), source
    return source


def read(path: Path, form: str | None = None) -> list[Conversation]:
    """The conversations of a file, told by its shape, which must be the expected format; nothing may fail.

    Args:
        path: The file.
        form: The importer's name that must be found; any, where it is None.
    """
    reading = Reading(source_of(path))
    found = list(reading.conversations())
    assert not [one for one in found if isinstance(one, Failed)], found
    assert form is None or (reading.importer is not None and reading.importer.name == form), reading.importer
    return [one for one in found if isinstance(one, Conversation)]


def failures(path: Path, form: str | None = None) -> list[Failed]:
    """What of a file can't be read."""
    return [one for one in Reading(source_of(path), form).conversations() if isinstance(one, Failed)]


def said(conversation: Conversation, branch: int = 0) -> list[tuple[str, str]]:
    """Role and text of each message of a branch that is part of the chat."""
    return [(one.role, one.content) for one in conversation.branches[branch].messages if one.hidden is None]


def folded(conversation: Conversation, branch: int = 0) -> list[tuple[str, str]]:
    """What each message is that is kept but no part of the chat, and its text."""
    return [(one.hidden, one.content) for one in conversation.branches[branch].messages if one.hidden is not None]
