"""The distributions, built once for a run, and the tools that install them.

The tools are the dependency group ``package``. Where one is not installed these tests are skipped, and in
``tox -e package`` they fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
_TOOLS: Final = ("build", "pipx", "twine", "uv")


def run(*command: str | Path, cwd: Path | None = None, **environment: str | Path) -> str:
    """Runs a command that must succeed.

    Args:
        command: The program and its arguments; ``python`` is the one that runs the tests.
        cwd: Where to run it.
        environment: Variables to set.

    Returns:
        What it printed.
    """
    words = [sys.executable if word == "python" else str(word) for word in command]
    variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    done = subprocess.run(
        words, cwd=cwd, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Distributions:
    """What was built."""

    sdist: Path
    wheel: Path
    """Built from the sdist, as indexes and packagers do."""
    wheel_of_tree: Path
    """Built from the tree, as ``pip install .`` does."""
    said: str


@pytest.fixture(scope="session")
def tools() -> None:
    """Skips, or fails in tox, where a tool is not there."""
    missing = [name for name in _TOOLS if find_spec(name) is None]
    if missing and os.environ.get("HFS_TEST_PACKAGE"):
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; `tox -e package` has them")


@pytest.fixture(scope="session")
def built(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    """The sdist and the wheels."""
    folder = tmp_path_factory.mktemp("dist")
    common = ("python", "-W", "error", "-m", "build", "--installer", "uv")
    said = run(*common, "--outdir", folder, ROOT)
    run(*common, "--wheel", "--outdir", folder / "tree", ROOT)
    (sdist,), (wheel,), (wheel_of_tree,) = (
        list(place.glob(pattern))
        for place, pattern in ((folder, "*.tar.gz"), (folder, "*.whl"), (folder / "tree", "*.whl"))
    )
    return Distributions(sdist, wheel, wheel_of_tree, said)


@pytest.fixture(scope="session")
def unpacked(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that is in the sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    run("tar", "-xzf", built.sdist, "-C", folder)
    (inside,) = folder.iterdir()
    return inside
