"""Session files of every kind, opened and written to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfs.errors import CorruptSessionError, UnsupportedFormatError
from hfs.persistence import SessionStore

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture
def path(home: Path) -> Path:
    (home / "sessions").mkdir(parents=True)
    return home / "sessions" / "1.json"


@pytest.mark.parametrize("name", ["canonical", "jq", "minified", "plain-strings", "crlf", "bom"])
def test_the_same_session_in_any_layout_becomes_canonical(home: Path, path: Path, name: str) -> None:
    canonical = (FIXTURES / "canonical.json").read_bytes()
    path.write_bytes((FIXTURES / f"{name}.json").read_bytes())
    with SessionStore(home) as store:
        found = store.get(1)
        assert found is not None
        assert [message.content.count("\n") for message in found.messages] == [0, 3]
        store.add_message(1, "user", "next")
    assert path.read_bytes().startswith(canonical[: -len("\n  ]\n}\n")])


def test_unknown_keys_survive_a_write(home: Path, path: Path) -> None:
    before = (FIXTURES / "unknown-keys.json").read_bytes()
    path.write_bytes(before)
    with SessionStore(home) as store:
        store.rename(1, "x")
        store.add_message(1, "user", "next")
    after = json.loads(path.read_bytes())
    assert after["mood"] == json.loads(before)["mood"]
    assert after["messages"][1]["tokens"] == {"in": 3, "out": 1.5}


def test_a_file_with_nothing_but_messages_is_a_session(home: Path, path: Path) -> None:
    path.write_bytes((FIXTURES / "hand-made.json").read_bytes())
    with SessionStore(home) as store:
        found = store.get(1)
        assert found is not None
        assert [message.content for message in found.messages] == ["hi", "hello"]
        uid = found.uid
        store.add_message(1, "user", "next")
    document = json.loads(path.read_bytes())
    assert (document["format"], document["id"], document["uid"]) == (1, 1, uid)
    assert [message["content"] for message in document["messages"]] == ["hi", "hello", "next"]


def test_a_newer_format_is_read_and_never_written_to(home: Path, path: Path) -> None:
    path.write_bytes((FIXTURES / "newer-format.json").read_bytes())
    with SessionStore(home) as store:
        found = store.get(1)
        assert found is not None
        assert found.message_count == 2
        with pytest.raises(UnsupportedFormatError, match="99"):
            store.add_message(1, "user", "next")
    assert path.read_bytes() == (FIXTURES / "newer-format.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "line", "column"),
    [("broken-comma", 4, 3), ("broken-utf8", 12, 37), ("broken-quote", 10, 113), ("empty", 1, 1)],
)
def test_a_broken_file_is_named_with_the_place_and_left_alone(
    home: Path, path: Path, name: str, line: int, column: int
) -> None:
    path.write_bytes((FIXTURES / f"{name}.json").read_bytes())
    with SessionStore(home) as store:
        with pytest.raises(CorruptSessionError) as caught:
            store.add_message(1, "user", "next")
        assert store.list_recent()[0].problem
    assert (caught.value.line, caught.value.column) == (line, column)
    assert path.read_bytes() == (FIXTURES / f"{name}.json").read_bytes()
