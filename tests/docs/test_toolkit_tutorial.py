"""The tutorial of the toolkit, done from its first line to its last."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

PAGE = (DOCS / "tutorials" / "toolkit.md").read_text()
BLOCK = re.compile(r"^(?:<!-- file: (\S+) -->\n)?```(python|sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TAIL = 'if __name__ == "__main__":\n    notebook()\n'


def written(present: str, block: str) -> str:
    """A file after a reader has put a block into it: above its last two lines."""
    return present.replace(TAIL, f"{block}\n\n{TAIL}") if present else block


@pytest.mark.skipif(shutil.which("jq") is None, reason="the tutorial looks at the files with jq")
def test_a_reader_who_does_the_tutorial_sees_what_it_shows_and_has_the_example(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONWARNINGS": "error",
    }
    said, checked = "", 0
    for name, kind, block in BLOCK.findall(PAGE):
        if kind == "python":
            path = tmp_path / name
            path.write_text(written(path.read_text() if path.exists() else "", block))
        elif kind == "sh":
            done = subprocess.run(
                ["bash", "-euc", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
            said = done.stdout
        else:
            assert said == block
            checked += 1
    assert checked >= 8
    assert (tmp_path / "notes.py").read_text() == (ROOT / "examples" / "notes.py").read_text()
