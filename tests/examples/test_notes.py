"""The notes of the example, kept by its own process each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.examples.conftest import EXAMPLES


def notes(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Runs the program; returns what it says."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / "notes.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def test_a_note_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    assert notes(tmp_path, "add", "Buy milk") == "1\n"
    text = (tmp_path / "notebook" / "notes" / "1.json").read_text()
    assert text == '{\n  "text": "Buy milk",\n  "done": false\n}\n'


def test_notes_are_found_by_their_words_and_marked_as_done(tmp_path: Path) -> None:
    for text in ("Buy milk", "Call\nAnna", "Milk the cow (twice)"):
        notes(tmp_path, "add", text)
    assert notes(tmp_path, "find", "MILK") == "   1  [ ]  Buy milk\n   3  [ ]  Milk the cow (twice)\n"
    assert notes(tmp_path, "find", "(twice)") == "   3  [ ]  Milk the cow (twice)\n"
    notes(tmp_path, "done", "2")
    assert "   2  [x]  Call / Anna\n" in notes(tmp_path, "list")


def test_a_note_that_a_person_edited_is_shown_as_edited(tmp_path: Path) -> None:
    notes(tmp_path, "add", "Buy milk")
    (tmp_path / "notebook" / "notes" / "1.json").write_text(json.dumps({"done": True, "text": ["Buy", "bread"]}))
    assert notes(tmp_path, "list") == "   1  [x]  Buy / bread\n"


def test_a_note_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert "There is no note 7." in notes(tmp_path, "done", "7", fails=True)
    assert notes(tmp_path, "list") == ""
