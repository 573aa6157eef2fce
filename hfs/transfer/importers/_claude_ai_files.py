"""Files of a message of Claude: uploads, and pasted texts, which an export has in full."""

from __future__ import annotations

from typing import Any

from hfs.transfer.fields import as_dicts, as_text
from hfs.transfer.importers._attachments import described
from hfs.transfer.importers._turn import Turn


def attach(turn: Turn, record: dict[str, Any]) -> None:
    """Adds the files of a message. A message that is nothing but pasted texts becomes these."""
    pasted = as_dicts(record.get("attachments"))
    alone = not turn.has_text
    if alone:
        turn.text("\n\n".join(filter(None, (as_text(one.get("extracted_content")) for one in pasted))))
    for attachment in pasted:
        text = as_text(attachment.get("extracted_content"))
        item = described(attachment, name="file_name", type="file_type", size="file_size", ref="id")
        if text and not alone:
            item["content"] = text
        if not (alone and text) or "name" in item:
            turn.attach(item)
    for item in _files(record):
        turn.attach(item)


def _files(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Two lists name the same files, the second with less about them."""
    found = [_file(file) for file in as_dicts(record.get("files_v2"))]
    refs = {item.get("ref") for item in found}
    names = {item.get("name") for item in found}
    for file in as_dicts(record.get("files")):
        item = _file(file)
        if item and not (item["ref"] in refs if "ref" in item else item.get("name") in names):
            found.append(item)
    return found


def _file(file: dict[str, Any]) -> dict[str, Any]:
    return described(file, name="file_name", type="file_kind", size="size_bytes", ref="file_uuid")
