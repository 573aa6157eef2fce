"""The import command: what goes to stdout, what to stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Run
from tests.transfer.bringing import bytes_of, chatgpt, write

TALK = chatgpt(("n1", None, "hi"), ("n2", "n1", "hello"), ("n3", "n1", "another answer"), active="n2", title="Talk")


def test_the_report_says_what_came_in_and_the_total(hfs: Run, tmp_path: Path) -> None:
    done = hfs("import", str(write(tmp_path / "x.json", [TALK])))
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.decode().splitlines() == [
        f"{tmp_path}/x.json: chatgpt",
        "  Talk: session 1, fork 2: new, 4 messages",
        "1 conversation: 1 new. 4 messages kept, 0 folded, 0 left out, 0 not understood.",
    ]


def test_the_report_as_json_is_for_programs(hfs: Run, tmp_path: Path) -> None:
    done = hfs("import", "--json", str(write(tmp_path / "x.json", [TALK])))
    report = json.loads(done.stdout)
    assert report["succeeded"]
    assert report["total"]["added"] == 1
    (conversation,) = report["conversations"]
    assert {key: conversation[key] for key in ("format", "source_id", "name", "outcome", "session_id", "forks")} == {
        "format": "chatgpt",
        "source_id": "c1",
        "name": "Talk",
        "outcome": "added",
        "session_id": 1,
        "forks": [2],
    }


def test_a_dry_run_writes_nothing(hfs: Run, home: Path, tmp_path: Path) -> None:
    done = hfs("import", "--dry-run", str(write(tmp_path / "x.json", [TALK])))
    assert done.returncode == 0
    assert b"  Talk: would be new, 4 messages; 1 other branch\n" in done.stdout
    assert b"this was a dry run" in done.stdout
    assert not home.exists()


def test_what_a_newer_export_adds_is_told_and_what_is_here_is_only_counted(hfs: Run, tmp_path: Path) -> None:
    talks = [chatgpt(("n1", None, "hi"), active="n1", name=f"c{number}", title=f"T{number}") for number in range(8)]
    path = write(tmp_path / "x.json", talks)
    assert hfs("import", str(path)).returncode == 0
    talks[3] = chatgpt(("n1", None, "hi"), ("n2", "n1", "hello"), active="n2", name="c3", title="T3")
    write(path, talks)
    told = ["  T3: would get 1 message more", "  7 conversations: here already"]
    assert hfs("import", "--dry-run", str(path)).stdout.decode().splitlines()[1:3] == [
        told[0].replace(": ", ": session 4: "),
        told[1],
    ]
    assert hfs("import", str(path)).stdout.decode().splitlines()[1:] == [
        "  T3: session 4: 1 message more",
        told[1],
        "8 conversations: 1 with new messages, 7 here already. 1 message kept, 0 folded, 0 left out, 0 not understood.",
    ]
    assert hfs("import", str(path)).stdout.decode().splitlines()[1:2] == ["  8 conversations: here already"]


def test_files_with_nothing_new_are_only_counted(hfs: Run, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for number in range(7):
        write(folder / f"{number}.json", [chatgpt(("n1", None, "hi"), active="n1", name=f"c{number}")])
    assert hfs("import", str(folder)).stdout.count(b".json: chatgpt") == 7
    write(folder / "8.json", [chatgpt(("n1", None, "hi"), active="n1", name="c8", title="Eighth")])
    assert hfs("import", str(folder)).stdout.decode().splitlines() == [
        f"{folder}/8.json: chatgpt",
        "  Eighth: session 8: new, 1 message",
        "7 files with nothing new",
        "8 conversations: 1 new, 7 here already. 1 message kept, 0 folded, 0 left out, 0 not understood.",
    ]


def test_a_folder_without_conversations_points_to_the_formats(hfs: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("milk")
    done = hfs("import", str(tmp_path))
    assert done.returncode == 1
    assert b"`hfs import --help` lists the formats" in done.stdout


def test_other_branches_can_stay_out(hfs: Run, home: Path, tmp_path: Path) -> None:
    assert hfs("import", "--branches", "none", str(write(tmp_path / "x.json", [TALK]))).returncode == 0
    assert list(bytes_of(home)) == ["1.json"]


def test_a_loss_is_never_a_success(hfs: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", [TALK])
    path.write_bytes(path.read_bytes()[:-1] + b', {"mapping": {')
    done = hfs("import", str(path))
    assert done.returncode == 1
    assert b"session 1, fork 2: new" in done.stdout
    assert b"could not be read whole" in done.stdout
    assert b"the file ends in the middle of a record" in done.stdout


def test_a_format_can_be_demanded(hfs: Run, tmp_path: Path) -> None:
    path = str(write(tmp_path / "x.json", [TALK]))
    refused = hfs("import", "--from", "claude", path)
    assert refused.returncode == 1
    assert b"it has not the shape of" in refused.stdout
    assert hfs("import", "--from", "chatgpt", path).returncode == 0
    unknown = hfs("import", "--from", "nonsense", path)
    assert unknown.returncode == 2
    assert b"chatgpt" in unknown.stderr


def test_a_conversation_beyond_the_limit_names_the_option(hfs: Run, tmp_path: Path) -> None:
    big = chatgpt(("n1", None, "x" * (3 << 20)), active="n1")
    path = str(write(tmp_path / "x.json", [big]))
    refused = hfs("import", "--max-size", "1", path)
    assert refused.returncode == 1
    assert b"--max-size" in refused.stdout
    assert hfs("import", path).returncode == 0


def test_nothing_to_import_from_says_what_is_missing(hfs: Run, tmp_path: Path) -> None:
    done = hfs("import", str(tmp_path / "gone.zip"))
    assert done.returncode == 1
    assert b"gone.zip" in done.stdout
    assert b"no such file or directory" in done.stdout


def test_a_large_import_shows_a_bar_on_a_terminal_and_keeps_stdout_clean(home: Path, tmp_path: Path) -> None:
    talks = [chatgpt(("n1", None, "x" * 100_000), active="n1", name=f"c{number}") for number in range(120)]
    path = write(tmp_path / "x.json", talks)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hfs", "import", "--json", str(path)]
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
    assert report["total"]["added"] == 120
    assert b"Importing" in shown
    assert b"MiB" in shown
