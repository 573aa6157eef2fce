"""The chat: first paint, resuming, scrolling, typing while an answer streams. Ratios of medians, all in one run.

Run ``python -m bench.tui [--quick] [--json]``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from textual import events

from bench.append import TEXT, Times, compile_hfs, write_session
from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.transcript import Transcript
from tests.support.model_server import model_server

EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("Ask something, or /help")

Empty().run()
"""
PAINTED = b"sk something"
LAST = "the very last words"


def time_to_paint(command: list[str], home: Path, text: bytes) -> float:
    """From the start of a process in a terminal until it has written a text, in seconds."""
    started = time.perf_counter()
    child, fd = pty.fork()
    if child == 0:
        environment = {**os.environ, "HFS_HOME": str(home), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        os.execve(command[0], command, environment)
    seen = b""
    try:
        while text not in seen:
            if not select.select([fd], [], [], 60)[0]:
                raise RuntimeError(f"{command} painted no {text!r} in a minute")
            seen += os.read(fd, 1 << 16)
        return time.perf_counter() - started
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(fd)


def measure_paint(home: Path, rounds: int) -> Times:
    """Whole processes in a terminal, one after the other in turn."""
    hfs = [sys.executable, "-m", "hfs", "-m", "ollama/none"]
    contenders = {
        "hfs": (hfs, PAINTED),
        "empty app": ([sys.executable, "-c", EMPTY], PAINTED),
        "resume 10": ([*hfs, "-r", "1"], LAST.encode()),
        "resume 10000": ([*hfs, "-r", "2"], LAST.encode()),
    }
    times: Times = {}
    for turn in range(rounds + 1):
        for name, (command, text) in contenders.items():
            taken = time_to_paint(command, home, text)
            if turn:
                times.setdefault(name, []).append(taken)
    return times


async def measure_scrolling(home: Path, pages: int) -> list[float]:
    """A page up each, until the screen is drawn, in seconds."""
    times = []
    app = HFSApp(home, ChatOptions(session=2, model="ollama/none"), owns_process=True)
    async with app.run_test(size=(100, 30)) as pilot:
        transcript = app.screen.query_one(Transcript)
        while LAST not in transcript.text[-200:]:
            await pilot.pause(0.05)
        for _ in range(pages):
            started = time.perf_counter()
            transcript.scroll_page_up(animate=False)
            transcript.render_lines(transcript.size.region)
            times.append(time.perf_counter() - started)
            await pilot.pause()
    return times


async def measure_typing(home: Path, keys: int) -> Times:
    """From a key until its character stands in the prompt: alone, and while an answer comes at 200 tokens a second."""
    times: Times = {}
    with model_server() as server:
        words = ("word ", "**bold** ", "`code` ", "and ", "more.\n\n", "- item\n", "```python\nx = 1\n```\n")
        server.chunks = tuple(words[at % len(words)] for at in range(200 * 60))
        server.pause = 1 / 200
        app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url), owns_process=True)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(1)
            prompt = app.screen.query_one(Prompt)
            for name in ("alone", "streaming"):
                if name == "streaming":
                    prompt.load_text("speak")
                    await pilot.press("enter")
                    await pilot.pause(3)
                for _ in range(keys):
                    # A person's pace. The key counts from when it was due: the answer may be being drawn just then.
                    due = time.perf_counter() + 0.037
                    await asyncio.sleep(0.037)
                    before = len(prompt.text)
                    app.post_message(_key("x", app))
                    while len(prompt.text) == before:
                        await asyncio.sleep(0)
                    times.setdefault(name, []).append(time.perf_counter() - due)
                prompt.clear()
            await pilot.press("escape")
            await pilot.pause(1)
    return times


def _key(character: str, app: HFSApp) -> events.Key:
    event = events.Key(character, character)
    event.set_sender(app)
    return event


def row(what: str, value: float, goal: float, unit: str = "") -> dict[str, object]:
    """A line of the report."""
    return {"what": what, "value": round(value, 3), "unit": unit, "goal": goal, "reached": value <= goal}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--json", action="store_true", help="for machines")
    options = parser.parse_args()
    rounds, pages, keys = (4, 60, 40) if options.quick else (15, 400, 200)
    compile_hfs()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_session(home, 1, 10, last=LAST)
        write_session(home, 2, 10_000, last=LAST)
        paint = measure_paint(home, rounds)
        scrolling = asyncio.run(measure_scrolling(home, pages))
        typing = asyncio.run(measure_typing(home, keys))
    median = {key: statistics.median(values) for key, values in (paint | typing).items()}
    late = {key: sorted(values)[int(len(values) * 0.95)] for key, values in typing.items()}
    rows = [
        row("first paint of hfs, against an empty app", median["hfs"] / median["empty app"], 1.3),
        row("resume of 10,000 messages, against 10", median["resume 10000"] / median["resume 10"], 2.0),
        row("longest page up in 10,000 messages", max(scrolling) * 1e3, 50, "ms"),
        row("typing while an answer streams, added, median", (median["streaming"] - median["alone"]) * 1e3, 16, "ms"),
        row("the same, of the slowest twentieth", (late["streaming"] - late["alone"]) * 1e3, 16, "ms"),
    ]
    if options.json:
        print(json.dumps({"rows": rows, "median_ms": {key: value * 1e3 for key, value in median.items()}}))
        return
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores; text of {len(TEXT)} characters")
    for key, value in median.items():
        print(f"  {key}: {value * 1e3:.1f} ms")
    for one in rows:
        print(f"{one['what']}: {one['value']} {one['unit']} (goal {one['goal']}) {'' if one['reached'] else 'MISSED'}")


if __name__ == "__main__":
    # Bytecode is compiled once, before anything is timed.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", "import textual"], check=True)
    main()
