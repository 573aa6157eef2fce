"""Foreign conversations as session documents, and what of a newer export is new to one. Pure functions.

A session that came from elsewhere is found again by its uid, which is made of the source's own ids. Each of its
messages keeps the source's id as ``source_id``, and ``imported_from`` in its header names the last one that came in:
what follows that one in a newer export is new. What a person changed or took out here since stays so.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from hfs.persistence import NAME_LIMIT, SessionImport, format_time
from hfs.transfer.conversation import Branch, Conversation, ForeignMessage

ORIGIN: Final = "imported_from"
SOURCE_ID: Final = "source_id"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_OWN_KEYS: Final = frozenset(
    ("format", "id", "uid", "name", "name_source", "created_at", "updated_at", "messages", ORIGIN, "forked_from")
)
_OWN_MESSAGE_KEYS: Final = frozenset(("id", "role", "created_at", "model", "status", "content", SOURCE_ID))
_GROWING: Final = ("content", "reasoning", "tool_calls", "attachments")

Document = dict[str, Any]


def marks(branch: Branch) -> list[str]:
    """What tells each message of a branch: the source's id, else a digest of all that was said up to it."""
    found: list[str] = []
    used: set[str] = set()
    before = ""
    for message in branch.messages:
        mark = clean(message.id or "")
        if not mark or mark in used:
            said = f"{before}\0{message.role}\0{message.id or ''}\0{message.content}"
            mark = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
        used.add(mark)
        found.append(mark)
        before = mark
    return found


def uids(conversation: Conversation, branch: Branch, branch_marks: list[str]) -> Iterator[str]:
    """The uid of a branch's session; where the source has no ids, those of the shorter ones that it may have been."""
    seed = f"{conversation.format}\0{conversation.id or ''}\0{branch.key or ''}"
    created = conversation.created_at or next((one.created_at for one in branch.messages if one.created_at), None)
    if conversation.id:
        yield SessionImport.derived_uid(created, seed)
    else:
        for mark in reversed(branch_marks):
            yield SessionImport.derived_uid(created, f"{seed}\0{mark}")


def to_document(
    conversation: Conversation, branch: Branch, branch_marks: list[str], uid: str, fallback: datetime
) -> Document:
    """The session that a branch becomes.

    Args:
        conversation: What it is of.
        branch: The branch.
        branch_marks: What tells each of its messages.
        uid: The session's.
        fallback: When it was said, where the source doesn't say.
    """
    times = [message.created_at for message in branch.messages if message.created_at is not None]
    created = conversation.created_at or (times[0] if times else fallback)
    name = clean(" ".join((conversation.name or "").split()))[:NAME_LIMIT].strip()
    origin = {"format": conversation.format, "id": conversation.id, "branch": branch.key, "last": branch_marks[-1]}
    document: Document = {
        "uid": uid,
        **({"name": name, "name_source": "user"} if name else {}),
        "created_at": format_time(created),
        ORIGIN: {key: clean(value) for key, value in origin.items() if value is not None},
        **{key: value for key, value in conversation.extra.items() if key not in _OWN_KEYS},
    }
    moment = created
    items = []
    for number, (message, mark) in enumerate(zip(branch.messages, branch_marks, strict=True), 1):
        moment = message.created_at or moment
        items.append({"id": number, **to_item(message, mark, moment)})
    document["messages"] = items
    return document


def to_item(message: ForeignMessage, mark: str, moment: datetime) -> Document:
    """A message as it stands in a document, without its number."""
    item: Document = {"role": message.role, "created_at": format_time(moment)}
    if message.model:
        item["model"] = clean(message.model)
    if message.status:
        item["status"] = clean(message.status)
    item[SOURCE_ID] = mark
    if message.hidden:
        item["hidden"] = clean(message.hidden)
    item.update({key: value for key, value in message.extra.items() if key not in _OWN_MESSAGE_KEYS})
    if message.reasoning:
        item["reasoning"] = clean(message.reasoning)
    if message.tool_calls:
        item["tool_calls"] = message.tool_calls
    if message.attachments:
        item["attachments"] = message.attachments
    item["content"] = clean(message.content)
    return item


def source_id(item: Document) -> str | None:
    """The mark of the message that an item was brought in as; None where it has none."""
    mark = item.get(SOURCE_ID)
    return mark if isinstance(mark, str) else None


