"""The copy command: real processes, real databases, killed and stopped ones too."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hfs.persistence import NewMessage, open_store
from tests.cli.conftest import Run
from tests.support.postgres import PostgresServer
from tests.transfer.copies import document, files, write_session

pytest.importorskip("sqlalchemy")


def write_sessions(home: Path, count: int) -> None:
    for number in range(1, count + 1):
        write_session(home, number, document(f"uid {number}", f"said {number}", "x" * 2000, name=f"Talk {number}"))


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hfs", "--home", str(home), "copy", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_rows(path: Path, count: int, process: subprocess.Popen[str]) -> None:
    """Waits until so many sessions are in a database, and the process that writes them runs still."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
                (found,) = opened.execute("SELECT count(*) FROM sessions").fetchone()
            if found >= count:
                return
        except sqlite3.Error:
            pass
        time.sleep(0.005)
    raise AssertionError(f"it ended too soon: {process.communicate()}")


def test_the_report_counts_both_sides_and_says_how_to_go_on(hfs: Run, home: Path) -> None:
    write_sessions(home, 2)
    with open_store(home, store="documents") as store:
        store.delete(store.create("old").id)
    done = hfs("copy", "--from", "documents", "--to", "sqlite")
    assert done.returncode == 0, done.stderr
    database = f"sqlite:///{home}/sessions.db"
    width = len(database)
    assert done.stdout.decode().splitlines() == [
        "  1  Talk 1: new, 2 messages",
        "  2  Talk 2: new, 2 messages",
        "2 sessions: 2 new.",
        f"  {'':{width}}  sessions  messages",
        f"  {'documents':{width}}         2         4",
        f"  {database}         2         4",
        "Read back and compared: 2 sessions, all as written.",
    ]
    assert done.stderr.decode().splitlines() == [
        "The trash of documents is not copied: 1 session in it.",
        f"To go on in this store: hfs config set store {database}",
    ]


def test_a_session_that_two_of_the_source_became_is_counted_once(hfs: Run, home: Path) -> None:
    write_sessions(home, 1)
    copy = (home / "sessions" / "1.json").read_bytes()
    (home / "sessions" / "2.json").write_bytes(copy)
    lines = hfs("copy", "--from", "documents", "--to", "sqlite").stdout.decode().splitlines()
    assert [line.split()[1:] for line in lines[-3:-1]] == [["2", "4"], ["1", "2"]]


def test_the_report_as_json_is_for_programs(hfs: Run, home: Path) -> None:
    write_sessions(home, 2)
    report = json.loads(hfs("copy", "--from", "documents", "--to", "sqlite", "--json", "2").stdout)
    assert report["succeeded"]
    assert (report["total"]["added"], report["total"]["checked"]) == (1, 1)
    (one,) = report["sessions"]
    assert {key: one[key] for key in ("id", "target_id", "uid", "name", "outcome", "messages", "target_messages")} == {
        "id": 2,
        "target_id": 2,
        "uid": "uid 2",
        "name": "Talk 2",
        "outcome": "added",
        "messages": 2,
        "target_messages": 2,
    }


def test_many_sessions_are_counted_and_those_with_which_something_is_are_named(hfs: Run, home: Path) -> None:
    write_sessions(home, 25)
    (home / "sessions" / "7.json").write_text("{")
    done = hfs("copy", "--from", "documents", "--to", "sqlite")
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("  7: failed: ")
    assert lines[1] == "25 sessions: 24 new, 1 failed."


def test_a_dry_run_makes_no_database(hfs: Run, home: Path) -> None:
    write_sessions(home, 1)
    done = hfs("copy", "--from", "documents", "--to", "sqlite", "--dry-run")
    assert done.stdout.decode().splitlines() == [
        "  1  Talk 1: would be new, 2 messages",
        "1 session: 1 new. Nothing was written: this was a dry run.",
    ]
    assert not (home / "sessions.db").exists()
    assert not (home / "stores").exists()


def test_a_dry_run_changes_no_file_that_is_no_database_of_hfs(hfs: Run, home: Path) -> None:
    write_sessions(home, 1)
    other = sqlite3.connect(home / "other.db")
    other.execute("CREATE TABLE mine (x)")
    other.close()
    before = (home / "other.db").read_bytes()
    assert hfs("copy", "--from", "documents", "--to", "sqlite:///other.db", "--dry-run").returncode == 0
    assert (home / "other.db").read_bytes() == before


@pytest.mark.parametrize(
    ("stores", "told"),
    [
        pytest.param(("documents", "documents"), "are the same store: documents", id="documents"),
        pytest.param(("sqlite", "sqlite:///sessions.db"), "are the same store: sqlite:///", id="spelled otherwise"),
        pytest.param(("sqlite", "sqlite:///link.db"), "are the same store: sqlite:///", id="a link"),
        pytest.param(("documents", "sqlit"), "Did you mean sqlite?", id="unknown"),
        pytest.param(("documents", "postgresql://me:geheim@h/d"), "a password in --to", id="password"),
    ],
)
def test_stores_that_cannot_be_copied_between_are_bad_usage(
    stores: tuple[str, str], told: str, hfs: Run, home: Path
) -> None:
    home.mkdir()
    (home / "sessions.db").touch()
    (home / "link.db").symlink_to("sessions.db")
    done = hfs("copy", "--from", stores[0], "--to", stores[1])
    assert done.returncode == 2
    assert told in " ".join(done.stderr.decode().split())
    assert b"geheim" not in done.stderr + done.stdout


