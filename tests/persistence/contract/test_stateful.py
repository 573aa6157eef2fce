"""Any sequence of operations has the same outcome in every engine."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from hfs.errors import HfsError
from hfs.persistence import (
    SORTS,
    ListQuery,
    MessageModel,
    NewMessage,
    SearchOptions,
    SessionFilter,
    SessionModel,
    SessionStore,
    _time,
    render_document,
)
from tests.persistence.contract.places import Place, document_place, opened, sqlite_place, tinydb_place

WORDS = ("git", "rebase", "Äpfel", "apfel", "日本", "a_b", "100%", "straße")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join) | st.sampled_from(
    ["", "\n", "a\nb", "\u2028\x85", "\ud800", "]\n}\n", "x" * 300]
)
NAMES = st.none() | st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join) | st.just("")
TAGS = st.sampled_from(["Work", "work", "ÄPFEL", "äpfel", "a%", ""])
EXTRAS = st.sampled_from([{}, {}, {"n": 10**30}, {"n": 1.5, "a": None}, {"hidden": "\0"}, {"n": float("nan")}])
MODELS = st.sampled_from([None, "p/m", "m"])
PLACES = st.integers(0, 9)
FILTERS = (
    SessionFilter(),
    SessionFilter(archived=False),
    SessionFilter(tag="WORK"),
    SessionFilter(model="m"),
    SessionFilter(pinned=True),
    SessionFilter(name="apf"),
    SessionFilter(since=datetime(2026, 3, 1, 12, 0, 9, tzinfo=UTC)),
)
MOST = 4
"""How many sessions there are at a time."""


class Clock(datetime):
    """A clock that goes on from step to step only: so every engine is told the same moment."""

    step: ClassVar[int] = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        """The moment of this step."""
        moment = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=cls.step)
        return cls.combine(moment.date(), moment.timetz())


Work = Callable[[SessionStore, int], Any]


class Engines(RuleBasedStateMachine):
    """Every engine, each with the same sessions.

    Args:
        stores: A store on each engine, empty.
    """

    def __init__(self, stores: list[SessionStore]) -> None:
        super().__init__()
        self.stores = stores
        self.live: list[tuple[int, ...]] = []
        """The ids of each session: one in each engine."""
        self.gone: list[tuple[int, ...]] = []
        self.imported = 0
        Clock.step = 0

    def same(self, work: Work, numbers: tuple[int, ...] | None = None) -> list[Any]:
        """What work returns in each engine, once it is looked whether that says the same."""
        Clock.step += 1
        results = [
            self.outcome(store, work, number)
            for store, number in zip(self.stores, numbers or len(self.stores) * (0,), strict=True)
        ]
        told = [self.told(at, result) for at, result in enumerate(results)]
        for other in told[1:]:
            assert other == told[0]
        return results

    def outcome(self, store: SessionStore, work: Work, number: int) -> Any:
        try:
            return work(store, number)
        except HfsError as error:
            return type(error), re.sub(r"\d+", "N", str(error).replace(store.place, "PLACE"))

    def told(self, at: int, value: Any) -> Any:
        """A result without what may differ: numbers and uids of sessions are told as their places."""
        if isinstance(value, SessionModel):
            return self.anonymous(at, render_document(1, value.to_document()))
        if isinstance(value, MessageModel):
            return value.to_item()
        if isinstance(value, (list, tuple)):
            return [self.told(at, item) for item in value]
        return value

    def anonymous(self, at: int, data: bytes) -> bytes:
        """The bytes of a session without uids that were made at random."""
        return re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", b"UID", data)

    def add(self, results: list[Any]) -> None:
        """Notes a session that was made in each engine."""
        if isinstance(results[0], SessionModel):
            self.live.append(tuple(result.id for result in results))

    def chosen(self, place: int) -> tuple[int, ...]:
        """One of the sessions."""
        return self.live[place % len(self.live)]

    def messages(self, numbers: tuple[int, ...]) -> list[int]:
        """The ids of the messages of a session."""
        session = self.stores[0].get(numbers[0])
        assert session is not None
        return [message.id for message in session.messages]

    @precondition(lambda self: len(self.live) < MOST)
    @rule(name=NAMES, texts=st.lists(TEXTS, max_size=3), model=MODELS)
    def create(self, name: str | None, texts: list[str], model: str | None) -> None:
        messages = [NewMessage("user" if at % 2 else "assistant", text, model) for at, text in enumerate(texts)]
        self.add(self.same(lambda store, _: store.create(name, messages=messages)))

    @precondition(lambda self: len(self.live) < MOST)
    @rule(text=TEXTS, extra=EXTRAS)
    def bring_in(self, text: str, extra: dict[str, Any]) -> None:
        self.imported += 1
        uid = f"import {self.imported}"
        document = {"uid": uid, "name": uid, **extra, "messages": [{"role": "alien", "content": text}]}
        results = self.same(lambda store, _: store.import_document(copy.deepcopy(document)))
        self.add([result[0] for result in results])

    @precondition(lambda self: self.live)
    @rule(place=PLACES, text=TEXTS, extra=EXTRAS, model=MODELS)
    def append(self, place: int, text: str, extra: dict[str, Any], model: str | None) -> None:
        message = NewMessage("user", text, model, extra=extra)
        self.same(lambda store, number: store.append_message(number, message), self.chosen(place))

    @precondition(lambda self: self.live)
    @rule(place=PLACES, name=NAMES)
    def rename(self, place: int, name: str | None) -> None:
        self.same(lambda store, number: store.rename(number, name or ""), self.chosen(place))

    @precondition(lambda self: self.live)
    @rule(place=PLACES, add=st.lists(TAGS, max_size=2), remove=st.lists(TAGS, max_size=1), mark=st.booleans())
    def organise(self, place: int, add: list[str], remove: list[str], mark: bool) -> None:
        numbers = self.chosen(place)
        self.same(lambda store, number: store.tag(number, add, remove), numbers)
        self.same(lambda store, number: (store.pin if add else store.archive)(number, mark), numbers)

    @precondition(lambda self: self.live)
    @rule(place=PLACES, at=PLACES, text=TEXTS)
    def edit(self, place: int, at: int, text: str) -> None:
        numbers = self.chosen(place)
        message_id = [*self.messages(numbers), 99][at % (len(self.messages(numbers)) + 1)]
        self.same(lambda store, number: store.edit_message(number, message_id, text), numbers)

    @precondition(lambda self: self.live)
    @rule(place=PLACES, at=st.lists(PLACES, max_size=2))
    def remove_messages(self, place: int, at: list[int]) -> None:
        numbers = self.chosen(place)
        # Only databases remember the highest number once its message is gone.
        present = sorted(self.messages(numbers))[:-1]
        gone = {present[one % len(present)] for one in at if present}
        self.same(lambda store, number: store.remove_messages(number, gone), numbers)

    @precondition(lambda self: self.live)
    @rule(place=PLACES, drop=PLACES, text=TEXTS, first=st.booleans())
    def edit_outside(self, place: int, drop: int, text: str, first: bool) -> None:
        def work(store: SessionStore, number: int) -> Any:
            base = store.editable(number)
            assert base is not None
            edited = copy.deepcopy(base)
            present = sorted(item["id"] for item in edited["messages"])[:-1]
            gone = present[drop % len(present)] if present else None
            edited["messages"] = [item for item in edited["messages"] if item["id"] != gone]
            edited["messages"].insert(0 if first else 99, {"role": "user", "content": text})
            merged = store.merge_edited(number, base, edited)
            return [merged.session, merged.counts.added, merged.counts.taken_out, merged.counts.reordered]

        self.same(work, self.chosen(place))

    @precondition(lambda self: self.live and len(self.live) < MOST)
    @rule(place=PLACES, at=PLACES, name=NAMES)
    def fork(self, place: int, at: int, name: str | None) -> None:
        numbers = self.chosen(place)
        before = [None, *self.messages(numbers), 99][at % (len(self.messages(numbers)) + 2)]
        self.add(self.same(lambda store, number: store.fork(number, before=before, name=name), numbers))

    @precondition(lambda self: self.live)
    @rule(place=PLACES)
    def delete(self, place: int) -> None:
        numbers = self.chosen(place)
        self.same(lambda store, number: store.delete(number), numbers)
        self.live.remove(numbers)
        self.gone.append(numbers)

    @precondition(lambda self: self.live or self.gone)
    @rule(place=PLACES)
    def restore(self, place: int) -> None:
        either = self.gone + self.live
        numbers = either[place % len(either)]
        self.same(lambda store, number: store.restore(number), numbers)
        if numbers in self.gone:
            self.gone.remove(numbers)
            self.live.append(numbers)

    @rule()
    def empty_the_trash(self) -> None:
        self.same(lambda store, _: store.empty_trash())
        self.gone.clear()

    @invariant()
    def every_engine_has_the_same_sessions(self) -> None:
        for numbers in self.live:
            self.same(lambda store, number: store.get(number), numbers)
        for numbers in self.gone:
            self.same(lambda store, number: store.get(number), numbers)

    @invariant()
    def every_engine_lists_the_same(self) -> None:
        wanted = FILTERS[Clock.step % len(FILTERS)]
        query = ListQuery(wanted, SORTS[Clock.step % len(SORTS)], pinned_first=Clock.step % 5 < 2)
        assert_same([self.listed(at, store, query) for at, store in enumerate(self.stores)])
        assert_same([store.statistics(wanted) for store in self.stores])
        assert_same([store.tags() for store in self.stores])
        assert_same([self.trash(at, store) for at, store in enumerate(self.stores)])

    @invariant()
    def every_engine_finds_the_same(self) -> None:
        words = (*WORDS, "git -rebase", '"git rebase"', "re*", "x")[Clock.step % 12]
        options = SearchOptions(role=(None, None, "user", "name")[Clock.step % 4])
        assert_same([self.searched(at, store, words, options) for at, store in enumerate(self.stores)])

    def place_of(self, at: int, number: int) -> int:
        return next(place for place, numbers in enumerate(self.live + self.gone) if numbers[at] == number)

    def listed(self, at: int, store: SessionStore, query: ListQuery) -> list[Any]:
        page = store.list_sessions(query)
        rows = [
            (
                *(self.place_of(at, one.id), one.name, one.created_at, one.updated_at, one.message_count),
                *(one.tags, one.models, one.pinned, one.archived),
            )
            for one in page.sessions
        ]
        return [rows, page.matching, page.total, page.archived]

    def trash(self, at: int, store: SessionStore) -> list[Any]:
        every = [*store.list_trash(), *store.list_taken_out()]
        return [(self.place_of(at, one.id), one.name, one.deleted_at, one.message_count) for one in every]

    def searched(self, at: int, store: SessionStore, words: str, options: SearchOptions) -> list[Any]:
        result = store.search(words, options=options)
        hits = [(self.place_of(at, hit.session_id), hit.message_id, hit.line, hit.marks, hit.role) for hit in result]
        return [hits, result.total, result.sessions, result.exact, result.as_prefixes]

    def teardown(self) -> None:
        for store in self.stores:
            for summary in store.list_recent(None):
                store.delete(summary.id)
            store.empty_trash()


def assert_same(values: list[Any]) -> None:
    for value in values[1:]:
        assert value == values[0]


@pytest.fixture
def stores(home: Path, sqlite_template: Path, postgres_place: Place) -> Iterator[list[SessionStore]]:
    """A store on each engine."""
    places = [
        document_place(home / "documents"),
        sqlite_place(home / "sqlite", sqlite_template),
        postgres_place,
        tinydb_place(home / "tinydb"),
    ]
    with opened(*places) as every:
        yield every


def test_any_sequence_of_operations_has_the_same_outcome_in_every_engine(
    stores: list[SessionStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    class EnginesHere(Engines):
        def __init__(self) -> None:
            super().__init__(stores)

    monkeypatch.setattr(_time, "datetime", Clock)
    run_state_machine_as_test(
        EnginesHere,
        settings=settings(
            max_examples=6,
            stateful_step_count=12,
            deadline=None,
            # What fails must be told within the time that a test has.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
