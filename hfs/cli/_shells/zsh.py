"""Answers to zsh, which quotes what it puts into the line itself, and takes what doesn't begin as what is typed."""

from __future__ import annotations

import os

from click.shell_completion import ZshComplete

from hfs.cli._shells.asking import SEPARATOR, find_offers, script_of


class Zsh(ZshComplete):
    """The script for zsh, and the answers to it."""

    def source(self) -> str:
        """The script."""
        return script_of("hfs.zsh")

    def complete(self) -> str:
        """The answer: a line that says how, then for each value two lines, itself and a description."""
        *args, incomplete = os.environ.get("_HFS_WORDS", "").split(SEPARATOR)
        found = find_offers(self, args, incomplete)
        lines = [found.directive]
        for offer in found.offers:
            lines += [offer.value, offer.help]
        return "\n".join(lines)
