"""The same sessions in every engine, and what their indexes answer; and sessions of every kind to put there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from hfs.persistence import SessionStore, open_store
from hfs.persistence._engine import Index
from hfs.persistence.sql.engine import SqlEngine
from hfs.persistence.sql.new_session import NewSession
from hfs.persistence.sql.rows import SessionRow
from hfs.persistence.tinydb_engine.plain_index import PlainIndex

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    *(
        "rebase",
        "Rebase",
        "re",
        "reflog",
        "größe",
        "GRÖSSE",
        "grosse",
        "Straße",
        "café",
        "cafe\u0301",
        "naïve",
        "x",
        "a",
    ),
    *("漢字", "字漢", "漢", "かな", "カナ", "ไทย", "ไทยดี", "한글", "🎉", "🎉🎊", "Ελλάς", "й", "мир", "½", "١٢", "12"),
    *("100%", "un_do", "C:\\dir", "foo-bar", "e.g.", "'", '"', "&", "!", "a:*", "\u200d", "ﬁn", "İ", "K"),
)
TAGS = ("Work", "work", "größe", "GRÖSSE", 'a"b', "to read", "wor", "50%", "a\\b", "_")
MODELS = ("local/x", "x", "openai/x-large", "größe/模", 'x"large', "router/meta/llama", "X", "a_b", "a%")
Documents = Sequence[dict[str, Any]]

quickly = settings(max_examples=15, suppress_health_check=list(HealthCheck), print_blob=True)

moments = st.integers(0, 60).map(lambda hours: START + timedelta(hours=hours, microseconds=hours))
phrases = st.lists(st.sampled_from(WORDS), max_size=5).flatmap(
    lambda words: st.sampled_from((" ", "\n", "", ", ", "  ")).map(lambda sign: sign.join(words))
)
messages = st.fixed_dictionaries(
    {
        "role": st.sampled_from(("user", "assistant", "system", "tool", "narrator")),
        "created_at": moments.map(datetime.isoformat),
        "content": phrases | phrases.map(lambda text: text.split("\n")),
    },
    optional={"model": st.sampled_from(MODELS), "hidden": st.just("a result"), "id": st.integers(1, 9)},
)
documents: st.SearchStrategy[Documents] = st.lists(
    st.fixed_dictionaries(
        {
            "name": phrases,
            "created_at": moments.map(datetime.isoformat),
            "messages": st.lists(messages, max_size=4),
            "tags": st.lists(st.sampled_from(TAGS), max_size=3),
            "pinned": st.booleans(),
            "archived": st.booleans(),
        },
        optional={"updated_at": moments.map(datetime.isoformat)},
    ),
    max_size=6,
).map(lambda found: [{**document, "uid": f"0-uid-{at}"} for at, document in enumerate(found)])


class Indexes:
    """Databases, and a folder for each set of sessions.

    Args:
        home: Where they are.
        urls: The databases' names as stores.
        stack: Closes them.
    """

    def __init__(self, home: Path, urls: Mapping[str, str], stack: ExitStack) -> None:
        self._home = home
        self._count = 0
        self._stores = {name: stack.enter_context(open_store(home, store=url)) for name, url in urls.items()}

    def databases(self, sessions: Documents) -> dict[str, Index]:
        """The indexes of databases with these sessions, and no others; their ids are counted from 1."""
        for store in self._stores.values():
            assert isinstance(store._engine, SqlEngine)
            _fill(store._engine, sessions)
        return {name: store._engine.index for name, store in self._stores.items()}

    def store(self, name: str) -> SessionStore:
        """The store of a database."""
        return self._stores[name]

    @contextmanager
    def files(self, sessions: Documents) -> Iterator[Index]:
        """The index of a folder with these sessions."""
        self._count += 1
        home = self._home / f"files{self._count}"
        (home / "sessions").mkdir(parents=True)
        for number, document in enumerate(sessions, 1):
            (home / "sessions" / f"{number}.json").write_text(json.dumps(document))
        with SessionStore(home) as store:
            yield store._engine.index


def _fill(engine: SqlEngine, sessions: Documents) -> None:
    def work(session: Any) -> None:
        session.execute(delete(SessionRow))
        for number, document in enumerate(sessions, 1):
            NewSession(document).insert(session, number, f"key{number}")

    engine._transactions.write(work)


def plain(sessions: Documents) -> PlainIndex:
    """What looking at every session gives."""
    return PlainIndex(lambda: enumerate(map(_as_read, sessions), 1))


def _as_read(document: dict[str, Any]) -> dict[str, Any]:
    """A document as an engine reads it: texts are one string."""

    def joined(message: dict[str, Any]) -> dict[str, Any]:
        content = message["content"]
        lines = isinstance(content, list) and all(isinstance(line, str) for line in content)
        return {**message, "content": "\n".join(content) if lines else content}

    return {**document, "messages": list(map(joined, document["messages"]))}


def require_same(expected: Any, indexes: Mapping[str, Index], ask: Callable[[Index], Any]) -> None:
    """Fails unless every index gives the expected answer."""
    for name, index in indexes.items():
        assert ask(index) == expected, name
