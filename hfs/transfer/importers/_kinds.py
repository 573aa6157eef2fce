"""What an importer is: how it tells its format by the shape of the data, and how it reads it.

There are four kinds, by how conversations lie in files. A reader takes values of any type without raising: what is
missing or of another type is counted in the conversation's ``Tally``, or left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hfs.transfer.conversation import Conversation


class SourceFile(Protocol):
    """What a reader may ask of the file that it reads."""

    @property
    def name(self) -> str:
        """Its path, for people, and for formats that keep a name in it: ``a/b.zip/c/d.jsonl``."""
        ...

    @property
    def modified(self) -> datetime | None:
        """When it was changed last, aware."""
        ...

    def beside(self, name: str) -> bytes | None:
        """A small file in the same folder or archive; None where there is none."""
        ...

    def above(self, name: str) -> bytes | None:
        """A small file of that name in the nearest folder above, at most five up; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """Each record is a conversation: an object, the items of an array, or the lines of JSONL."""

    name: str
    """As in ``--from``."""
    title: str
    """For people: ``ChatGPT export``."""
    fits: Callable[[Any], bool]
    """Whether a record has its shape."""
    read: Callable[[dict[str, Any], SourceFile], Conversation]


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """The records of a file are a conversation together, or several."""

    name: str
    title: str
    fits: Callable[[Sequence[Any]], bool]
    """Whether the first records of a file, at most 20, have its shape."""
    read: Callable[[Iterator[Any], SourceFile], Iterator[Conversation]]
    is_one: bool = True
    """Whether a file is one conversation, which memory holds while it is read."""


@dataclass(frozen=True, slots=True)
class TextFormat:
    """A text that is no JSON."""

    name: str
    title: str
    fits: Callable[[str], bool]
    """Whether the first 64 KiB of a file have its shape."""
    read: Callable[[str, SourceFile], Iterator[Conversation]]


@dataclass(frozen=True, slots=True)
class DatabaseFormat:
    """An SQLite database, opened read-only."""

    name: str
    title: str
    fits: Callable[[Mapping[str, frozenset[str]]], bool]
    """Whether the tables, with the names of their columns, have its shape."""
    read: Callable[[sqlite3.Connection, SourceFile], Iterator[Conversation]]
    """Rows are ``sqlite3.Row``; texts that are not UTF-8 come with U+FFFD."""


Importer = RecordFormat | StreamFormat | TextFormat | DatabaseFormat


class RefusedError(Exception):
    """What a reader raises for a conversation that it can't make sense of; its text is the reason, for people."""
