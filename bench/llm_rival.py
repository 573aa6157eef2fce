"""The rival ``llm``: the same messages in its database of logs, made by its own migrations."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import Session, sessions
from bench.processes import Run

_COLUMNS = "id, model, prompt, response, conversation_id, datetime_utc"

_RESPONSE = (
    "INSERT INTO responses (id, model, prompt, response, conversation_id, datetime_utc) VALUES (?, ?, ?, ?, ?, ?)"
)


class LLMLogs:
    """The database of logs of ``llm``.

    Args:
        program: ``llm``, of an environment of its own.
        path: The database.
    """

    def __init__(self, program: str, path: Path) -> None:
        self._program = program
        self.path = path

    def fill(self, count: int) -> None:
        """Logs the first sessions of the corpus, each question with its answer, as conversations."""
        self.path.touch()
        Run(self.search("nothing"), self.path.parent).once()
        connection = sqlite3.connect(self.path)
        with connection:
            connection.execute("PRAGMA synchronous = OFF")
            for number, said in sessions(count):
                connection.execute("INSERT INTO conversations (id, name) VALUES (?, ?)", (f"{number:026}", said.name))
                connection.executemany(
                    f"INSERT INTO responses ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", _responses(number, said)
                )
        connection.close()

    def search(self, *words: str) -> list[str]:
        """The command that finds messages with all the words."""
        return [self._program, "logs", "list", "-d", str(self.path), "-q", " ".join(words)]


def _responses(number: int, said: Session) -> Iterator[tuple[str | None, ...]]:
    for at in range(0, len(said.messages), 2):
        asked, answered = said.messages[at : at + 2]
        own, conversation = f"{number:020}{at:06}", f"{number:026}"
        yield own, answered.model, asked.text, answered.text, conversation, answered.moment.isoformat()
