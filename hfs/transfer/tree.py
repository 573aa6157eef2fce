"""Conversations that branch: every way through them, the active one first.

A branch is named by the node where it leaves an older one. New nodes of a newer export only ever begin new
branches or lengthen old ones, so a branch keeps its name, whichever is the active one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hfs.transfer.conversation import Branch, ForeignMessage, Tally

_MOST: Final = 100
"""How many branches are kept of one conversation."""
_COPIES: Final = 20
"""How many messages all branches together may have for each message of the source."""
_LATEST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Node:
    """A place in a conversation that branches."""

    id: str
    parent: str | None
    """None, or an id that is not there, at a root."""
    message: ForeignMessage | None
    """None where nothing was said, or what was said is left out."""
    created_at: datetime | None = None
    """Where it is not the message's."""


def branches(nodes: Iterable[Node], active: str | None, tally: Tally) -> list[Branch]:
    """Every way from a first message to a last one.

    Links are followed by ``parent`` only, each node once: circles end where they close.

    Args:
        nodes: In the order of the source; of two with one id the later counts.
        active: The last node of the active branch; the newest leaf, where it is None or not there.
        tally: Counts what is left out.

    Returns:
        The active branch first, the others oldest first. None where there is no message at all.
    """
    tree = _Tree(nodes)
    leaves = tree.leaves()
    chosen = active if active in tree.nodes else None
    if chosen is None and leaves:
        chosen = max(leaves, key=lambda leaf: (_moment(tree.nodes[leaf], datetime.min.replace(tzinfo=UTC)), leaf))
    tips = ([chosen] if chosen is not None else []) + [leaf for leaf in leaves if leaf != chosen]
    found: list[Branch] = []
    walked: set[str] = set()
    budget = _COPIES * len(tree.nodes) + 1000
    for tip in tips:
        path = tree.path(tip)
        while path and tree.nodes[path[-1]].message is None:
            path.pop()
        if not path or path[-1] in walked:
            continue
        if len(found) >= _MOST or len(path) > budget:
            tally.skipped["branch beyond the limit"] += 1
            continue
        budget -= len(path)
        walked.update(path)
        messages = [message for message in (tree.nodes[node].message for node in path) if message is not None]
        found.append(Branch(messages, tree.key(path)))
    return found


class _Tree:
    """Nodes and the links between them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: dict[str, Node] = {node.id: node for node in nodes}
        self._children: dict[str | None, list[str]] = {}
        for node in self.nodes.values():
            parent = node.parent if node.parent in self.nodes and node.parent != node.id else None
            self._children.setdefault(parent, []).append(node.id)
        for children in self._children.values():
            children.sort(key=lambda child: _moment(self.nodes[child], _LATEST))
        self._first = {children[0] for children in self._children.values()}

    def leaves(self) -> list[str]:
        """The nodes that nothing follows, those of the oldest branches first; of a circle, one of its nodes."""
        ordered: list[str] = []
        seen: set[str] = set()
        stack = list(reversed(self._children.get(None, [])))
        rest = iter(self.nodes)
        while True:
            while stack:
                node = stack.pop()
                if node in seen:
                    continue
                seen.add(node)
                below = [child for child in self._children.get(node, []) if child not in seen]
                if below:
                    stack.extend(reversed(below))
                else:
                    ordered.append(node)
            # Whatever no root leads to is part of a circle.
            start = next((node for node in rest if node not in seen), None)
            if start is None:
                return ordered
            stack.append(start)

    def path(self, tip: str) -> list[str]:
        """The nodes from a root to this one."""
        path: list[str] = []
        seen: set[str] = set()
        node: str | None = tip
        while node is not None and node in self.nodes and node not in seen:
            seen.add(node)
            path.append(node)
            node = self.nodes[node].parent
        path.reverse()
        return path

    def key(self, path: list[str]) -> str | None:
        """The last node of a path that is not the oldest child of its parent."""
        own = next((node for node in reversed(path) if node not in self._first), None)
        in_circle = path[0] not in self._children.get(None, ())
        return path[0] if own is None and in_circle else own


def _moment(node: Node, otherwise: datetime) -> datetime:
    moment = node.created_at or (node.message.created_at if node.message is not None else None)
    return moment or otherwise
