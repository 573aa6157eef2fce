"""The formats that conversations are written in: a module per format, this one is their registry."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from hfs.errors import TransferError
from hfs.transfer.exporters import hfs_json, hfs_jsonl, markdown, openai, sharegpt, text, web_page
from hfs.transfer.exporters._kinds import Exporter, Frame
from hfs.transfer.exporting.naming import is_folder

EXPORTERS: Final[tuple[Exporter, ...]] = (
    hfs_json.EXPORTER,
    hfs_jsonl.EXPORTER,
    markdown.EXPORTER,
    text.EXPORTER,
    web_page.EXPORTER,
    openai.EXPORTER,
    sharegpt.EXPORTER,
)
_ALSO: Final = {"markdown": "md", "htm": "html", "text": "txt", "ndjson": "jsonl"}
"""Other endings of the same."""


def exporter_named(name: str) -> Exporter:
    """The exporter of a format.

    Raises:
        TransferError: There is no such format.
    """
    found = next((exporter for exporter in EXPORTERS if exporter.name == name), None)
    if found is None:
        names = ", ".join(exporter.name for exporter in EXPORTERS)
        raise TransferError(f"There is no format {name!r}: expected one of {names}.")
    return found


def exporter_for(path: str, default: str) -> Exporter:
    """The exporter that a file's name speaks of by its ending; the default for folders, archives and names without.

    Raises:
        TransferError: No format has that ending: what is in the file would be something else than its name says.
    """
    ending = "" if is_folder(path) else PurePath(path).suffix.lower().removeprefix(".")
    ending = _ALSO.get(ending, ending)
    found = next((exporter for exporter in EXPORTERS if exporter.extension == ending), None)
    if found is None and ending != "zip" and not ending.isdecimal() and ending:
        names = ", ".join(exporter.name for exporter in EXPORTERS)
        raise TransferError(f"No format ends in .{ending}. Name the format too: {names}.")
    return found or exporter_named(default)


__all__ = ["EXPORTERS", "Exporter", "Frame", "exporter_for", "exporter_named"]
