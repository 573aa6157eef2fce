"""Answers to fish, which quotes what it puts into the line itself, and shows only what has in it what is typed."""

from __future__ import annotations

import os

from click.shell_completion import FishComplete

from hfs.cli._shells.asking import SEPARATOR, find_offers, script_of
from hfs.cli._shells.line import read_line


class Fish(FishComplete):
    """The script for fish, and the answers to it."""

    def source(self) -> str:
        """The script."""
        return script_of("hfs.fish")

    def complete(self) -> str:
        """The answer: a line that says how, and what stands before the value; then values, each with a description."""
        *args, typed = os.environ.get("_HFS_WORDS", "").split(SEPARATOR)
        found = find_offers(self, args, read_line(typed).words[-1])
        lines = [found.kind, found.prefix]
        lines += [f"{offer.value}\t{offer.help}" if offer.help else offer.value for offer in found.offers]
        return "\n".join(lines)
