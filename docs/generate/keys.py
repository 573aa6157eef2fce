"""The part of ``reference/keys.md`` that is the bindings of the chat's screens."""

from __future__ import annotations

from docs.generate.markdown import prose, table
from hfs.tui.keys import key_groups


def keys() -> str:
    """A table of keys for each place where they work."""
    parts = []
    for group in key_groups():
        parts.append(f"## {group.place}")
        parts.append(table(["Key", "What it does"], [(name, prose(text)) for name, text in group.rows]))
    return "\n\n".join(parts)
