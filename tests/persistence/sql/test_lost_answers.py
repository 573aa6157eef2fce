"""A server that commits, and whose answer never arrives; one that is away, or silent, and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hfs.errors import StoreIOError
from hfs.persistence import NewMessage, SessionModel, SessionStore, new_uid, open_repository, open_store
from tests.support.postgres import PostgresServer, database_name
from tests.support.proxy import PostgresProxy, postgres_proxy

pytest.importorskip("asyncpg")

SLOW_COMMITS = (
    "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END'",
    *(
        f"CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON {table} "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
        for table in ("sessions", "messages")
    ),
)


@pytest.fixture
def proxy(postgres: PostgresServer) -> Iterator[PostgresProxy]:
    with postgres_proxy(postgres.host, postgres.port) as running:
        yield running


@pytest.fixture
def url(postgres_url: str, proxy: PostgresProxy) -> str:
    """The test's database, through the proxy."""
    return f"postgresql://hfs@127.0.0.1:{proxy.port}/{database_name(postgres_url)}"


@pytest.fixture
def store(url: str, home: Path) -> Iterator[SessionStore]:
    with open_store(home, store=url) as opened:
        yield opened


@pytest.fixture
def impatient(store: SessionStore, monkeypatch: pytest.MonkeyPatch) -> SessionStore:
    """The store, which waits only a moment for a server that is away."""
    engine: Any = store._engine
    monkeypatch.setattr(engine._transactions, "_patience", 0.2)
    return store


def texts(session: SessionModel | None) -> list[str]:
    assert session is not None
    return [message.content for message in session.messages]


