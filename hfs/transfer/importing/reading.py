"""Conversations out of one file, whatever format it has."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from hfs.errors import TransferError
from hfs.transfer.conversation import Conversation
from hfs.transfer.files.databases import decoded, open_read_only, tables_of
from hfs.transfer.files.json_stream import Damaged, records
from hfs.transfer.files.json_window import BadJSONError, encoding_of
from hfs.transfer.files.source import HEAD, Source
from hfs.transfer.files.unpacking import Progress
from hfs.transfer.importers import (
    IMPORTERS,
    DatabaseFormat,
    Importer,
    RecordFormat,
    RefusedError,
    StreamFormat,
    TextFormat,
)

LONGEST: Final = 64 << 20
"""The longest conversation that is taken, in bytes, unless a person allows more."""
_TELLING: Final = 20
"""By how many records at the most a format is told."""
_ANY: Final = "any format that hfs knows; `hfs import --help` lists them"
_TOLD: Final = 100
"""How many records of another shape are told one by one."""
_JSON: Final = re.compile(r'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:[\[\]{"\d-]|null|true|false|$))')
"""How JSON begins, and not the section of a configuration file or a link."""
_SQLITE_MAGIC: Final = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Failed:
    """A conversation that can't be read, or the rest of a file."""

    place: str
    """Which one, for people; empty for the file as a whole."""
    reason: str


