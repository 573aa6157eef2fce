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
    by_id = {node.id: node for node in nodes}
    chain = _only_way(by_id)
    if chain is not None:
        messages = [node.message for node in chain if node.message is not None]
        return [Branch(messages)] if messages else []
    tree = _Tree(by_id)
    tips = tree.tips()
    if not tips:
        return []
    chosen = tree.tip_of(active) if active is not None and active in tree.nodes else None
    if chosen is None:
        chosen = max(tips, key=lambda tip: (_moment(tree.nodes[tip], datetime.min.replace(tzinfo=UTC)), tip))
    ordered = [chosen, *(tip for tip in tips if tip != chosen)]
    found: list[Branch] = []
    budget = _COPIES * len(tree.nodes) + 1000
    for tip in ordered:
        path = tree.path(tip)
        if len(found) >= _MOST or len(path) > budget:
            tally.skipped["branch beyond the limit"] += len(ordered) - len(found)
            break
        budget -= len(path)
        messages = [message for message in (tree.nodes[node].message for node in path) if message is not None]
        found.append(Branch(messages, tree.key(path)))
    return found


def _only_way(nodes: dict[str, Node]) -> list[Node] | None:
    """The nodes, if each follows the one before it: most conversations never branch."""
    chain = list(nodes.values())
    before: str | None = None
    for node in chain:
        if node.parent != before and (before is not None or node.parent in nodes):
            return None
        before = node.id
    return chain


class _Tree:
    """Nodes and the links between them."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes
        self._children: dict[str | None, list[str]] = {}
        for node in self.nodes.values():
            parent = node.parent if node.parent in self.nodes and node.parent != node.id else None
            self._children.setdefault(parent, []).append(node.id)
        for children in self._children.values():
            children.sort(key=lambda child: _moment(self.nodes[child], _LATEST))
        self._first = {children[0] for children in self._children.values()}
        self._below: dict[str, list[str]] = {}
        """Children, without the links that close a circle."""
        self._circles: set[str] = set()
        """Of each circle the node where it begins."""
        visited, self._leaves = self._walk()
        self._spoken: set[str] = set()
        """Nodes with a message, and those above one."""
        self._next: dict[str, str] = {}
        """Of each node the newest child that leads to a message."""
        for at in reversed(visited):
            newest = next((child for child in reversed(self._below.get(at, [])) if child in self._spoken), None)
            if newest is not None:
                self._next[at] = newest
            if newest is not None or self.nodes[at].message is not None:
                self._spoken.add(at)

    def _walk(self) -> tuple[list[str], list[str]]:
        """All nodes, parents first, and those that nothing follows, those of the oldest branches first."""
        visited: list[str] = []
        leaves: list[str] = []
        seen: set[str] = set()
        stack = list(reversed(self._children.get(None, [])))
        rest = iter(self.nodes)
        while True:
            while stack:
                node = stack.pop()
                if node in seen:
                    continue
                seen.add(node)
                visited.append(node)
                below = [child for child in self._children.get(node, []) if child not in seen]
                if below:
                    self._below[node] = below
                    stack.extend(reversed(below))
                else:
                    leaves.append(node)
            # Whatever no root leads to is part of a circle, or hangs on one.
            start = next((node for node in rest if node not in seen), None)
            if start is None:
                return visited, leaves
            start = self._climb(start, set()) or start
            self._circles.add(start)
            stack.append(start)

    def _climb(self, start: str, seen: set[str]) -> str | None:
        """Goes up to a node that was seen before, and sees those on the way; None where there is none."""
        at: str | None = start
        while at is not None and at in self.nodes and at not in seen:
            seen.add(at)
            at = self.nodes[at].parent
        return at if at in seen else None

    def tips(self) -> list[str]:
        """The last node with a message of each branch, those of the oldest branches first; none leads to another."""
        found: dict[str, None] = {}
        seen = set(self._spoken)
        for leaf in self._leaves:
            at = self._climb(leaf, seen)
            if at in self._spoken and at is not None and at not in self._next:
                found[at] = None
        return list(found)

    def tip_of(self, node: str) -> str | None:
        """The tip of the newest branch that leads on from a node, or from the nearest one above it with a message."""
        at = self._climb(node, set(self._spoken))
        while at in self._next:
            at = self._next[at]
        return at if at in self._spoken else None

    def path(self, tip: str) -> list[str]:
        """The nodes from a root, or the beginning of a circle, to this one."""
        path: list[str] = []
        node: str | None = tip
        while node is not None and node in self.nodes:
            path.append(node)
            node = None if node in self._circles or self.nodes[node].parent == node else self.nodes[node].parent
        path.reverse()
        return path

    def key(self, path: list[str]) -> str | None:
        """The last node of a path that is not the oldest child of its parent; the first one of a circle."""
        own = next((node for node in reversed(path) if node not in self._first), None)
        return path[0] if own is None and path[0] in self._circles else own


def _moment(node: Node, otherwise: datetime) -> datetime:
    moment = node.created_at or (node.message.created_at if node.message is not None else None)
    return moment or otherwise
