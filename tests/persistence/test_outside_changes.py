"""Files that others change while the store has them open."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hfs.errors import CorruptSessionError, SessionNotFoundError
from hfs.persistence import NewMessage, Notice, SessionModel, SessionStore
from hfs.persistence.files import ledger
from tests.support.processes import move_over


@pytest.fixture
def path(home: Path, session: SessionModel) -> Path:
    """The file of the session."""
    return home / "sessions" / f"{session.id}.json"


def contents(store: SessionStore, session: SessionModel) -> list[str]:
    found = store.get(session.id)
    assert found is not None
    return [message.content for message in found.messages]


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "by rename"])
def test_a_changed_word_is_gone_on_from(store: SessionStore, session: SessionModel, path: Path, in_place: bool) -> None:
    changed = path.read_bytes().replace(b"rebase", b"merge")
    if in_place:
        path.write_bytes(changed)
    else:
        move_over(changed, path)
    assert "merge" in contents(store, session)[0]
    store.add_message(session.id, "user", "next")
    assert contents(store, session) == ["How do I undo a merge?", session.messages[1].content, "next"]


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(lambda document: json.dumps(document).encode(), id="minified, escaped"),
        pytest.param(lambda document: json.dumps(document, indent=4, sort_keys=True).encode(), id="indented"),
        pytest.param(lambda document: json.dumps(document, indent=1).replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda document: b"\xef\xbb\xbf" + json.dumps(document).encode(), id="byte order mark"),
    ],
)
def test_another_layout_is_as_good_and_the_next_write_brings_back_ours(
    store: SessionStore, session: SessionModel, path: Path, layout: object
) -> None:
    canonical = path.read_bytes()
    assert callable(layout)
    path.write_bytes(layout(json.loads(canonical)))
    assert store.get(session.id) == session
    store.add_message(session.id, "user", "next")
    assert path.read_bytes().startswith(canonical[: -len("\n  ]\n}\n")])


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_jq_in_place_is_as_good(store: SessionStore, session: SessionModel, path: Path) -> None:
    move_over(subprocess.run(["jq", ".", path], capture_output=True, check=True).stdout, path)
    assert store.get(session.id) == session
    store.add_message(session.id, "user", "next")
    assert contents(store, session)[-1] == "next"


def test_a_broken_file_is_never_written_to_and_says_where(
    store: SessionStore, session: SessionModel, path: Path
) -> None:
    whole = path.read_bytes()
    broken = whole.replace(b'"role": "user",', b'"role": "user"')
    path.write_bytes(broken)
    with pytest.raises(CorruptSessionError, match=r"1\.json, line 10, column \d+: expected"):
        store.add_message(session.id, "user", "next")
    with pytest.raises(CorruptSessionError):
        store.rename(session.id, "x")
    assert path.read_bytes() == broken
    path.write_bytes(whole)
    store.add_message(session.id, "user", "next")
    assert contents(store, session)[-1] == "next"


def test_words_said_to_a_broken_file_are_kept_and_saved_once_it_is_whole(
    store: SessionStore, session: SessionModel, path: Path
) -> None:
    whole = path.read_bytes()
    path.write_bytes(b"")
    store.keep_draft(session.id, NewMessage("user", "two\nlines"))
    assert store.save_drafts() == []
    assert [draft.content for draft in store.list_drafts()] == ["two\nlines"]
    path.write_bytes(whole)
    assert [message.content for message in store.save_drafts(session.id)] == ["two\nlines"]
    assert store.list_drafts() == []
    assert store.save_drafts() == []
    assert contents(store, session)[2:] == ["two\nlines"]


def test_what_a_stale_copy_took_away_is_put_back(
    store: SessionStore, session: SessionModel, path: Path, notices: list[Notice]
) -> None:
    stale = path.read_bytes()
    store.add_message(session.id, "user", "one")
    store.add_message(session.id, "user", "two")
    move_over(stale, path)
    store.add_message(session.id, "user", "three")
    assert contents(store, session)[2:] == ["one", "two", "three"]
    assert [notice.kind for notice in notices] == ["put-back"]


def test_closing_puts_back_what_a_stale_copy_took_away(home: Path) -> None:
    with SessionStore(home) as store:
        session = store.create("x")
        stale = (home / "sessions" / "1.json").read_bytes()
        store.add_message(session.id, "user", "one")
        move_over(stale, home / "sessions" / "1.json")
    with SessionStore(home) as store:
        assert contents(store, session) == ["one"]


def test_a_lost_message_whose_id_was_given_away_gets_a_new_one(
    store: SessionStore, session: SessionModel, path: Path
) -> None:
    stale = path.read_bytes()
    store.add_message(session.id, "user", "mine")
    move_over(stale, path)
    with SessionStore(store.home) as other:
        other.add_message(session.id, "user", "theirs")
    store.refresh(session.id)
    found = store.get(session.id)
    assert found is not None
    assert [(message.id, message.content) for message in found.messages[2:]] == [(3, "theirs"), (4, "mine")]


def test_a_message_that_a_person_edited_is_not_put_back(store: SessionStore, session: SessionModel, path: Path) -> None:
    store.add_message(session.id, "user", "speling")
    path.write_bytes(path.read_bytes().replace(b"speling", b"spelling"))
    store.add_message(session.id, "user", "next")
    assert contents(store, session)[2:] == ["spelling", "next"]


def test_what_a_person_took_out_stays_out_and_is_kept_in_the_trash(
    store: SessionStore, session: SessionModel, path: Path, notices: list[Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "RECENT", 0.0)
    stale = path.read_bytes()
    store.add_message(session.id, "user", "regretted")
    move_over(stale, path)
    store.add_message(session.id, "user", "next")
    assert contents(store, session)[2:] == ["next"]
    assert [notice.kind for notice in notices] == ["taken-out"]
    restored = store.restore(session.id)
    assert restored is not None
    assert {message.content for message in restored.messages[2:]} == {"regretted", "next"}
    assert len({message.id for message in restored.messages}) == 4


def test_a_session_whose_file_was_removed_is_not_written_again(
    store: SessionStore, session: SessionModel, path: Path
) -> None:
    path.unlink()
    with pytest.raises(SessionNotFoundError):
        store.add_message(session.id, "user", "next")
    assert not path.exists()


def test_an_interrupted_append_is_repaired_and_the_original_kept(home: Path) -> None:
    notices: list[Notice] = []
    with SessionStore(home, threshold=0) as store:
        store.create("x", messages=[])
        store.add_message(1, "user", "one")
    path = home / "sessions" / "1.json"
    torn = path.read_bytes()[:-7] + b',\n    {"id": 2, "role": "user", "cont' + b"\0" * 9
    path.write_bytes(torn)
    with SessionStore(home, on_notice=notices.append, threshold=0) as store:
        found = store.get(1)
        assert found is not None
        assert found.recovered
        assert path.read_bytes() == torn
        store.add_message(1, "user", "two")
        assert [message.content for message in (store.get(1) or found).messages] == ["one", "two"]
    (original,) = (home / "damaged").iterdir()
    assert original.read_bytes() == torn
    assert [notice.kind for notice in notices] == ["recovered"]


def test_below_the_threshold_nothing_counts_as_an_interrupted_append(home: Path) -> None:
    with SessionStore(home) as store:
        store.create("x")
        store.add_message(1, "user", "one")
        path = home / "sessions" / "1.json"
        cut = path.read_bytes()[:-3]
        path.write_bytes(cut)
        with pytest.raises(CorruptSessionError):
            store.add_message(1, "user", "two")
        assert path.read_bytes() == cut


def test_a_link_to_a_session_file_elsewhere_stays_a_link(
    store: SessionStore, session: SessionModel, path: Path
) -> None:
    elsewhere = path.parent.parent.parent / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    store.add_message(session.id, "user", "next")
    assert path.is_symlink()
    assert b"next" in elsewhere.read_bytes()


def test_a_link_to_anything_else_is_refused(
    store: SessionStore, session: SessionModel, path: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("{}")
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(CorruptSessionError, match="link"):
        store.add_message(session.id, "user", "next")
    assert secret.read_text() == "{}"


def test_a_second_hard_link_keeps_what_it_had(home: Path, tmp_path: Path) -> None:
    with SessionStore(home, threshold=0) as store:
        store.create("x")
        store.add_message(1, "user", "one")
        backup = tmp_path / "backup.json"
        backup.hardlink_to(home / "sessions" / "1.json")
        before = backup.read_bytes()
        store.add_message(1, "user", "two")
        assert backup.read_bytes() == before
        assert [message.content for message in (store.get(1) or store.create()).messages] == ["one", "two"]
