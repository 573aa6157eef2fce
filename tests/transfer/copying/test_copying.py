"""Sessions copied from one store into another: what is new, what is there, what is damaged, and what others do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hfs.errors import CorruptSessionError, StoreIOError
from hfs.persistence import NewMessage, SessionStore
from hfs.transfer.copying.report import CopyReport
from hfs.transfer.copying.run import CopyOptions, run_copy
from tests.transfer.copies import (
    Document,
    copy,
    document,
    documents,
    files,
    only,
    outcomes,
    sqlite,
    write_session,
)

pytest.importorskip("sqlalchemy")


@pytest.fixture
def here(home: Path) -> Iterator[SessionStore]:
    """A store of files."""
    with documents(home / "here") as store:
        yield store


@pytest.fixture(params=["documents", "sqlite"])
def there(home: Path, request: pytest.FixtureRequest) -> Iterator[SessionStore]:
    """Another store."""
    with (documents if request.param == "documents" else sqlite)(home / "there") as store:
        yield store


def said(store: SessionStore, session_id: int) -> list[str]:
    """The texts of a session."""
    session = store.get(session_id)
    assert session is not None
    return [message.content for message in session.messages]


def raw(store: SessionStore, session_id: int) -> Document:
    """A session's document."""
    found = store.document(session_id)
    assert found is not None
    return found


# What is new


def test_every_session_is_there_to_the_letter_under_its_id(here: SessionStore, there: SessionStore) -> None:
    for number in (3, 12, 700):
        write_session(here.home, number, document(f"u{number}", "hi\nthere", "\0", mood={"b": 1, "a": [10**30]}))
    report = copy(here, there)
    assert report.succeeded
    assert outcomes(report) == [(number, number, "added") for number in (3, 12, 700)]
    assert [raw(there, number) for number in (3, 12, 700)] == [raw(here, number) for number in (3, 12, 700)]
    assert (report.checked, report.totals()["target_messages"]) == (3, 6)


def test_a_second_copy_writes_nothing(here: SessionStore, there: SessionStore) -> None:
    for number in (1, 2):
        write_session(here.home, number, document(f"u{number}", "hi"))
    copy(here, there)
    revisions = [there.revision(number) for number in (1, 2)]
    report = copy(here, there)
    assert [one.outcome for one in report.sessions] == ["present"] * 2
    assert all(one.is_plain for one in report.sessions)
    assert [there.revision(number) for number in (1, 2)] == revisions
    assert there.create("next").id == 3


def test_a_session_whose_id_was_given_out_there_gets_another_and_the_others_keep_theirs(
    here: SessionStore, there: SessionStore
) -> None:
    mine = [there.create(f"mine {number}").id for number in range(3)]
    there.delete(3)
    there.empty_trash()
    for number in (2, 3, 8):
        write_session(here.home, number, document(f"u{number}", "hi"))
    report = copy(here, there)
    (_, second, _), (_, third, _), (_, eighth, _) = outcomes(report)
    assert eighth == 8
    assert len({*mine, second, third, eighth}) == 6
    assert f"there it is session {second}" in "\n".join(report.lines())
    assert [raw(there, number)["uid"] for number in (second, third, 8) if number] == ["u2", "u3", "u8"]
    later = there.create("later").id
    assert later > max(8, second or 0, third or 0)


def test_only_those_that_are_named_are_copied(here: SessionStore, there: SessionStore) -> None:
    for number in (1, 2, 3):
        write_session(here.home, number, document(f"u{number}", "hi"))
    assert outcomes(copy(here, there, 3, 1, 3)) == [(1, 1, "added"), (3, 3, "added")]
    assert there.count() == 2


def test_a_dry_run_says_what_would_be_and_writes_nothing(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "hi"))
    report = copy(here, there, dry_run=True)
    assert outcomes(report) == [(1, None, "added")]
    assert "would be new, 1 message" in next(report.lines())
    assert there.count() == 0
    assert there.create("first").id == 1
    assert not (there.home / "claimed-ids").exists()


def test_a_dry_run_tells_what_would_come_into_a_session_that_is_there(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "hi"))
    copy(here, there)
    here.add_message(1, "user", "more")
    report = copy(here, there, dry_run=True)
    assert outcomes(report) == [(1, 1, "updated")]
    assert "would get 1 message more" in next(report.lines())
    assert said(there, 1) == ["hi"]


def test_a_session_without_a_uid_is_known_again(here: SessionStore, there: SessionStore) -> None:
    path = here.home / "sessions" / "4.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"messages": [{"role": "user", "content": "hi"}]}')
    assert outcomes(copy(here, there)) == [(4, 4, "added")]
    report = copy(here, there)
    assert outcomes(report) == [(4, 4, "present")]
    assert only(report).is_plain


def test_uids_that_differ_in_one_letter_are_two_sessions(here: SessionStore, there: SessionStore) -> None:
    ending = "99f3c2-7d1e-7b6a-9a51-0e6a4bb4a1c7"
    for number, uid in ((1, f"01{ending}"), (2, f"11{ending}"), (3, "a\0"), (4, "a")):
        write_session(here.home, number, document(uid, uid))
    assert [one.outcome for one in copy(here, there).sessions] == ["added"] * 4
    assert [one.is_plain for one in copy(here, there).sessions] == [True] * 4


