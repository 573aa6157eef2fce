"""hfs's own JSON: session files, as they lie in the home folder, and lists of them."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile
from hfs.transfer.importers._own import own_conversation


def _fits(record: Any) -> bool:
    if not isinstance(record, dict) or "messages" not in record:
        return False
    return type(record.get("format")) is int or (isinstance(record.get("uid"), str) and "created_at" in record)


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    return own_conversation("json", record)


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("json", "hfs's own JSON", _fits, _read),)
