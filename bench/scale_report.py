"""What ``bench.scale`` measured, as tables: the goals, and how each cost grows with the sessions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Report = Mapping[str, Any]
_MILLION: Final = 1e6


@dataclass(frozen=True)
class Row:
    """A line of the table of goals."""

    what: str
    hfs: str
    other: str = ""
    """What it is compared with, and what that takes."""
    ratio: float | None = None
    goal: str = ""
    reached: bool | None = None

    def cells(self) -> list[str]:
        """As texts."""
        mark = {None: "", True: "reached", False: "**missed**"}[self.reached]
        return [self.what, self.hfs, self.other, "" if self.ratio is None else f"{self.ratio:.2f}", self.goal, mark]


class Table:
    """The figures of a report, each by what was measured and where."""

    def __init__(self, report: Report) -> None:
        self._figures = report["figures"]
        self.sizes: Sequence[int] = report["sizes"]
        self.largest = str(self.sizes[-1])
        self.smallest = str(self.sizes[0])

    def middle(self, name: str, where: str) -> float | None:
        """The median of what was measured there; None if nothing was."""
        values = self._figures[name].get(where)
        if values is None:
            return None
        return float(statistics.median(values) if isinstance(values, list) else values)

    def ratio(self, what: str, name: str, where: str, other: tuple[str, str, str], goal: float | None = None) -> Row:
        """A row that compares two times.

        Args:
            what: What is measured.
            name: The measurement.
            where: The size of the home, or who was measured.
            other: What it is compared with, in words; its measurement, and where.
            goal: The highest ratio wanted.
        """
        ours, theirs = self.middle(name, where), self.middle(*other[1:])
        wanted = "" if goal is None else f"≤ {goal:.2f}"
        if ours is None or theirs is None:
            return Row(what, "" if ours is None else time_text(ours), f"{other[0]}: not installed", goal=wanted)
        ratio = ours / theirs
        reached = None if goal is None else ratio <= goal
        return Row(what, time_text(ours), f"{other[0]}: {time_text(theirs)}", ratio, wanted, reached)

    def memory(self, what: str, name: str, goal: float) -> Row:
        """A row of the highest memory."""
        taken = max(self._figures[name][self.largest]) / _MILLION
        return Row(what, f"{taken:.1f} MB", goal=f"≤ {goal:.0f} MB", reached=taken <= goal)

    def rows(self) -> list[Row]:
        """The table of goals."""
        many, few = self.largest, self.smallest
        to_few = f"{int(few):,} sessions"
        search = "`hfs search`, two words, whole process"
        return [
            self.ratio("`hfs list`, whole process", "list", many, (to_few, "list", few), 1.3),
            self.ratio("the same, where every file is looked at", "list due", many, (to_few, "list due", few)),
            self.ratio("`list_recent(20)` in a process", "list_recent", many, ("SQL", "list_recent", "rival"), 0.5),
            self.ratio(search, "search", many, ("`rg -l` of both", "search", "rg"), 0.2),
            self.ratio("the same", "search", many, ("`rg -l` of one", "search", "rg, one word"), 0.2),
            self.ratio("the same", "search", many, ("`llm logs -q`", "search", "llm"), 0.5),
            *self._building(),
            self._changed(),
            self.ratio("`create` in a running process", "create", many, (to_few, "create", few), 1.3),
            self.ratio("the first `create` of a process", "first create", many, (to_few, "first create", few), 1.3),
            self.ratio("first paint of the chat", "paint", many, (to_few, "paint", few), 1.1),
            self.memory("highest memory of `hfs list`", "list memory", 60),
            self.memory("the same, where every file is looked at", "list due memory", 60),
            self.memory("highest memory of `hfs search`, two words", "search memory", 60),
            self.memory("the same, two words of most messages", "search frequent memory", 60),
            *self._appends(),
            self._weight(),
        ]

    def _building(self) -> list[Row]:
        taken = self.middle("build", self.largest) or 0.0
        speed = (self.middle("files bytes", self.largest) or 0.0) / _MILLION / taken
        built = Row(f"index from nothing, {time_text(taken)}", f"{speed:.0f} MB/s", "", None, "≥ 60 MB/s", speed >= 60)
        return [built, self.memory("the same, highest memory of its processes", "build memory", 200)]

    def _changed(self) -> Row:
        taken = self.middle("changed", self.largest) or 0.0
        return Row(
            "1,000 files changed by another program, until listed", time_text(taken), "", None, "≤ 0.5 s", taken <= 0.5
        )

    def _appends(self) -> list[Row]:
        many, alone = self.largest, f"{self.largest} alone"
        rows = []
        for length, name in (("20 messages", "append"), ("10,000", "append to long")):
            what = f"append to a session of {length}, and the index up to date"
            row = f"{name} in a row"
            rows += [
                self.ratio(what, name, many, ("without", name, alone), 1.1),
                self.ratio("the same, once after 50", row, many, ("without", row, alone), 1.1),
                self.ratio("the same, as long as the caller waits", name, f"{many} waited", ("without", name, alone)),
            ]
        return rows

    def _weight(self) -> Row:
        index, files = (self.middle(f"{name} bytes", self.largest) or 0.0 for name in ("index", "files"))
        return Row("size of the index", _megabytes(index), f"files: {_megabytes(files)}", index / files)

    def growth(self) -> list[list[str]]:
        """How each cost grows."""
        measured: list[tuple[str, str, Callable[[float], str]]] = [
            ("size of the files", "files bytes", _megabytes),
            ("size of the index", "index bytes", _megabytes),
            ("`hfs list`", "list", time_text),
            ("`hfs list` where every file is looked at", "list due", time_text),
            ("`hfs list` after 1,000 files (or all) changed", "changed", time_text),
            ("`list_recent(20)` in a running process", "list_recent", time_text),
            ("`hfs search`, two words", "search", time_text),
            ("`hfs search`, two words of most messages", "search frequent", time_text),
            ("`create` in a running process", "create", time_text),
            ("first `create` of a process", "first create", time_text),
            ("append to 20 messages, index and all", "append", time_text),
            ("append to 10,000 messages, index and all", "append to long", time_text),
            ("first paint", "paint", time_text),
            ("index from nothing, and a search", "build", time_text),
            ("memory of `hfs list`", "list memory", _megabytes),
            ("memory of `hfs search`", "search memory", _megabytes),
            ("memory of a TinyDB query over every document", "query memory", _megabytes),
        ]
        return [[what, *(self._cell(name, size, text) for size in self.sizes)] for what, name, text in measured]

    def _cell(self, name: str, size: int, text: Callable[[float], str]) -> str:
        value = self.middle(name, str(size))
        return "" if value is None else text(value)


def time_text(seconds: float) -> str:
    """A duration as people read it."""
    if math.isinf(seconds):
        return "wrong"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.{0 if seconds >= 0.1 else 1}f} ms"


def _megabytes(size: float) -> str:
    return f"{size / _MILLION:.0f} MB" if size >= 10 * _MILLION else f"{size / _MILLION:.1f} MB"


_BEGINNING: Final = "<!-- tables -->"
_END: Final = "<!-- end of tables -->"
_GOALS: Final = ["what", "hfs", "compared with", "ratio", "goal", ""]


def _growth_heads(table: Table) -> list[str]:
    return ["sessions", *(f"{size:,}" for size in table.sizes)]


def _environment(report: Report) -> str:
    return ", ".join(value if " " in value else f"{name} {value}" for name, value in report["environment"].items())


def as_markdown(report: Report) -> str:
    """The tables of ``docs/concepts/scale.md``."""
    table = Table(report)
    goals = [_GOALS, ["---"] * len(_GOALS), *(row.cells() for row in table.rows())]
    heads = _growth_heads(table)
    growth = [heads, ["---", *["---:"] * (len(heads) - 1)], *table.growth()]
    lines = ["\n".join(f"| {' | '.join(cells)} |" for cells in rows) for rows in (goals, growth)]
    return f"{_environment(report)}.\n\n" + "\n\n".join(lines)


def with_tables(page: str, report: Report) -> str:
    """A page with the tables between its marks."""
    before, _, rest = page.partition(_BEGINNING)
    return f"{before}{_BEGINNING}\n\n{as_markdown(report)}\n\n{_END}{rest.partition(_END)[2]}"


def as_text(report: Report) -> str:
    """The same for a terminal."""
    table = Table(report)
    parts = [_environment(report)]
    for rows in ([_GOALS, *(row.cells() for row in table.rows())], [_growth_heads(table), *table.growth()]):
        widths = [max(len(cells[column]) for cells in rows) for column in range(len(rows[0]))]
        parts += ["\n".join("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in rows)]
    return "\n\n".join(parts)