def test_two_sessions_of_one_uid_become_one_and_that_is_said(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u", "a", "b"))
    write_session(here.home, 2, document("u", "a", "b", "c", name="Copy"))
    report = copy(here, there)
    assert outcomes(report) == [(1, 1, "added"), (2, 1, "updated")]
    assert report.succeeded
    assert report.sessions[1].differences.fields == ("name",)
    assert said(there, 1) == ["a", "b", "c"]


# What can't be copied


def test_what_is_damaged_or_newer_is_named_and_all_else_is_copied(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "hi"))
    write_session(here.home, 2, document("u2", "hi")).write_bytes(b'{"uid": "u2", ')
    write_session(here.home, 3, {**document("u3", "hi"), "format": 99})
    write_session(here.home, 4, document("u4", "hi"))
    report = copy(here, there)
    assert outcomes(report) == [(1, 1, "added"), (2, None, "failed"), (3, None, "failed"), (4, 4, "added")]
    assert not report.succeeded
    lines = "\n".join(report.lines())
    assert "2.json, line 1" in lines
    assert "format 99" in lines
    assert there.count() == 2


def test_a_session_in_the_trash_there_is_not_brought_back(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "hi"))
    copy(here, there)
    there.delete(1)
    report = copy(here, there)
    assert outcomes(report) == [(1, None, "deleted")]
    assert report.succeeded
    assert "in the trash there, as session 1" in next(report.lines())
    assert there.count() == 0


def test_progress_ends_where_everything_is_done(here: SessionStore, there: SessionStore) -> None:
    for number in (1, 2, 3):
        write_session(here.home, number, document(f"u{number}", "hi"))
    told: list[tuple[str, int, int]] = []
    report = CopyReport("here", "there")
    run_copy(here, there, None, CopyOptions(), report, there.home / "note", lambda *said: told.append(said))
    assert told[3] == ("Copying", 3, 3)
    assert told[-1] == ("Checking", 3, 3)


def test_a_target_that_takes_no_more_ends_the_copy(
    here: SessionStore, there: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 60):
        write_session(here.home, number, document(f"u{number}", "hi"))

    def refuse(*_: Any) -> None:
        raise StoreIOError("The disk is full.", path=there.home)

    monkeypatch.setattr(there._engine.imports, "place", refuse)
    report = copy(here, there)
    assert len(report.sessions) < 59
    assert report.broken
    assert not report.succeeded
    assert report.broken.endswith("takes no more: The disk is full.")
    failed = [one for one in report.sessions if one.outcome == "failed"]
    assert {one.reason for one in failed} == {"The disk is full."}
    assert {one.outcome for one in report.sessions} <= {"failed", "waiting"}
    assert not any(one.is_plain for one in failed)
    monkeypatch.undo()
    again = copy(here, there)
    assert outcomes(again) == [(number, number, "added") for number in range(1, 60)]


# What is there already


