"""A person's home as the pages suppose it: sessions of hfs, files of other programs, and a project to work on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.docs.pages import ROOT

_IMPORTS: Final = ROOT / "fixtures" / "imports"
_EXPORTS: Final = ROOT / "fixtures" / "exports"
_ANSWER: Final = "Look it up in the reflog:\n```sh\ngit reset --hard ORIG_HEAD\n```"
_SESSIONS: Final[tuple[tuple[str, tuple[str, ...], str, str], ...]] = (
    ("How do I undo a rebase?", ("git",), "How do I undo a rebase?", _ANSWER),
    ("Bread without kneading", ("cooking",), "How long does a no-knead dough rest?", "Twelve hours or more."),
    ("Regular expressions", ("work",), "How do I match a number?", "With `\\d+`."),
    ("Trip to the sea", (), "Which trains go in the morning?", "The first goes at six."),
    ("Tides", ("scratch",), "Why are there two tides a day?", "The Moon pulls at both sides."),
    ("A name for a boat", ("scratch",), "A name for a boat?", "Petrel."),
    ("Merge conflicts", ("work",), "What is a merge conflict?", "Both sides changed one line."),
    ("Tax return", ("work",), "What can I deduct?", "It depends."),
    ("Old maps", (), "Where are old maps kept?", "In the city's archive: HEAD@{1} is no map."),
    ("Kanji", (), "漢字を教えて", "はい。"),
    ("Harbours", (), "Which harbour is the oldest?", "Byblos is a candidate."),
    ("Rebase or merge", (), "Rebase or merge? And how do I go back?", "Either; `git reset` goes back."),
)
_EARLIER: Final = "local/smollm2"
"""Who answered in all sessions but the last."""
_LATEST: Final = "ollama/llama3.2"
_STUBS: Final = {
    "llm": 'if [ "$2" = path ]; then echo ~/logs.db; else cat {imports}/llm/logs-list-0.36.json; fi',
    "oterm": "echo ~/oterm.db",
    "opencode": "cat {imports}/opencode/export.json",
}
"""Other programs that the pages call, as far as they do."""


def make_person(folder: Path, model_server: str) -> dict[str, str]:
    """Makes a home in a folder.

    Args:
        folder: It need not exist.
        model_server: The address of a server that answers for every model.

    Returns:
        The environment of the person's shell; the working folder is ``project`` in the home.
    """
    _write_sessions(folder / ".hfs" / "sessions")
    _bring_other_programs(folder)
    environment = {
        "PATH": os.pathsep.join((str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "EDITOR": "true",
        "GIT_CONFIG_GLOBAL": str(folder / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HFS_MODEL": _LATEST,
        "OLLAMA_HOST": model_server.removesuffix("/v1"),
        "OPENAI_BASE_URL": model_server,
    }
    (folder / ".gitconfig").write_text("[user]\nname = me\nemail = me@example.org\n[init]\ndefaultBranch = main\n")
    _begin_project(folder / "project", environment)
    return environment


def _write_sessions(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True)
    folder.parent.chmod(0o700)
    first = datetime.now(UTC) - timedelta(days=len(_SESSIONS))
    for number, (name, tags, question, answer) in enumerate(_SESSIONS, 1):
        begun = first + timedelta(days=number - 1)
        said = [("user", question), ("assistant", answer), ("user", "And then?"), ("assistant", "Then it is done.")]
        document: dict[str, Any] = {
            "format": 1,
            "id": number,
            "uid": f"0199f3c2-7d1e-7b6a-9a51-{number:012}",
            "name": name,
            "name_source": "user",
            "created_at": begun.isoformat(),
            "updated_at": None,
            "tags": list(tags),
            "messages": [
                {"id": place, "role": role, "created_at": (begun + timedelta(seconds=place)).isoformat()}
                | ({"model": _LATEST if number == len(_SESSIONS) else _EARLIER} if role == "assistant" else {})
                | {"content": text}
                for place, (role, text) in enumerate(said, 1)
            ],
        }
        path = folder / f"{number}.json"
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
        path.chmod(0o600)


def _bring_other_programs(home: Path) -> None:
    project = home / "project"
    for source, target in (
        (_IMPORTS / "claude-code" / "projects", home / ".claude" / "projects"),
        (_IMPORTS / "aichat", home / ".config" / "aichat" / "sessions"),
        (_IMPORTS / "parllama" / "session.json", home / ".local" / "share" / "parllama" / "chats" / "session.json"),
        (_IMPORTS / "open-webui" / "chats.json", project / "chat-export-1787938845.json"),
        (_IMPORTS / "librechat" / "tree.json", project / "My chat.json"),
        (_IMPORTS / "aider" / ".aider.chat.history.md", project / ".aider.chat.history.md"),
        (_EXPORTS / "sample.json", project / "FILE.json"),
        (_EXPORTS / "sample.jsonl", project / "FILE.jsonl"),
        (_EXPORTS / "sample.md", project / "FILE.md"),
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (home / "Downloads").mkdir()
    for name, path in (("chatgpt", "chatgpt-export.zip"), ("claude", "data-2026-03-29.zip")):
        with zipfile.ZipFile(project / path, "w") as archive:
            archive.write(_IMPORTS / name / "conversations.json", "conversations.json")
    shutil.copyfile(project / "chatgpt-export.zip", home / "Downloads" / "chatgpt-export.zip")
    for script, path in (
        ("elia/elia-1.10.sql", ".local/share/elia/elia.sqlite"),
        ("oterm/oterm-0.26.sql", "oterm.db"),
        ("llm/log.sql", "logs.db"),
    ):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(home / path)) as connection:
            connection.executescript((_IMPORTS / script).read_text(encoding="utf-8"))
    for name, code in _STUBS.items():
        stub = home / "bin" / name
        stub.parent.mkdir(exist_ok=True)
        stub.write_text(f"#!/bin/sh\n{code.format(imports=_IMPORTS)}\n")
        stub.chmod(0o700)


def _begin_project(folder: Path, environment: dict[str, str]) -> None:
    """A repository with a change that is not committed yet."""
    (folder / "tide.txt").write_text("low\n")
    for command in ("init -q", "add tide.txt", "commit -q -m Tides"):
        subprocess.run(["git", *command.split()], cwd=folder, env=environment, check=True)
    (folder / "tide.txt").write_text("high\n")
