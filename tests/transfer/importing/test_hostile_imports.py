"""Hostile files, all the way: nothing is raised, what comes in is sound, what does not is told with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.persistence import SessionStore
from hfs.transfer.importing.reading import Reading
from tests.transfer.bringing import bring, chatgpt, said, sessions, write
from tests.transfer.hostile import STEERING, as_bytes, bring_hostile, deep, turns
from tests.transfer.importers.reading import source_of

TALK: Final = chatgpt(("n1", None, "hi"), ("n2", "n1", "hello"), active="n2")
OTHER: Final = chatgpt(("n1", None, "and"), ("n2", "n1", "so on"), active="n2", name="c2")
CALLED: Final = {"id": "x", "function": {"name": "f", "arguments": "DEEP"}}
DEEP: Final = 400_000
"""How deep no version of Python reads."""
HEADER: Final = "model: c:n\nmessages:\n- role: user\n  content: hi\n"


def one(**keys: Any) -> dict[str, Any]:
    """A conversation of two messages with more keys."""
    return {"messages": turns("hi", "hello"), **keys}


def called(literal: str) -> bytes:
    """A conversation in which a tool is called with some arguments."""
    return as_bytes({"messages": [*turns("hi"), {"role": "assistant", "tool_calls": [CALLED]}]}, DEEP=literal)


def own(**keys: Any) -> dict[str, Any]:
    """A session of hfs itself."""
    message = {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00Z", "content": "hi"}
    return {"format": 1, "uid": "u", "messages": [message], **keys}


def blocks(literal: str) -> bytes:
    """An answer of Claude with one block."""
    message = {"uuid": "m", "sender": "assistant", "content": ["BLOCK"]}
    return as_bytes([{"uuid": "k", "name": "n", "chat_messages": [message]}], BLOCK=literal)


def results(depth: int) -> str:
    """Results of tools in results of tools."""
    return '{"type": "tool_result", "content": [' * depth + '{"type": "text", "text": "x"}' + "]}" * depth


REFUSED: Final = [
    pytest.param(b"", "it is empty", id="nothing"),
    pytest.param(b" \n\t\r\n" * 1000, "it is empty", id="spaces"),
    pytest.param(b" " * 100_000, "it has not the shape of any format", id="very many spaces"),
    pytest.param(b"\0" * 1000, "it has not the shape of any format", id="NUL"),
    pytest.param(b"\xef\xbb\xbf", "it has not the shape of any format", id="a byte order mark and nothing else"),
    pytest.param(b"\xff\xfe{", "it has not the shape of any format", id="half a character of UTF-16"),
    pytest.param(b"\xff\xfe\x00\x00" + b"\xff" * 400, "it has not the shape of any format", id="no UTF-32"),
    pytest.param(json.dumps(one()).encode("utf-16-le"), "it has not the shape", id="UTF-16 without a mark"),
    pytest.param(json.dumps(one()).encode("utf-16")[:-1], "is not UTF-16", id="UTF-16 cut within a character"),
    pytest.param(as_bytes(one()).replace(b"hi", b"h\xff\xfe"), "column 45: byte 0xff is not UTF-8", id="no UTF-8"),
    pytest.param(as_bytes(one()).replace(b"hi", b"\xc0\xaf"), "byte 0xc0 is not UTF-8", id="overlong UTF-8"),
    pytest.param(as_bytes(one()).replace(b"hi", b"\xed\xa0\x80"), "is not UTF-8", id="a surrogate in UTF-8"),
    pytest.param(b'"text"', "it has not the shape", id="JSON that is a text"),
    pytest.param(b"null", "it has not the shape", id="JSON that is null"),
    pytest.param(b"[[], [[]], null, 3]", "it has not the shape", id="a list of rubbish"),
    pytest.param(b"{}", "it has not the shape", id="an empty object"),
    pytest.param(b"[" * DEEP, "nested too deep", id="lists that are never closed"),
    pytest.param(deep(DEEP).encode(), "nested too deep", id="lists in lists"),
    pytest.param(deep(DEEP, objects=True).encode(), "nested too deep", id="objects in objects"),
    pytest.param(called(deep(DEEP)), "nested too deep", id="lists in the arguments of a call"),
    pytest.param(called(deep(10_000)), "nested", id="arguments of a call 10,000 deep"),
    pytest.param(called(deep(100)), "nested deeper than 64 levels", id="arguments of a call 100 deep"),
    pytest.param(called(deep(900, objects=True)), "nested", id="arguments of a call 900 deep"),
    pytest.param(as_bytes(own(x="DEEP"), DEEP=deep(500)), "nested deeper than 64", id="a session of hfs 500 deep"),
    pytest.param(blocks(results(DEEP // 4)), "nested too deep", id="results in results of tools"),
    pytest.param(as_bytes([{**TALK, "create_time": "T"}], T="9" * 5000), "too many digits", id="5,000 digits"),
    pytest.param(as_bytes(own(name="\ud800")), "lone surrogate", id="half a surrogate pair as a session's name"),
    pytest.param(as_bytes(own(name="n" * 10_000)), "1 to 255 characters", id="a session's name of 10,000 characters"),
    pytest.param(as_bytes(own(format=10**30)), "this hfs reads up to", id="a format of the far future"),
    pytest.param(as_bytes(own(messages=[{"role": 3}])), "Message 1 is no message", id="a session with a wrong role"),
    pytest.param(as_bytes(own(messages=["text"])), "Message 1 is no message", id="a session whose message is a text"),
    pytest.param(b'---\nhfs: 1\nname: "\x1b[31m"\n---\n\ntext\n', "line 6", id="Markdown of hfs that is none"),
    pytest.param(b"---\nhfs: 99999999999999999999\n---\n", "layout", id="Markdown of hfs of the far future"),
    pytest.param(HEADER.encode() + b"  x: &a [1]\n  y: [*a, *a]\n", "YAML aliases", id="a YAML bomb"),
    pytest.param(HEADER.encode() + b"  x: !!python/object/apply:os.system [id]\n", "YAML tag", id="a tag in YAML"),
    pytest.param(HEADER.encode() + f"  x: {deep(10_000)}\n".encode(), "nest", id="YAML lists 10,000 deep"),
    pytest.param(HEADER.encode() + b"  x:\n" + b"".join(b" " * at + b"-\n" for at in range(3, 2000)), "nested deeper",
                 id="YAML blocks 2,000 deep"),
    pytest.param(HEADER.encode() + b"  x: a\0b\n", "control characters", id="NUL in YAML"),
    pytest.param(HEADER.encode() + b'  x: "\n', "it is no YAML: line", id="a quote in YAML that is never closed"),
    pytest.param(HEADER.encode() + b"  ? [1, 2]\n  : 3\n", "a key that is no text", id="a list as a key in YAML"),
    pytest.param(HEADER.encode() + b"---\nmodel: x\n", "several YAML documents", id="two YAML documents"),
    pytest.param(b"SQLite format 3\0" + b"\xff" * 2000, "the database can't be read", id="no database"),
    pytest.param(b"PK\x03\x04" + b"\xff" * 2000, "the ZIP archive is damaged", id="no archive"),
    pytest.param(b"\x1f\x8b" + b"\xff" * 2000, "it is damaged", id="no gzip file"),
    pytest.param(b"\x28\xb5\x2f\xfd" + b"\xff" * 2000, "it is damaged", id="no zstd file"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "told"), REFUSED)
def test_what_cannot_be_read_is_refused_with_a_reason(home: Path, tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(data)
    report = bring_hostile(home, path)
    assert not report.succeeded
    assert told in "\n".join(report.lines())
    assert sessions(home) == []


LANDS: Final = [
    pytest.param(b"\xef\xbb\xbf" + as_bytes(one()), ["hi", "hello"], id="a byte order mark"),
    pytest.param(json.dumps(one()).encode("utf-16"), ["hi", "hello"], id="UTF-16"),
    pytest.param(b"\xfe\xff" + json.dumps(one()).encode("utf-16-be"), ["hi", "hello"], id="UTF-16, big end first"),
    pytest.param(json.dumps(one()).encode("utf-32"), ["hi", "hello"], id="UTF-32"),
    pytest.param(as_bytes(one(), hi='"a\\ud800b\\u0000"'), ["a\ufffdb\0", "hello"], id="half a surrogate pair, NUL"),
    pytest.param(as_bytes([{**TALK, "create_time": "T"}], T="1e999"), ["hi", "hello"], id="a time of 1e999"),
    pytest.param(as_bytes([{**TALK, "create_time": 10**400}]), ["hi", "hello"], id="a time of 10 to the 400th"),
    pytest.param(as_bytes([{**TALK, "create_time": float("nan")}]), ["hi", "hello"], id="a time that is NaN"),
    pytest.param(as_bytes([{**TALK, "create_time": -1e12}]), ["hi", "hello"], id="a negative time"),
    pytest.param(as_bytes([{**TALK, "create_time": "99999-01-01T00:00:00Z"}]), ["hi", "hello"], id="the year 99999"),
    pytest.param(as_bytes([{**TALK, "create_time": "0001-01-01T00:00:00+14:00"}]), ["hi", "hello"], id="the year 0"),
    pytest.param(as_bytes([{**TALK, "create_time": "9999-12-31T23:59:59-14:00"}]), ["hi", "hello"], id="year 10000"),
    pytest.param(as_bytes([{**TALK, "id": 10**400}]), ["hi", "hello"], id="an id of 400 digits"),
    pytest.param(as_bytes([{**TALK, "id": "c" * 10_000}]), ["hi", "hello"], id="an id of 10,000 characters"),
    pytest.param(as_bytes([{**TALK, "title": "T" * 10_000}]), ["hi", "hello"], id="a title of 10,000 characters"),
    pytest.param(as_bytes(one(model="m" * 10_000)), ["hi", "hello"], id="a model of 10,000 characters"),
    pytest.param(as_bytes(own(uid="u" * 10_000)), ["hi"], id="a uid of 10,000 characters"),
    pytest.param(as_bytes(own(x=["N", "I"]), N="NaN", I="-1e400"), ["hi"], id="no numbers in a session of hfs"),
    pytest.param(as_bytes(own(imported_from=[], updated_at={}, name_source=7, created_at=[])), ["hi"],
                 id="wrong types in the header of a session of hfs"),
    pytest.param(b'{"messages": [{"role": "user", "content": "a", "content": "b"}], "messages": [{"role": "user", '
                 b'"role": "assistant", "content": "c", "content": "d"}]}', ["d"], id="keys that are there twice"),
    pytest.param(as_bytes([{**TALK, "mapping": {**TALK["mapping"], "n1": {**TALK["mapping"]["n1"], "parent": "n2"}}}]),
                 ["hi", "hello"], id="a circle"),
    pytest.param(as_bytes([{**TALK, "mapping": {**TALK["mapping"], "n1": {**TALK["mapping"]["n1"], "parent": "n1"}}}]),
                 ["hi", "hello"], id="a message that answers itself"),
    pytest.param(blocks(results(200)), [""], id="results of tools 200 deep"),
    pytest.param(f"{HEADER}  <<: {{content: no}}\n".encode(), ["hi"], id="a key in YAML that merges"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "texts"), LANDS)
def test_what_can_be_read_comes_in(home: Path, tmp_path: Path, data: bytes, texts: list[str]) -> None:
    path = tmp_path / "export"
    path.write_bytes(data)
    assert bring_hostile(home, path).succeeded
    (session,) = sessions(home)
    assert said(session) == texts


PARTLY: Final = [
    pytest.param(as_bytes([TALK, "DEEP", OTHER], DEEP=deep(DEEP)), "nested too deep", id="a deep list among others"),
    pytest.param(as_bytes([TALK, "DEEP", OTHER], DEEP="[1, 2"), "ends in the middle of a list", id="an open list"),
    pytest.param(as_bytes([TALK, {**OTHER, "x": "L"}], L="9" * 5000), "too many digits", id="too long a number later"),
    pytest.param(as_bytes([TALK, OTHER]).replace(b"so on", b"so \xff"), "byte 0xff is not UTF-8", id="no UTF-8 later"),
    pytest.param(as_bytes([TALK, OTHER])[:-100], "the file ends in the middle", id="cut"),
    pytest.param(as_bytes([TALK, 3, None, "x", [], {}]), "it has not the shape", id="rubbish behind it"),
    pytest.param(as_bytes([TALK]) + b"x", "expected nothing more", id="something behind the end"),
    pytest.param(as_bytes(TALK) + b"\n" + deep(DEEP).encode() + b"\n" + as_bytes({"a": 1}) + b"\n", "nested too deep",
                 id="a deep line"),
    pytest.param(as_bytes(TALK) + b'\n{"mapping": \n\0\n', "damaged line", id="damaged lines"),
    pytest.param(as_bytes([TALK, {**OTHER, "x": "LONG"}], LONG=f'"{"x" * 3_000_000}"'), "--max-size", id="too long"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "told"), PARTLY)
def test_what_is_whole_comes_in_and_the_rest_is_told(home: Path, tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(data)
    report = bring_hostile(home, path, limit=1 << 20)
    assert not report.succeeded
    assert told in "\n".join(report.lines())
    (session,) = sessions(home)
    assert said(session) == ["hi", "hello"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda text: [chatgpt((text, None, text), (f"{text}2", text, text), active=f"{text}2", name=text,
                                           title=text)], id="chatgpt"),
        pytest.param(lambda text: [{"uuid": text, "name": text, "model": text, "chat_messages": [
            {"uuid": text, "sender": "human", "text": text, "attachments": [
                {"file_name": text, "file_type": text, "extracted_content": text}], "files": [{"file_name": text}]},
            {"uuid": "m", "sender": "assistant", "content": [
                {"type": "tool_use", "id": text, "name": text, "input": {text: text}},
                {"type": "tool_result", "tool_use_id": text, "name": text, "content": text}, {"type": text}]},
            {"uuid": "n", "sender": text, "text": text}]}], id="claude"),
        pytest.param(lambda text: {"id": text, "title": text, "model": text, "messages": [
            {"role": "user", "name": text, "content": [{"type": "text", "text": text}, {"type": text}]},
            {"role": "assistant", "reasoning": text, "tool_calls": [
                {"id": text, "function": {"name": text, "arguments": text}}]},
            {"role": "tool", "name": text, "tool_call_id": text, "content": text}, {"role": text, "content": text},
        ]}, id="openai"),
        pytest.param(lambda text: {"format": 1, "uid": text, "created_at": text, text: text, "messages": [
            {"id": 1, "role": text, "model": text, "status": text, "hidden": text, "created_at": text, text: text,
             "content": text}]}, id="json"),
    ],
)  # fmt: skip
def test_nothing_that_steers_a_terminal_gets_through(home: Path, tmp_path: Path, make: Any) -> None:
    report = bring_hostile(home, write(tmp_path / "a\x1b[31m\u202eb.json", make(STEERING)))
    assert report.count("added") == 1
    with SessionStore(home) as store:
        (summary,) = store.list_recent(None)
        assert "\n" not in summary.name


def test_messages_with_one_id_are_each_counted_or_kept(home: Path, tmp_path: Path) -> None:
    messages = [{"uuid": "m", "sender": "human", "text": text} for text in "abc"]
    path = write(tmp_path / "a.json", [{"uuid": "k", "chat_messages": messages}])
    report = bring_hostile(home, path)
    assert report.conversations[0].kept + report.total()["skipped"] == 3
    same = write(tmp_path / "b.json", {"messages": [{**message, "id": "x"} for message in turns("a", "b", "c")]})
    assert bring(home, same).conversations[0].kept == 3


def test_conversations_with_one_id_are_one_session_and_the_other_is_told(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [TALK, {**OTHER, "id": "c1"}, TALK])
    report = bring_hostile(home, path)
    assert [one.outcome for one in report.conversations] == ["added", "present", "present"]
    (session,) = sessions(home)
    assert said(session) == ["hi", "hello"]


def test_one_that_could_not_be_stored_does_not_stand_in_the_way_of_a_sound_copy(home: Path, tmp_path: Path) -> None:
    copies = [{"id": "conversation-0123456789", **json.loads(called(text))} for text in (deep(100), "1")]
    report = bring_hostile(home, write(tmp_path / "a.json", copies[:1] + copies), again=False)
    assert [one.outcome for one in report.conversations] == ["failed", "failed", "added"]
    assert len(sessions(home)) == 1
    assert bring_hostile(home, tmp_path / "a.json").count("present") == 3


def test_a_source_id_of_another_type_here_does_not_stop_a_newer_export(home: Path, tmp_path: Path) -> None:
    bring(home, write(tmp_path / "a.json", [TALK]))
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_text())
    document["messages"].append({"id": 9, "role": "user", "created_at": "x", "source_id": [], "content": "odd"})
    path.write_text(json.dumps(document))
    grown = chatgpt(("n1", None, "hi"), ("n2", "n1", "hello"), ("n3", "n2", "more"), active="n3")
    assert bring(home, write(tmp_path / "b.json", [grown])).count("updated") == 1
    assert said(sessions(home)[0]) == ["hi", "hello", "more", "odd"]


def test_a_million_messages_would_come_in_too(home: Path, tmp_path: Path) -> None:
    """A fifth of a million, so that the test stays quick; time and memory grow in step with the messages."""
    path = write(tmp_path / "a.json", turns(*map(str, range(200_000))))
    assert bring(home, path).conversations[0].kept == 200_000


@pytest.mark.timeout(60)
def test_very_many_messages_without_numbers_take_seconds(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"hfs": 1, "name": "n"}\n' + '{"role": "user", "content": "x"}\n' * 100_000)
    assert bring(home, path).conversations[0].kept == 100_000
    assert len(sessions(home)[0].messages) == 100_000


@pytest.mark.timeout(60)
def test_very_many_new_messages_take_seconds(home: Path, tmp_path: Path) -> None:
    texts = [str(number) for number in range(100_000)]
    for known in (1, len(texts)):
        path = write(tmp_path / "a.json", {"id": "conversation-0123456789", "messages": turns(*texts[:known])})
        report = bring(home, path)
    assert report.conversations[0].kept == 99_999


def test_a_text_of_a_hundred_megabytes_is_not_read_to_its_end(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("wb") as file:
        file.write(b'[{"mapping": {"a": "')
        for _ in range(100):
            file.write(b"x" * (1 << 20))
        file.write(b'"}}]')
    report = bring_hostile(home, path, limit=1 << 20)
    assert "this record is longer than 1 MiB; `--max-size` takes more" in report.files[0].problem
    read: list[int] = []
    assert list(Reading(source_of(path), limit=1 << 20, progress=read.append).conversations())
    assert sum(read) < 8 << 20


def test_a_huge_text_beside_a_message_comes_in_once(home: Path, tmp_path: Path) -> None:
    pasted = {"file_name": "p.txt", "extracted_content": "x" * 10_000_000}
    message = {"uuid": "m", "sender": "human", "text": "see this", "attachments": [pasted]}
    report = bring_hostile(home, write(tmp_path / "a.json", [{"uuid": "k", "chat_messages": [message]}]))
    assert report.succeeded
    assert 10_000_000 < (home / "sessions" / "1.json").stat().st_size < 10_100_000
