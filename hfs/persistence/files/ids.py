"""Which id is next: one that no document of a table has or had."""

from __future__ import annotations

from typing import Final

from hfs.persistence._file_ops import io_error, look
from hfs.persistence._files import ChangedMeanwhile, NotRegularError, PreparedFile, read_file
from hfs.persistence._ids import require_id_left
from hfs.persistence.files.events import Moves
from hfs.persistence.files.writer import FolderWriter

NEXT_ID: Final = ".next_id"
"""The file that keeps the next id: of the documents that were removed nothing else tells that they had theirs."""


class FolderIds(FolderWriter):
    """Gives out the ids of one table. Takes what ``FolderWriter`` takes."""

    _highest = 0

    def next_id(self) -> int:
        """An id that no document has or had. Call it under the table's lock."""
        folder = self.folder_time()
        if folder != self._counted or not folder:
            highest = self.events.highest_id()
            self._highest = max(self.ids(), default=0) if highest is None else highest
            self._counted = folder
        return max(self._highest, self._last_reserved()) + 1

    def _last_reserved(self) -> int:
        try:
            data, _ = read_file(self.ops, f"{self._folder}/{NEXT_ID}")
            return int(data) - 1
        except (FileNotFoundError, NotADirectoryError, NotRegularError, ValueError):
            return 0
        except OSError as error:
            # Without it an id that was used before could be given out again.
            raise io_error(error, f"{self._folder}/{NEXT_ID}", "read") from error

    def reserve(self, doc_id: int) -> None:
        """Notes that an id is used, so that it is never given out again. Call it under the table's lock.

        Raises:
            StoreError: It is beyond the highest that a document can have.
            StoreIOError: It could not be noted.
        """
        remedy = f"Give the file of the highest number a lower one, and remove {NEXT_ID} beside it."
        require_id_left(doc_id, self._folder, remedy)
        if doc_id > self._last_reserved():
            self._note_next(doc_id + 1)

    def unreserve(self, first: int, end: int) -> None:
        """Lets ids be given out again, unless more were reserved after them. Call it under the table's lock."""
        if self._last_reserved() == end - 1 and max(self.ids(), default=0) < first:
            self._note_next(first)

    def _note_next(self, doc_id: int) -> None:
        path = f"{self._folder}/{NEXT_ID}"
        moves: Moves = []
        try:
            expected = look(self.ops, path)
            PreparedFile(self.ops, path, b"%d\n" % doc_id, around=lambda: self._timed(moves)).replace(expected)
        except (OSError, ChangedMeanwhile) as error:
            reason = error if isinstance(error, OSError) else OSError("it keeps changing")
            raise io_error(reason, path, "save") from error
        self.events.moved(moves)

    def forget_ids(self) -> None:
        """Lets ids begin at 1 again. Call it under the table's lock."""
        try:
            self.ops.unlink(f"{self._folder}/{NEXT_ID}")
        except FileNotFoundError:
            return
