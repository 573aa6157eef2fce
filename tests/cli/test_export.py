"""The command that takes conversations out."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pytest

from hfs.persistence import NewMessage, SessionStore
from hfs.transfer.exporters import EXPORTERS, Exporter
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _sessions(home: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with SessionStore(home) as store:
        store.create("Fix the parser", messages=[NewMessage("user", "two\nlines", created_at=moment)])
        store.create("Fix the lexer", messages=[NewMessage("user", "one", created_at=moment)])
        store.create("Undo a rebase", messages=[NewMessage("user", "how?", created_at=moment)])


def damage(home: Path, session_id: int) -> None:
    (home / "sessions" / f"{session_id}.json").write_text("{")


def test_one_session_goes_to_stdout_as_its_file_has_it_and_comes_in_elsewhere(
    hfs: Run, home: Path, tmp_path: Path
) -> None:
    exported = hfs("export", "1")
    document, original = json.loads(exported.stdout), json.loads((home / "sessions" / "1.json").read_bytes())
    assert document["messages"] == original["messages"]
    assert exported.stderr == b""
    assert hfs("--home", str(tmp_path / "other"), "import", "-", stdin=exported.stdout).returncode == 0
    with SessionStore(tmp_path / "other") as other, SessionStore(home) as store:
        mine, theirs = store.get(1), other.get(1)
    assert mine is not None
    assert theirs is not None
    assert mine.messages == theirs.messages


def test_a_file_is_written_for_its_owner_alone_and_replaced_only_if_forced(hfs: Run, tmp_path: Path) -> None:
    target = tmp_path / "talk.md"
    target.write_text("precious")
    refused = hfs("export", "1", "-o", str(target))
    assert refused.returncode == 1
    assert target.read_text() == "precious"
    assert b"--force" in refused.stderr
    done = hfs("export", "1", "-o", str(target), "--force")
    assert done.returncode == 0
    assert done.stderr.decode() == f"Wrote {target}.\n"
    assert done.stdout == b""
    assert "# Fix the parser\n" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        pytest.param(["-o", "x.html"], b"<!DOCTYPE html>", id="by the ending"),
        pytest.param(["-o", "x.TXT"], b"Fix the parser\n", id="by an ending in capitals"),
        pytest.param(["-o", "x.html", "-f", "txt"], b"Fix the parser\n", id="named"),
        pytest.param(["-o", "x"], b"{\n", id="no ending"),
    ],
)
def test_the_format_is_the_one_that_is_named_or_that_of_the_file(
    hfs: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], beginning: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hfs("export", "1", *arguments).returncode == 0
    assert (tmp_path / arguments[1]).read_bytes().startswith(beginning)


def test_several_sessions_follow_each_other_as_they_were_named(hfs: Run) -> None:
    listed = json.loads(hfs("export", "rebase", "1", "3").stdout)
    assert [one["id"] for one in listed] == [3, 1]
    assert [one["id"] for one in json.loads(hfs("export", "--all").stdout)] == [1, 2, 3]


def test_several_sessions_go_to_a_folder_with_a_file_for_each(hfs: Run, tmp_path: Path) -> None:
    done = hfs("export", "--all", "-f", "html", "-o", f"{tmp_path}/out/")
    names = ["1-fix-the-parser.html", "2-fix-the-lexer.html", "3-undo-a-rebase.html"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    assert done.stderr.decode() == f"Wrote 3 sessions to {tmp_path}/out/.\n"
    again = hfs("export", "--all", "-f", "html", "-o", f"{tmp_path}/out")
    assert again.returncode == 1
    assert b"1-fix-the-parser.html and 2 more exist already; nothing was written" in again.stderr
    one = hfs("export", "3", "-f", "md", "-o", f"{tmp_path}/out")
    assert one.stderr.decode() == f"Wrote {tmp_path}/out/3-undo-a-rebase.md.\n"


def test_an_archive_is_in_the_order_of_ids(hfs: Run, tmp_path: Path) -> None:
    assert hfs("export", "3", "1", "-f", "txt", "-o", f"{tmp_path}/x.zip").returncode == 0
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.namelist() == ["1-fix-the-parser.txt", "3-undo-a-rebase.txt"]


@pytest.mark.parametrize("chosen", [["--all"], ["1", "2", "3"]], ids=["all", "named"])
@pytest.mark.parametrize("target", ["-", "x.json", "x/", "x.zip"])
def test_a_damaged_session_is_named_and_the_others_are_written(
    hfs: Run, home: Path, tmp_path: Path, chosen: list[str], target: str
) -> None:
    damage(home, 2)
    done = hfs("export", *chosen, "-o", target if target == "-" else f"{tmp_path}/{target}")
    assert done.returncode == 1
    assert b"Session 2 is left out: line 1, column 2: expected" in done.stderr
    if target == "x/":
        written = sorted(path.name for path in (tmp_path / "x").iterdir())
        assert written == ["1-fix-the-parser.json", "3-undo-a-rebase.json"]
    elif target == "x.zip":
        assert len(zipfile.ZipFile(tmp_path / "x.zip").namelist()) == 2
    else:
        data = done.stdout if target == "-" else (tmp_path / target).read_bytes()
        assert [one["id"] for one in json.loads(data)] == [1, 3]


def test_one_damaged_session_is_an_error_and_makes_no_file(hfs: Run, home: Path, tmp_path: Path) -> None:
    damage(home, 2)
    done = hfs("export", "2", "-o", f"{tmp_path}/x.json")
    assert done.returncode == 1
    assert b"2.json, line 1, column 2" in done.stderr
    assert not (tmp_path / "x.json").exists()
    nothing = hfs("export", "2", "2", "-o", f"{tmp_path}/x.json")
    assert nothing.returncode == 1
    assert b"Session 2 is left out" in nothing.stderr
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.name)
def test_a_session_of_a_newer_format_is_never_passed_off_as_one_of_this(
    hfs: Run, home: Path, exporter: Exporter
) -> None:
    path = home / "sessions" / "2.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2, "news": {"a": 1}'))
    one, all_of_them = hfs("export", "2", "-f", exporter.name), hfs("export", "--all", "-f", exporter.name)
    assert one.returncode == all_of_them.returncode == exporter.lossless
    assert (b"newer format" in one.stderr) == exporter.lossless == (one.stdout == b"")
    assert (b"Session 2 is left out" in all_of_them.stderr) == exporter.lossless
    assert b"how?" in all_of_them.stdout
    shown = json.loads(hfs("show", "2", "--json").stdout)
    assert (shown["format"], shown["news"]) == (2, {"a": 1})


@pytest.mark.parametrize("arguments", [[], ["--all", "1"], ["1", "-o", ""], ["1", "-f", "pdf"]])
def test_bad_usage_exits_2(hfs: Run, arguments: list[str]) -> None:
    done = hfs("export", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")


def test_a_session_that_is_not_there_ends_it_before_anything_is_written(hfs: Run, tmp_path: Path) -> None:
    done = hfs("export", "1", "compiler", "-o", f"{tmp_path}/x.md")
    assert done.returncode == 2
    assert b"There is no session 'compiler'" in done.stderr
    assert not (tmp_path / "x.md").exists()


def test_all_of_nothing_is_said(hfs: Run, tmp_path: Path) -> None:
    done = hfs("--home", str(tmp_path / "new"), "export", "--all", "-o", f"{tmp_path}/x.zip")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"There are no sessions yet" in done.stderr
    assert not (tmp_path / "x.zip").exists()


def test_ctrl_c_is_clear_and_leaves_no_half_file(home: Path, tmp_path: Path) -> None:
    with SessionStore(home) as store:
        for number in range(300):
            store.create(f"n {number}", messages=[NewMessage("assistant", "*some* `text` " * 4000)])
    command = [sys.executable, "-m", "hfs", "export", "--all", "-f", "html", "-o", f"{tmp_path}/x.html"]
    # Tests that run in the background may have been started with Ctrl-C ignored, which a process passes on.
    listening = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=listening) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".hfs-*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        # Python drops an interrupt that comes while it cleans up an object; a person presses again.
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.startswith(b"Interrupted after ")
    assert said.endswith(b"; no half file is left.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_progress_is_shown_on_a_terminal_if_there_are_many(home: Path, tmp_path: Path) -> None:
    with SessionStore(home) as store:
        for number in range(40):
            store.create(f"n {number}", messages=[NewMessage("user", "x")])
    arguments = ["-m", "hfs", "export", "--all", "-o", f"{tmp_path}/x.zip"]
    process = pexpect.spawn(sys.executable, arguments, env={**os.environ, "TERM": "xterm"}, timeout=60)
    process.expect(pexpect.EOF)
    assert b"Exporting" in process.before
    assert b"Wrote 43 sessions to" in process.before
    process.close()
    assert process.exitstatus == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system doesn't say how much memory is used")
def test_all_sessions_are_exported_in_the_memory_of_one(home: Path, tmp_path: Path) -> None:
    megabyte = "0123456789abcdef" * (1 << 16)
    with SessionStore(home) as store:
        for number in range(80):
            store.create(f"n {number}", messages=[NewMessage("user", megabyte)])
    code = (
        "import re, sys\nfrom hfs.cli import main\nsys.argv[1:] = ['export', '--all', '-o', sys.argv[1]]\n"
        "try:\n    main()\nexcept SystemExit:\n"
        "    print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, f"{tmp_path}/x.json"], capture_output=True, check=True)
    assert (tmp_path / "x.json").stat().st_size > 80 << 20
    assert int(done.stdout) < 60 << 10


def test_a_format_imports_only_what_it_needs(hfs: Run) -> None:
    code = (
        "import sys\nfrom hfs.cli import main\nsys.argv[1:] = ['export', '1', '-f', sys.argv[1]]\n"
        "try:\n    main()\nexcept SystemExit:\n"
        "    print(*{'markdown_it', 'pygments', 'rich', 'textual', 'asyncio'} & set(sys.modules), file=sys.stderr)"
    )
    for form in ("json", "txt"):
        done = subprocess.run([sys.executable, "-c", code, form], capture_output=True, check=True)
        assert done.stderr.strip() == b"", form


def test_a_reader_that_goes_away_is_no_crash(home: Path) -> None:
    with SessionStore(home) as store:
        store.create("long", messages=[NewMessage("user", "x\n" * 500_000)])
    shell = f"{sys.executable} -m hfs export long -f txt | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, check=False)
    assert done.stdout == b"long\n"
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file that is always full")
@pytest.mark.parametrize("command", ["export --all", "export 1 -f txt", "show 1", "show 1 --json", "list"])
@pytest.mark.parametrize(("target", "why"), [("> /dev/full", b"No space left"), (">&-", b"it is closed")])
def test_what_can_t_be_written_to_stdout_is_told(command: str, target: str, why: bytes) -> None:
    shell = f"{sys.executable} -m hfs {command} {target}"
    done = subprocess.run(shell, shell=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"hfs: Could not write to stdout: " + why)
    assert done.stderr.count(b"\n") == 1


def test_every_format_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "export.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `\.(\w+)` \| .* \| (yes|no) \|$", page, re.MULTILINE)
    assert rows == [(exporter.name, exporter.extension, "yes" if exporter.lossless else "no") for exporter in EXPORTERS]
