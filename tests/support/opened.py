"""Which documents are opened."""

from __future__ import annotations

from pathlib import Path

from hfs.persistence._file_ops import FileOps


class OpenedOps(FileOps):
    """Notes the name of each document's file that is opened."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        if path.endswith(".json"):
            self.opened.append(Path(path).name)
        return super().open(path, flags, mode)
