"""An export that may be shared."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from hfs.persistence import NewMessage, SessionStore
from hfs.transfer.exporters import EXPORTERS
from tests.cli.conftest import Run

SECRET = "sk-proj-abcdefghijklmnop"


def make_sessions(home: Path) -> None:
    with SessionStore(home) as store:
        extra = {"note": {SECRET: [SECRET, 1]}}
        store.create(f"{SECRET} by ann@example.org", messages=[NewMessage("user", f"use {SECRET}", extra=extra)])
        store.create(f"{SECRET} again", messages=[NewMessage("user", "bob@example.org or ann@example.org")])


def test_an_export_is_masked_everywhere_and_says_what_it_masked(home: Path, hfs: Run) -> None:
    make_sessions(home)
    for exporter in EXPORTERS:
        done = hfs("export", "1", "-f", exporter.name, "--redact")
        assert SECRET.encode() not in done.stdout
        assert b"ann@" not in done.stdout
        assert b"Masked: " in done.stderr
        assert b"1 e-mail" in done.stderr
    assert SECRET in (home / "sessions" / "1.json").read_text()


def test_nothing_that_an_import_brought_is_left_out(home: Path, hfs: Run) -> None:
    path = "/home/bob/secret-project"
    said = {"role": "assistant", "model": f"{path}/model.gguf", "status": path, "created_at": "2026-01-02T03:04:05Z"}
    carried = {
        "source_id": path,
        "tool_calls": [{"id": path, "name": path, "arguments": f'{{"cmd": "cat {path}", "api_key": "bob-1234"}}'}],
        "attachments": [{"name": f"{path}/a.png", "type": path, "content": path}],
        "reasoning": path,
        "hidden": path,
        "name": path,
    }
    imported = {"imported_from": {"format": "codex", "id": path, "branch": path, "last": path}, "cwd": path, path: 1}
    messages = [{"id": 1, "content": path, **said, **carried}, {"id": 2, "content": path, **said, "role": path}]
    (home / "sessions").mkdir(parents=True)
    (home / "sessions" / "1.json").write_text(json.dumps({"uid": path, "name": path, **imported, "messages": messages}))
    for exporter in EXPORTERS:
        assert b"bob" not in hfs("export", "1", "-f", exporter.name, "--redact").stdout


def test_what_was_masked_in_several_sessions_is_counted_once_and_said_once(home: Path, hfs: Run) -> None:
    make_sessions(home)
    for exporter in EXPORTERS:
        done = hfs("export", "--all", "-f", exporter.name, "--redact")
        assert SECRET.encode() not in done.stdout
        assert b"example.org" not in done.stdout
        assert done.stderr.count(b"Masked: ") == 1
        assert b"3 e-mails" in done.stderr


def test_the_names_of_files_are_masked_too(home: Path, hfs: Run, tmp_path: Path) -> None:
    make_sessions(home)
    assert hfs("export", "--all", "--redact", "-o", f"{tmp_path}/out/").returncode == 0
    assert hfs("export", "1", "--redact", "-o", f"{tmp_path}/x.zip").returncode == 0
    names = [path.name for path in (tmp_path / "out").iterdir()]
    names += zipfile.ZipFile(tmp_path / "x.zip").namelist()
    assert len(names) == 3
    assert not [name for name in names if "abcdefgh" in name or "example" in name]
