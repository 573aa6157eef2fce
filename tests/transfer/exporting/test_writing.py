"""Exports on their way out: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hfs.errors import TransferError
from hfs.persistence import SessionModel
from hfs.transfer.exporters import Exporter, exporter_for, exporter_named
from hfs.transfer.exporters._kinds import Frame
from hfs.transfer.exporting.new_file import NewFile
from hfs.transfer.exporting.writing import open_destination, summary_of, write_session
from tests.transfer.exporters.sample import empty, plain, sample

FRAMED = Exporter(
    "framed",
    "f",
    "",
    False,
    lambda session: f"{session.id}".encode(),
    lambda name: Frame(b"<", b",", b">") if name is None else Frame(name.encode() + b":", b"", b"."),
)


def write(target: Path | str, *sessions: SessionModel, together: bool = True, force: bool = False) -> None:
    summaries = [summary_of(session) for session in sessions]
    with open_destination(str(target), FRAMED, summaries, together=together, force=force) as destination:
        for session in sessions:
            destination.add(session)


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_one_session_stands_in_a_frame_of_its_own_and_several_share_one(tmp_path: Path) -> None:
    write(tmp_path / "one.f", plain(), together=False)
    write(tmp_path / "two.f", plain(), empty())
    assert (tmp_path / "one.f").read_bytes() == b"hi - 2026-11-24_01-55:13."
    assert (tmp_path / "two.f").read_bytes() == b"<13,14>"
    assert mode(tmp_path / "one.f") == 0o600


def test_a_folder_is_made_for_its_owner_alone_and_has_a_file_for_each(tmp_path: Path) -> None:
    write(f"{tmp_path}/a/b/", plain(), empty())
    write(tmp_path / "a" / "b", sample())
    assert listed(tmp_path / "a" / "b") == ["12-undo-a-rebase-b-red-日本-evil.f", "13-hi.f", "14-new-session.f"]
    assert (tmp_path / "a" / "b" / "13-hi.f").read_bytes() == b"hi - 2026-11-24_01-55:13."
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path / "a" / "b" / "13-hi.f") == 0o600


def test_an_archive_has_a_file_for_each_and_the_same_bytes_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = plain()
    old.id, old.updated_at = 7, datetime(1970, 1, 1, tzinfo=UTC)
    write(tmp_path / "a.zip", old, sample())
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    write(tmp_path / "b.ZIP", old, sample())
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.ZIP").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        entries = archive.infolist()
        assert archive.testzip() is None
        assert archive.read("7-hi.f") == b"hi - 2026-11-24_01-55:13.".replace(b"13", b"7")
    assert [entry.filename for entry in entries] == ["7-hi.f", "12-undo-a-rebase-b-red-日本-evil.f"]
    assert [entry.date_time for entry in entries] == [(1980, 1, 1, 0, 0, 0), (2026, 11, 24, 1, 55, 24)]
    assert {stat.S_IMODE(entry.external_attr >> 16) for entry in entries} == {0o600}
    assert mode(tmp_path / "a.zip") == 0o600


@pytest.mark.parametrize("target", ["x.f", "x.zip", "x/"])
def test_nothing_is_replaced_unless_forced_and_then_whole(tmp_path: Path, target: str) -> None:
    write(f"{tmp_path}/{target}", plain())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    changed = plain()
    changed.messages[-1].created_at = changed.updated_at = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(TransferError, match="exists already; nothing was written"):
        write(f"{tmp_path}/{target}", empty(), changed)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    write(f"{tmp_path}/{target}", empty(), changed, force=True)
    (path,) = before
    assert target == "x/" or path.read_bytes() != before[path]


def test_a_folder_is_looked_through_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "14-new-session.f").write_text("precious")
    with pytest.raises(TransferError, match=r"14-new-session\.f exists"):
        write(tmp_path, plain(), empty())
    assert listed(tmp_path) == ["14-new-session.f"]


@pytest.mark.parametrize("force", [False, True], ids=["", "forced"])
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_nothing_but_a_file_is_ever_replaced_or_followed(tmp_path: Path, kind: str, force: bool) -> None:
    precious, target = tmp_path / "precious", tmp_path / "out" / "13-hi.f"
    precious.write_text("precious")
    target.parent.mkdir()
    if kind == "folder":
        target.mkdir()
    elif kind == "pipe":
        os.mkfifo(target)
    else:
        target.symlink_to(precious if kind == "link" else tmp_path / "nothing")
    with pytest.raises(TransferError, match="no regular file"):
        write(target.parent, plain(), force=force)
    assert precious.read_text() == "precious"
    assert listed(tmp_path) == ["out", "precious"]


def test_a_file_that_comes_while_another_is_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.f"
    with contextlib.ExitStack() as stack:
        stack.enter_context(NewFile(path)).write(b"ours")
        path.write_text("theirs")
        with pytest.raises(TransferError, match="exists already"):
            stack.close()
    assert path.read_text() == "theirs"
    assert listed(tmp_path) == ["x.f"]


def test_a_file_system_without_hard_links_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    write(tmp_path / "x.f", plain())
    assert (tmp_path / "x.f").read_bytes() == b"<13>"
    with pytest.raises(TransferError, match="exists already"):
        write(tmp_path / "x.f", plain())
    assert listed(tmp_path) == ["x.f"]


@pytest.mark.parametrize("target", ["x.f", "x.zip", "x/"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, TransferError])
def test_an_export_that_breaks_off_leaves_no_half_file(tmp_path: Path, target: str, error: type[BaseException]) -> None:
    def half() -> None:
        summaries = [summary_of(session) for session in (plain(), empty())]
        with open_destination(f"{tmp_path}/{target}", FRAMED, summaries, together=True) as destination:
            destination.add(plain())
            raise error

    with pytest.raises(error):
        half()
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert left == (["13-hi.f"] if target == "x/" else [])


@pytest.mark.parametrize("target", ["x.f", "x.zip"])
def test_an_export_of_nothing_makes_no_file(tmp_path: Path, target: str) -> None:
    write(tmp_path / target)
    assert listed(tmp_path) == []


FULL = """
import resource, signal, sys
from hfs.errors import TransferError
from hfs.transfer.exporters import exporter_named
from hfs.transfer.exporting.writing import open_destination, summary_of
from tests.transfer.exporters.sample import plain
import random
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
session = plain()
session.messages[0].content = random.Random(1).randbytes(200_000).hex()
try:
    with open_destination(sys.argv[1], exporter_named("txt"), [summary_of(session)], together=True) as destination:
        destination.add(session)
