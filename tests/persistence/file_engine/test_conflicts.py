"""Conflict copies that can't be brought home stay where they are, and are said to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore
from hfs.persistence.files.folder import DocumentFolder

COPY = "1 (of a laptop).json"


def put_copy(store: SessionStore, **changes: object) -> Path:
    document = json.loads((store.home / "sessions" / "1.json").read_bytes())
    path = store.home / "sessions" / COPY
    path.write_text(json.dumps({**document, **changes}))
    return path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1, column 2"),
        ("[]", "object"),
        ('{"messages": 5}', "list of"),
        ('{"format": 99, "messages": []}', "has format 99"),
    ],
    ids=["cut off", "a list", "messages that are none", "a newer format"],
)
def test_a_copy_that_is_no_session_stays_and_the_reason_is_told(home: Path, text: str, reason: str) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
        path = put_copy(store)
        path.write_text(text)
        result = store.merge_copy(1, path)
    assert result.outcome == "failed"
    assert reason in result.text
    assert path.read_text() == text


def test_a_copy_whose_session_vanishes_meanwhile_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
        path = put_copy(store)
        modify = DocumentFolder.modify

        def vanish(folder: DocumentFolder, doc_id: int, change: object) -> object:
            (home / "sessions" / "1.json").unlink()
            return modify(folder, doc_id, change)  # type: ignore[arg-type]

        monkeypatch.setattr(DocumentFolder, "modify", vanish)
        result = store.merge_copy(1, path)
    assert result.outcome == "failed"
    assert "was just removed" in result.text
    assert path.exists()


def test_a_copy_whose_number_is_taken_meanwhile_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
        path = put_copy(store)
        (home / "sessions" / "1.json").rename(home / "sessions" / "aside")
        create = DocumentFolder.create

        def overtaken(folder: DocumentFolder, document: dict[str, object], doc_id: int | None = None) -> int:
            (home / "sessions" / "aside").rename(home / "sessions" / "1.json")
            return create(folder, document, doc_id)

        monkeypatch.setattr(DocumentFolder, "create", overtaken)
        result = store.merge_copy(1, path)
    assert result.outcome == "failed"
    assert "already exists" in result.text
    assert path.exists()
