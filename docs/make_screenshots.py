"""Makes the pictures in ``docs/images/`` from the real program.

Run ``python docs/make_screenshots.py FOLDER``, where FOLDER is a home folder with the embedded model's weights.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.prompt import Prompt

IMAGES = Path(__file__).parent / "images"
ANSWER = """Look it up in the **reflog**, then go back to it:

```sh
git reflog                   # where HEAD was, newest first
git reset --hard 'HEAD@{1}'  # as it was before the rebase
```

| command | what it does |
|---|---|
| `git reflog` | lists where HEAD was |
| `git reset --hard` | moves the branch, and the files with it |

Nothing that was committed is gone: git keeps it for 90 days."""


def fill(home: Path) -> None:
    """A few sessions, as a person would have them."""
    with SessionStore(home) as store:
        for name, question in (
            ("Bread without kneading", "How long does a no-knead dough rest?"),
            ("Trip to the sea", "Which trains go to the sea in the morning?"),
            ("Regular expressions", "How do I match a word that is not followed by a colon?"),
        ):
            store.create(name, messages=[NewMessage("user", question), NewMessage("assistant", "It depends.")])
        store.create(
            "Undoing a rebase",
            messages=[
                NewMessage("user", "How do I undo a rebase?"),
                NewMessage("assistant", ANSWER, "ollama/llama3.2"),
            ],
        )


async def type_line(pilot: Pilot[int], line: str, seconds: float) -> None:
    """Types a line, sends it, and waits."""
    pilot.app.screen.query_one(Prompt).load_text(line)
    await pilot.press("enter")
    await pilot.pause(seconds)


def save(app: HFSApp, name: str) -> None:
    """Writes what is on the screen."""
    (IMAGES / name).write_text(app.export_screenshot(title="hfs"))


async def with_embedded_model(weights: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").mkdir()
        (home / "models" / weights.name).symlink_to(weights)
        app = HFSApp(home)
        async with app.run_test(size=(92, 24)) as pilot:
            await pilot.pause(2)
            await type_line(pilot, "What is the capital of France?", 4)
            await type_line(pilot, "/rename Geography", 1)
            await type_line(pilot, "/sessions", 1)
            save(app, "first-chat.svg")
            await pilot.press("ctrl+q")


async def with_sessions() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home)
        app = HFSApp(home, ChatOptions(session=4, model="ollama/llama3.2"))
        async with app.run_test(size=(100, 24)) as pilot:
            await pilot.pause(1)
            save(app, "answer.svg")
            await pilot.resize_terminal(100, 30)
            await pilot.press("ctrl+o")
            await pilot.pause(0.5)
            await pilot.press(*"rebase")
            await pilot.pause(1)
            save(app, "picker.svg")
            await pilot.press("escape")
        app = HFSApp(home, ChatOptions(model="ollama/llama3.2", no_save=True))
        async with app.run_test(size=(60, 20)) as pilot:
            await pilot.pause(1)
            save(app, "no-save.svg")
            await pilot.press("ctrl+q")


if __name__ == "__main__":
    asyncio.run(with_sessions())
    asyncio.run(with_embedded_model(next((Path(sys.argv[1]) / "models").glob("*.gguf")).absolute()))
