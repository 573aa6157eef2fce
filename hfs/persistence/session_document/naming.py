"""The names of sessions: the one that hfs makes, and what a person may give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from hfs.display import local_time
from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence._time import now, parse_time
from hfs.persistence.models import NAME_LIMIT
from hfs.persistence.session_document.texts import require_text, text_of

AUTO_NAME_LENGTH: Final = 30
"""How much of the first user message is in an automatic name, in characters."""
PLACEHOLDER: Final = "New session"


def placeholder_name(moment: datetime) -> str:
    """The name of a session in which nobody has spoken yet."""
    return f"{PLACEHOLDER} - {local_time(moment):%Y-%m-%d_%H-%M}"


def auto_name(text: str, moment: datetime) -> str:
    """The beginning of the first user message, on one line, and the local time."""
    start = " ".join(text[: AUTO_NAME_LENGTH * 20].split())[:AUTO_NAME_LENGTH].strip()
    return f"{start or PLACEHOLDER} - {local_time(moment):%Y-%m-%d_%H-%M}"


def name_after(header: Document, messages: Iterable[Document]) -> bool:
    """Names a session after its first user message, if it still has its placeholder; says whether it did."""
    placeholder = str(header.get("name", "")).startswith(f"{PLACEHOLDER} - ")
    if header.get("name_source") != "auto" or not placeholder:
        return False
    first = next((message for message in messages if message.get("role") == "user" and not message.get("hidden")), None)
    if first is None:
        return False
    header["name"] = auto_name(text_of(first.get("content")), parse_time(first.get("created_at")) or now())
    return True


def checked_name(name: object) -> str:
    """A name as it is stored: on one line, 1 to 255 characters.

    Raises:
        InvalidDocumentError: It is empty or longer.
    """
    require_text(name, "The name")
    line = " ".join(str(name).split())
    if not 1 <= len(line) <= NAME_LIMIT:
        raise InvalidDocumentError(f"A name has 1 to {NAME_LIMIT} characters; this one has {len(line)}.")
    return line
