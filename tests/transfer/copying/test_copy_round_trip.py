"""Any session goes through every engine and comes back to the letter."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hfs.persistence import exact_float, open_store
from tests.transfer.copies import Document, copy, document, documents, empty, files, outcomes, write_session
from tests.transfer.made_up import TEXTS, VALUES

pytest.importorskip("sqlalchemy")

MOMENTS = st.sampled_from(
    (
        "2026-11-24T01:55:12.123456Z", "2026-11-24T01:55:12Z", "2026-11-24T01:55:12+02:00", "2026-11-24 01:55",
        "2026-11-24", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "1969-07-20T20:17:40.5Z",
        "20261124T015512Z",
    )
)  # fmt: skip
ODD: st.SearchStrategy[Any] = st.one_of(MOMENTS, st.sampled_from(("soon", "", None, 12, 1.5, [], {})))
NUMBERS: st.SearchStrategy[Any] = st.sampled_from(
    (1, 2, 3, 0, -1, 10**18, 10**30, "1", "", None, True, exact_float("1.50"), [], "x")
)
BLOCKS = st.lists(st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}), max_size=2)
ITEMS = st.one_of(
    st.fixed_dictionaries(
        {
            "id": st.integers(1, 5),
            "role": st.sampled_from(("user", "assistant")),
            "created_at": MOMENTS,
            "content": TEXTS,
        }
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "id": NUMBERS,
            "role": TEXTS | VALUES,
            "created_at": ODD,
            "model": TEXTS | VALUES,
            "status": TEXTS | VALUES,
            "content": TEXTS | BLOCKS | VALUES,
            "hidden": TEXTS | VALUES,
            "x\0y": VALUES,
            "": VALUES,
        },
    ),
    VALUES,
)
HEADERS = st.fixed_dictionaries(
    {"uid": st.uuids().map(str) | TEXTS.filter(bool), "created_at": MOMENTS, "name": TEXTS.filter(bool)},
    optional={
        "name_source": st.sampled_from(("auto", "user", "me")) | VALUES,
        "updated_at": ODD,
        "tags": st.lists(TEXTS, max_size=3) | VALUES,
        "pinned": st.booleans() | VALUES,
        "archived": st.booleans() | VALUES,
        "removed": VALUES,
        "forked_from": VALUES,
        "x\0y": VALUES,
        "é": VALUES,
    },
)
DOCUMENTS = st.builds(
    lambda header, items: {**header, "messages": items}, HEADERS, st.lists(ITEMS, max_size=4) | VALUES
)
IDS = st.one_of(st.integers(1, 9), st.integers(1, 10**18 - 2))
SESSIONS = st.dictionaries(IDS, DOCUMENTS, min_size=1, max_size=3)


def unique(sessions: dict[int, Document]) -> dict[int, Document]:
    """The sessions with uids that every database tells apart."""
    return {number: {**one, "uid": f"{one['uid']} {at}"} for at, (number, one) in enumerate(sessions.items())}


ODDITIES: Document = {
    **document("u", "a\0b", "one\ntwo"),
    "price": exact_float("1.50"),
    "far": 10**30,
    "half": "\ud800",
    "created_at": "2026-11-24 01:55",
}


@pytest.fixture
def stores(tmp_path: Path, postgres_url: str) -> Any:
    """A SQLite and a PostgreSQL database."""
    with (
        open_store(tmp_path / "lite", store="sqlite") as lite,
        open_store(tmp_path / "big", store=postgres_url) as big,
    ):
        yield lite, big


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(sessions=SESSIONS.map(unique))
@example(sessions={7: ODDITIES})
def test_what_went_through_every_engine_is_what_it_was(stores: Any, sessions: dict[int, Document]) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        here, there = Path(folder, "here"), Path(folder, "there")
        for number, one in sessions.items():
            write_session(here, number, one)
        empty(stores)
        way = [stack.enter_context(documents(here)), *stores, stack.enter_context(documents(there))]
        for source, target in itertools.pairwise(way):
            report = copy(source, target)
            assert report.succeeded, [*report.lines()]
            assert outcomes(report) == [(number, number, "added") for number in sorted(sessions)]
            assert report.checked == len(sessions)
            again = copy(source, target)
            assert [one.outcome for one in again.sessions] == ["present"] * len(sessions), [*again.lines()]
            assert again.succeeded
        assert files(there) == files(here)
