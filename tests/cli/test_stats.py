"""`hfs stats`, as a process."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from wcwidth import wcswidth

from hfs.display import display
from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202e\n[@click=app.quit]x[/]\x7f"
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _sessions(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC0")
    monkeypatch.setenv("COLUMNS", "60")
    with SessionStore(home) as store:
        for number, model in enumerate(["local/a", "local/a", "漢" * 80, HOSTILE]):
            moment = FIRST + timedelta(days=number)
            answer = NewMessage("assistant", "four", model=model, created_at=moment)
            store.create(messages=[NewMessage("user", "hi", created_at=moment), answer])


def test_what_was_said_is_drawn_by_day_model_role_and_length(hfs: Run) -> None:
    done = hfs("stats")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert lines[:2] == ["8 messages in 4 sessions", "2026-03-01 to 2026-03-04: 4 active days, up to 4 in a row"]
    assert "Messages by day" in lines
    rows = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert rows["local/a"][-2:] == ["2", "8"]
    assert rows["user"][-2:] == ["4", "8"]
    assert rows["2–3"][-1] == "4"
    assert "⣿" in rows["local/a"][0]


@pytest.mark.parametrize(("columns", "colours"), [(100, {}), (60, {"NO_COLOR": "1"})])
def test_plots_fit_the_terminal_and_cannot_steer_it(columns: int, colours: dict[str, str]) -> None:
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = ["-m", "hfs", "stats"]
    process = pexpect.spawn(
        sys.executable, command, env={**variables, **colours}, dimensions=(30, columns), timeout=60, encoding="utf-8"
    )
    process.expect(pexpect.EOF)
    process.close()
    drawn = process.before.replace("\r\n", "\n")
    assert drawn == display(drawn)
    assert max(map(wcswidth, drawn.splitlines())) <= columns
    assert "漢…" in drawn


def test_statistics_as_json_are_for_programs(hfs: Run) -> None:
    found = json.loads(hfs("stats", "--json", "--since", "2026-03-02", "--until", "2026-03-04T12:00").stdout)
    assert found["days"] == [
        {"day": "2026-03-02", "messages": 2, "characters": 6},
        {"day": "2026-03-03", "messages": 2, "characters": 6},
    ]
    assert [one["model"] for one in found["models"]] == ["local/a", "漢" * 80]
    assert found["roles"][0] == {"role": "assistant", "messages": 2, "characters": 8}
    assert found["lengths"][-1] == {"from": 2, "to": 3, "sessions": 2}
    assert (found["first_day"], found["last_day"], found["longest_streak"]) == ("2026-03-02", "2026-03-03", 2)
    assert (found["messages"], found["characters"], found["damaged"]) == (4, 12, 0)


def test_a_model_or_a_tag_is_asked_for(hfs: Run, home: Path) -> None:
    with SessionStore(home) as store:
        store.tag(3, ["work"])
    assert b"4 messages in 2 sessions" in hfs("stats", "--model", "a").stdout
    assert b"2 messages in 1 session\n" in hfs("stats", "--tag", "work").stdout
    done = hfs("stats", "--tag", "none")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"No session fits.\n")


def test_damaged_sessions_are_told(hfs: Run, home: Path) -> None:
    (home / "sessions" / "1.json").write_text("{")
    done = hfs("stats")
    assert b"6 messages in 3 sessions" in done.stdout
    assert done.stderr == b"Not counted: 1 damaged session. `hfs check` says what is wrong.\n"


def test_statistics_of_nothing_say_how_to_start(hfs: Run, tmp_path: Path) -> None:
    done = hfs("--home", str(tmp_path / "new"), "stats")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"no sessions yet" in done.stderr
    assert json.loads(hfs("--home", str(tmp_path / "new"), "stats", "--json").stdout)["days"] == []


def test_sessions_without_messages_are_no_plot_over_time(hfs: Run, tmp_path: Path) -> None:
    with SessionStore(tmp_path / "new") as store:
        store.create()
    done = hfs("--home", str(tmp_path / "new"), "stats")
    assert done.stdout.startswith(b"0 messages in 1 session\n\nMessages in a session")
