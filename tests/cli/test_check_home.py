"""`hfs check` explains a home folder in one screen."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from hfs import paths
from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run


def fill(home: Path) -> None:
    """A home folder in which every part is there, and all is well."""
    with SessionStore(home) as store:
        for number in range(3):
            store.create(f"Session {number}", messages=[NewMessage("user", "one"), NewMessage("assistant", "two")])
        store.delete(3)
        assert store.count() == 2
    for name, file in (
        (paths.MODELS, "smollm2.gguf"),
        (paths.STORES, "note"),
        (paths.DAMAGED, "1.json"),
        (paths.DRAFTS, "2.txt"),
    ):
        (home / name).mkdir(mode=0o700, exist_ok=True)
        (home / name / file).write_bytes(b"GGUF" * 500)
    (home / paths.CONFIG).write_text('model = "local"\n')
    (home / paths.CRASH_LOG).write_text("went wrong")
    for path in (home / paths.CONFIG, home / paths.CRASH_LOG):
        path.chmod(0o600)


def test_every_part_that_is_there_is_measured_and_explained_in_one_screen(hfs: Run, home: Path) -> None:
    fill(home)
    done = hfs("check")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert len(lines) <= 24
    assert max(len(line) for line in lines if not line.startswith(("remark", "Read in", str(home)))) < 80
    assert lines[0] == f"{home}  (only you may use it)"
    assert lines[1] == "Store: documents  (default)"
    rows = {line.split()[0]: line for line in lines[3:] if line.startswith("  ")}
    assert {"sessions", "trash", "drafts", "damaged", "models", "index", "stores", "locks", "config.toml"} <= set(rows)
    assert "2 files" in rows["sessions"]
    assert "your conversations, 4 messages, of" in rows["sessions"]
    assert "1 file " in rows["trash"]
    assert "2.0 KB  models that run here: smollm2" in rows["models"]
    assert lines[-1] == "All is well."


@pytest.mark.parametrize("columns", [80, 60, 44])
def test_in_a_narrow_terminal_what_a_part_is_for_is_broken_between_words(home: Path, columns: int) -> None:
    fill(home)
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = pexpect.spawn(
        sys.executable, ["-m", "hfs", "check"], env=variables, dimensions=(60, columns), timeout=60, encoding="utf-8"
    )
    process.expect(pexpect.EOF)
    process.close()
    parts = [line for line in (process.before or "").splitlines() if line.startswith("  ")]
    assert max(map(len, parts)) <= columns
    assert "keep two programs from writing at once" in " ".join(" ".join(parts).split())


def test_damage_stands_after_the_parts_and_before_the_verdict_which_says_what_to_do(hfs: Run, home: Path) -> None:
    fill(home)
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes()[:-9])
    (home / "sessions" / "notes").write_bytes(b"")
    lines = hfs("check").stdout.decode().splitlines()
    kinds = [line.split()[0] for line in lines if line.startswith(("damage ", "problem ", "remark "))]
    assert kinds == sorted(kinds, key=("damage", "problem", "remark").index)
    assert "remark" in kinds
    assert lines[-1].endswith("to be mended. `hfs check --repair` mends what it can, and keeps the originals.")


def test_the_figures_are_in_the_json_beside_what_was_there(hfs: Run, home: Path) -> None:
    fill(home)
    told = json.loads(hfs("check", "--json").stdout)
    assert (told["home"], told["sessions"], told["messages"], told["well"]) == (str(home), 2, 4, True)
    parts = {part["name"]: part for part in told["home_folder"]["parts"]}
    files = list((home / "sessions").glob("*.json"))
    assert (parts["sessions"]["files"], parts["sessions"]["bytes"]) == (2, sum(file.stat().st_size for file in files))
    assert (parts["models"]["bytes"], parts["config.toml"]["mode"]) == (2000, "0600")
    assert told["home_folder"]["oldest"] <= told["home_folder"]["newest"]
    assert told["home_folder"]["store"] == {"kind": "documents", "name": "documents", "named_by": "default"}
    assert json.loads(hfs("check", "1", "--json").stdout)["home_folder"] is None


def test_a_check_of_one_session_explains_nothing_else(hfs: Run, home: Path) -> None:
    fill(home)
    assert hfs("check", "1").stdout.decode() == f"Read in {home}: sessions: 1, messages: 2.\nAll is well.\n"


def test_settings_that_cannot_be_read_are_a_problem_with_its_line(hfs: Run, home: Path) -> None:
    fill(home)
    (home / paths.CONFIG).write_text("model = 3\n")
    done = hfs("check")
    assert done.returncode == 1
    assert b"your settings, which can't be read" in done.stdout
    assert f"problem {home / paths.CONFIG}: line 1: model has the wrong type".encode() in done.stdout
    (home / paths.CONFIG).write_text("model =\n")
    assert f"problem {home / paths.CONFIG}: it is no TOML".encode() in hfs("check").stdout
    (home / paths.CONFIG).write_text('modell = "x"\n')
    done = hfs("check")
    assert (done.returncode, b"modell is no setting of hfs. Did you mean model?" in done.stdout) == (0, True)


def test_a_home_folder_that_others_may_use_is_told_on_the_first_line(hfs: Run, home: Path) -> None:
    fill(home)
    home.chmod(0o750)
    done = hfs("check")
    assert done.stdout.decode().startswith(f"{home}  (others may use it: its mode is 0750)\n")
    assert done.returncode == 1


def test_where_there_is_no_home_folder_yet_nothing_is_made_by_looking(hfs: Run, home: Path) -> None:
    done = hfs("check")
    assert (done.returncode, b"There is no home folder yet" in done.stdout) == (0, True)
    assert not home.exists()


def test_with_a_database_it_says_what_is_in_it_and_what_of_the_home_is_not_in_use(
    hfs: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sqlalchemy")
    fill(home)
    assert hfs("copy", "--from", "documents", "--to", "sqlite").returncode == 0
    monkeypatch.setenv("HFS_STORE", "sqlite")
    assert hfs("delete", "1").returncode == 0
    done = hfs("check")
    lines = done.stdout.decode().splitlines()
    rows = {line[2:].split("  ")[0]: line for line in lines[3:] if line.startswith("  ")}
    assert lines[1] == f"Store: sqlite:///{home / 'sessions.db'}  ($HFS_STORE)"
    assert "1 session " in rows["sessions.db"]
    assert "your conversations, 2 messages" in rows["sessions.db"]
    assert "1 session " in rows["its trash"]
    assert "of the store `documents`, not in use" in rows["sessions"]
    assert lines[-1] == "All is well."
    assert len(lines) <= 24
    assert max(len(line) for line in lines[2:-2]) < 80
