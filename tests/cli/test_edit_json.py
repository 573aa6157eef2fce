"""A session in the person's own editor as JSON: the file itself, whole or damaged."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.editing import Editor, Openings, drafts, make_session, texts


@pytest.fixture(autouse=True)
def _session(home: Path) -> None:
    make_session(home)


def test_the_document_itself_is_edited_as_json(hfs: Run, editor: Editor, openings: Openings, home: Path) -> None:
    editor(
        'text = text.replace(\'"one"\', \'["ONE", "two"]\')\n'
        'write(text.replace(\'"name": "Mine"\', \'"name": "Mine", "tags": [1.50]\'))'
    )
    done = hfs("edit", "1", "--json")
    assert b"Session 1: 1 changed, other details of the session." in done.stderr
    assert texts(home)[0] == "ONE\ntwo"
    assert b'"tags": [1.50]' in (home / "sessions" / "1.json").read_bytes()
    (_, shown), *_ = openings()
    assert shown.startswith("// hfs: ")
    assert json.loads("".join(line for line in shown.split("\n") if not line.startswith("// hfs: ")))["name"] == "Mine"


def test_a_mistake_in_json_is_told_at_its_line(hfs: Run, editor: Editor, openings: Openings, home: Path) -> None:
    editor("write(text.replace('\"name\":', '\"name\"') if not nth else text.replace('\"name\"', '\"name\":'))", "code")
    done = hfs("edit", "1", "--json")
    assert done.returncode == 0, done.stderr
    second, shown = openings()[1]
    (line,) = re.findall(r"'--wait', '--goto', '[^']*session-1\.json:(\d+)'", second)
    lines = shown.split("\n")
    assert lines[int(line) - 1].strip().startswith('"name" "Mine"')
    assert lines[int(line) - 2].startswith('// hfs: MISTAKE in the line below: column 10: expected ":"')


def test_a_message_that_can_not_be_stored_is_told_at_its_line_in_json_too(
    hfs: Run, editor: Editor, openings: Openings
) -> None:
    editor('write(text.replace(\'"content": "three"\', \'"content": 3\') if not nth else text)', "nano")
    assert hfs("edit", "1", "--json").returncode == 1
    second, shown = openings()[1]
    (line,) = re.findall(r"'\+(\d+)'", second)
    assert '"content": 3' in shown.split("\n")[int(line) - 1]
    assert "The text is int: expected text" in shown


def test_a_damaged_session_is_mended_as_json_and_only_so(hfs: Run, editor: Editor, home: Path) -> None:
    path = home / "sessions" / "1.json"
    damaged = path.read_bytes().replace(b'"id": 2,', b'"id": 2', 1) + b"\xff"
    path.write_bytes(damaged)
    editor("write(text.replace('\"id\": 2', '\"id\": 2,').replace('\"one\"', '\"ONE\"'))")
    refused = hfs("edit", "1")
    assert refused.returncode == 1
    assert b"`hfs edit 1 --json` opens it as it is." in refused.stderr
    editor(
        "data = path.read_bytes()\n"
        "path.write_bytes(data.rstrip(b'\\xff').replace(b'\"id\": 2 ', b'\"id\": 2, ').replace(b'\"one\"', b'\"ONE\"'))"
    )
    # The script above reads its file as text, which this one is not.
    script = Path(os.environ["EDITOR"])
    script.write_text(script.read_text().replace(".decode()", ".decode('latin-1')"))
    done = hfs("edit", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert b"Session 1 is whole again (3 messages); the damaged file is kept in damaged/." in done.stderr
    assert texts(home) == ["ONE", "two\nlines", "three"]
    assert [kept.read_bytes() for kept in (home / "damaged").iterdir()] == [damaged]


def test_a_damaged_session_opens_at_the_damage(hfs: Run, editor: Editor, openings: Openings, home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes().replace(b'"id": 2,', b'"id": 2', 1))
    damaged = path.read_bytes()
    editor("")
    left = hfs("edit", "1", "--json")
    assert left.returncode == 1
    assert b'expected "," or the closing bracket. Nothing was changed in session 1.' in left.stderr
    assert path.read_bytes() == damaged
    assert drafts(home) == []
    ((_, shown),) = openings()
    lines = shown.splitlines()
    at = next(number for number, line in enumerate(lines) if "MISTAKE in the line below" in line)
    assert '"id": 2 ' in lines[at + 1]


def test_a_damaged_session_that_another_program_changed_meanwhile_is_not_replaced(
    hfs: Run, editor: Editor, home: Path
) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(b'{"messages": [}')
    editor(f"pathlib.Path({str(path)!r}).write_text('{{,')\nwrite('{{\"messages\": []}}')")
    done = hfs("edit", "1", "--json")
    assert done.returncode == 1
    assert b"was changed by another program meanwhile" in done.stderr
    assert path.read_bytes() == b"{,"
    (kept,) = drafts(home)
    assert (kept.suffix, kept.read_text()) == (".json", '{"messages": []}')
    editor("")
    assert b"whole again" in hfs("edit", "1", "--from", str(kept)).stderr
    assert drafts(home) == []


def test_a_session_of_a_newer_format_is_refused(hfs: Run, editor: Editor, openings: Openings, home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    editor("")
    for options in ((), ("--json",)):
        done = hfs("edit", "1", *options)
        assert done.returncode == 1
        assert b"It opens read-only" in done.stderr
    with pytest.raises(FileNotFoundError):
        openings()
