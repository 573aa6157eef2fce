"""A chat of which nothing is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.temporary_home import temporary_home
from tests.support.model_server import ModelServer
from tests.tui.driving import hear, say, status, until


async def test_nothing_is_left_of_a_chat_that_is_not_saved_and_the_badge_stays(home: Path, server: ModelServer) -> None:
    app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url, no_save=True))
    kept = app._store_home
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: status(pilot).model != "")
        await say(pilot, "a secret")
        await hear(pilot, "Hello, you")
        assert (kept / "sessions" / "1.json").exists()
        assert str(status(pilot).render()).startswith("NOTHING IS SAVED")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    assert not kept.exists()
    assert not (home / "sessions").exists()


def test_what_a_killed_program_left_is_removed_by_the_next(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from hfs.tui.temporary_home import temporary_home
with temporary_home(Path(sys.argv[1])) as home:
    (home / "secret").write_text("x")
    os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    (left,) = tmp_path.iterdir()
    (tmp_path / "hfs-unsaved-mine").mkdir()
    with temporary_home(tmp_path) as home:
        assert not left.exists()
        assert home.stat().st_mode & 0o777 == 0o700
        assert home.name.startswith(f"hfs-unsaved-{os.getpid()}-")
        with temporary_home(tmp_path):
            assert home.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["hfs-unsaved-mine"]