@dataclass(slots=True)
class Reading:
    """What is known of a file while it is read.

    Args:
        source: The file.
        form: The name of the format that it must have; any, where it is None.
        limit: The longest conversation that is taken, in bytes.
        progress: Called with how many more bytes were read.
    """

    source: Source
    form: str | None = None
    limit: int = LONGEST
    progress: Progress = lambda count: None
    importer: Importer | None = None
    """How it is read, once that is told."""
    damaged: list[str] = field(default_factory=list)
    """Lines that are no JSON, the first few: where, and why."""
    left_out: Counter[str] = field(default_factory=Counter)
    """Records that hold no conversation, by what they are."""

    unknown: bool = False
    """Whether the file was read, and has no shape that hfs knows."""

    def conversations(self) -> Iterator[Conversation | Failed]:
        """The conversations of the file. Nothing but ``Failed`` where its format is not known."""
        try:
            head = self.source.head()
            if not head.strip() and len(head) < HEAD:
                self.unknown = self.form is None
                yield Failed("", "it is empty")
            elif head.startswith(_SQLITE_MAGIC):
                yield from self._database()
            elif self._is_json(head):
                with self.source.open(self.progress) as file:
                    yield from self._records(file)
            else:
                yield from self._text(head)
        except BadJSONError as error:
            yield Failed("", f"{error}. What follows could not be read")
        except (TransferError, RefusedError) as error:
            yield Failed("", str(error).removeprefix(f"{self.source.name}: ").rstrip("."))
        except sqlite3.DataError:
            yield Failed("", f"{self._too_long('a text in it')}. What follows could not be read")
        except sqlite3.Error as error:
            yield Failed("", f"the database can't be read: {error}")
        except UnicodeDecodeError:
            # What SQLite says of a damaged schema quotes it.
            yield Failed("", "the database can't be read: it is damaged")
        except OSError as error:
            yield Failed("", f"it can't be read: {error.strerror or error}")
        except (MemoryError, SystemError):
            yield Failed("", "there is not enough memory to read it")
        except Exception as error:
            # Another file must not be lost because a reader has a fault.
            yield Failed("", _mistake(error))

    def _is_json(self, head: bytes) -> bool:
        if not any(isinstance(one, (RecordFormat, StreamFormat)) for one in self._candidates()):
            return False
        return _JSON.match(head.decode(encoding_of(head), "ignore").lstrip("\ufeff")) is not None

    def _candidates(self) -> list[Importer]:
        return [importer for importer in IMPORTERS if self.form in (None, importer.name)]

    # JSON

    def _records(self, file: BinaryIO) -> Iterator[Conversation | Failed]:
        values = self._whole(records(file, self.limit))
        first: list[Any] = []
        found = None
        for value in itertools.islice(values, _TELLING):
            first.append(value)
            found = self._told_by(first)
            if found is not None:
                break
        everything = itertools.chain(first, values)
        if isinstance(found, RecordFormat):
            self.importer = found
            yield from self._each(found, everything)
        elif isinstance(found, StreamFormat):
            self.importer = found
            if found.is_one and self.source.size > self.limit:
                raise TransferError(self._too_long("it"))
            broken: list[BadJSONError] = []
            yield from self._checked(found.read(_until_broken(everything, broken), self.source))
            for error in broken:
                raise error
        else:
            raise self._unknown()

    def _told_by(self, first: list[Any]) -> Importer | None:
        for importer in self._candidates():
            if isinstance(importer, RecordFormat) and importer.fits(first[-1]):
                return importer
            if isinstance(importer, StreamFormat) and importer.fits(first):
                return importer
        return None

    def _whole(self, values: Iterator[Any]) -> Iterator[Any]:
        for value in values:
            if isinstance(value, Damaged):
                self.left_out["damaged line"] += 1
                if len(self.damaged) < 5:
                    self.damaged.append(value.reason)
            else:
                yield value

    def _each(self, importer: RecordFormat, values: Iterator[Any]) -> Iterator[Conversation | Failed]:
        strange = 0
        for number, value in enumerate(values, 1):
            place = f"conversation {number}"
            if not isinstance(value, dict) or not importer.fits(value):
                strange += 1
                if strange <= _TOLD:
                    yield Failed(place, f"it has not the shape of {importer.title}")
                else:
                    self.left_out["record of another shape"] += 1
                continue
            try:
                yield importer.read(value, self.source)
            except RefusedError as error:
                yield Failed(place, str(error))
            except RecursionError:
                yield Failed(place, "lists and objects are nested too deep")
            except (MemoryError, SystemError):
                raise
            except Exception as error:
                yield Failed(place, _mistake(error))

    def _checked(self, conversations: Iterator[Conversation]) -> Iterator[Conversation | Failed]:
        try:
            yield from conversations
        except RefusedError as error:
            yield Failed("", str(error))
        except RecursionError:
            yield Failed("", "lists and objects are nested too deep")

    def _too_long(self, what: str) -> str:
        return f"{what} is longer than {self.limit >> 20} MiB; `--max-size` takes more"

    # Texts

    def _text(self, head: bytes) -> Iterator[Conversation | Failed]:
        beginning = head.decode(encoding_of(head), "replace")
        texts = (one for one in self._candidates() if isinstance(one, TextFormat))
        found = next((one for one in texts if self.form or one.fits(beginning)), None)
        if found is None:
            raise self._unknown()
        self.importer = found
        if self.source.size > self.limit:
            raise TransferError(self._too_long("it"))
        with self.source.open(self.progress) as file:
            data = file.read(self.limit + 1)
        if len(data) > self.limit:
            raise TransferError(self._too_long("it"))
        text = decoded(data, encoding_of(head), self.left_out)
        yield from self._checked(found.read(text, self.source))

    # Databases

    def _database(self) -> Iterator[Conversation | Failed]:
        with tempfile.TemporaryDirectory(prefix="hfs-import-") as folder:
            path = self.source.on_disk(folder)
            with contextlib.closing(open_read_only(path, self.limit, self.left_out)) as connection:
                tables = tables_of(connection)
                databases = (one for one in self._candidates() if isinstance(one, DatabaseFormat))
                found = next((one for one in databases if one.fits(tables)), None)
                if found is None:
                    raise self._unknown()
                self.importer = found
                yield from self._checked(found.read(connection, self.source))
            self.progress(self.source.size)

    def _unknown(self) -> RefusedError:
        candidates = self._candidates()
        self.unknown = self.form is None
        shape = _ANY if self.form is None else candidates[0].title
        return RefusedError(f"it has not the shape of {shape}")


def _mistake(error: Exception) -> str:
    """What is said of an error that no reader should raise."""
    return f"hfs can't make sense of it ({type(error).__name__}: {error}); please report this"


def _until_broken(values: Iterator[Any], broken: list[BadJSONError]) -> Iterator[Any]:
    """The records up to the place from which on the file can't be read, so that these come in."""
    try:
        yield from values
    except BadJSONError as error:
        broken.append(error)
