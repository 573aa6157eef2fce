"""Exports with wrong things in them, and cut off anywhere: what is whole comes in, and nothing is raised."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

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
