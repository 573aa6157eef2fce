"""Files that are broken, odd or hostile: what hfs makes of each stands in the name of its row."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hfs.errors import CorruptSessionError, HfsError, InvalidDocumentError, UnsupportedFormatError
from hfs.persistence import SessionModel, SessionStore

MESSAGE = {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00.000000Z", "content": "hi"}
HEADER = {"format": 1, "id": 1, "uid": "0199f3c2-7d1e-7b6a-9a51-0e6a4bb4a1c7", "name": "n", "name_source": "user"}


def text(**changes: Any) -> str:
    return json.dumps({**HEADER, "created_at": "2026-01-01T00:00:00Z", "messages": [MESSAGE], **changes})


def said(**changes: Any) -> str:
    return text(messages=[{**MESSAGE, **changes}])


WHOLE = text()
REFUSED: dict[str, tuple[bytes, str]] = {
    "an empty file is named as empty": (b"", "the file is empty"),
    "a file of spaces is named as empty": (b" \r\n\t ", "the file is empty"),
    "a file of NULs is refused": (b"\0" * 4096, "expected a value"),
    "NaN is refused by name": (said(x=1).replace("1}", "NaN}").encode(), "NaN is no JSON number"),
    "Infinity is refused by name": (said(x="@").replace('"@"', "Infinity").encode(), "Infinity is no JSON number"),
    "a number too large for a float is refused": (said(x="@").replace('"@"', "1e400").encode(), "too large"),
    "a number of 5,000 digits is refused": (said(x="@").replace('"@"', "9" * 5000).encode(), "too long"),
    "UTF-16 is named": (WHOLE.encode("utf-16"), "UTF-16: expected UTF-8"),
    "UTF-32 is named": (WHOLE.encode("utf-32"), "UTF-32: expected UTF-8"),
    "a byte that is no UTF-8 is named with its place": (WHOLE.encode().replace(b"hi", b"h\xff"), "0xff is not UTF-8"),
    "an overlong encoding is refused": (WHOLE.encode().replace(b"hi", b"\xc0\xaf"), "is not UTF-8"),
    "an encoded surrogate is refused": (WHOLE.encode().replace(b"hi", b"\xed\xa0\x80"), "is not UTF-8"),
    "a raw NUL in a string is refused": (WHOLE.encode().replace(b"hi", b"h\0i"), "control character"),
    "a raw escape in a string is refused": (WHOLE.encode().replace(b"hi", b"h\x1bi"), "control character"),
    "a raw line break in a string is refused": (WHOLE.encode().replace(b"hi", b"h\ni"), "line break"),
    "a trailing comma is refused": (WHOLE.replace("}]", "},]").encode(), "comma"),
    "a comment is refused": (b"// a comment\n" + WHOLE.encode(), "expected a value"),
    "single quotes are refused": (WHOLE.replace('"', "'").encode(), "double quotes"),
    "NULs after the document are refused": (WHOLE.encode() + b"\0" * 8, "nothing more"),
    "a second document is refused": (WHOLE.encode() * 2, "nothing more"),
    "a cut file is refused": (WHOLE.encode()[:-9], "expected"),
    "a list is refused": (b"[1, 2]", "expected an object in braces, found a list"),
    "a string is refused": (b'"x"', "found a string"),
    "null is refused": (b"null", "found null"),
    "1,024 levels are refused": (text(x="@").replace('"@"', "[" * 1024 + "]" * 1024).encode(), "deeper than"),
    "200 levels are refused before they can't be written": (
        text(x="@").replace('"@"', "[" * 200 + "]" * 200).encode(),
        "deeper than",
    ),
    "100,000 levels are refused": (b'{"x":' + b"[" * 100_000, "deeper than"),
    "git's conflict marks are refused": (b"<<<<<<< HEAD\n" + WHOLE.encode(), "expected a value"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_refused(home: Path, row: str) -> None:
    data, reason = REFUSED[row]
    path = home / "sessions" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with SessionStore(home) as store:
        for attempt in (
            lambda: store.get(1),
            lambda: store.add_message(1, "user", "x"),
            lambda: store.rename(1, "x"),
        ):
            with pytest.raises(CorruptSessionError, match=reason) as caught:
                attempt()
            assert str(path) in str(caught.value)
            assert "Nothing is written" in str(caught.value)
        (summary,) = store.list_recent()
        assert summary.problem is not None
        assert not store.check().is_well
    assert path.read_bytes() == data


def first(session: SessionModel) -> Any:
    return session.messages[0]


Check = Callable[[SessionModel], bool]
ACCEPTED: dict[str, tuple[str | bytes, Check]] = {
    "a byte order mark is passed over": (b"\xef\xbb\xbf" + WHOLE.encode(), lambda s: first(s).content == "hi"),
    "CRLF is a line end": (json.dumps(json.loads(WHOLE), indent=1).replace("\n", "\r\n"), lambda s: s.name == "n"),
    "a lone CR is a space": (json.dumps(json.loads(WHOLE), indent=1).replace("\n", "\r"), lambda s: s.name == "n"),
    "of a key that is there twice the last counts": (
        WHOLE.replace('"name"', '"name": "x", "name"'),
        lambda s: s.name == "n",
    ),
    "an escaped NUL is kept": (said(content="a\0b"), lambda s: first(s).content == "a\0b"),
    "an integer beyond 64 bits is kept": (text(x=2**64 + 1), lambda s: s.extra["x"] == 2**64 + 1),
    "a float keeps its value": (text(x=1.5), lambda s: s.extra["x"] == 1.5),
    "an empty object is a session": ("{}", lambda s: s.message_count == 0 and s.name == "Session 1"),
    "no messages is a session": (text(messages=[]), lambda s: s.message_count == 0),
    "messages that are no list are none": (text(messages="x"), lambda s: s.message_count == 0),
    "messages that are null are none": (text(messages=None), lambda s: s.message_count == 0),
    "a message that is text is shown": (text(messages=["hi"]), lambda s: first(s).content == "hi"),
    "a message that is null is shown as empty": (text(messages=[None]), lambda s: first(s).content == ""),
    "an empty message is shown as empty": (text(messages=[{}]), lambda s: first(s).content == ""),
    "a role outside the known ones is kept": (said(role="wizard"), lambda s: first(s).role == "wizard"),
    "a role that is a number is shown neutrally": (said(role=7), lambda s: first(s).role == "system"),
    "content as a list of lines is joined": (said(content=["a", "b"]), lambda s: first(s).content == "a\nb"),
    "content as blocks is their text": (
        said(content=[{"type": "text", "text": "a"}, {"type": "image"}]),
        lambda s: first(s).content == "a",
    ),
    "content that is null is empty": (said(content=None), lambda s: first(s).content == ""),
    "content that is a number is its digits": (said(content=7), lambda s: first(s).content == "7"),
    "a missing message id is derived": (text(messages=[{"role": "user", "content": "x"}]), lambda s: first(s).id == 1),
    "a message id that is text is derived": (said(id="1"), lambda s: first(s).id == 1),
    "a message id that is a float is derived": (said(id=1.5), lambda s: first(s).id == 1),
    "a message id that is true is derived": (said(id=True), lambda s: type(first(s).id) is int),
    "a negative message id is kept": (said(id=-5), lambda s: first(s).id == -5),
    "message ids that are used twice are told apart": (
        text(messages=[MESSAGE, MESSAGE]),
        lambda s: [m.id for m in s.messages] == [1, 2],
    ),
    "a time of the year 1 is read": (said(created_at="0001-01-01T00:00:00Z"), lambda s: first(s).created_at.year == 1),
    "a time of the year 9999 is read": (
        said(created_at="9999-12-31T23:59:59Z"),
        lambda s: first(s).created_at.year == 9999,
    ),
    "a time at the edge with an offset is no crash": (
        said(created_at="0001-01-01T00:00:00+14:00"),
        lambda s: first(s).created_at.tzinfo is not None,
    ),
    "a naive time is UTC": (
        said(created_at="2026-01-01T10:00:00"),
        lambda s: first(s).created_at == datetime(2026, 1, 1, 10, tzinfo=UTC),
    ),
    "a time with an offset is the same moment": (
        said(created_at="2026-01-01T10:00:00+02:00"),
        lambda s: first(s).created_at == datetime(2026, 1, 1, 8, tzinfo=UTC),
    ),
    "a time that is no time is the session's": (
        said(created_at="yesterday"),
        lambda s: first(s).created_at.year == 2026,
    ),
    "a time that is a number is the session's": (said(created_at=12345), lambda s: first(s).created_at.year == 2026),
    "messages stay in the order of the file": (
        text(messages=[{**MESSAGE, "id": 9, "created_at": "2030-01-01T00:00:00Z"}, MESSAGE]),
        lambda s: [m.id for m in s.messages] == [9, 1],
    ),
    "a name that is null is made up": (text(name=None), lambda s: s.name == "Session 1"),
    "a name that is a list is made up": (text(name=["x"]), lambda s: s.name == "Session 1"),
    "a name of 10,000 characters is cut": (text(name="x" * 10_000), lambda s: len(s.name) == 255),
    "a name with escapes is kept for display to make safe": (
        text(name="\x1b]0;x\x07"),
        lambda s: s.name == "\x1b]0;x\x07",
    ),
    "an id that is another number gives way to the file's name": (text(id=99), lambda s: s.id == 1),
    "an id that is a path gives way to the file's name": (text(id="../../etc/passwd"), lambda s: s.id == 1),
    "a uid that is no text is derived": (text(uid=7), lambda s: len(s.uid) == 36),
    "unknown keys are kept at every level": (
        text(a={"b": [1]}, messages=[{**MESSAGE, "tool": {"x": None}}]),
        lambda s: s.extra["a"] == {"b": [1]} and first(s).extra == {"tool": {"x": None}},
    ),
    "half of a surrogate pair is no crash": (WHOLE.replace("hi", "\\ud800"), lambda s: len(first(s).content) == 1),
}


@pytest.mark.parametrize("row", ACCEPTED)
def test_accepted(home: Path, row: str) -> None:
    data, check = ACCEPTED[row]
    path = home / "sessions" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with SessionStore(home) as store:
        found = store.get(1)
        assert found is not None
        assert check(found)
        (summary,) = store.list_recent()
        assert (summary.id, summary.message_count) == (1, found.message_count)
        try:
            store.add_message(1, "user", "more")
        except InvalidDocumentError:
            assert not isinstance(json.loads(path.read_bytes().decode("utf-8-sig")).get("messages", []), list)
            return
        again = store.get(1)
        assert again is not None
        assert [m.content for m in again.messages] == [*(m.content for m in found.messages), "more"]
        assert (again.name, again.uid, again.extra) == (found.name, found.uid, found.extra)
    assert b"\r" not in path.read_bytes()


@pytest.mark.parametrize("version", [2, 0, -1, "1", None, 1.5, True])
def test_a_format_that_this_hfs_does_not_know_opens_read_only(home: Path, version: object) -> None:
    path = home / "sessions" / "1.json"
    path.parent.mkdir(parents=True)
    data = text(format=version).encode()
    path.write_bytes(data)
    with SessionStore(home) as store:
        found = store.get(1)
        assert found is not None
        assert found.read_only is not None
        with pytest.raises(UnsupportedFormatError, match="read-only"):
            store.add_message(1, "user", "x")
        with pytest.raises(UnsupportedFormatError, match="read-only"):
            store.rename(1, "x")
    assert path.read_bytes() == data


@pytest.mark.skipif(os.name != "posix", reason="POSIX files")
@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link to nowhere", "a link to a secret", "a link to itself"])
def test_what_is_no_regular_file_of_ours_is_refused_and_hangs_nothing(home: Path, tmp_path: Path, kind: str) -> None:
    path = home / "sessions" / "1.json"
    path.parent.mkdir(parents=True)
    secret = tmp_path / "secret.txt"
    secret.write_bytes(WHOLE.encode())
    make: dict[str, Callable[[], None]] = {
        "a pipe": lambda: os.mkfifo(path),
        "a folder": path.mkdir,
        "a link to nowhere": lambda: path.symlink_to(tmp_path / "missing.json"),
        "a link to a secret": lambda: path.symlink_to(secret),
        "a link to itself": lambda: path.symlink_to(path),
    }
    make[kind]()
    with SessionStore(home) as store:
        for attempt in (lambda: store.get(1), lambda: store.add_message(1, "user", "x"), lambda: store.rename(1, "x")):
            with pytest.raises(HfsError, match=r"1\.json"):
                attempt()
        assert store.list_recent()[0].problem is not None
        assert not store.check().is_well
        assert store.create("next").id == 2
    assert secret.read_bytes() == WHOLE.encode()


@pytest.mark.skipif(os.name != "posix", reason="POSIX files")
def test_a_link_to_a_session_file_of_ours_is_followed_and_stays_a_link(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "talk.json"
    target.parent.mkdir()
    target.write_bytes(WHOLE.encode())
    path = home / "sessions" / "1.json"
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    with SessionStore(home) as store:
        store.add_message(1, "user", "more")
    assert path.is_symlink()
    assert len(json.loads(target.read_bytes())["messages"]) == 2


IMPORTS: dict[str, tuple[Any, str]] = {
    "a list is refused": ([], "no session document"),
    "text is refused": ("x", "no session document"),
    "no messages are refused": ({}, 'no list of "messages"'),
    "a message that is text is refused": ({"messages": ["x"]}, "Message 1 is no message"),
    "a message without a role is refused": ({"messages": [{"content": "x"}]}, "Message 1 is no message"),
    "content of blocks is refused": ({"messages": [{"role": "user", "content": [{}]}]}, "no list of lines"),
    "a newer format is refused": ({"format": 2, "messages": []}, "format 2"),
    "an empty name is refused": ({"name": " ", "messages": []}, "1 to 255 characters"),
    "half of a surrogate pair in a name is refused": ({"name": "\ud800", "messages": []}, "lone surrogate"),
}


@pytest.mark.parametrize("row", IMPORTS)
def test_an_import_that_is_refused_adds_nothing(home: Path, row: str) -> None:
    document, reason = IMPORTS[row]
    with SessionStore(home) as store:
        with pytest.raises(InvalidDocumentError, match=reason):
            store.import_document(document)
        assert store.count() == 0


@pytest.mark.parametrize("session_id", [0, -1, 10**18, 10**30])
def test_an_id_that_no_session_can_have_is_none(home: Path, session_id: int) -> None:
    with SessionStore(home) as store:
        assert store.get(session_id) is None
        assert store.rename(session_id, "x") is None
        assert store.delete(session_id) is False
        for wanted in ("../1", "/etc/passwd", "con", "", " ", "1.json", "-1", "\u0661"):
            with pytest.raises(HfsError, match="no session"):
                store.resolve(wanted)
