"""The page of the home folder names what hfs makes there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hfs import paths
from tests.docs.pages import DOCS
from tests.docs.sample_home import make_person
from tests.support.model_server import ModelServer

_USE = """
hfs delete 3
hfs ask hi
printf '{' >> ~/.hfs/sessions/4.json
hfs check --repair
hfs list
hfs git-setup
hfs --store sqlite ask hi
hfs config set theme hfs-light
"""


def _rows() -> list[str]:
    """The names in the first column."""
    page = (DOCS / "reference" / "home-folder.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def test_every_name_that_the_code_has_for_a_part_of_the_home_folder_is_on_the_page() -> None:
    page = (DOCS / "reference" / "home-folder.md").read_text(encoding="utf-8")
    names = [value for name, value in vars(paths).items() if name.isupper() and isinstance(value, str)]
    assert names
    assert [name for name in names if f"`{name}`" not in page and f"`{name}/" not in page] == []


@pytest.mark.skipif(not all(map(shutil.which, ("bash", "git"))), reason="bash or git is not installed")
def test_what_is_in_a_home_folder_after_some_use_is_on_the_page(tmp_path: Path, server: ModelServer) -> None:
    me = tmp_path / "me"
    environment = make_person(me, server.base_url)
    subprocess.run(["bash", "-c", _USE], cwd=me, env=environment, capture_output=True, check=False)
    known = {name.split("/")[0] for name in _rows()}
    there = {path.name for path in (me / ".hfs").iterdir()}
    assert {"trash", "damaged", "index", "sessions.db", "config.toml", ".git"} <= there
    assert there - known == set()
