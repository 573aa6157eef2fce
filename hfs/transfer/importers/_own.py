"""Session documents of hfs itself, checked as they come in; what the readers of its own formats share."""

from __future__ import annotations

from typing import Any

from hfs.errors import InvalidDocumentError
from hfs.persistence import checked_import
from hfs.transfer.conversation import Conversation
from hfs.transfer.importers._kinds import RefusedError


def own_conversation(form: str, document: object) -> Conversation:
    """A conversation that is a session document.

    Args:
        form: The importer's name.
        document: The document.

    Raises:
        RefusedError: It is none, or of a newer format.
    """
    try:
        checked: dict[str, Any] = checked_import(document)
    except InvalidDocumentError as error:
        raise RefusedError(str(error).rstrip(".")) from error
    uid = checked.get("uid")
    return Conversation(format=form, id=uid if isinstance(uid, str) and uid else None, document=checked)


def refuse(reasons: list[str]) -> None:
    """Raises RefusedError where there are reasons to; called once everything else of a file was read."""
    if reasons:
        more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
        raise RefusedError("; ".join(reasons[:3]) + more)
