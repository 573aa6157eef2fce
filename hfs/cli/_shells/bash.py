"""Answers to bash, which puts what it gets into the line as it is: every answer is quoted here, and for its place.

What is replaced is not the word but a part of it: from an open quote on, and from the last ``:`` or ``=`` on, which
bash takes for the ends of words. So the line is read as bash reads it.
"""

from __future__ import annotations

import os
from typing import Final

from click.shell_completion import BashComplete

from hfs.cli._shells.asking import Offer, find_offers, script_of
from hfs.cli._shells.line import Line, read_line

_PLAIN: Final = frozenset("_-./%+@,")
"""What means itself in bash, beside letters and digits."""
_LISTING: Final = frozenset((9, 33, 63, 64))
"""The types of completion after which what several answers have in common is put into the line, and they are listed;
after others each of them may be."""
_BREAKER: Final = " "
"""Begins like no other answer, so that nothing is common to all."""


class Bash(BashComplete):
    """The script for bash, and the answers to it."""

    def source(self) -> str:
        """The script, whichever bash is installed."""
        return script_of("hfs.bash")

    def complete(self) -> str:
        """The answer: a line that says how, then what may be put into the line."""
        line = os.environ.get("_HFS_LINE", "")
        replaced = os.environ.get("_HFS_REPLACED", "")
        whole = read_line(line)
        found = find_offers(self, whole.words[1:-1], whole.words[-1])
        if not line.endswith(replaced):
            return found.directive
        before = read_line(line[: len(line) - len(replaced)])
        # In another word than the one that is replaced, nothing stands before it.
        same_word = len(before.words) == len(whole.words)
        quoted = [(offer, _quoted(offer, before if same_word else None)) for offer in found.offers]
        forms = [(offer, form) for offer, form in quoted if form is not None]
        return "\n".join([found.directive, *_answers(forms, replaced, _type())])


def _type() -> int:
    given = os.environ.get("_HFS_TYPE", "")
    return int(given) if given.isdigit() else 0


def _answers(forms: list[tuple[Offer, str]], replaced: str, kind: int) -> list[str]:
    """What bash is given: what goes into the line, or a list for people of which nothing does."""
    values = [form for _, form in forms]
    common = _common(values)
    goes_on = len(common) > len(replaced) and common.casefold().startswith(replaced.casefold())
    if len(forms) < 2 or goes_on or kind not in _LISTING or not any(offer.shown for offer, _ in forms):
        return values
    listed = [offer.shown or form for offer, form in forms]
    in_common = _common(listed)
    if in_common and not (in_common == common and in_common.startswith(replaced)):
        listed.insert(0, _BREAKER)
    return listed


def _quoted(offer: Offer, before: Line | None) -> str | None:
    """What takes the place of the part that is replaced; None where the offer can't stand there."""
    for value in (offer.value, offer.instead):
        if value is not None:
            form = _rest(value, before)
            if form is not None:
                return form
    return None


def _rest(value: str, before: Line | None) -> str | None:
    kept, mode = (before.words[-1], before.quote) if before else ("", "")
    if value[: len(kept)].casefold() != kept.casefold():
        return None
    rest = value[len(kept) :]
    if mode == "":
        start = "\\" if rest.startswith("~") and not kept else ""
        return start + "".join(map(_escaped, rest))
    # An answer that begins with the quote would take the open one away.
    if mode == "'":
        return None if "'" in rest else rest
    if mode == '"' and not set(rest) & set('"!'):
        return "".join(f"\\{sign}" if sign in "$`\\" else sign for sign in rest)
    return None


def _escaped(sign: str) -> str:
    is_plain = sign.isalnum() or sign in _PLAIN or ord(sign) > 127 or sign == "~"
    return sign if is_plain else f"\\{sign}"


def _common(texts: list[str]) -> str:
    """What all texts begin with."""
    if not texts:
        return ""
    first, last = min(texts), max(texts)
    at = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:at]
