"""What the pages tell people to type works as it stands there.

A block that can't be run here is marked in the page, on the line above it: ``<!-- not run: why -->``. What a person
does in the chat, and what follows supposes, is done by ``<!-- run: commands -->``.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Page, pages_to_do
from tests.docs.sample_home import make_person
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "git", "jq", "less"))), reason="bash, git, jq or less is not installed"
)
_TRAP = """trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR"""


@pytest.mark.parametrize(
    "page", [pytest.param(page, id=page.name) for page in pages_to_do() if page.script and not page.run_by]
)
def test_the_shell_blocks_of_a_page_run_from_first_to_last(page: Page, tmp_path: Path, server: ModelServer) -> None:
    environment = make_person(tmp_path / "me", server.base_url)
    # The first line of a page is its heading, so the trap stands in nobody's way and line numbers are the page's.
    script = tmp_path / "page.sh"
    script.write_text(_TRAP + page.script, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-Eeuo", "pipefail", str(script)],
        cwd=tmp_path / "me" / "project",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{page.name}: {done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


def test_a_page_whose_blocks_another_test_runs_names_one_that_is_there() -> None:
    assert [page.name for page in pages_to_do() if page.run_by and not (ROOT / page.run_by).is_file()] == []
