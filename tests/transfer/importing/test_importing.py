"""Imports into sessions: once, whole, and without taking back what a person did here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hfs.errors import TransferError
from hfs.persistence import NewMessage, SessionStore
from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import IMPORTERS, RecordFormat, SourceFile
from tests.transfer.bringing import bring, bytes_of, chatgpt, said, sessions, write
from tests.transfer.importers.databases import build

FIXTURES = Path(__file__).parents[3] / "fixtures" / "imports"
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "session.schema.json").read_text())
FIRST = (("n1", None, "hi"), ("n2", "n1", "hello"))
GROWN = (*FIRST, ("n3", "n2", "more?"), ("n4", "n3", "yes"))


DATABASES: dict[str, list[tuple[str, ...]]] = {
    "llm": [("log",), ("schema-0.31", "responses"), ("schema-0.31", "schema-0.36", "threads")],
    "elia": [("elia-0.4",), ("elia-1.10",)],
    "oterm": [("oterm-0.1",), ("oterm-0.14",), ("oterm-0.26",)],
}


def exports_of(form: str, folder: Path) -> list[Path]:
    """The fixtures of a format; databases are made from their scripts."""
    scripts = [[FIXTURES / form / f"{name}.sql" for name in names] for names in DATABASES.get(form, [])]
    return [FIXTURES / form, *(build(folder / f"{number}.db", *paths) for number, paths in enumerate(scripts))]


@pytest.mark.parametrize("form", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_a_second_import_of_the_same_files_changes_no_byte(form: str, home: Path, tmp_path: Path) -> None:
    paths = exports_of(form, tmp_path)
    assert bring(home, *paths).count("added")
    files = bytes_of(home)
    again = bring(home, *paths)
    assert bytes_of(home) == files
    assert again.count("added", "updated") == 0
    assert again.count("present") + again.count("empty", "failed") == len(again.conversations)


@pytest.mark.parametrize("form", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_what_comes_in_is_sound_and_says_where_it_is_from(form: str, home: Path, tmp_path: Path) -> None:
    bring(home, *exports_of(form, tmp_path))
    for data in bytes_of(home).values():
        jsonschema.validate(json.loads(data), SCHEMA)
    with SessionStore(home) as store:
        assert store.check().findings == []
        for session in sessions(home):
            assert session.extra["imported_from"]["format"]
            assert all(message.extra["source_id"] for message in session.messages)


def test_a_newer_export_adds_what_is_new_and_nothing_else(home: Path, tmp_path: Path) -> None:
    bring(home, write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")]))
    report = bring(home, write(tmp_path / "b.json", [chatgpt(*GROWN, active="n4", title="Renamed there")]))
    (session,) = sessions(home)
    assert said(session) == ["hi", "hello", "more?", "yes"]
    assert session.name == "Talk"
    assert (report.count("updated"), report.conversations[0].kept) == (1, 2)
    assert bring(home, tmp_path / "b.json").count("present") == 1


def test_what_was_changed_said_and_taken_out_here_stays_so(home: Path, tmp_path: Path) -> None:
    bring(home, write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")]))
    with SessionStore(home) as store:
        store.rename(1, "Mine")
        store.edit_message(1, 1, "hi, changed")
        store.remove_messages(1, [2])
        store.add_message(1, "user", "said here")
    bring(home, write(tmp_path / "b.json", [chatgpt(*GROWN, active="n4")]))
    (session,) = sessions(home)
    # What was said at the source came before what was said here, today.
    assert said(session) == ["hi, changed", "more?", "yes", "said here"]
    assert session.name == "Mine"
    assert [message.id for message in session.messages] == [1, 3, 4, 2]
    assert bring(home, tmp_path / "b.json").count("present") == 1


def answering(*blocks: Mapping[str, object]) -> str:
    """A transcript of Claude Code whose answer comes block by block."""
    common = {"sessionId": "s1", "isSidechain": False, "cwd": "/w", "version": "2"}
    lines: list[dict[str, object]] = [
        {"type": "user", "uuid": "u1", "parentUuid": None, "timestamp": "2026-07-02T12:00:00Z", **common,
         "message": {"role": "user", "content": "look it up"}}
    ]  # fmt: skip
    for at, block in enumerate(blocks):
        message = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [block]}
        lines.append(
            {"type": "assistant", "uuid": f"a{at}", "parentUuid": f"a{at - 1}" if at else "u1", **common,
             "timestamp": "2026-07-02T12:00:05Z", "message": message}
        )  # fmt: skip
    return "\n".join(json.dumps(line) for line in lines)


def test_an_answer_that_was_still_being_written_goes_on_with_the_next_import(home: Path, tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": "x"}}
    text, more = {"type": "text", "text": "It is"}, {"type": "text", "text": "there."}
    path = tmp_path / "s1.jsonl"
    path.write_text(answering(call))
    bring(home, path)
    assert sessions(home)[0].messages[1].hidden == "tool call"
    path.write_text(answering(call, text))
    report = bring(home, path)
    assert (report.count("updated"), report.conversations[0].kept) == (1, 0)
    answer = sessions(home)[0].messages[1]
    assert (answer.content, answer.hidden, len(answer.extra["tool_calls"])) == ("It is", None, 1)
    assert bring(home, path).count("present") == 1
    with SessionStore(home) as store:
        store.edit_message(1, 2, "mine")
    path.write_text(answering(call, text, more))
    assert bring(home, path).count("present") == 1
    assert said(sessions(home)[0]) == ["look it up", "mine"]


def test_an_answer_goes_on_also_where_what_a_tool_said_to_a_part_of_it_stands_behind_it(
    home: Path, tmp_path: Path
) -> None:
    calls = [{"type": "tool_use", "id": name, "name": "search", "input": {"q": name}} for name in ("t1", "t2")]
    first, second = answering(*calls).splitlines()[1:]
    results = [
        json.dumps({**json.loads(first), "type": "user", "uuid": f"r{at}", "parentUuid": f"a{at}", "message": {
            "role": "user", "content": [{"type": "tool_result", "tool_use_id": f"t{at + 1}", "content": f"found {at}"}]
        }})
        for at in range(2)
    ]  # fmt: skip
    path = tmp_path / "s1.jsonl"
    path.write_text("\n".join([answering().splitlines()[0], first, results[0]]))
    bring(home, path)
    path.write_text("\n".join([answering().splitlines()[0], first, results[0], second, results[1]]))
    assert bring(home, path).count("updated") == 1
    (session,) = sessions(home)
    assert said(session) == ["look it up", "", "found 0", "found 1"]
    assert [call["id"] for call in session.messages[1].extra["tool_calls"]] == ["t1", "t2"]
    assert bring(home, path).count("present") == 1


def test_a_text_that_another_program_took_out_does_not_come_back(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")])
    bring(home, path)
    file = home / "sessions" / "1.json"
    file.write_bytes(file.read_bytes().replace(b'"content": "hello"', b'"content": ""'))
    assert bring(home, path).count("present") == 1
    assert said(sessions(home)[0]) == ["hi", ""]


def test_everything_taken_out_here_does_not_come_back(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")])
    bring(home, path)
    with SessionStore(home) as store:
        store.remove_messages(1, [1, 2])
    assert bring(home, path).count("present") == 1
    bring(home, write(tmp_path / "b.json", [chatgpt(*GROWN, active="n4")]))
    assert said(sessions(home)[0]) == ["more?", "yes"]


def test_other_branches_become_forks_that_name_their_origin(home: Path, tmp_path: Path) -> None:
    turns = (*FIRST, ("n5", "n1", "another answer"), ("n6", "n5", "go on"))
    report = bring(home, write(tmp_path / "a.json", [chatgpt(*turns, active="n6")]))
    session, fork = sessions(home)
    assert said(session) == ["hi", "another answer", "go on"]
    assert said(fork) == ["hi", "hello"]
    assert fork.name == "Talk (fork)"
    assert fork.extra["forked_from"] == {"uid": session.uid, "before_message": 2}
    assert (report.conversations[0].branches, report.conversations[0].forks) == (1, [2])


def test_another_branch_that_became_active_makes_no_second_session(home: Path, tmp_path: Path) -> None:
    turns = (*FIRST, ("n5", "n1", "another answer"))
    bring(home, write(tmp_path / "a.json", [chatgpt(*turns, active="n5")]))
    grown = (*turns, ("n6", "n2", "on the old branch"), ("n7", "n1", "a third answer"))
    report = bring(home, write(tmp_path / "b.json", [chatgpt(*grown, active="n6")]))
    first, second, third = sessions(home)
    assert said(first) == ["hi", "another answer"]
    assert said(second) == ["hi", "hello", "on the old branch"]
    assert said(third) == ["hi", "a third answer"]
    assert third.extra["forked_from"]["uid"] in (first.uid, second.uid)
    assert report.conversations[0].outcome == "updated"


def test_only_the_active_branch_comes_in_if_a_person_wants_that(home: Path, tmp_path: Path) -> None:
    turns = (*FIRST, ("n5", "n1", "another answer"))
    path = write(tmp_path / "a.json", [chatgpt(*turns, active="n2")])
    bring(home, path, branches=False)
    assert [said(session) for session in sessions(home)] == [["hi", "hello"]]
    assert bring(home, path, branches=True).conversations[0].branches == 1
    assert len(sessions(home)) == 2


def messages(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)]


def test_a_conversation_without_ids_is_known_again_when_it_has_grown(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", messages("hi", "hello"))
    bring(home, path)
    write(path, messages("hi", "hello", "more", "yes"))
    assert bring(home, path).count("updated") == 1
    write(path, messages("hi", "hello", "more", "yes", "and", "so on"))
    assert bring(home, path).count("updated") == 1
    (session,) = sessions(home)
    assert said(session) == ["hi", "hello", "more", "yes", "and", "so on"]
    assert bring(home, path).count("present") == 1


def test_conversations_without_ids_that_begin_alike_stay_apart(home: Path, tmp_path: Path) -> None:
    talks = [messages("hi", "hello"), messages("hi", "hello", "more", "yes"), messages("hi", "go away")]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps({"messages": talk}) for talk in talks))
    for _ in range(2):
        bring(home, path)
        assert sorted(len(session.messages) for session in sessions(home)) == [2, 2, 4]


def test_the_same_conversation_twice_in_one_import_comes_in_once(home: Path, tmp_path: Path) -> None:
    one, two = chatgpt(*FIRST, active="n2"), chatgpt(*GROWN, active="n4")
    report = bring(home, write(tmp_path / "a.json", [one, one, two]), write(tmp_path / "b.json", [two]))
    assert [report.count(outcome) for outcome in ("added", "updated", "present")] == [1, 1, 2]
    assert said(sessions(home)[0]) == ["hi", "hello", "more?", "yes"]


def test_what_was_deleted_here_is_said_and_not_brought_back(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")])
    bring(home, path)
    with SessionStore(home) as store:
        store.delete(1)
    report = bring(home, path)
    assert report.count("deleted") == 1
    assert report.succeeded
    assert "hfs restore 1" in "\n".join(report.lines())
    assert sessions(home) == []
    with SessionStore(home) as store:
        store.empty_trash()
    assert bring(home, path).count("added") == 1


def test_what_was_deleted_here_is_not_brought_back_by_a_longer_export_without_ids(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", messages("hi", "hello"))
    bring(home, path)
    with SessionStore(home) as store:
        store.delete(1)
    write(path, messages("hi", "hello", "more", "yes"))
    report = bring(home, path)
    assert report.count("deleted") == 1
    assert "hfs restore 1" in report.conversations[0].reason
    assert sessions(home) == []


def test_a_branch_that_was_deleted_here_is_not_the_conversation(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*FIRST, ("n5", "n1", "another answer"), active="n2")])
    bring(home, path)
    with SessionStore(home) as store:
        store.delete(2)
    report = bring(home, path)
    assert [(one.outcome, one.session_id) for one in report.conversations] == [("present", 1)]
    assert "another branch is in the trash; `hfs restore 2`" in "\n".join(report.lines())
    assert len(sessions(home)) == 1


def test_a_fork_names_the_message_where_it_left_a_session_that_went_on_here(home: Path, tmp_path: Path) -> None:
    bring(home, write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")]))
    with SessionStore(home) as store:
        store.add_message(1, "user", "said here")
    turns = (*GROWN, ("n9", "n2", "another question"))
    bring(home, write(tmp_path / "b.json", [chatgpt(*turns, active="n4")]))
    session, fork = sessions(home)
    place = fork.extra["forked_from"]["before_message"]
    assert [message.content for message in session.messages if message.id == place] == ["more?"]


@pytest.mark.parametrize("gone", [pytest.param([3], id="the last"), pytest.param([1, 2, 3], id="all")])
def test_what_was_taken_out_of_a_session_of_hfs_does_not_come_back(home: Path, tmp_path: Path, gone: list[int]) -> None:
    with SessionStore(tmp_path / "other") as other:
        other.create("Kept", messages=[NewMessage("user", text) for text in ("a", "b", "c")])
    file = tmp_path / "other" / "sessions" / "1.json"
    bring(home, file)
    with SessionStore(home) as store:
        store.remove_messages(1, gone)
    before = said(sessions(home)[0])
    assert bring(home, file).count("present") == 1
    assert said(sessions(home)[0]) == before
    with SessionStore(tmp_path / "other") as other:
        other.add_message(1, "user", "later")
    assert bring(home, file).count("updated") == 1
    assert said(sessions(home)[0]) == [*before, "later"]


def test_a_session_of_hfs_moves_with_everything_and_takes_later_messages_along(home: Path, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "other") as other:
        other.create("Kept", messages=[NewMessage("user", "hi", extra={"mine": [1, {"a": 2.5}]})])
        other.add_message(1, "assistant", "hello", model="m", status="interrupted")
    file = tmp_path / "other" / "sessions" / "1.json"
    bring(home, file)
    with SessionStore(tmp_path / "other") as other:
        mine, theirs = sessions(home)[0], other.get(1)
        assert mine == theirs
        other.add_message(1, "user", "later")
    with SessionStore(home) as store:
        store.add_message(1, "user", "here")
    assert bring(home, file).count("updated") == 1
    assert said(sessions(home)[0]) == ["hi", "hello", "later", "here"]
    assert bring(home, file).count("present") == 1


def test_a_session_file_without_a_uid_comes_in_once(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"format": 1, "messages": [{"role": "user", "content": "hi"}]})
    assert bring(home, path).count("added") == 1
    assert bring(home, path).count("present") == 1


def test_a_dry_run_says_the_same_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    turns = (*FIRST, ("n5", "n1", "another answer"))
    path = write(tmp_path / "a.json", [chatgpt(*turns, active="n2"), chatgpt(*FIRST, active="n2")])
    dry = bring(home, path, dry_run=True)
    assert not home.exists()
    wet = bring(home, path)
    assert [one.outcome for one in dry.conversations] == [one.outcome for one in wet.conversations]
    assert dry.total() == wet.total()
    files = bytes_of(home)
    grown = write(tmp_path / "b.json", [chatgpt(*GROWN, active="n4")])
    assert bring(home, grown, dry_run=True).count("updated") == 1
    assert bytes_of(home) == files


def test_ids_go_on_where_an_import_ended(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2", name=f"c{n}") for n in range(37)])
    bring(home, path)
    with SessionStore(home) as store:
        assert store.create("next").id == 38


def test_one_that_cannot_be_stored_fails_alone_and_is_said(home: Path, tmp_path: Path) -> None:
    deep: object = "x"
    for _ in range(200):
        deep = [deep]
    bad = {"format": 1, "uid": "bad", "name": "Deep", "odd": deep, "messages": [{"role": "user", "content": "hi"}]}
    good = {"format": 1, "uid": "good", "name": "Good", "messages": [{"role": "user", "content": "hi"}]}
    report = bring(home, write(tmp_path / "a.json", [bad, good]))
    assert [one.outcome for one in report.conversations] == ["failed", "added"]
    assert "nested deeper" in report.conversations[0].reason
    assert not report.succeeded
    assert [session.name for session in sessions(home)] == ["Good"]


def test_a_session_that_is_damaged_here_is_left_alone_and_said(home: Path, tmp_path: Path) -> None:
    bring(home, write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")]))
    file = home / "sessions" / "1.json"
    broken = file.read_bytes().replace(b'"hello"}', b'"hello"')
    file.write_bytes(broken)
    report = bring(home, write(tmp_path / "b.json", [chatgpt(*GROWN, active="n4")]))
    assert file.read_bytes() == broken
    assert not report.succeeded or report.count("added")


def test_an_unknown_format_name_says_which_there_are(home: Path, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="chatgpt"):
        bring(home, write(tmp_path / "a.json", []), form="nonsense")


def test_files_that_are_no_conversations_fail_when_named_and_are_listed_when_found(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    write(folder / "user.json", {"id": "u", "email": "x"})
    (folder / "chat.html").write_text("<html>")
    write(folder / "conversations.json", [chatgpt(*FIRST, active="n2")])
    report = bring(home, folder)
    assert report.succeeded
    assert [Path(name).name for name in report.ignored] == ["chat.html", "user.json"]
    named = bring(home, folder / "user.json")
    assert not named.succeeded
    assert "any format that hfs knows" in named.files[0].problem


def test_nothing_is_no_success(home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert not bring(home, tmp_path / "empty").succeeded
    assert not bring(home, write(tmp_path / "a.json", [])).succeeded
    assert not bring(home, tmp_path / "gone").succeeded


def test_a_whole_home_folder_comes_in_from_a_copy(home: Path, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "old") as store:
        for number in range(5):
            store.create(f"Session {number}", messages=[NewMessage("user", f"said {number}")])
    shutil.copytree(tmp_path / "old" / "sessions", tmp_path / "copy")
    assert bring(home, tmp_path / "copy").count("added") == 5
    assert sorted(session.name for session in sessions(home)) == [f"Session {number}" for number in range(5)]


def test_another_conversation_of_the_same_id_is_no_success(home: Path, tmp_path: Path) -> None:
    bring(home, write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2")]))
    other = chatgpt(("x1", None, "something else"), active="x1")
    report = bring(home, write(tmp_path / "b.json", [other]))
    assert not report.succeeded
    assert "Session 1 came from a conversation of this id" in report.conversations[0].reason
    assert said(sessions(home)[0]) == ["hi", "hello"]


def test_a_transcript_beyond_the_limit_is_refused_before_memory_holds_it(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "s1.jsonl"
    path.write_text(answering(*({"type": "text", "text": "x" * 1000} for _ in range(2000))))
    report = bring(home, path, limit=1 << 20)
    assert not report.succeeded
    assert "--max-size" in report.files[0].problem
    assert bring(home, path).count("added") == 1


def test_a_fault_of_a_reader_costs_its_conversation_and_no_other(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(record: dict[str, Any], source: SourceFile) -> Conversation:
        return Conversation("faulty", record["missing"])

    faulty = RecordFormat("faulty", "Faulty", lambda record: isinstance(record, dict) and "faulty" in record, read)
    monkeypatch.setattr("hfs.transfer.importing.reading.IMPORTERS", (faulty, *IMPORTERS))
    first = write(tmp_path / "a.json", [{"faulty": 1}])
    report = bring(home, first, write(tmp_path / "b.json", [chatgpt(*FIRST, active="n2")]))
    assert (report.count("failed"), report.count("added")) == (1, 1)
    assert "please report this" in report.conversations[0].reason
