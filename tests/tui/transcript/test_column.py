"""A column of blocks: what stands in the window stays there, and little of the rest is held."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from hfs.tui.transcript.block import Block, Lines
from hfs.tui.transcript.column import Column


def draw(block: Block, width: int) -> Lines:
    """A block whose text says how many lines it has: its guess is always one too many, or far off."""
    return [[Segment(f"{block.text}:{line}")] for line in range(int(block.text.split("x")[1]))]


def column(heights: list[int], width: int = 10) -> Column:
    made = Column(draw)
    made.resize(width)
    made.extend([Block("note", f"{number}x{height}", number) for number, height in enumerate(heights)])
    return made


def window(made: Column, y: int, size: int) -> list[str]:
    return made.text(y, y + size - 1)


HEIGHTS = st.lists(st.integers(1, 30), min_size=1, max_size=60)


@given(HEIGHTS, st.integers(1, 25))
def test_paging_up_from_the_end_shows_every_line_once(heights: list[int], size: int) -> None:
    made = column(heights)
    expected = [f"{number}x{height}:{line}" for number, height in enumerate(heights) for line in range(height)]
    y = made.settle_end(size)
    seen = window(made, y, size)
    while y > 0:
        step = min(size, y)
        y = made.settle(y - step, size)
        page = window(made, y, size)
        seen = page[:step] + seen
    assert seen == expected
    assert made.height == len(expected)


@given(HEIGHTS, st.integers(0, 2000), st.integers(1, 25))
def test_what_stands_at_the_top_of_the_window_stays_there(heights: list[int], y: int, size: int) -> None:
    made = column(heights)
    y = min(y, made.height - 1)
    block = made.at(y)
    settled = made.settle(y, size)
    assert made.at(settled) == block
    assert made.settle(settled, size) == settled


def test_only_what_is_near_the_window_is_held() -> None:
    made = column([3] * 10_000)
    for y in range(0, made.height, 997):
        made.settle(y, 40)
        assert made.drawn < 150
    made.settle_end(40)
    assert made.drawn < 150


def test_what_is_cut_and_put_in_is_found() -> None:
    made = column([2, 2, 2])
    made.settle_end(10)
    made.cut(1)
    made.extend([Block("note", "7x4", 7)])
    assert made.find(7) == 1
    assert made.find(2) is None
    made.settle_end(10)
    assert made.text(0, 99) == ["0x2:0", "0x2:1", "7x4:0", "7x4:1", "7x4:2", "7x4:3"]
    made.clear()
    assert (made.height, made.settle(0, 5), made.settle_end(5), made.line(0)) == (0, 0, 0, None)
