"""The messages of a session put in the place of others: what is asked of the database for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import event

from hfs.persistence import NewMessage, open_store


def test_a_change_that_moves_many_messages_takes_few_statements(home: Path) -> None:
    with open_store(home, store="sqlite") as store:
        session = store.create(messages=[NewMessage("user", f"text {at}") for at in range(300)])
        engine: Any = store._engine
        statements: list[str] = []

        def note(connection: object, cursor: object, statement: str, *others: object) -> None:
            statements.append(statement)

        event.listen(engine._transactions.engine.sync_engine, "before_cursor_execute", note)
        store.remove_messages(session.id, [1, 2])
        base = store.editable(session.id)
        assert base is not None
        added = [{"role": "user", "content": f"new {at}"} for at in range(50)]
        store.merge_edited(session.id, base, {**base, "messages": [*added, *base["messages"][10:]]})
        found = store.get(session.id)
    assert found is not None
    expected = [f"new {at}" for at in range(50)] + [f"text {at}" for at in range(12, 300)]
    assert sorted(message.content for message in found.messages) == sorted(expected)
    assert 2 <= sum(statement.startswith("UPDATE messages") for statement in statements) <= 4
