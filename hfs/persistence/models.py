"""What a session is, as values. No input, no output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, overload

from hfs.persistence._time import format_time

Role = Literal["user", "assistant", "system", "tool"]
ROLES: Final[tuple[str, ...]] = ("user", "assistant", "system", "tool")
NAME_LIMIT: Final = 255
"""The longest name, in characters."""


def tags_of(value: object) -> tuple[str, ...]:
    """The tags in a document's field, each once; what is no text there is passed over."""
    found: dict[str, str] = {}
    for tag in value if isinstance(value, list) else ():
        if isinstance(tag, str) and trimmed_tag(tag):
            found.setdefault(trimmed_tag(tag).casefold(), trimmed_tag(tag))
    return tuple(found.values())


def trimmed_tag(tag: str) -> str:
    """A tag on one line, without the mark that it is shown with. Two that differ in case alone are the same."""
    return " ".join(tag.split()).lstrip("# ")


@dataclass(slots=True)
class MessageModel:
    """One message of a session."""

    id: int
    """Unique in its session."""
    session_id: int
    role: str
    """``user``, ``assistant``, ``system`` or ``tool``; anything else that a file holds is kept as it is."""
    content: str
    created_at: datetime
    """Aware, UTC."""
    model: str | None = None
    """Which model spoke, as ``provider/model``."""
    status: str | None = None
    """``"interrupted"`` where the answer was cut short."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys that hfs doesn't know, as they stand in the file."""

    @property
    def hidden(self) -> str | None:
        """What it is, where it is kept but is no part of the chat: a tool's result, a prompt that an import brought.

        Such a message is shown folded and never sent to a model.
        """
        label = self.extra.get("hidden")
        return label if isinstance(label, str) and label else None

    def to_item(self) -> dict[str, Any]:
        """The message as it stands in a document."""
        item: dict[str, Any] = {"id": self.id, "role": self.role, "created_at": format_time(self.created_at)}
        if self.model is not None:
            item["model"] = self.model
        if self.status is not None:
            item["status"] = self.status
        return {**item, **self.extra, "content": self.content}


@dataclass(slots=True)
class SearchHit:
    """A place in which all the words that were looked for stand."""

    session_id: int
    name: str
    """The session's."""
    message_id: int | None
    """The message; None where it is the session's name."""
    role: str
    """Who said it; empty for a name."""
    line: str
    """The line in which most of the words stand, cut around them."""
    marks: tuple[tuple[int, int], ...]
    """Where the words stand in the line: the start of each, and its end."""
    created_at: datetime
    """When it was said; of a name, when the session was begun."""
    session_created_at: datetime
    hidden: str | None = None
    """What the message is, where it is shown folded: see ``MessageModel.hidden``."""


@dataclass(slots=True)
class SearchResult(Sequence[SearchHit]):
    """What a search shows, the best first and session by session, and how much it doesn't."""

    hits: list[SearchHit]
    total: int
    """How many places there are."""
    sessions: int
    """In how many sessions they are."""
    exact: bool
    """Whether these are the numbers; else there are more."""
    in_session: dict[int, int]
    """How many places each session has that is shown."""
    as_prefixes: bool = False
    """Whether no text has the whole words, and what is shown begins with them."""

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, index: int) -> SearchHit: ...

    @overload
    def __getitem__(self, index: slice) -> list[SearchHit]: ...

    def __getitem__(self, index: int | slice) -> SearchHit | list[SearchHit]:
        return self.hits[index]


@dataclass(slots=True)
class SessionModel:
    """One conversation, whole."""

    id: int
    uid: str
    """A UUIDv7: two files with one uid are the same session."""
    name: str
    name_source: Literal["auto", "user"]
    created_at: datetime
    updated_at: datetime | None
    """The later of the header's time and the newest message's; None where nothing ever happened."""
    messages: list[MessageModel]
    extra: dict[str, Any] = field(default_factory=dict)
    read_only: str | None = None
    """Why the file can't be written, or None: a newer format."""
    recovered: bool = False
    """Whether an interrupted write was seen, and what stands here is what was saved before it."""

    @property
    def message_count(self) -> int:
        """How many messages there are."""
        return len(self.messages)

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags, each once, as they are spelled in the file."""
        return tags_of(self.extra.get("tags"))

    @property
    def pinned(self) -> bool:
        """Whether it stands at the top of lists."""
        return self.extra.get("pinned") is True

    @property
    def archived(self) -> bool:
        """Whether it is left out of lists that don't ask for it."""
        return self.extra.get("archived") is True

    def to_document(self) -> dict[str, Any]:
        """The session as a JSON document, unknown keys included, texts as plain strings.

        Its ``updated_at`` is that of the header: None where nothing happened after the last message.
        """
        last = self.messages[-1].created_at if self.messages else None
        changed = self.updated_at if last is None or self.updated_at is None or self.updated_at > last else None
        return {
            "format": 1,
            "id": self.id,
            "uid": self.uid,
            "name": self.name,
            "name_source": self.name_source,
            "created_at": format_time(self.created_at),
            "updated_at": format_time(changed) if changed else None,
            **self.extra,
            "messages": [message.to_item() for message in self.messages],
        }


@dataclass(slots=True)
class SessionSummary:
    """A line of a list of sessions."""

    id: int
    uid: str
    name: str
    created_at: datetime
    updated_at: datetime | None
    message_count: int
    problem: str | None = None
    """What is wrong with the file, for one that can't be read; its other fields are then what could be told."""
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """The models that spoke in it."""
    pinned: bool = False
    archived: bool = False

    @property
    def last_activity(self) -> datetime:
        """When something happened in it last: a fork is newer than what it begins with."""
        return max(self.updated_at or self.created_at, self.created_at)


@dataclass(slots=True)
class NewMessage:
    """A message that is not in a session yet."""

    role: str
    content: str
    model: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    """Now, where it is None."""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class TrashedSession:
    """A session in the trash."""

    id: int
    name: str
    deleted_at: datetime
    message_count: int
    path: str


@dataclass(slots=True)
class Draft:
    """Words that are kept outside a session until they can be saved into it."""

    path: str
    session_id: int
    role: str
    content: str
    created_at: datetime
    model: str | None = None
    status: str | None = None


@dataclass(slots=True)
class MergedCopy:
    """What became of a conflict copy."""

    path: str
    session_id: int
    """The session that holds its words now; where it failed, the one that it is a copy of."""
    outcome: Literal["merged", "renumbered", "failed"]
    text: str
    """The sentence to show."""


@dataclass(slots=True)
class Notice:
    """Something that the store did or saw and that a person should be told."""

    kind: Literal["recovered", "put-back", "taken-out", "replaced-text"]
    session_id: int
    text: str
    """The sentence to show."""
    path: str | None = None
    """A file that holds what is spoken of: the original, or what was taken out."""
