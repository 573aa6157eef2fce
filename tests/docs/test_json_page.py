"""The page of JSON has the keys that the commands give, and no others."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS
from tests.docs.sample_home import make_person
from tests.support.model_server import ModelServer

_PAGE = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "jq"))), reason="bash or jq is not installed")


def _keys(command: str) -> list[set[str]]:
    """The keys in each table of a command: its first column."""
    section = re.split(r"^## ", _PAGE.split(f"\n## {command}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    tables = section.split("| Key | |\n")[1:]
    return [
        {key for cell in re.findall(r"^\| (.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", cell)}
        for table in tables
    ]


@pytest.mark.parametrize(
    ("command", "line", "inner"),
    [
        pytest.param("hfs list", "hfs list --limit 1 --json", [], id="list"),
        pytest.param("hfs search", "hfs search --json reflog", [], id="search"),
        pytest.param("hfs stats", "hfs stats --json", [], id="stats"),
        pytest.param("hfs check", "cp .hfs/sessions/1.json '.hfs/sessions/1 2.json'; ! hfs check --json",
                     ["findings", "home_folder"], id="check"),
        pytest.param("hfs models", "hfs models --json", ["providers"], id="models"),
        pytest.param("hfs config list", "hfs config list --json", [], id="config"),
        pytest.param("hfs prune", "hfs prune --older-than 1d --json --dry-run", [], id="prune"),
        pytest.param("hfs trash list", "hfs delete 3; hfs trash list --json", [], id="trash"),
        pytest.param("hfs merge", "cp .hfs/sessions/1.json '.hfs/sessions/1 2.json'; hfs merge --json", [], id="merge"),
        pytest.param("hfs import", "hfs import --json project/chatgpt-export.zip", ["conversations"], id="import"),
        pytest.param("hfs copy", "hfs copy --from documents --to sqlite --json --dry-run", ["sessions"], id="copy"),
        pytest.param("hfs tag", "(hfs tag --json; hfs tag 1 --json) | jq -s '[.[0][0], {inner: .[1]}]'", ["inner"],
                     id="tag"),
    ],
)  # fmt: skip
def test_the_page_has_the_keys_that_a_command_gives(
    command: str, line: str, inner: list[str], tmp_path: Path, server: ModelServer
) -> None:
    environment = make_person(tmp_path / "me", server.base_url)
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path / "me", env=environment, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, f"{shlex.quote(line)}: {done.stderr}"
    given: Any = json.loads(done.stdout)
    outer = given[0] if isinstance(given, list) else given
    found = [set(outer)]
    for key in inner:
        part = (outer if key in outer else given[1])[key]
        found.append(set(part[0] if isinstance(part, list) else part))
    assert _keys(command) == found
