"""What is kept of a file that went with a message: what it is called, what it is, where it was. Never its bytes."""

from __future__ import annotations

from typing import Any, Final

from hfs.display import one_line
from hfs.transfer.conversation import Tally
from hfs.transfer.fields import as_name

_MEASURES: Final = frozenset(("size", "width", "height"))


def described(source: dict[str, Any], **names: str) -> dict[str, Any]:
    """Of a foreign object what is there of ``name``, ``type``, ``size``, ``ref`` and so on, by its names for them."""
    item: dict[str, Any] = {}
    for ours, theirs in names.items():
        value = source.get(theirs)
        if ours in _MEASURES:
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
                item[ours] = value
        elif name := as_name(value):
            item[ours] = name
    return item


def located(url: str, tally: Tally) -> dict[str, Any]:
    """Where a file is: ``{"ref"}``; if the address is the file itself, type and size, and what is left out counts."""
    if not url.startswith("data:"):
        return {"ref": url} if url.strip() else {}
    head, _, data = url.partition(",")
    kind = one_line(head.removeprefix("data:").partition(";")[0], 80)
    return {**({"type": kind} if kind else {}), **left_out(data, tally)}


def left_out(data: str, tally: Tally) -> dict[str, int]:
    """The size of what Base64 holds, which counts as left out."""
    tally.skipped["attachment's bytes"] += 1
    return {"size": len(data) * 3 // 4 - data[-2:].count("=")}
