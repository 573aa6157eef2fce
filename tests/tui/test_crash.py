"""A crash of the chat shows no key and no words, in the terminal and in its report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from pathlib import Path
from hfs.tui.app import HFSApp

class Broken(HFSApp):
    async def on_mount(self):
        headers = {"authorization": "Bearer sk-proj-abcdefghijklmnop"}
        words = "what I said in private"
        raise RuntimeError("\\x1b]52;c;aGk=\\x07 failed with sk-proj-abcdefghijklmnop and " + headers["authorization"])

app = Broken(Path(sys.argv[1]))
app.run(headless=True)
sys.exit(app.return_code or 0)
"""


def test_a_crash_shows_no_key_no_words_and_no_escape(home: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CODE, str(home)], capture_output=True, timeout=60, check=False)
    report = home / "crash.log"
    assert done.returncode == 1
    assert report.stat().st_mode & 0o077 == 0
    said = (done.stdout + done.stderr).replace(b"\n", b"")
    assert b"hfs stopped because of a mistake of its own: RuntimeError" in said
    assert b"crash.log" in said
    for text in (said, report.read_bytes()):
        assert b"sk-proj" not in text
        assert b"in private" not in text
        assert b"\x1b]52" not in text
    assert b"RuntimeError" in report.read_bytes()
