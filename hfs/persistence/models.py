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
    """One message of a session.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     message = store.add_message(session.id, "user", "How long does it rest?", extra={"mood": "curious"})
        >>> message.id, message.role, message.content, message.extra
        (1, 'user', 'How long does it rest?', {'mood': 'curious'})
    """

    id: int
    """Unique in its session."""
    session_id: int
    """The session that it is in."""
    role: str
    """``user``, ``assistant``, ``system`` or ``tool``; anything else that a file holds is kept as it is."""
    content: str
    """What was said."""
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
        """The message as it stands in a document, its text as a plain string."""
        item: dict[str, Any] = {"id": self.id, "role": self.role, "created_at": format_time(self.created_at)}
        if self.model is not None:
            item["model"] = self.model
        if self.status is not None:
            item["status"] = self.status
        return {**item, **self.extra, "content": self.content}


@dataclass(slots=True)
class SearchHit:
    """A place in which all the words that were looked for stand.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread", messages=[NewMessage("user", "How long does the dough rest?")])
        ...     hit = store.search("dough")[0]
        >>> hit.session_id, hit.message_id, [hit.line[start:end] for start, end in hit.marks]
        (1, 1, ['dough'])
    """

    session_id: int
    """The session."""
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
    """When the session was begun."""
    hidden: str | None = None
    """What the message is, where it is shown folded: see ``MessageModel.hidden``."""


@dataclass(slots=True)
class SearchResult(Sequence[SearchHit]):
    """What a search shows, the best first and session by session, and how much it doesn't. A sequence of hits.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     for text in ("Rye dough", "Wheat dough"):
        ...         session = store.create(messages=[NewMessage("user", text), NewMessage("user", text)])
        ...     found = store.search("dough", limit=1)
        >>> len(found), found.total, found.sessions, found.exact
        (1, 6, 2, True)
    """

    hits: list[SearchHit]
    """The places."""
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
    """One conversation, whole.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     made = store.create("Bread", messages=[NewMessage("user", "How long does it rest?")])
        ...     session = store.get(made.id)
        >>> session.name, session.message_count, session.messages[0].content
        ('Bread', 1, 'How long does it rest?')
    """

    id: int
    """Its number: the file is called after it."""
    uid: str
    """A UUIDv7: two files with one uid are the same session."""
    name: str
    """1 to 255 characters on one line, in most cases."""
    name_source: Literal["auto", "user"]
    """``user`` where a person or a program gave the name: then hfs never replaces it."""
    created_at: datetime
    """When it was begun. Aware, UTC."""
    updated_at: datetime | None
    """The later of the header's time and the newest message's; None where nothing ever happened."""
    messages: list[MessageModel]
    """What was said, in order."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys that hfs doesn't know, as they stand in the file; tags and marks among them."""
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
    """A line of a list of sessions.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     summary = store.list_recent()[0]
        >>> summary.id, summary.name, summary.message_count
        (1, 'Bread', 0)
    """

    id: int
    """Its number."""
    uid: str
    """A UUIDv7: two files with one uid are the same session."""
    name: str
    """Its name."""
    created_at: datetime
    """When it was begun. Aware, UTC."""
    updated_at: datetime | None
    """The later of the header's time and the newest message's; None where nothing ever happened."""
    message_count: int
    """How many messages it has."""
    problem: str | None = None
    """What is wrong with the file, for one that can't be read; its other fields are then what could be told."""
    tags: tuple[str, ...] = ()
    """Its tags, each once, as they are spelled in the file."""
    models: tuple[str, ...] = ()
    """The models that spoke in it."""
    pinned: bool = False
    """Whether it stands at the top of lists."""
    archived: bool = False
    """Whether it is left out of lists that don't ask for it."""

    @property
    def last_activity(self) -> datetime:
        """When something happened in it last: a fork is newer than what it begins with."""
        return max(self.updated_at or self.created_at, self.created_at)


@dataclass(slots=True)
class NewMessage:
    """A message that is not in a session yet.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     said = [NewMessage("user", "Why two tides?"), NewMessage("assistant", "The Moon.", model="local/x")]
        ...     session = store.create(messages=said)
        >>> [message.model for message in session.messages]
        [None, 'local/x']
    """

    role: str
    """``user``, ``assistant``, ``system`` or ``tool``."""
    content: str
    """Any text but lone surrogates."""
    model: str | None = None
    """Which model spoke, as ``provider/model``."""
    status: str | None = None
    """``"interrupted"`` where the answer was cut short."""
    created_at: datetime | None = None
    """When it was said, aware; now, where it is None."""
    extra: dict[str, Any] = field(default_factory=dict)
    """More keys to keep with it."""


@dataclass(slots=True)
class TrashedSession:
    """A session in the trash, or messages there that were taken out of one.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     deleted = store.delete(store.create("Bread").id)
        ...     trash = store.list_trash()
        >>> [(session.id, session.name) for session in trash]
        [(1, 'Bread')]
    """

    id: int
    """The session's number."""
    name: str
    """Its name."""
    deleted_at: datetime
    """When it was deleted. Aware, UTC."""
    message_count: int
    """How many messages are in the trash."""
    path: str
    """The file, or the address of the database."""


@dataclass(slots=True)
class Draft:
    """Words that are kept outside a session until they can be saved into it.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     draft = store.keep_draft(session.id, NewMessage("user", "Twelve hours?"))
        ...     saved = store.save_drafts()
        >>> draft.content, [message.content for message in saved]
        ('Twelve hours?', ['Twelve hours?'])
    """

    path: str
    """The file that keeps them."""
    session_id: int
    """The session that they belong to."""
    role: str
    """Who said it."""
    content: str
    """What was said so far."""
    created_at: datetime
    """When it was begun: the message that it becomes has the same moment."""
    model: str | None = None
    """Which model spoke."""
    status: str | None = None
    """``"interrupted"`` for an answer."""


@dataclass(slots=True)
class MergedCopy:
    """What became of a conflict copy, which a sync program left beside a session's file.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     copy = Path("chats/sessions/1.sync-conflict-20261124-015512-AAAAAAA.json")
        ...     copy.write_bytes(Path("chats/sessions/1.json").read_bytes()) and None
        ...     merged = [store.merge_copy(session_id, path) for session_id, path in store.conflict_copies()]
        >>> [(copy.session_id, copy.outcome) for copy in merged]
        [(1, 'merged')]
    """

    path: str
    """The copy."""
    session_id: int
    """The session that holds its words now; where it failed, the one that it is a copy of."""
    outcome: Literal["merged", "renumbered", "failed"]
    """``renumbered`` where it was another session with the same number."""
    text: str
    """The sentence to show."""


@dataclass(slots=True)
class Notice:
    """Something that the store did or saw and that a person should be told.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import open_store
        >>> notices = []
        >>> with open_store("chats", on_notice=notices.append) as store:
        ...     session = store.create("Bread")
        ...     stale = Path("chats/sessions/1.json").read_bytes()
        ...     message = store.add_message(session.id, "user", "Twelve hours?")
        ...     Path("chats/sessions/1.json").write_bytes(stale) and None
        ...     session = store.refresh(session.id)
        >>> session.message_count, [notice.kind for notice in notices]
        (1, ['put-back'])
    """

    kind: Literal["recovered", "put-back", "taken-out"]
    """``recovered``: an interrupted write was seen. ``put-back``: messages that an old copy took away are there again.
    ``taken-out``: another program took messages out, and they are kept in the trash."""
    session_id: int
    """The session."""
    text: str
    """The sentence to show."""
    path: str | None = None
    """A file that holds what is spoken of: the original, or what was taken out."""
