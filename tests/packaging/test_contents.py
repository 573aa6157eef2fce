"""What is in the distributions: all of it, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.packaging.conftest import ROOT, Distributions

FOLDERS = {"hfs", "tests", "fixtures", "docs", "bench", "examples", ".ci"}
PAGES = {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"}
SETTINGS = {".gitattributes", ".gitignore", "PKG-INFO", "pyproject.toml", "tox.ini"}


def names(wheel: Path) -> list[PurePosixPath]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return [PurePosixPath(name) for name in archive.namelist()]


def files(folder: Path) -> set[str]:
    """The files below a folder that are no cache."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_build_warns_of_nothing(built: Distributions) -> None:
    assert "warn" not in built.said.lower()
    assert "deprecat" not in built.said.lower()


def test_a_wheel_is_the_same_from_the_sdist_and_from_the_tree(built: Distributions) -> None:
    assert built.wheel.name == built.wheel_of_tree.name
    assert built.wheel.read_bytes() == built.wheel_of_tree.read_bytes()


def test_the_wheel_has_the_whole_package_its_manual_and_its_metadata(built: Distributions, unpacked: Path) -> None:
    package, manual, metadata = set(), set(), set()
    for name in names(built.wheel):
        if name.parts[0] == "hfs":
            package.add(name.as_posix())
        elif name.parts[1:3] == ("data", "share"):
            manual.add(name.name)
        else:
            metadata.add(name.relative_to(name.parts[0]).as_posix())
    assert {name.removeprefix("hfs/") for name in package} == files(unpacked / "hfs")
    assert manual == {path.name for path in (unpacked / "docs" / "man").rglob("*.[1-9]")}
    assert metadata == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_has_every_file_that_git_knows_and_no_other(unpacked: Path) -> None:
    assert {path.name for path in unpacked.iterdir()} == FOLDERS | PAGES | SETTINGS
    if not (ROOT / ".git").exists():
        pytest.skip("no clone: what git knows can't be asked")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    known = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    assert files(unpacked) == known | {"PKG-INFO"}


def test_no_file_names_a_folder_of_the_machine_that_built(unpacked: Path, built: Distributions) -> None:
    here = str(ROOT).encode()
    assert not [path for path in unpacked.rglob("*") if path.is_file() and here in path.read_bytes()]


def test_the_suite_collects_from_the_sdist(unpacked: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=unpacked,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "tests collected" in done.stdout.splitlines()[-1]
