"""The picture of who imports whom among the rooms of hfs: drawn from the imports, in the layers that are enforced."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import grimp

_PYPROJECT: Final = Path(__file__).parents[2] / "pyproject.toml"
_WIDTH: Final = 760
_BOX: Final = (132, 40)
_LAYER: Final = 92
"""From the top of a layer to the top of the next, in pixels."""
_STYLE: Final = (
    "text{font:14px ui-monospace,monospace;fill:#1f2933;text-anchor:middle;dominant-baseline:central}"
    "rect{fill:#eef2f6;stroke:#7b8794;rx:6px}line{stroke:#7b8794;stroke-width:1.2;marker-end:url(#tip)}"
    "@media(prefers-color-scheme:dark){text{fill:#e4e7eb}rect{fill:#27323f}}"
)

Edge = tuple[str, str]


def layers() -> list[list[str]]:
    """The rooms, as ``pyproject.toml`` puts them one above the other."""
    contract = tomllib.loads(_PYPROJECT.read_text())["tool"]["importlinter"]["contracts"][0]
    return [[room.strip().removeprefix("hfs.") for room in layer.split(":")] for layer in contract["layers"]]


def imports(rooms: Iterable[str]) -> set[Edge]:
    """Which room imports which, at the top of a module or when it is needed."""
    graph = grimp.build_graph("hfs")
    known = set(rooms)
    found = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            edge = (_room(module), _room(imported))
            if edge[0] != edge[1] and known.issuperset(edge):
                found.add(edge)
    return found


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def reduced(edges: set[Edge]) -> set[Edge]:
    """The edges without those that a longer way stands for (the transitive reduction)."""
    onward: dict[str, set[str]] = {}
    for start, end in edges:
        onward.setdefault(start, set()).add(end)

    def reachable(room: str) -> set[str]:
        seen: set[str] = set()
        waiting = [room]
        while waiting:
            for after in onward.get(waiting.pop(), set()) - seen:
                seen.add(after)
                waiting.append(after)
        return seen

    return {
        (start, end)
        for start, end in edges
        if not any(end in reachable(between) for between in onward[start] if between != end)
    }


def drawing() -> str:
    """The picture as SVG.

    What a room reaches by way of another has no arrow of its own, and none leads to the lowest rooms, which all use.
    """
    shelves = layers()
    edges = {
        edge for edge in reduced(imports(room for shelf in shelves for room in shelf)) if edge[1] not in shelves[-1]
    }
    places = {room: place for row, shelf in enumerate(shelves) for room, place in _placed(shelf, row)}
    width, height = _BOX
    parts = []
    for start, end in sorted(edges):
        (x1, y1), (x2, y2) = places[start], places[end]
        beside = y1 == y2
        y_from, y_to = (y1 + height / 2, y2 + height / 2) if beside else (y1 + height, y2 - 3)
        x_from, x_to = (x1 + width / 2, x2 - width / 2 - 3) if beside else (x1, x2)
        parts.append(f'<line x1="{x_from:g}" y1="{y_from:g}" x2="{x_to:g}" y2="{y_to:g}"/>')
    for room, (x, y) in places.items():
        parts.append(f'<rect x="{x - width / 2:g}" y="{y}" width="{width}" height="{height}"/>')
        parts.append(f'<text x="{x:g}" y="{y + height / 2:g}">{room}</text>')
    total = _LAYER * (len(shelves) - 1) + height + 20
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {total}" role="img">\n'
        f"<title>The rooms of hfs, and which imports which</title>\n<style>{_STYLE}</style>\n"
        f'<defs>{tip}<path d="M0 0L8 4L0 8z" fill="#7b8794"/></marker></defs>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _placed(shelf: Sequence[str], row: int) -> list[tuple[str, tuple[float, int]]]:
    step = _WIDTH / len(shelf)
    return [(room, (step * (place + 0.5), 10 + row * _LAYER)) for place, room in enumerate(shelf)]
