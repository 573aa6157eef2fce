"""What is no part of the chat: shown on a line, unfolded on demand, never sent to a model; and imports in the chat."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.screens import ChatScreen
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.transcript import Transcript
from tests.support.model_server import ModelServer
from tests.transfer.bringing import chatgpt, write
from tests.tui.driving import chat, hear, on_screen, say, shown, until

SECRET = "\x1b]52;c;aGk=\x07told first [@click=app.quit]x[/]"


@pytest.fixture(autouse=True)
def _session(home: Path) -> None:
    call = {"id": "c1", "name": "web.run", "arguments": {"query": "tides"}}
    with SessionStore(home) as store:
        store.create(
            "Imported",
            messages=[
                NewMessage("system", SECRET, extra={"hidden": "system prompt"}),
                NewMessage("user", "injected", extra={"hidden": "context"}),
                NewMessage("user", "how high?"),
                NewMessage("assistant", "", extra={"hidden": "tool call", "tool_calls": [call]}),
                NewMessage("tool", "page\ntext", extra={"hidden": "tool result", "name": "web.run"}),
                NewMessage("assistant", "High.", extra={"reasoning": "The moon.\nAnd the sun."}),
            ],
        )


def offered(pilot: Pilot[int]) -> list[str]:
    """What the picker shows, if it is there."""
    return [str(option.prompt) for options in pilot.app.screen.query(OptionList) for option in options.options]


async def test_a_search_that_goes_to_something_folded_unfolds_it(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "/search page text")
        await until(pilot, lambda: any("page" in line for line in offered(pilot)))
        await pilot.press("enter")
        await hear(pilot, "page\ntext")
        assert "told first" not in shown(pilot)


async def test_what_is_folded_is_a_line_and_shows_when_asked(home: Path, server: ModelServer) -> None:
    async with chat(home, server, session=1) as pilot:
        await hear(pilot, "5 · tool result: web.run (2 lines)")
        assert "reasoning (2 lines)" in shown(pilot)
        assert "told first" not in shown(pilot)
        assert "The moon" not in shown(pilot)
        await say(pilot, "/unfold 6")
        await hear(pilot, "The moon.\nAnd the sun.")
        assert "page" not in shown(pilot)
        await say(pilot, "/unfold")
        await hear(pilot, "page\ntext")
        assert '"query"' in shown(pilot)
        assert "told first [@click=app.quit]x[/]" in shown(pilot)
        assert "\x1b" not in shown(pilot)
        await say(pilot, "/fold")
        await until(pilot, lambda: "The moon" not in shown(pilot) and "told first" not in shown(pilot))
        await say(pilot, "/fold 3")
        await hear(pilot, "There is nothing to fold in message 3.")
        await say(pilot, "/unfold 99")
        await hear(pilot, "There is no message 99.")
        await say(pilot, "/unfold x")
        await hear(pilot, "Usage: /unfold [<n>]")


async def test_a_click_on_the_line_unfolds_it_and_folds_it_again(home: Path, server: ModelServer) -> None:
    async with chat(home, server, session=1) as pilot:
        await hear(pilot, "reasoning (2 lines)")
        transcript = pilot.app.screen.query_one(Transcript)
        row = next(
            y
            for y in range(transcript.size.height)
            if "reasoning" in "".join(segment.text for segment in transcript.render_line(y))
        )
        await pilot.click(Transcript, offset=(4, row))
        await hear(pilot, "The moon.")
        await pilot.click(Transcript, offset=(4, row))
        await until(pilot, lambda: "The moon." not in shown(pilot))


async def test_a_message_reads_in_the_order_in_which_it_came_about(home: Path, server: ModelServer) -> None:
    call = {"id": "c2", "name": "read", "arguments": {}}
    with SessionStore(home) as store:
        said = NewMessage("assistant", "I look.", extra={"tool_calls": [call], "reasoning": "Hm."})
        store.create("Calling", messages=[said])
    async with chat(home, server, session=2) as pilot:
        await hear(pilot, "1 · assistant\nreasoning (1 line)\nI look.\ntool call: read (1 line)")
        await say(pilot, "/resume 1")
        await hear(pilot, "4 · tool call: web.run (1 line)\n5 · tool result: web.run (2 lines)")


async def test_a_click_leaves_the_person_where_they_type(home: Path, server: ModelServer) -> None:
    async with chat(home, server, session=1) as pilot:
        await hear(pilot, "reasoning (2 lines)")
        await pilot.click(Transcript, offset=(4, 3))
        await pilot.press("h", "i")
        assert pilot.app.screen.query_one(Prompt).text == "hi"


async def test_unfolding_leaves_in_view_what_is_in_view(home: Path, server: ModelServer) -> None:
    extra = {"hidden": "tool result", "name": "ls"}
    messages = []
    for number in range(60):
        result = NewMessage("tool", f"result {number}\n" + "line\n" * 30, extra=extra)
        messages += [result, NewMessage("user", f"question {number}")]
    with SessionStore(home) as store:
        store.create("Long", messages=messages)
    async with chat(home, server, session=2) as pilot:
        await hear(pilot, "question 59")
        await say(pilot, "/unfold")
        await hear(pilot, "result 0")
        assert "question 59" in on_screen(pilot)
        await say(pilot, "/fold")
        await until(pilot, lambda: "result 0" not in shown(pilot))
        await say(pilot, "/goto 62")
        await until(pilot, lambda: "question 30" in on_screen(pilot))
        await say(pilot, "/unfold")
        await hear(pilot, "result 0")
        await until(pilot, lambda: "question 30" in on_screen(pilot))
        await say(pilot, "/fold")
        await until(pilot, lambda: "result 0" not in shown(pilot))
        assert "question 30" in on_screen(pilot)
        await say(pilot, "/unfold 1")
        await hear(pilot, "result 0")
        await until(pilot, lambda: "result 0" in on_screen(pilot))


async def test_a_model_is_told_only_what_was_said(home: Path, server: ModelServer) -> None:
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "why?")
        await hear(pilot, "Hello, you")
        assert server.last_texts == ["how high?", "High.", "why?"]


async def test_conversations_of_other_programs_come_in_from_the_chat(
    home: Path, server: ModelServer, tmp_path: Path
) -> None:
    talk = chatgpt(("n1", None, "hi"), ("n2", "n1", "hello"), active="n2", title="From elsewhere")
    path = write(tmp_path / "with spaces" / "x.json", [talk])
    async with chat(home, server) as pilot:
        await say(pilot, f"/import {path}")
        await hear(pilot, "From elsewhere: session 2: new, 2 messages")
        await hear(pilot, "1 conversation: 1 new.")
        await say(pilot, f"/import {path}")
        await hear(pilot, "1 conversation: 1 here already.")
        await say(pilot, f"/import {tmp_path / 'gone'}")
        await hear(pilot, "no such file or directory")
        await say(pilot, "/import")
        await hear(pilot, "Usage: /import")
        await say(pilot, "/resume From elsewhere")
        await hear(pilot, "hello")
        assert isinstance(pilot.app.screen, ChatScreen)


async def test_a_long_report_is_cut_in_the_chat_and_says_so(home: Path, server: ModelServer, tmp_path: Path) -> None:
    talks = [chatgpt(("n1", None, "hi"), active="n1", name=f"c{number}", title=f"T{number}") for number in range(60)]
    path = write(tmp_path / "x.json", talks)
    async with chat(home, server) as pilot:
        await say(pilot, f"/import {path}")
        await hear(pilot, "60 conversations: 60 new.")
        assert "32 more lines of the report are not shown here" in shown(pilot)


async def test_a_large_file_comes_in_from_the_chat(home: Path, server: ModelServer, tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", [chatgpt(("n1", None, "hi"), active="n1", title="Far below")])
    path.write_text(path.read_text() + " " * (33 << 20))
    async with chat(home, server) as pilot:
        await say(pilot, f"/import {path}")
        await hear(pilot, "Far below: session 2: new, 1 message")


async def test_an_import_that_is_stopped_leaves_whole_sessions_and_says_so(
    home: Path, server: ModelServer, tmp_path: Path
) -> None:
    long = "many words " * 2000
    talks = [chatgpt(("n1", None, long), active="n1", name=f"c{number}", title=f"T{number}") for number in range(1000)]
    path = write(tmp_path / "x.json", talks)
    async with chat(home, server) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ChatScreen)

        def stop() -> None:
            while screen.commands.stop_import is None:
                time.sleep(0.001)
            screen.commands.stop_import()

        stopper = threading.Thread(target=stop)
        stopper.start()
        await say(pilot, f"/import {path}")
        await hear(pilot, "Stopped. Every conversation above came in whole")
        stopper.join()
        assert "1,000 new" not in shown(pilot)
        assert screen.commands.stop_import is None
    with SessionStore(home) as store:
        assert not store.check().findings
        assert store.count() < 1001


async def test_esc_and_leaving_stop_an_import_and_one_runs_at_a_time(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ChatScreen)
        stops: list[str] = []
        screen.commands.stop_import = lambda: stops.append("stopped")
        await say(pilot, "/import x")
        await hear(pilot, "An import is running: Esc stops it.")
        await pilot.press("escape")
        assert len(stops) == 1
        await screen.leave()
        assert len(stops) == 2