def test_a_source_that_was_never_used_is_not_made(hfs: Run, home: Path) -> None:
    done = hfs("copy", "--from", "sqlite", "--to", "documents")
    assert done.returncode == 1
    assert b"There are no sessions in sqlite:///" in done.stderr
    assert not (home / "sessions.db").exists()


def test_a_session_that_is_not_in_the_source_is_bad_usage_and_nothing_is_copied(hfs: Run, home: Path) -> None:
    write_sessions(home, 2)
    done = hfs("copy", "--from", "documents", "--to", "sqlite", "Talk 2", "nonsense")
    assert done.returncode == 2
    assert b"no session 'nonsense'" in done.stderr
    with open_store(home, store="sqlite") as store:
        assert store.count() == 0


def test_what_differs_is_said_with_the_option_that_brings_it(hfs: Run, home: Path) -> None:
    write_sessions(home, 1)
    assert hfs("copy", "--from", "documents", "--to", "sqlite").returncode == 0
    with open_store(home, store="documents") as store:
        store.rename(1, "Better")
    done = hfs("copy", "--from", "documents", "--to", "sqlite")
    assert done.returncode == 0
    assert b"  1  Better: there already; differs in: name\n" in done.stdout
    assert b"`--update` gives the copies the name" in done.stderr
    done = hfs("copy", "--from", "documents", "--to", "sqlite", "--update")
    assert b"got the name, tags and other fields of the source" in done.stdout
    with open_store(home, store="sqlite") as store:
        assert [summary.name for summary in store.list_recent()] == ["Better"]


def test_a_killed_copy_goes_on_and_every_session_has_its_id(hfs: Run, home: Path) -> None:
    write_sessions(home, 60)
    process = start(home, "--from", "documents", "--to", "sqlite")
    wait_for_rows(home / "sessions.db", 8, process)
    process.kill()
    process.communicate()
    done = hfs("copy", "--from", "documents", "--to", "sqlite", "--json")
    report = json.loads(done.stdout)
    assert report["succeeded"]
    assert report["total"]["present"] >= 8
    assert report["total"]["added"] > 0
    assert {one["target_id"] - one["id"] for one in report["sessions"]} == {0}
    before = files(home)
    (home / "sessions").rename(home / "moved")
    assert hfs("copy", "--from", "sqlite", "--to", "documents").returncode == 0
    assert files(home) == before


def test_ctrl_c_leaves_whole_sessions_and_the_same_command_goes_on(hfs: Run, home: Path) -> None:
    write_sessions(home, 60)
    process = start(home, "--from", "documents", "--to", "sqlite")
    wait_for_rows(home / "sessions.db", 6, process)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "the same command goes on with the others" in told
    with open_store(home, store="sqlite") as store:
        count = store.count()
        assert 0 < count < 60
        assert {summary.message_count for summary in store.list_recent(None)} == {2}
    assert f"{count:,} new" in printed
    done = hfs("copy", "--from", "documents", "--to", "sqlite", "--json")
    report = json.loads(done.stdout)
    assert (report["total"]["added"], report["total"]["present"]) == (60 - count, count)
    assert {one["target_id"] - one["id"] for one in report["sessions"]} == {0}


def test_a_bar_stands_on_a_terminal_and_stdout_stays_clean(home: Path) -> None:
    write_sessions(home, 20)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hfs", "copy", "--from", "documents", "--to", "sqlite", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            pass
        assert process.stdout is not None
        report = json.loads(process.stdout.read())
    os.close(ours)
    assert report["total"]["added"] == 20
    assert b"Copying" in shown
    assert b"Checking" in shown


def without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"


def test_a_team_s_database_is_filled_by_a_person_who_goes_back_again(
    hfs: Run, home: Path, postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sessions(home, 5)
    team = without_password(postgres_url)
    dry = hfs("copy", "--from", "documents", "--to", team, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert postgres.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", team.rpartition("/")[2]) == [
        (0,)
    ]
    done = hfs("copy", "--from", "documents", "--to", team)
    assert done.returncode == 0, done.stderr
    assert b"Read back and compared: 5 sessions, all as written." in done.stdout
    with open_store(home, store=team) as store:
        store.append_message(3, NewMessage("user", "from the team"))
    before = files(home)
    back = hfs("copy", "--from", team, "--to", "documents")
    assert b"  3  Talk 3: got 1 message more\n" in back.stdout
    assert b"5 sessions: 1 brought up to date, 4 there already." in back.stdout
    after = files(home)
    assert {name for name in before if before[name] != after[name]} == {"3.json"}
    assert b"from the team" in after["3.json"]


@pytest.mark.parametrize("given", ["HFS_STORE_PASSWORD", "HFS_STORE", "nothing"])
def test_the_password_comes_from_where_nobody_reads_it_and_is_never_shown(
    given: str,
    hfs: Run,
    home: Path,
    postgres: PostgresServer,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_sessions(home, 1)
    name = postgres_url.rpartition("/")[2]
    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    if given == "HFS_STORE_PASSWORD":
        monkeypatch.setenv(given, postgres.password)
    if given == "HFS_STORE":
        monkeypatch.setenv(given, postgres.url(name, password=True))
    done = hfs("copy", "--from", "documents", "--to", without_password(postgres_url))
    assert done.returncode == (1 if given == "nothing" else 0), done.stderr
    said = (done.stdout + done.stderr).decode()
    assert postgres.password not in said
    assert ("password is wrong, or missing" in said) == (given == "nothing")
