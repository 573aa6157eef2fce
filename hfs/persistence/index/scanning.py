"""Sessions searched without the words of the index: for a pattern, and where no index can be kept."""

from __future__ import annotations

import re
import sqlite3
import warnings
from itertools import islice
from typing import Final

from hfs.errors import BadQueryError
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.index.database import Progress
from hfs.persistence.index.excerpts import Excerpt, Finder, cut, shown_of
from hfs.persistence.index.reading import read_rows
from hfs.persistence.index.rows import NAME
from hfs.persistence.index.searching import Findings, SearchOptions

_STEP: Final = 100
_MOST_MATCHES: Final = 200
"""How often a pattern is looked for in one text."""


def parse_pattern(text: str) -> re.Pattern[str]:
    """A regular expression as Python has them; ``^`` and ``$`` are the ends of a line.

    Raises:
        BadQueryError: It is none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(text, re.MULTILINE)
    except re.error as error:
        place = "" if error.pos is None else f" at character {error.pos + 1}"
        raise BadQueryError(f"The pattern can't be used: {error.msg}{place}.") from error
    except (OverflowError, RecursionError) as error:
        raise BadQueryError(f"The pattern can't be used: {error}.") from error


class PatternFinder:
    """Finds a regular expression.

    Args:
        pattern: The expression.
    """

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    def is_in(self, text: str) -> bool:
        """Whether it matches anywhere."""
        return self._pattern.search(text) is not None

    def is_close_in(self, text: str) -> bool:
        """False: there are no words that could be close."""
        return False

    def excerpt(self, text: str) -> Excerpt:
        """The line in which the first match begins."""
        found = list(islice(self._pattern.finditer(text), _MOST_MATCHES))
        first = found[0].start() if found else 0
        begins = text.rfind("\n", 0, first) + 1
        line = text[begins:].split("\n", 1)[0]
        start, end = cut(line, first - begins)
        return shown_of(line, start, end, ((match.start() - begins, match.end() - begins) for match in found))


def scan(
    connection: sqlite3.Connection,
    folder: DocumentFolder,
    finder: Finder,
    options: SearchOptions,
    most: int | None,
    progress: Progress,
) -> Findings:
    """What is found by reading every session, the one in which something happened last first.

    Args:
        connection: The database, for the sessions' rows.
        folder: The sessions.
        finder: Finds it.
        options: Where it is looked for.
        most: Once so many places are shown no further session is read; all are, where it is None.
        progress: Told how many sessions were read, and how many there are.
    """
    findings = Findings()
    shown = 0
    where, values = options.condition()
    statement = f"SELECT id FROM sessions WHERE {where} ORDER BY active DESC, id DESC"
    doc_ids = [doc_id for (doc_id,) in connection.execute(statement, values)]
    role = options.role_number
    # Which messages are too old is only known when they are shown.
    most = most if options.since is None else None
    for at, (row, said) in enumerate(read_rows(folder, doc_ids)):
        if at % _STEP == 0 and len(doc_ids) > _STEP:
            progress(at, len(doc_ids))
        if most is not None and shown >= most:
            findings.exact = False
            break
        for number, (speaker, text) in enumerate([(NAME, row.name), *said]):
            if role in (None, speaker) and text and finder.is_in(text):
                findings.add(row.id, number, close=finder.is_close_in(text))
                findings.total += 1
        if row.id in findings.sessions:
            shown += len(findings.sessions[row.id].best(options.per_session))
    progress(len(doc_ids), len(doc_ids))
    return findings