def clean(text: str) -> str:
    """The text with U+FFFD for lone surrogates, which no file can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def additions(document: Document, branch: Branch, branch_marks: list[str]) -> list[Document] | None:
    """What of a branch is new to the session that it became before.

    Returns:
        The items, without numbers; None where nothing tells which of its messages are here.
    """
    have = {source_id(item) for item in document.get("messages") or [] if isinstance(item, dict)}
    origin = document.get(ORIGIN)
    last = origin.get("last") if isinstance(origin, dict) else None
    known = [at for at, mark in enumerate(branch_marks) if mark == last or mark in have]
    if not known:
        return None
    start = known[-1] + 1
    moment = branch.messages[start - 1].created_at or datetime.now(UTC)
    items = []
    for message, mark in zip(branch.messages[start:], branch_marks[start:], strict=True):
        moment = message.created_at or moment
        items.append(to_item(message, mark, moment))
    return items


def go_on(document: Document, branch: Branch, branch_marks: list[str]) -> int:
    """Lets messages go on as they did at the source, in place; says how many did.

    A transcript may have been brought in while its last answer was still being written, and what tools said to a part
    of it stands behind it. What was changed here, or is no longer what the source goes on from, stays.
    """
    present = {source_id(item): item for item in document.get("messages") or [] if isinstance(item, dict)}
    pairs = zip(branch.messages, branch_marks, strict=True)
    return sum(_goes_on(present[mark], message) for message, mark in pairs if mark in present)


def _goes_on(mine: Document, message: ForeignMessage) -> bool:
    # Another program than hfs can't say that it changed something, but a text that is gone was never begun.
    if "edited_at" in mine or (mine.get("content") == "" and "hidden" not in mine):
        return False
    theirs = to_item(message, "", datetime.now(UTC))
    grown = {key: theirs[key] for key in _GROWING if theirs.get(key) and theirs[key] != mine.get(key)}
    if not grown or not all(_begins(value, mine.get(key)) for key, value in grown.items()):
        return False
    if "hidden" not in theirs:
        mine.pop("hidden", None)
    content = mine.pop("content", "")
    mine.update({"content": content, **grown})
    return True


def _begins(now: object, before: object) -> bool:
    """Whether a text or a list is what it was before, and more."""
    if before is None:
        return True
    if isinstance(now, str) and isinstance(before, str):
        return now.startswith(before)
    return isinstance(now, list) and isinstance(before, list) and now[: len(before)] == before


def bring_in(document: Document, items: Iterable[Document], is_anchor: Callable[[Document], bool]) -> None:
    """Adds items to a session, in place, behind the last one that both sides have.

    What was said here after that one stays, and both are put in the order in which they were said.

    Args:
        document: The session.
        items: What is new; one without a number, or with one that is taken, gets one of its own.
        is_anchor: Whether an item of the session is the source's too.
    """
    present: list[Any] = document.setdefault("messages", [])
    placed = [at for at, item in enumerate(present) if isinstance(item, dict) and is_anchor(item)]
    start = placed[-1] + 1 if placed else len(present)
    numbers = {n for item in present if isinstance(item, dict) and type(n := item.get("id")) is int}
    highest = max(numbers, default=0)
    here, coming = deque(present[start:]), deque(items)
    joined = present[:start]
    while here or coming:
        if coming and (not here or _said(coming[0]) < _said(here[0])):
            item = coming.popleft()
            number = item.get("id")
            if type(number) is not int or number in numbers:
                number = highest + 1
            numbers.add(number)
            highest = max(highest, number)
            joined.append({"id": number, **{key: value for key, value in item.items() if key != "id"}})
        else:
            joined.append(here.popleft())
    document["messages"] = joined


def note_last(document: Document, last: str) -> None:
    """Says which message of the source came in last."""
    origin = document.get(ORIGIN)
    document[ORIGIN] = {**(origin if isinstance(origin, dict) else {}), "last": last}


def _said(item: object) -> str:
    moment = item.get("created_at") if isinstance(item, dict) else None
    return moment if isinstance(moment, str) else ""


def common(one: list[str], other: list[str]) -> int:
    """How many messages two branches begin with in common."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def document_marks(document: Document) -> list[str]:
    """What tells each message of a session document that has no uid: a digest of all that was said up to it."""
    messages = [item for item in document.get("messages") or [] if isinstance(item, dict)]
    said = [ForeignMessage(str(item.get("role")), str(item.get("content"))) for item in messages]
    return marks(Branch(said))


def document_additions(here: Document, theirs: Document, gone: Iterable[Document] = ()) -> list[Document]:
    """What a document of hfs has, behind the last message that both have, and the session here has not.

    Args:
        here: The session.
        theirs: The document.
        gone: Messages that the session had.
    """
    known = {identity for item in (*(here.get("messages") or []), *gone) for identity in identities(item)}
    items = [item for item in theirs.get("messages") or [] if isinstance(item, dict)]
    common_ones = [at for at, item in enumerate(items) if known.intersection(identities(item))]
    return items[common_ones[-1] + 1 if common_ones else 0 :]


def identities(item: object) -> list[tuple[Any, ...]]:
    """What tells a message of hfs: its number and moment, or its moment and words."""
    if not isinstance(item, dict):
        return []
    moment = str(item.get("created_at"))
    return [(str(item.get("id")), moment), (moment, str(item.get("role")), str(item.get("content")))]
