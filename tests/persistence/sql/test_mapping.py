"""Documents into rows and back: nothing is lost, and what another program changes in a row holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.persistence._format import Document, render
from hfs.persistence._json import LiteralFloat
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete
from hfs.persistence.sql.mapping import (
    document_from,
    header_from,
    item_from,
    listed_after,
    message_columns,
    session_columns,
)
from hfs.persistence.sql.rows import MessageRow, SessionRow

TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
NUMBERS = st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS | st.just(LiteralFloat("1.50")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()) | TEXTS
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(-3, 1 << 66) | VALUES,
        "role": st.sampled_from(["user", "assistant"]) | VALUES,
        "content": TEXTS | st.just("one\ntwo\n") | VALUES,
        "created_at": TIMES | VALUES,
        "model": TEXTS | VALUES,
        "status": VALUES,
        "zeta": VALUES,
        "a": VALUES,
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"messages": st.lists(ITEMS | VALUES, max_size=4) | VALUES},
    optional={
        "format": st.just(1) | VALUES,
        "uid": TEXTS | VALUES,
        "name": TEXTS | VALUES,
        "name_source": st.sampled_from(["auto", "user"]) | VALUES,
        "created_at": TIMES | VALUES,
        "updated_at": TIMES | VALUES,
        "tags": st.lists(TEXTS, max_size=2) | VALUES,
        "pinned": st.booleans(),
        "zeta": VALUES,
        "a": VALUES,
    },
)


def stored(document: Document) -> SessionRow:
    """A document as rows, as PostgreSQL would give them back."""
    columns = session_columns(7, document)
    items = document.get("messages")
    messages = message_columns(7, items, columns["created_at"]) if isinstance(items, list) else []
    rows = [MessageRow(session_id=7, position=at, **_from_jsonb(found)) for at, found in enumerate(messages)]
    return SessionRow(**_from_jsonb(columns), messages=rows)


def _from_jsonb(columns: dict[str, Any]) -> dict[str, Any]:
    def ordered(value: Any) -> Any:
        if isinstance(value, list):
            return [ordered(part) for part in value]
        if not isinstance(value, dict):
            return value
        return {key: ordered(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}

    for name, value in columns.items():
        if isinstance(value, str):
            assert "\0" not in value, name
            value.encode()
    return {**columns, "extra": ordered(json.loads(json.dumps(columns["extra"])))}


@given(DOCUMENTS)
def test_any_document_comes_back_to_the_byte(document: Document) -> None:
    complete(7, document)
    assert render(document_from(stored(document)), SESSION_LAYOUT) == render(document, SESSION_LAYOUT)


def test_what_hfs_writes_itself_needs_no_second_form() -> None:
    document: Document = {
        "name": "Rebase",
        "name_source": "user",
        "created_at": "2026-11-24T01:55:12.123456Z",
        "tags": ["work"],
        "pinned": True,
        "messages": [
            {"id": 1, "role": "user", "created_at": "2026-11-24T01:55:12.200000Z", "content": "a\nb"},
            {"id": 2, "role": "assistant", "created_at": "2026-11-24T01:55:13.000000Z", "model": "x/y", "content": "c"},
        ],
    }
    complete(7, document)
    row = stored(document)
    assert row.exact is None
    assert [message.exact for message in row.messages] == [None, None]
    assert (row.tags, row.pinned, row.spoken_by) == (["work"], True, "\nx/y\ny\n")


@pytest.mark.parametrize(
    ("column", "value"),
    [("content", "other"), ("role", "system"), ("model", "x/z"), ("created_at", datetime(2020, 1, 1, tzinfo=UTC))],
)
def test_a_column_that_another_program_changed_holds(column: str, value: Any) -> None:
    item = {"id": 1, "role": "user", "created_at": "2026-11-24T01:55:12Z", "content": "a", "rate": LiteralFloat("1.50")}
    (columns,) = message_columns(7, [item], datetime(2026, 1, 1, tzinfo=UTC))
    row = MessageRow(session_id=7, position=0, **columns)
    assert item_from(row) == item
    setattr(row, column, value)
    written = "2020-01-01T00:00:00.000000Z" if column == "created_at" else value
    assert item_from(row) == {**item, column: written}


def test_a_name_that_another_program_changed_holds() -> None:
    document: Document = {"name": "before", "rate": LiteralFloat("1.50"), "messages": []}
    complete(7, document)
    row = stored(document)
    assert header_from(row)["rate"].literal == "1.50"
    row.name, row.created_at = "after", datetime(2020, 1, 1, tzinfo=UTC)
    changed = header_from(row)
    assert (changed["name"], changed["created_at"]) == ("after", "2020-01-01T00:00:00.000000Z")
    assert changed["rate"].literal == "1.50"
    row.extra = {"mood": "x"}
    changed = header_from(row)
    assert (changed["mood"], changed["rate"].literal) == ("x", "1.50")


@given(st.lists(ITEMS, min_size=1, max_size=3), st.lists(ITEMS, min_size=1, max_size=3))
def test_columns_that_are_added_up_are_those_of_the_whole(before: list[Document], after: list[Document]) -> None:
    moment = "2026-11-24T01:55:12.000000Z"
    items = [{**item, "id": at, "created_at": moment} for at, item in enumerate([*before, *after], 1)]
    document: Document = {"created_at": moment, "messages": items[: len(before)]}
    complete(7, document)
    row = stored(document)
    grown = listed_after(row, items[len(before) :])
    whole = session_columns(7, {**document, "messages": items})
    assert {name: whole[name] for name in grown} == grown