def test_what_was_said_in_the_source_since_is_brought_in(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    copy(here, there)
    here.add_message(1, "assistant", "b", model="local/x", extra={"mood": [1]})
    report = copy(here, there)
    assert outcomes(report) == [(1, 1, "updated")]
    assert raw(there, 1) == raw(here, 1)
    assert report.checked == 1
    assert only(copy(here, there)).is_plain


def test_a_session_that_got_its_first_words_and_so_its_name_since_is_the_same_there(
    here: SessionStore, there: SessionStore
) -> None:
    session = here.create()
    copy(here, there)
    here.add_message(session.id, "user", "How do I undo a rebase?")
    assert only(copy(here, there)).differences.fields == ()
    assert raw(there, 1) == raw(here, 1)


def test_what_was_said_there_stays_and_is_said(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    copy(here, there)
    there.add_message(1, "user", "b")
    revision = there.revision(1)
    report = copy(here, there)
    assert outcomes(report) == [(1, 1, "present")]
    assert "it went on there: 1 message more" in next(report.lines())
    assert there.revision(1) == revision
    assert said(there, 1) == ["a", "b"]


def test_what_was_said_on_both_sides_is_there_in_its_order(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    copy(here, there)
    here.add_message(1, "user", "b")
    there.add_message(1, "user", "c")
    here.add_message(1, "user", "d")
    report = copy(here, there)
    assert only(report).brought == 2
    assert said(there, 1) == ["a", "b", "c", "d"]
    numbers = [message["id"] for message in raw(there, 1)["messages"]]
    assert len(set(numbers)) == 4
    assert said(here, 1) == ["a", "b", "d"]
    assert only(copy(here, there)).outcome == "present"
    assert said(there, 1) == ["a", "b", "c", "d"]
    # And back: then both are the same.
    copy(there, here)
    assert said(here, 1) == ["a", "b", "c", "d"]


def test_a_message_that_was_taken_out_there_stays_out(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a", "b"))
    copy(here, there)
    there.remove_messages(1, [2])
    report = copy(here, there)
    assert said(there, 1) == ["a"]
    assert "1 message taken out there" in next(report.lines())


def test_another_name_and_tags_are_said_and_left(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    copy(here, there)
    here.rename(1, "Better")
    here.tag(1, ["work"])
    report = copy(here, there)
    assert outcomes(report) == [(1, 1, "present")]
    assert "differs in: name, tags" in next(report.lines())
    assert report.succeeded
    assert raw(there, 1)["name"] == "Talk"


def test_update_brings_the_name_and_tags_and_takes_none_away(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    copy(here, there)
    here.rename(1, "Better")
    here.tag(1, ["work"])
    here.pin(1)
    there.tag(1, ["Work", "team"])
    there.archive(1)
    report = copy(here, there, update=True)
    assert outcomes(report) == [(1, 1, "updated")]
    found = raw(there, 1)
    assert (found["name"], found["tags"], found["pinned"], found["archived"]) == (
        "Better",
        ["work", "team"],
        True,
        True,
    )
    assert report.checked == 1
    assert only(copy(here, there, update=True)).outcome == "present"


def test_update_keeps_a_name_that_was_given_there_later(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    copy(here, there)
    here.rename(1, "Mine")
    there.rename(1, "Theirs")
    report = copy(here, there, update=True)
    assert raw(there, 1)["name"] == "Theirs"
    assert only(report).differences.fields == ("name",)


def test_an_edited_message_is_said_to_differ(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a", "b"))
    copy(here, there)
    here.edit_message(1, 1, "better")
    report = copy(here, there)
    assert "1 message changed" in next(report.lines())
    assert said(there, 1) == ["a", "b"]


# Read back


def test_what_is_not_as_it_was_written_is_named(
    here: SessionStore, there: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        write_session(here.home, number, document(f"u{number}", "a", "b"))
    place = there._engine.imports.place

    def lose(doc_id: int, content: Document) -> None:
        place(doc_id, {**content, "messages": content["messages"][: doc_id - 2] or [], "name": "Talk"})

    monkeypatch.setattr(there._engine.imports, "place", lose)
    report = copy(here, there, 1)
    assert not report.succeeded
    assert "NOT as it was written: 1 of its messages missing" in next(report.lines())
    assert [*report.lines()][-1].endswith("1 session of them not as written.")


def test_a_session_that_somebody_goes_on_with_meanwhile_is_not_said_to_be_wrong(
    here: SessionStore, there: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        write_session(here.home, number, document(f"u{number}", "a"))
    whole = there.whole_document

    def meanwhile(session_id: int) -> Document | None:
        if session_id == 1 and len(raw(there, 1)["messages"]) == 1:
            there.add_message(1, "user", "b")
            here.add_message(1, "user", "c")
        if session_id == 2:
            there.delete(2)
        return whole(session_id)

    monkeypatch.setattr(there, "whole_document", meanwhile)
    report = copy(here, there)
    assert report.succeeded, [*report.lines()]
    lines = [*report.lines()]
    assert "changed there by somebody meanwhile" in lines[0]
    assert "deleted there meanwhile" in lines[1]


def test_what_cannot_be_read_back_is_no_success(
    here: SessionStore, there: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_session(here.home, 1, document("u1", "a"))

    def refuse(session_id: int) -> Document | None:
        raise CorruptSessionError("It is damaged.", path=there.home, reason="")

    monkeypatch.setattr(there, "whole_document", refuse)
    report = copy(here, there)
    assert not report.succeeded
    assert "could not be read back and compared: It is damaged." in next(report.lines())


def test_others_may_create_sessions_meanwhile(here: SessionStore, there: SessionStore) -> None:
    for number in range(1, 40):
        write_session(here.home, number, document(f"u{number}", "a"))
    made: list[int] = []
    place = there._engine.imports.place

    def meanwhile(doc_id: int, content: Document) -> None:
        made.append(there.create("mine", messages=[NewMessage("user", "x")]).id)
        place(doc_id, content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(there._engine.imports, "place", meanwhile)
        report = copy(here, there)
    assert report.succeeded
    assert outcomes(report) == [(number, number, "added") for number in range(1, 40)]
    assert there.count() == 78
    assert min(made) > 39


def test_the_note_of_claimed_ids_is_there_until_everything_is(here: SessionStore, there: SessionStore) -> None:
    write_session(here.home, 1, document("u1", "a"))
    note = there.home / "claimed-ids"
    place, seen = there._engine.imports.place, []

    def look(doc_id: int, content: Document) -> None:
        seen.append(note.read_text())
        place(doc_id, content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(there._engine.imports, "place", look)
        copy(here, there)
    assert seen == ["1 2\n"]
    assert not note.exists()


def test_documents_that_come_back_are_the_same_files(here: SessionStore, there: SessionStore, home: Path) -> None:
    for number in (5, 10**17):
        write_session(here.home, number, document(f"u{number}", "a\n\n", "\ud800", x=1.50))
    copy(here, there)
    with documents(home / "back") as back:
        copy(there, back)
    assert files(home / "back") == files(here.home)
