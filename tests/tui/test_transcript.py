"""The transcript on a screen: long conversations, growing answers, a person who scrolls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from hfs.persistence import MessageModel
from hfs.tui.widgets.transcript import Transcript


class Shown(App[None]):
    """A transcript and nothing else."""

    CSS = "Transcript { height: 1fr; overflow-x: hidden; }"

    def compose(self) -> ComposeResult:
        yield Transcript()


@asynccontextmanager
async def shown(count: int, size: tuple[int, int] = (60, 20)) -> AsyncIterator[tuple[Pilot[None], Transcript]]:
    app = Shown()
    async with app.run_test(size=size) as pilot:
        transcript = app.query_one(Transcript)
        transcript.focus()
        await transcript.show_messages(messages(count))
        await pilot.pause()
        yield pilot, transcript


def messages(count: int) -> list[MessageModel]:
    moment = datetime.now(UTC)
    roles = ("user", "assistant")
    text = "some **words** and `code`\n\n- a list\n\n```python\nx = 1\n```\n"
    return [MessageModel(n, 1, roles[n % 2], f"message {n}. {text * (n % 4)}", moment) for n in range(1, count + 1)]


def screen(transcript: Transcript) -> str:
    """What can be seen of it."""
    return "\n".join(transcript.render_line(y).text.rstrip() for y in range(transcript.size.height))


async def test_the_newest_is_in_view_and_little_else_is_drawn() -> None:
    async with shown(10_000) as (_, transcript):
        assert "message 10000." in screen(transcript)
        assert transcript.drawn < 120
        assert transcript.max_scroll_y > 50_000


@pytest.mark.any_python
async def test_every_message_is_passed_on_the_way_up_and_down() -> None:
    async with shown(60) as (pilot, transcript):
        seen = screen(transcript)
        for _ in range(200):
            if transcript.scroll_y == 0:
                break
            await pilot.press("pageup")
            await pilot.pause()
            seen += screen(transcript)
        assert all(f"message {number}." in seen for number in range(1, 61))
        assert not transcript.following
        await pilot.press("end")
        await pilot.pause()
        assert transcript.following
        assert "message 60." in screen(transcript)
        await pilot.press("home")
        await pilot.pause()
        assert screen(transcript).strip().startswith("1 · assistant")


async def test_a_person_who_scrolled_up_is_left_where_they_are_while_an_answer_grows() -> None:
    async with shown(30) as (pilot, transcript):
        growing = await transcript.begin_answer("x/y")
        await pilot.press("pageup")
        await pilot.pause()
        before = screen(transcript)
        for number in range(30):
            growing.write(f"line {number}\n\n")
            await pilot.pause(0.01)
        growing.stop()
        await pilot.pause()
        assert screen(transcript) == before
        await pilot.press("end")
        await pilot.pause()
        assert "line 29" in screen(transcript)


async def test_a_note_that_comes_meanwhile_stands_behind_the_answer() -> None:
    async with shown(1) as (pilot, transcript):
        growing = await transcript.begin_answer("x/y")
        growing.write("be")
        await transcript.note("a note")
        growing.write("ginning and end")
        growing.stop()
        await pilot.pause()
        assert transcript.text.endswith("x/y\nbeginning and end\na note")
        assert "beginning and end" in screen(transcript)


async def test_another_width_keeps_the_place() -> None:
    async with shown(200) as (pilot, transcript):
        assert transcript.jump(50)
        await pilot.pause()
        assert "message 50." in screen(transcript)
        await pilot.resize_terminal(90, 20)
        await pilot.pause()
        assert "message 50." in screen(transcript)
        assert not transcript.jump(999)
        assert all(len(line) <= transcript.scrollable_content_region.width for line in screen(transcript).split("\n"))
        await pilot.resize_terminal(40, 12)
        await pilot.pause()
        assert "50 · user" in screen(transcript)


@pytest.mark.parametrize("width", [40, 60, 100])
async def test_no_line_ends_below_the_scroll_bar(width: int) -> None:
    async with shown(0, (width, 20)) as (pilot, transcript):
        await transcript.note("x" * 5000)
        await pilot.pause()
        assert transcript.show_vertical_scrollbar
        first, second = transcript.scrollable_content_region.column_span
        rows = [strip.crop(first, second).text for strip in pilot.app.screen._compositor.render_strips()]
        seen = sum(row.count("x") for row in rows)
        assert seen == 5000 - transcript.scroll_y * (second - first) + (second - first)
        assert "x" * (second - first) in rows


async def test_a_wheel_and_the_scroll_bar_move_it() -> None:
    async with shown(500) as (pilot, transcript):
        transcript.scroll_to(y=transcript.max_scroll_y // 2, animate=False)
        await pilot.pause()
        assert not transcript.following
        middle = screen(transcript)
        assert "message" in middle
        transcript.scroll_up(animate=False)
        await pilot.pause()
        assert screen(transcript).split("\n")[1:] == middle.split("\n")[:-1]


async def test_what_is_marked_with_the_mouse_can_be_copied() -> None:
    async with shown(1) as (pilot, transcript):
        await pilot.mouse_down(transcript, offset=(0, 2))
        await pilot.hover(transcript, offset=(6, 2))
        await pilot.mouse_up(transcript, offset=(6, 2))
        await pilot.pause()
        assert pilot.app.screen.get_selected_text() == "message"


async def test_an_empty_transcript_can_be_scrolled_and_resized() -> None:
    async with shown(0) as (pilot, transcript):
        await pilot.press("pageup", "end", "home")
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert screen(transcript).strip() == ""
