"""The order of a Claude Code transcript: who answered whom, and what a rewind left behind.

Every record names the one before it, but not reliably: of parallel calls only one result is on the way that goes on,
and an answer that was retried may be on none. So only what a person said begins a branch; everything up to the next
such thing stays with it, in the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hfs.transfer.conversation import Branch, ForeignMessage, Tally
from hfs.transfer.tree import Node, branches


@dataclass(slots=True)
class Link:
    """A record, and the one that it names as the one before it."""

    uuid: str
    parent: str | None
    messages: list[ForeignMessage] = field(default_factory=list)
    starts: bool = False
    """Whether a person said something: only there can a branch begin."""
    compacted: bool = False
    """Whether its parent is the last record before a summary, which is not always in the file."""


class _BrokenError(Exception):
    """The links lead nowhere, or in a circle."""


def branches_of(links: list[Link], tally: Tally) -> list[Branch]:
    """Every way through a transcript, the one that was gone last first; all in the order of the file, where the
    links are broken.

    Args:
        links: Every record that has a place in the chain, also those without a message, in the order of the file.
        tally: Counts what is left out.
    """
    try:
        segments = _Segments(links)
        nodes, active = segments.nodes()
    except _BrokenError:
        everything = [message for link in links for message in link.messages]
        return [Branch(everything)] if everything else []
    return branches(nodes, active, tally)


class _Segments:
    """Stretches of a transcript, each from something that a person said to the next; -1 is what comes before any.

    Raises:
        _BrokenError: The links can't be followed.
    """

    def __init__(self, links: list[Link]) -> None:
        self._links = links
        self._places = {link.uuid: place for place, link in enumerate(links)}
        self._first = next((place for place, link in enumerate(links) if link.messages), len(links))
        """Nothing was said before it."""
        beginning = next((link for link in links if link.starts), None)
        self._begins_bare = beginning is not None and beginning.parent is None
        self._owners: dict[int, int] = {}
        self._parents: dict[int, int] = {}
        for place, link in enumerate(links):
            owner = self._owner(place)
            if link.starts and owner == place:
                before = self._before(place)
                self._parents[place] = -1 if before is None else self._owner(before)
        self._require_roots()

    def _before(self, place: int) -> int | None:
        """The place of the record before this one; None at a root."""
        link = self._links[place]
        if link.parent in self._places:
            return self._places[link.parent]
        if place <= self._first:
            return None
        if link.parent is None:
            # A rewind to the very beginning makes another root; anything else without a parent just goes on.
            return None if link.starts and self._begins_bare else place - 1
        if link.messages and not link.compacted:
            raise _BrokenError
        return place - 1

    def _owner(self, place: int) -> int:
        path: list[int] = []
        passed: set[int] = set()
        current: int | None = place
        owner = -1
        while current is not None:
            if current in self._owners:
                owner = self._owners[current]
                break
            if current in passed:
                raise _BrokenError
            path.append(current)
            passed.add(current)
            if self._links[current].starts:
                owner = current
                break
            current = self._before(current)
        self._owners.update(dict.fromkeys(path, owner))
        return owner

    def _require_roots(self) -> None:
        rooted = {-1}
        for start in self._parents:
            path: list[int] = []
            current = start
            while current not in rooted:
                if len(path) > len(self._parents):
                    raise _BrokenError
                path.append(current)
                current = self._parents[current]
            rooted.update(path)

    def nodes(self) -> tuple[list[Node], str | None]:
        """The messages with the links between them, and the last one of the branch that was gone last."""
        members: dict[int, list[ForeignMessage]] = {}
        last = -1
        for place, link in enumerate(self._links):
            if link.messages:
                last = self._owners[place]
                members.setdefault(last, []).extend(link.messages)
        names: dict[int, list[str]] = {}
        for start, messages in members.items():
            names[start] = [message.id or f"{start}:{number}" for number, message in enumerate(messages)]
        nodes = []
        for start, messages in members.items():
            before = self._tail(start, names)
            for name, message in zip(names[start], messages, strict=True):
                nodes.append(Node(name, before, message))
                before = name
        return nodes, self._end(last, names)

    def _tail(self, start: int, names: dict[int, list[str]]) -> str | None:
        """The last message before a segment."""
        while start != -1:
            start = self._parents[start]
            if start in names:
                return names[start][-1]
        return None

    def _end(self, segment: int, names: dict[int, list[str]]) -> str | None:
        following = {parent: start for start, parent in sorted(self._parents.items()) if start in names}
        while segment in following:
            segment = following[segment]
        return names[segment][-1] if segment in names else None
