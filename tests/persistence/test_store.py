"""The store: what is saved comes back, on every save path."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.errors import (
    CorruptSessionError,
    InvalidDocumentError,
    UnsupportedFormatError,
)
from hfs.persistence import NewMessage, SessionModel, SessionStore


def test_opening_writes_nothing(home: Path) -> None:
    with SessionStore(home) as store:
        assert store.list_recent() == []
        assert store.get(1) is None
    assert not home.exists()


def test_a_session_is_created_with_its_first_message_in_one_write(store: SessionStore, home: Path) -> None:
    session = store.create(messages=[NewMessage("user", "How do I undo\n a rebase, please? And what then?")])
    document = json.loads((home / "sessions" / "1.json").read_bytes())
    assert list(document) == [
        "format",
        "id",
        "uid",
        "name",
        "name_source",
        "created_at",
        "updated_at",
        "messages",
    ]
    assert session.name.startswith("How do I undo a rebase, please - ")
    assert session.name_source == "auto"
    assert session.message_count == 1
    assert session.updated_at == session.messages[0].created_at


def test_messages_come_back_in_order_with_unique_ids(store: SessionStore, session: SessionModel) -> None:
    for number in range(20):
        store.add_message(session.id, "user", f"m{number}\nx" * (number % 3 + 1))
    with SessionStore(store.home) as other:
        found = other.get(session.id)
    assert found is not None
    assert [message.id for message in found.messages] == list(range(1, 23))
    assert [message.content for message in found.messages[2:]] == [f"m{n}\nx" * (n % 3 + 1) for n in range(20)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.text(st.sampled_from("\n\r\u2028\u2029\u0085\x0b\x0c\x1c\x00\u202e\ud800x")))
def test_any_text_comes_back_equal_or_is_refused_before_anything_is_written(store: SessionStore, text: str) -> None:
    session = store.list_recent(1)[0].id if store.list_recent(1) else store.create().id
    revision = store.revision(session)
    try:
        added = store.add_message(session, "tool", text)
    except InvalidDocumentError as error:
        assert "surrogate" in str(error)
        assert store.revision(session) == revision
    else:
        found = store.get(session)
        assert found is not None
        assert found.messages[-1].content == text
        assert found.messages[-1] == added


def test_a_line_of_five_megabytes_comes_back(store: SessionStore) -> None:
    session = store.create()
    text = "é" * 2_500_000 + "\n" + "x"
    store.add_message(session.id, "user", text)
    store.add_message(session.id, "user", "next")
    assert (found := store.get(session.id)) is not None
    assert [message.content for message in found.messages] == [text, "next"]


def test_unknown_keys_survive_every_operation(store: SessionStore, session: SessionModel, home: Path) -> None:
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_bytes())
    document["mood"] = {"deep": [1, {"é": None}], "big": 10**30}
    document["messages"][0]["tokens"] = {"in": 3}
    path.write_text(json.dumps(document, ensure_ascii=False))
    store.add_message(session.id, "user", "hi", extra={"mine": [1]})
    store.rename(session.id, "other")
    after = json.loads(path.read_bytes())
    assert after["mood"] == document["mood"]
    assert after["messages"][0]["tokens"] == {"in": 3}
    assert after["messages"][2]["mine"] == [1]
    assert (found := store.get(session.id)) and found.messages[2].extra == {"mine": [1]}


def test_numbers_in_unknown_keys_keep_their_bytes(store: SessionStore, session: SessionModel, home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes().replace(b'"name_source"', b'"cost": 1.50,\n  "name_source"'))
    store.add_message(session.id, "user", "hi")
    store.rename(session.id, "other")
    assert b'"cost": 1.50' in path.read_bytes()


def test_ids_are_never_used_twice(store: SessionStore, home: Path) -> None:
    first, second = store.create().id, store.create().id
    store.delete(second)
    (home / "sessions" / f"{first}.json").unlink()
    with SessionStore(home) as other:
        assert other.create().id == second + 1


def test_copying_a_file_in_makes_it_appear_and_removing_it_makes_it_go(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    folder = home / "sessions"
    (folder / "40.json").write_bytes((folder / "1.json").read_bytes())
    assert [summary.id for summary in store.list_recent()] == [40, 1]
    assert (found := store.get(40)) and found.messages[0].content == session.messages[0].content
    assert store.create().id == 41
    (folder / "1.json").unlink()
    assert [summary.id for summary in store.list_recent(None)] == [41, 40]


def test_folders_and_files_are_private_whatever_the_umask(home: Path) -> None:
    before = os.umask(0)
    try:
        with SessionStore(home) as store:
            store.create()
            store.delete(store.create().id)
    finally:
        os.umask(before)
    for path in [home, *home.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_mode_that_the_user_chose_is_kept(store: SessionStore, session: SessionModel, home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.chmod(0o640)
    store.rename(session.id, "x")
    store.add_message(session.id, "user", "hi")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_newer_format_opens_read_only(store: SessionStore, session: SessionModel, home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    before = path.read_bytes()
    found = store.get(session.id)
    assert found is not None
    assert found.read_only is not None
    assert "newer hfs" in found.read_only
    with pytest.raises(UnsupportedFormatError, match="read-only"):
        store.add_message(session.id, "user", "hi")
    with pytest.raises(UnsupportedFormatError):
        store.rename(session.id, "x")
    assert path.read_bytes() == before


def test_a_list_shows_damaged_sessions_with_what_is_wrong(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    (home / "sessions" / "2.json").write_text('{\n  "id": 2\n  "name": "x"}')
    summaries = {summary.id: summary for summary in store.list_recent()}
    assert summaries[1].problem is None
    assert summaries[1].message_count == 2
    assert "line 3, column 3" in (summaries[2].problem or "")
    with pytest.raises(CorruptSessionError) as caught:
        store.get(2)
    assert (caught.value.line, caught.value.column) == (3, 3)


def test_what_is_no_session_file_is_not_listed(store: SessionStore, session: SessionModel, home: Path) -> None:
    for name in (
        "notes.txt",
        "2.json.bak",
        "02.json",
        "1.sync-conflict-20260101-120000-ABC.json",
        ".3.json.9.aa.tmp",
    ):
        (home / "sessions" / name).write_text("{}")
    os.mkfifo(home / "sessions" / "9.json")
    assert [(summary.id, bool(summary.problem)) for summary in store.list_recent()] in (
        [(1, False), (9, True)],
        [(9, True), (1, False)],
    )
