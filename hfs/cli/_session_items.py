"""Sessions and tags as a shell completes them: which fit what is typed, in which order, and by what they are called.

A session is called by its name where that is unique and can be typed, and by its id everywhere else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from click.shell_completion import CompletionItem

from hfs.display import display, one_line

if TYPE_CHECKING:
    from hfs.persistence.glance import Glance, Glimpse

_LAST: Final = "last"
_MOST: Final = 50
"""How many are offered at the most."""
_SHOWN: Final = 60
"""How many characters of a name are shown."""
Items = list["CompletionItem[str]"]


def session_items(found: Glance, typed: str, given: Sequence[str], *, with_last: bool) -> Items:
    """The sessions that fit what is typed.

    Args:
        found: The sessions there are, the newest first.
        typed: What is typed: nothing, the beginning of an id, or a part of a name.
        given: What stands on the line already; these are left out.
        with_last: Whether ``last`` fits too.
    """
    left = [glimpse for glimpse in found.sessions if not called(glimpse, given)] if given else found.sessions
    items = _by_id(left, typed)
    if not items and typed:
        names = _Names(found)
        items = [_by_name(glimpse, names) for glimpse in _fitting(left, typed)[:_MOST]]
    if with_last and _LAST.startswith(typed) and _LAST not in given and found.sessions:
        items.append(CompletionItem(_LAST, help="the one in which something happened last"))
    return items


def deleted_items(found: Sequence[Glimpse], typed: str, given: Sequence[str]) -> Items:
    """The ids of what is in the trash and fits what is typed.

    Args:
        found: What is there, the latest first.
        typed: What is typed.
        given: What stands on the line already; these are left out.
    """
    left = [glimpse for glimpse in found if str(glimpse.id) not in given]
    return _by_id(left, typed) or [_item(str(one.id), one) for one in _fitting(left, typed)[:_MOST]]


def tag_items(sessions: Iterable[Glimpse], typed: str, given: Sequence[str]) -> Items:
    """The tags of sessions that begin with what is typed, the most used first.

    Args:
        sessions: The sessions.
        typed: What is typed.
        given: What stands on the line already; these are left out.
    """
    count = Counter(tag for glimpse in sessions for tag in glimpse.tags)
    taken = {tag.casefold() for tag in given}
    tags = sorted(count, key=lambda tag: (-count[tag], tag.casefold()))
    fitting = [tag for tag in tags if tag.casefold().startswith(typed.casefold()) and tag.casefold() not in taken]
    return [CompletionItem(tag) for tag in fitting if can_be_typed(tag)]


def called(glimpse: Glimpse, texts: Sequence[str]) -> bool:
    """Whether one of the texts is a session's id or whole name."""
    return any(text == str(glimpse.id) or text.casefold() == glimpse.name.casefold() for text in texts)


def can_be_typed(text: str) -> bool:
    """Whether a text can stand on a command line as it is: no control characters, no white space but single spaces, and
    nothing that would be taken for an option."""
    return bool(text) and one_line(text, len(text)) == text == display(text) and text[0] != "-"


class _Names:
    """The names that sessions have, to tell which mean one session.

    Args:
        found: The sessions there are.
    """

    def __init__(self, found: Glance) -> None:
        self._ids = {str(glimpse.id) for glimpse in found.sessions}
        self._count = Counter(glimpse.name.casefold() for glimpse in found.sessions)
        self._complete = found.complete

    def stands_for_one(self, name: str) -> bool:
        """Whether a name leads to one session, as the commands look for it."""
        is_unique = self._complete and self._count[name.casefold()] == 1
        return is_unique and name != _LAST and name not in self._ids


def _by_id(sessions: Sequence[Glimpse], typed: str) -> Items:
    if typed and not typed.isdecimal():
        return []
    fitting = islice((glimpse for glimpse in sessions if str(glimpse.id).startswith(typed)), _MOST)
    return [_item(str(glimpse.id), glimpse) for glimpse in fitting]


def _fitting(sessions: Sequence[Glimpse], typed: str) -> list[Glimpse]:
    """Those whose name has what is typed, in any case: at its beginning first, then at that of a word, then within."""
    folded = typed.casefold()
    word = re.compile(rf"(?<!\w){re.escape(folded)}")
    ranked: tuple[list[Glimpse], list[Glimpse], list[Glimpse]] = ([], [], [])
    for glimpse in sessions:
        name = glimpse.name.casefold()
        if folded in name:
            ranked[0 if name.startswith(folded) else 1 if word.search(name) else 2].append(glimpse)
    return [glimpse for rank in ranked for glimpse in rank]


def _by_name(glimpse: Glimpse, names: _Names) -> CompletionItem[str]:
    if can_be_typed(glimpse.name) and names.stands_for_one(glimpse.name):
        number = str(glimpse.id)
        return CompletionItem(glimpse.name, help=number, instead=number, shown=_shown(glimpse))
    return _item(str(glimpse.id), glimpse)


def _item(value: str, glimpse: Glimpse) -> CompletionItem[str]:
    return CompletionItem(value, help=one_line(glimpse.name, _SHOWN) or None, shown=_shown(glimpse))


def _shown(glimpse: Glimpse) -> str:
    return f"{glimpse.id}  {one_line(glimpse.name, _SHOWN)}".rstrip()
