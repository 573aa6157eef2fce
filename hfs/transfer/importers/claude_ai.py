"""Not written yet."""

from __future__ import annotations

from typing import Final

from hfs.transfer.importers._kinds import Importer

FORMATS: Final[tuple[Importer, ...]] = ()
