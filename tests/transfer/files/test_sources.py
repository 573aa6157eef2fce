"""Files, folders, archives and pipes, also hostile ones."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hfs.transfer.files.source import Source, Unusable
from hfs.transfer.files.sources import open_sources
from tests.transfer.bringing import bring, chatgpt, said, sessions, write

TALK = [chatgpt(("n1", None, "hi"), ("n2", "n1", "hello"), active="n2")]
DATA = json.dumps(TALK).encode()


def zipped(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def found(*paths: Path) -> list[Source | Unusable]:
    with open_sources([str(path) for path in paths]) as sources:
        return sources


def names(*paths: Path) -> list[str]:
    return [Path(one.name).name for one in found(*paths)]


def reasons(*paths: Path) -> list[str]:
    return [one.reason for one in found(*paths) if isinstance(one, Unusable)]


def test_a_folder_is_looked_through_but_for_what_never_holds_conversations(tmp_path: Path) -> None:
    for name in ("a/b/c.json", "__MACOSX/x.json", "a/._c.json", ".git/y.json", ".hidden.md", "a/.DS_Store"):
        write(tmp_path / name, TALK)
    assert sorted(names(tmp_path)) == [".hidden.md", "c.json"]


def test_no_link_in_a_folder_is_followed_and_no_pipe_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    secret = write(tmp_path / "secret.json", TALK)
    write(folder / "real.json", TALK)
    (folder / "link.json").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    assert names(folder) == ["real.json"]


def test_a_link_that_a_person_names_is_followed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(write(tmp_path / "real.json", TALK))
    assert bring(home, tmp_path / "link.json").count("added") == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_is_read_where_it_lies(home: Path, tmp_path: Path, method: int) -> None:
    path = zipped(tmp_path / "x.zip", {"a/conversations.json": DATA, "a/": b"", "chat.html": b"<html>"}, method)
    report = bring(home, path)
    assert report.succeeded
    assert [Path(name).name for name in report.ignored] == ["chat.html"]
    assert said(sessions(home)[0]) == ["hi", "hello"]
    assert not [entry for entry in tmp_path.iterdir() if entry.name not in ("x.zip", "home")]


def test_an_archive_in_an_archive_is_read_and_one_deeper_is_refused(home: Path, tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"conversations.json": DATA}).read_bytes()
    middle = zipped(tmp_path / "middle.zip", {"inner.zip": inner}).read_bytes()
    assert bring(home, zipped(tmp_path / "outer.zip", {"conversations-000.zip": inner})).count("added") == 1
    assert "is not looked into" in reasons(zipped(tmp_path / "deep.zip", {"middle.zip": middle}))[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_archives_of_one_name_in_an_archive_are_both_read(home: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        for name in ("c1", "a conversation with a longer id"):
            talk = json.dumps([chatgpt(("n1", None, "hi"), active="n1", name=name)]).encode()
            archive.writestr("inner.zip", zipped(tmp_path / "inner.zip", {"c.json": talk}).read_bytes())
    report = bring(home, tmp_path / "outer.zip")
    assert (report.count("added"), report.succeeded) == (2, True)


def test_names_that_lead_out_of_an_archive_are_names_and_nothing_more(home: Path, tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "x.zip",
        {"../../escape.json": DATA, "/etc/absolute.json": b"[]", "C:\\x.json": b"{}", "\x1b[2Jname.json": b"{"},
    )
    report = bring(home, path)
    assert report.count("added") == 1
    assert not (tmp_path.parent / "escape.json").exists()
    assert "\x1b" not in "\n".join(report.lines())


def test_an_archive_that_inflates_beyond_reason_is_given_up(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs.transfer.files.unpacking._ALWAYS_ALLOWED", 1 << 20)
    bomb = b'[{"mapping": {"x": "' + b"0" * (64 << 20) + b'"}}]'
    for path in (
        zipped(tmp_path / "bomb.zip", {"conversations.json": bomb}),
        zipped(tmp_path / "list.zip", {"conversations.json": DATA[:-1] + b",{}" * (8 << 20)}),
    ):
        report = bring(home, path)
        assert not report.succeeded
        assert "more than 200 times its size" in report.files[0].problem
    packed = tmp_path / "bomb.json.gz"
    packed.write_bytes(gzip.compress(bomb))
    assert "more than 200 times its size" in bring(home, packed).files[0].problem


def test_a_file_that_is_named_twice_is_read_once(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "in" / "conversations.json"
    path.parent.mkdir()
    path.write_bytes(DATA)
    archive = zipped(tmp_path / "x.zip", {"conversations.json": DATA})
    report = bring(home, path.parent, path, path.parent, archive, archive)
    assert [file.file for file in report.files] == [str(path), f"{archive}/conversations.json"]


def test_archives_that_are_damaged_or_locked_say_so(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.zip", {"conversations.json": DATA * 50}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert "the ZIP archive is damaged: its end is missing" in reasons(tmp_path / "cut.zip")[0]
    locked = bytearray(zipped(tmp_path / "y.zip", {"conversations.json": DATA}, zipfile.ZIP_STORED).read_bytes())
    at = locked.index(b"PK\x01\x02") + 8
    locked[at] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(locked))
    assert "encrypted" in reasons(tmp_path / "locked.zip")[0]


def test_an_entry_whose_bytes_are_damaged_fails_and_others_come_in(home: Path, tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a.json": DATA * 20, "b.json": DATA}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    report = bring(home, path)
    assert not report.succeeded
    assert report.count("added") == 1
    assert [file.file.endswith("a.json") for file in report.files if file.problem] == [True]


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_packed_files_are_unpacked_while_they_are_read(home: Path, tmp_path: Path, form: str) -> None:
    if form == "gzip":
        data = gzip.compress(DATA)
    elif sys.version_info >= (3, 14):
        from compression import zstd

        data = zstd.compress(DATA)
    else:
        from backports import zstd

        data = zstd.compress(DATA)
    (tmp_path / "packed").write_bytes(data)
    assert bring(home, tmp_path / "packed").count("added") == 1
    (tmp_path / "cut").write_bytes(data[:-10])
    report = bring(home / "other", tmp_path / "cut")
    assert not report.succeeded


def test_what_lies_beside_a_file_is_found_on_the_disk_and_in_an_archive(tmp_path: Path) -> None:
    write(tmp_path / "x" / "a" / "talk.json", TALK)
    (tmp_path / "x" / "a" / "meta.json").write_bytes(b"beside")
    (tmp_path / "x" / "index.jsonl").write_bytes(b"above")
    (tmp_path / "x" / "a" / "link.json").symlink_to("/etc/passwd")
    archive = zipped(tmp_path / "x.zip", {"r/a/talk.json": DATA, "r/a/meta.json": b"beside", "r/index.jsonl": b"above"})
    for path in (tmp_path / "x" / "a" / "talk.json", archive):
        with open_sources([str(path)]) as sources:
            source = next(one for one in sources if isinstance(one, Source) and one.name.endswith("talk.json"))
            assert source.beside("meta.json") == b"beside"
            assert source.above("index.jsonl") == b"above"
            assert source.beside("gone.json") is None
            assert source.beside("link.json") is None


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "archive"])
def test_what_is_piped_in_is_read(home: Path, tmp_path: Path, packed: bool) -> None:
    data = zipped(tmp_path / "x.zip", {"conversations.json": DATA}).read_bytes() if packed else DATA
    command = [sys.executable, "-m", "hfs", "--home", str(home), "import", "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"stdin" in done.stdout
    assert said(sessions(home)[0]) == ["hi", "hello"]


def test_what_is_piped_in_and_has_no_room_is_said(home: Path) -> None:
    command = [sys.executable, "-m", "hfs", "--home", str(home), "import", "-"]
    limited = ["sh", "-c", 'ulimit -f 100; exec "$@"', "sh", *command]
    done = subprocess.run(limited, input=b"x" * (1 << 20), capture_output=True, check=False)
    assert done.returncode == 1
    assert b"it can't be kept aside" in done.stdout
    assert b"Traceback" not in done.stderr


def test_no_stdin_at_all_is_said(home: Path) -> None:
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "hfs", "--home", str(home), "import", "-"]
    done = subprocess.run(closed, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"nothing is piped in" in done.stdout


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert reasons(tmp_path / "gone.json") == ["no such file or directory"]
    os.mkfifo(tmp_path / "pipe")
    assert reasons(tmp_path / "pipe") == ["it is no file and no folder"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", TALK)
    path.chmod(stat.S_IWUSR)
    assert reasons(path) == ["permission denied"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_looked_into_is_named(tmp_path: Path) -> None:
    write(tmp_path / "all" / "shut" / "x.json", TALK)
    (tmp_path / "all" / "shut").chmod(0)
    try:
        assert reasons(tmp_path / "all") == ["the folder can't be looked into: permission denied"]
        assert reasons(tmp_path / "all" / "shut") == ["the folder can't be looked into: permission denied"]
    finally:
        (tmp_path / "all" / "shut").chmod(0o700)


def test_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", TALK)
    counts: list[int] = []
    (source,) = (one for one in found(path) if isinstance(one, Source))
    with source.open(counts.append) as file:
        file.read()
    assert sum(counts) == source.size == path.stat().st_size
