"""Makes ``docs/screenshot.svg`` from the real program and the embedded model.

Run ``python docs/make_screenshot.py FOLDER``, where FOLDER is a home folder with the model's weights.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from hfs.persistence import SessionStore
from hfs.tui.app import HFSApp
from hfs.tui.widgets.prompt import Prompt


async def main(weights: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").mkdir()
        (home / "models" / weights.name).symlink_to(weights)
        app = HFSApp(home)
        async with app.run_test(size=(92, 24)) as pilot:
            await pilot.pause(2)
            for line in ("What is the capital of France?", "/rename Geography", "/sessions"):
                app.screen.query_one(Prompt).load_text(line)
                await pilot.press("enter")
                await pilot.pause(4)
            svg = app.export_screenshot(title="hfs")
            (Path(__file__).parent / "screenshot.svg").write_text(svg)
            await pilot.press("ctrl+q")
        with SessionStore(home) as store:
            print(store.list_recent())


if __name__ == "__main__":
    asyncio.run(main(next((Path(sys.argv[1]) / "models").glob("*.gguf")).absolute()))
