"""Exports with wrong things in them, and cut off anywhere: what is whole comes in, and nothing is raised."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from hfs.display import display
from hfs.persistence import SessionStore
from tests.transfer.bringing import bring, said, sessions
from tests.transfer.hostile import bring_hostile
from tests.transfer.importers.mutating import mutations
from tests.transfer.importers.reading import FIXTURES

EXPORTS: Final = sorted(path for path in FIXTURES.rglob("*") if path.suffix in (".json", ".jsonl"))
MUTATIONS: Final = 5


def records(path: Path) -> Any:
    """What is in an export: its one value, or those of its lines."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json.loads(text)
    found = []
    for line in text.split("\n"):
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


@pytest.mark.parametrize("export", [pytest.param(path, id=str(path.relative_to(FIXTURES))) for path in EXPORTS])
def test_wrong_things_anywhere_are_survived(home: Path, tmp_path: Path, export: Path) -> None:
    path = tmp_path / export.name
    for number, value in enumerate(mutations(records(export), MUTATIONS, seed=7)):
        values = value if export.suffix == ".jsonl" else [value]
        path.write_text("\n".join(map(json.dumps, values)))
        try:
            bring_hostile(home / str(number), path)
        except Exception as error:
            error.add_note(path.read_text()[:4000])
            raise


@pytest.mark.parametrize(
    ("export", "step"),
    [
        pytest.param("open-webui/chats.json", 61, id="a list of conversations"),
        pytest.param("openai/array.json", 5, id="a list of messages"),
        pytest.param("codex/rolled-back.jsonl", 31, id="lines"),
    ],
)
def test_what_stands_before_a_cut_comes_in_and_the_cut_is_told(
    home: Path, tmp_path: Path, export: str, step: int
) -> None:
    bring(home, FIXTURES / export)
    whole = [text for session in sessions(home) for text in said(session)]
    data = (FIXTURES / export).read_bytes().rstrip()
    path = tmp_path / Path(export).name
    came_in = 0
    for cut in range(0, len(data), step):
        path.write_bytes(data[:cut])
        report = bring_hostile(home / str(cut), path, again=False)
        found = [text for session in sessions(home / str(cut)) for text in said(session)]
        assert set(found) <= set(whole)
        came_in = max(came_in, len(found))
        between_lines = path.suffix == ".jsonl" and b"\n" in data[max(cut - 1, 0) : cut + 1]
        assert between_lines or not report.succeeded, (cut, list(report.lines()))
    assert came_in >= len(whole) // 3


@pytest.mark.parametrize(
    ("export", "beside"),
    [
        pytest.param("gptme/2026-05-04-tides", "config.toml", id="gptme"),
        pytest.param("mistral-vibe/session_20260812_101500_5f0c1d2e", "meta.json", id="mistral-vibe"),
        pytest.param("codex/home", "session_index.jsonl", id="codex"),
        pytest.param("gemini-cli/tmp/app", ".project_root", id="gemini-cli"),
    ],
)
def test_what_lies_beside_an_export_may_be_anything(home: Path, tmp_path: Path, export: str, beside: str) -> None:
    folder = shutil.copytree(FIXTURES / export, tmp_path / "export")
    whole = (folder / beside).read_bytes()
    kept = bring(home, folder).total()["messages_kept"]
    odd = [b"", b"\0" * 100, b"\xff\xfe" + whole, b"[" * 100_000, b'{"a":' * 100_000, whole[: len(whole) // 2],
           b"[chat]\nname = " + b"9" * 5000, b"[chat]\nname = 2026-01-01\nworkspace = nan\n", b'{"session_id": [], '
           b'"title": {}, "start_time": 1e999, "environment": 3}', b"\n" * 100_000, whole * 1000]  # fmt: skip
    for number, data in enumerate(odd):
        (folder / beside).write_bytes(data)
        report = bring(home / str(number), folder)
        assert report.total()["messages_kept"] == kept
        with SessionStore(home / str(number)) as store:
            assert store.check().findings == []
        assert all(display(line) == line for line in report.lines())
