"""Exports made up, and brought into a home folder as the program does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hfs.persistence import SessionModel, SessionStore
from hfs.transfer.files.sources import open_sources
from hfs.transfer.importing.report import ImportReport
from hfs.transfer.importing.run import ImportOptions, run_import


def bring(home: Path, *paths: Path, **options: Any) -> ImportReport:
    """Imports files into a home folder."""
    chosen = ImportOptions(**options)
    names = [str(path) for path in paths]
    with (
        SessionStore(home) as store,
        open_sources(names) as sources,
        store.begin_import(dry_run=chosen.dry_run) as target,
    ):
        return run_import(target, sources, chosen)


def sessions(home: Path) -> list[SessionModel]:
    """Every session, by its number."""
    with SessionStore(home) as store:
        found = [store.get(summary.id) for summary in store.list_recent(None)]
    return sorted((one for one in found if one is not None), key=lambda one: one.id)


def said(session: SessionModel) -> list[str]:
    """The texts of a session."""
    return [message.content for message in session.messages]


def bytes_of(home: Path) -> dict[str, bytes]:
    """Every session file."""
    return {path.name: path.read_bytes() for path in sorted((home / "sessions").glob("*.json"))}


def chatgpt(*turns: tuple[str, str | None, str], active: str, name: str = "c1", title: str = "Talk") -> dict[str, Any]:
    """A conversation of ChatGPT.

    Args:
        turns: Each node's id, its parent's, and what is said; roles alternate along a branch.
        active: The last node of the active branch.
        name: The conversation's id.
        title: Its title.
    """
    mapping: dict[str, Any] = {"root": {"id": "root", "parent": None, "children": [], "message": None}}
    roles = {"root": "assistant"}
    for at, (node, parent, text) in enumerate(turns):
        above = parent or "root"
        roles[node] = "user" if roles[above] == "assistant" else "assistant"
        message = {
            "id": node,
            "author": {"role": roles[node]},
            "create_time": 1_700_000_000.5 + at * 60,
            "content": {"content_type": "text", "parts": [text]},
            "recipient": "all",
            "metadata": {},
        }
        mapping[node] = {"id": node, "parent": above, "children": [], "message": message}
    return {"id": name, "title": title, "create_time": 1_700_000_000.5, "mapping": mapping, "current_node": active}


def write(path: Path, value: Any) -> Path:
    """Writes JSON to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
    return path
