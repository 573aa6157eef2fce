"""Sessions put in order: tags, pins, and what is archived. All are plain fields of the document.

``updated_at`` stays as it is: a session in which nothing was said is no newer for its tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from hfs.display import one_line
from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence.models import SessionModel, trimmed_tag
from hfs.persistence.session_document.texts import require_text
from hfs.persistence.sessions.reader import SessionReader

TAG_LIMIT: Final = 50
"""The longest tag, in characters."""


class SessionOrganiser(SessionReader):
    """Tags sessions, pins and archives them. Takes what ``SessionReader`` takes."""

    def tag(self, session_id: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> SessionModel | None:
        """Gives a session tags, and takes others away. Nothing is written where nothing changes.

        Args:
            session_id: The session.
            add: Tags of 1 to 50 characters on one line, without commas. One that it has in other case stays as it is.
            remove: Tags in any case, whether it has them or not.

        Returns:
            The session, or None if there is no such one.

        Raises:
            InvalidDocumentError: That is no tag, or the file has something else than a list of them.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not changed.
        """
        added = [checked_tag(tag) for tag in _listed(add)]
        removed = {folded_tag(tag) for tag in _listed(remove)}
        return self._organise(session_id, lambda document: retag(session_id, document, added, removed))

    def pin(self, session_id: int, pinned: bool = True) -> SessionModel | None:
        """Keeps a session at the top of lists, or no longer. Nothing is written where nothing changes.

        Args:
            session_id: The session.
            pinned: Whether it stands there.

        Returns:
            The session, or None if there is no such one.

        Raises:
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not changed.
        """
        return self._organise(session_id, lambda document: mark(document, "pinned", pinned))

    def archive(self, session_id: int, archived: bool = True) -> SessionModel | None:
        """Takes a session out of lists that don't ask for it, or brings it back into them.

        Args:
            session_id: The session.
            archived: Whether it is left out.

        Returns:
            The session, or None if there is no such one.

        Raises:
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not changed.
        """
        return self._organise(session_id, lambda document: mark(document, "archived", archived))

    def tags(self) -> dict[str, int]:
        """Every tag and how many sessions have it, the most used first; spellings in other case count as one.

        Raises:
            StoreIOError: The sessions can't be listed.
        """
        return self._index.tags()

    def _organise(self, session_id: int, change: Callable[[Document], bool]) -> SessionModel | None:
        def apply(document: Document) -> None:
            change(document)

        snapshot = self._documents.read(session_id) if is_id(session_id) else None
        if snapshot is not None and change(dict(snapshot.document)):
            self._documents.modify(session_id, apply)
        return self.get(session_id)


def checked_tag(tag: object) -> str:
    """A tag as it is stored: on one line, without the mark that it is shown with.

    Raises:
        InvalidDocumentError: It is empty, too long, or would be taken for several, or for one to remove.
    """
    require_text(tag, "The tag")
    line = trimmed_tag(str(tag))
    if not 1 <= len(line) <= TAG_LIMIT:
        raise InvalidDocumentError(f"A tag has 1 to {TAG_LIMIT} characters; this one has {len(line)}.")
    if "," in line or line.startswith("-"):
        raise InvalidDocumentError(f"{line!r} is no tag: it has no commas, and doesn't begin with a hyphen.")
    return line


def folded_tag(tag: str) -> str:
    """A tag as it is compared: two that differ in case alone are the same."""
    return trimmed_tag(tag).casefold()


def _listed(tags: Iterable[str]) -> list[str]:
    """Tags one by one. A text alone is one tag, and not as many as it has letters."""
    return [tags] if isinstance(tags, str) else list(tags)


def retag(session_id: int, document: Document, add: Iterable[str], remove: set[str]) -> bool:
    """Changes the tags of a document in place; what stands among them and is no text stays.

    Args:
        session_id: The session.
        document: Its document.
        add: Tags, checked.
        remove: Tags, folded. One that is added too goes to the end, as it is spelled now.

    Returns:
        Whether there was anything to change.

    Raises:
        InvalidDocumentError: It has tags that are no list.
    """
    present = document.get("tags")
    if present is not None and not isinstance(present, list):
        shown = one_line(repr(present), 60)
        raise InvalidDocumentError(
            f'The "tags" in the file of session {session_id} are {shown}: make them a list there, such as ["work"]. '
            "Nothing was written."
        )
    before = present or []
    tags = [tag for tag in before if not (isinstance(tag, str) and folded_tag(tag) in remove)]
    known = {folded_tag(tag) for tag in tags if isinstance(tag, str)}
    for tag in add:
        if folded_tag(tag) not in known:
            known.add(folded_tag(tag))
            tags.append(tag)
    if tags == before:
        return False
    if tags:
        document["tags"] = tags
    else:
        del document["tags"]
    return True


def mark(document: Document, key: Literal["pinned", "archived"], value: bool) -> bool:
    """Sets a mark of a document in place, or takes it off; says whether that changed anything."""
    if (document.get(key) is True) == value:
        return False
    if value:
        document[key] = True
    else:
        del document[key]
    return True