def _look_until(store: SessionStore, condition: Callable[[str | None], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition(store.revision(1)):
        assert time.monotonic() < deadline


def edit(store: SessionStore) -> None:
    base = store.editable(1)
    assert base is not None
    edited = {**base, "messages": [*base["messages"], {"role": "user", "content": "by hand"}]}
    store.merge_edited(1, base, edited)


WRITES: dict[str, tuple[Callable[[SessionStore], object], list[str]]] = {
    "add_message": (lambda store: store.add_message(1, "user", "two"), ["one", "two"]),
    "ensure_message": (lambda store: store.ensure_message(1, NewMessage("user", "two")), ["one", "two"]),
    "edit_message": (lambda store: store.edit_message(1, 1, "ONE"), ["ONE"]),
    "remove_messages": (lambda store: store.remove_messages(1, [1]), []),
    "merge_edited": (edit, ["one", "by hand"]),
    "tag": (lambda store: store.tag(1, ["git"]), ["one"]),
    "rename": (lambda store: store.rename(1, "Other"), ["one"]),
    "create": (lambda store: store.create(messages=[NewMessage("user", "x")]), ["one"]),
    "fork": (lambda store: store.fork(1), ["one"]),
    "import": (lambda store: store.import_document({"uid": "u" * 30, "messages": []}), ["one"]),
}


@pytest.mark.parametrize(
    ("name", "at_once"),
    [
        *(pytest.param(name, False, id=f"{name}, landed") for name in WRITES),
        *(
            pytest.param(name, True, id=f"{name}, landing")
            for name in ("add_message", "edit_message", "merge_edited", "create")
        ),
    ],
)
def test_what_was_committed_without_an_answer_is_there_once(
    store: SessionStore, postgres_url: str, postgres: PostgresServer, proxy: PostgresProxy, name: str, at_once: bool
) -> None:
    store.create(messages=[NewMessage("user", "one")])
    if at_once:
        for statement in SLOW_COMMITS:
            postgres.execute(statement, database_name(postgres_url))
    write, expected = WRITES[name]
    proxy.lose_next_commit(at_once=at_once)
    write(store)
    assert proxy.was_cut.is_set()
    assert texts(store.get(1)) == expected
    assert store.count() == 1 + (name in ("create", "fork", "import"))
    assert (store.tags(), (store.get(1) or pytest.fail("it is gone")).name == "Other") == (
        {"git": 1} if name == "tag" else {},
        name == "rename",
    )


def test_deleting_and_restoring_are_done_once_without_an_answer(store: SessionStore, proxy: PostgresProxy) -> None:
    store.create(messages=[NewMessage("user", "one")])
    proxy.lose_next_commit()
    assert store.delete(1)
    assert proxy.was_cut.is_set()
    assert [gone.id for gone in store.list_trash()] == [1]
    proxy.lose_next_commit()
    assert texts(store.restore(1)) == ["one"]
    assert proxy.was_cut.is_set()
    assert store.list_trash() == []


def test_an_answer_lost_while_others_write_doubles_nothing(
    store: SessionStore, home: Path, postgres_url: str, proxy: PostgresProxy
) -> None:
    store.create(messages=[NewMessage("user", "one")])
    with open_store(home, store=postgres_url) as other:
        proxy.lose_next_commit(then_away=True)
        writer = threading.Thread(target=edit, args=(store,))
        writer.start()
        assert proxy.was_cut.wait(20)
        other.add_message(1, "user", "meanwhile")
        proxy.come_back()
        writer.join()
        assert texts(other.get(1)) == ["one", "by hand", "meanwhile"]


def test_a_session_whose_making_was_never_acknowledged_is_made_once(
    impatient: SessionStore, proxy: PostgresProxy
) -> None:
    uid, message = new_uid(), NewMessage("user", "one")
    proxy.lose_next_commit(then_away=True)
    with pytest.raises(StoreIOError, match="can't be reached"):
        impatient.create(messages=[message], uid=uid)
    proxy.come_back()
    made = impatient.ensure_session(uid, [message])
    assert (made.uid, made.name[:3], texts(made)) == (uid, "one", ["one"])
    assert impatient.ensure_session(uid, [message]) == made
    assert impatient.count() == 1


def test_a_message_that_was_never_acknowledged_is_saved_once(impatient: SessionStore, proxy: PostgresProxy) -> None:
    session = impatient.create()
    message = NewMessage("user", "one", created_at=session.created_at)
    proxy.lose_next_commit(then_away=True)
    with pytest.raises(StoreIOError, match="can't be reached"):
        impatient.append_message(1, message)
    impatient.keep_draft(1, message)
    proxy.come_back()
    assert [saved.content for saved in impatient.save_drafts()] == ["one"]
    assert texts(impatient.get(1)) == ["one"]
    assert impatient.list_drafts() == []


def test_drafts_are_saved_in_the_order_of_saying_or_not_at_all(impatient: SessionStore, proxy: PostgresProxy) -> None:
    impatient.create()
    for text in ("first", "second"):
        impatient.keep_draft(1, NewMessage("user", text))
    proxy.go_away()
    assert impatient.save_drafts() == []
    proxy.come_back()
    assert [saved.content for saved in impatient.save_drafts()] == ["first", "second"]


def test_what_others_write_is_seen_again_after_a_lost_connection(
    store: SessionStore, home: Path, postgres_url: str, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs.persistence.sql.changes._PAUSE", 0.0)
    store.create()
    before = store.revision(1)
    with open_store(home, store=postgres_url) as other:
        for _ in range(24):
            # More often than there are places in the pool: each that listened has given its own back.
            proxy.go_away()
            proxy.come_back()
            other.add_message(1, "user", "more")
            after = store.revision(1)
            assert after != before
            before = after


def test_a_connection_that_went_deaf_is_not_believed_for_long(
    store: SessionStore, home: Path, postgres_url: str, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs.persistence.sql.changes._TRUST", 0.2)
    monkeypatch.setattr("hfs.persistence.sql.changes._ANSWER", 0.3)
    store.create()
    before = store.revision(1)
    with open_store(home, store=postgres_url) as other:
        proxy.swallow()
        other.add_message(1, "user", "unheard")
        with pytest.raises(StoreIOError, match="does not answer"):
            _look_until(store, lambda mark: mark != before)
        proxy.come_back()
        assert store.revision(1) != before


def test_an_import_that_is_being_committed_as_its_connection_is_lost_is_not_taken_for_somebody_elses(
    store: SessionStore, postgres_url: str, postgres: PostgresServer, proxy: PostgresProxy
) -> None:
    for statement in SLOW_COMMITS:
        postgres.execute(statement, database_name(postgres_url))
    with store.begin_import() as target:
        number = target.reserve("u" * 30)
        proxy.lose_next_commit(at_once=True)
        target.add(number, {"uid": "u" * 30, "messages": []})
    assert proxy.was_cut.is_set()
    assert [summary.id for summary in store.list_recent()] == [number]


def test_closing_does_not_wait_for_a_server_that_is_away(url: str, home: Path, proxy: PostgresProxy) -> None:
    failures: list[BaseException] = []

    def write() -> None:
        try:
            closing.add_message(1, "user", "lost")
        except StoreIOError as error:
            failures.append(error)

    with open_store(home, store=url) as closing:
        closing.create()
        proxy.go_away()
        writing = threading.Thread(target=write)
        writing.start()
        time.sleep(0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    writing.join(1)
    assert len(failures) == 1


def test_closing_does_not_wait_for_a_server_that_answers_nothing(
    url: str, home: Path, proxy: PostgresProxy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hfs.persistence.sql.postgres_connection._GOODBYE", 0.1)
    store = open_store(home, store=url)
    with ThreadPoolExecutor(3) as threads:
        # Each has a connection of its own.
        list(threads.map(lambda at: store.create(str(at)), range(3)))
    proxy.swallow()
    began = time.monotonic()
    store.close()
    assert time.monotonic() - began < 5
    assert not caplog.records


def test_what_others_tell_on_the_channel_harms_nobody(
    store: SessionStore, postgres: PostgresServer, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.create()
    before = store.revision(1)
    for payload in ("", "x", "-1", "9" * 7000):
        postgres.execute(f"SELECT pg_notify('hfs_sessions', '{payload}')", database_name(postgres_url))
    store.add_message(1, "user", "more")
    assert store.revision(1) != before
    assert not caplog.records


async def test_the_repository_writes_once_too_and_blocks_nobody_meanwhile(
    home: Path, url: str, proxy: PostgresProxy
) -> None:
    async with open_repository(home, store=url) as repo:
        session = await repo.create()
        proxy.lose_next_commit()
        await repo.add_message(session.id, "user", "one")
        assert proxy.was_cut.is_set()
        assert texts(await repo.get(session.id)) == ["one"]