except TransferError as error:
    print(error)
"""


@pytest.mark.parametrize("target", ["x.txt", "x.zip", "x/"])
def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path: Path, target: str) -> None:
    root = Path(__file__).parents[3]
    command = [sys.executable, "-W", "error", "-c", FULL, f"{tmp_path}/{target}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.startswith(f"Could not write {tmp_path}/x")
    assert done.stderr == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TransferError, match=r"Could not write .*x\.f: No such file or directory"):
        write(tmp_path / "nowhere" / "x.f", plain())
    (tmp_path / "file").touch()
    with pytest.raises(TransferError, match="file is no folder"):
        write(f"{tmp_path}/file/", plain())
    with pytest.raises(TransferError, match="Could not write"):
        write("a\x00b", plain())


def test_one_session_is_written_and_its_path_told(tmp_path: Path) -> None:
    markdown = exporter_named("md")
    assert write_session(plain(), markdown, f"{tmp_path}/talk.md") == tmp_path / "talk.md"
    assert write_session(plain(), markdown, str(tmp_path)) == tmp_path / "13-hi.md"
    assert (tmp_path / "talk.md").read_bytes() == (tmp_path / "13-hi.md").read_bytes() == markdown.render(plain())


def test_a_format_is_told_by_its_name_or_by_that_of_the_file() -> None:
    assert exporter_for("a/b.HTML", "json").name == "html"
    assert exporter_for("a.json", "md").name == "json"
    assert exporter_for("a.zip", "json").name == "json"
    assert exporter_for("a", "md").name == "md"
    assert exporter_for("talk-1.2", "md").name == "md"
    assert exporter_for("a.markdown", "json").name == "md"
    assert exporter_for("a.d/", "md").name == "md"


@pytest.mark.parametrize("name", ["a.pdf", "a.json.gz", "a.tar", "b/a.docx"])
def test_a_file_is_never_something_else_than_its_ending_says(name: str) -> None:
    with pytest.raises(TransferError, match=r"No format ends in \.\w+\. Name the format too: json, jsonl"):
        exporter_for(name, "json")
    with pytest.raises(TransferError, match="There is no format 'pdf': expected one of json, "):
        exporter_named("pdf")
