"""The formats that conversations are imported from: a module per format, this one is their registry.

A format is told by the shape of its data, never by the name of a file. The order counts where two shapes are alike:
the first that fits is taken.
"""

from __future__ import annotations

from typing import Final

from hfs.transfer.importers._kinds import (
    DatabaseFormat,
    Importer,
    RecordFormat,
    RefusedError,
    SourceFile,
    StreamFormat,
    TextFormat,
)

IMPORTERS: Final[tuple[Importer, ...]] = ()

__all__ = [
    "IMPORTERS",
    "DatabaseFormat",
    "Importer",
    "RecordFormat",
    "RefusedError",
    "SourceFile",
    "StreamFormat",
    "TextFormat",
]
