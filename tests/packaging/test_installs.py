"""Installed by what people install with, and used from there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hfs
from tests.packaging.conftest import ROOT, Distributions, run
from tests.support.model_server import ModelServer
from tests.support.terminal import terminal

VERSION = f"hfs {hfs.__version__}\n"


def make_environment(folder: Path) -> Path:
    """An empty virtual environment; returns its interpreter."""
    run("python", "-m", "uv", "venv", "--quiet", "--python", sys.executable, folder)
    return folder / "bin" / "python"


def install(interpreter: Path, *what: str | Path) -> None:
    """Installs with uv, without links into its cache."""
    run("python", "-m", "uv", "pip", "install", "--quiet", "--link-mode", "copy", "--python", interpreter, *what)


def contents(folder: Path) -> set[Path]:
    """All that is below a folder."""
    return set(folder.rglob("*"))


def compiled_apart(folder: Path) -> set[Path]:
    """All files below a folder, but for compiled ones: pip itself, when it runs, makes some."""
    return {path for path in contents(folder) if path.is_file() and path.suffix != ".pyc"}


@pytest.fixture(scope="session")
def program(built: Distributions, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hfs of an environment that has the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    install(make_environment(folder), built.wheel)
    return folder / "bin" / "hfs"


def test_the_first_command_of_the_readme_ends_in_a_chat_that_answers(
    unpacked: Path, home: Path, tmp_path: Path
) -> None:
    first = re.search(r"^```sh\n(.*?)\n```$", (unpacked / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert first is not None and first[1].endswith("&& hfs")
    run("python", "-m", "venv", tmp_path / "venv")
    path = f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}"
    line = f"cd {shlex.quote(str(unpacked))} && {first[1]}"
    with terminal(home, variables={"PATH": path, "HOME": str(tmp_path)}, command=("bash", "-c", line)) as screen:
        screen.wait_for("local/smollm2", 100)
        screen.type("hello")
        screen.wait_for("2 · local/smollm2")
        screen.quit()
    (session,) = (home / "sessions").glob("*.json")
    said = [message["role"] for message in json.loads(session.read_bytes())["messages"]]
    assert said == ["user", "assistant"]


def test_the_installed_program_says_its_version(program: Path) -> None:
    assert run(program, "--version").startswith(VERSION)
    assert run(program.with_name("python"), "-m", "hfs", "--version").startswith(VERSION)


def test_the_installed_program_asks_and_lists(program: Path, server: ModelServer) -> None:
    assert run(program, "list") == ""
    assert run(program, "ask", "--base-url", server.base_url, "-m", "m", "What is this?") == "Hello, you\n"
    assert "What is this?" in run(program, "list")


def test_nothing_is_written_to_an_installation(built: Distributions, server: ModelServer, tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    install(make_environment(folder), f"{built.wheel}[sql]")
    # What root may do is no proof, unless it gives away the right to pass over modes.
    as_anybody = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    if as_anybody and shutil.which(as_anybody[0]) is None:
        pytest.skip("root, without setpriv")
    run("chmod", "-R", "a-w", folder)
    try:
        before = contents(folder)
        call = [*as_anybody, str(folder / "bin" / "hfs")]
        refused = subprocess.run([*as_anybody, "touch", str(folder / "x")], capture_output=True, check=False)
        assert refused.returncode != 0
        assert run(*call, "ask", "--base-url", server.base_url, "-m", "m", "hi") == "Hello, you\n"
        assert "<style>" in run(*call, "export", "last", "-f", "html")
        assert "Hello, you" in run(*call, "search", "Hello")
        run(*call, "copy", "--from", "documents", "--to", "sqlite")
        assert "hi" in run(*call, "--store", "sqlite", "list")
        assert "hfs" in run(*call, "completion", "bash")
        assert contents(folder) == before
    finally:
        run("chmod", "-R", "u+w", folder)


def test_pip_installs_the_sdist_and_takes_away_all_of_it(built: Distributions, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "venv"
    interpreter = make_environment(folder)
    install(interpreter, "pip", built.wheel)
    run("python", "-m", "uv", "pip", "uninstall", "--quiet", "--python", interpreter, "hfs-chat")
    before = compiled_apart(folder)
    run(interpreter, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", built.sdist)
    run(folder / "bin" / "hfs", "config", "set", "model", "ollama/llama3.2")
    kept = contents(home)
    assert kept
    run(interpreter, "-m", "pip", "uninstall", "--quiet", "--yes", "hfs-chat")
    assert compiled_apart(folder) == before
    assert not [path for path in contents(folder) if path.name.startswith("hfs")]
    assert contents(home) == kept


def test_pipx_installs_it_runs_it_and_removes_it(built: Distributions, tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("PIPX_HOME", "PIPX_BIN_DIR", "PIPX_MAN_DIR")}
    run("python", "-m", "pipx", "install", built.wheel, **places)
    program = places["PIPX_BIN_DIR"] / "hfs"
    assert run(program, "--version").startswith(VERSION)
    pages = {path.name for path in places["PIPX_MAN_DIR"].rglob("hfs*.1")}
    run("python", "-m", "pipx", "uninstall", "hfs-chat", **places)
    assert not program.exists()
    assert pages == {path.name for path in (ROOT / "docs" / "man").glob("*.1")}


def test_uv_installs_it_as_a_tool_and_runs_it_without_installing(built: Distributions, tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("UV_TOOL_DIR", "UV_TOOL_BIN_DIR")}
    run("python", "-m", "uv", "tool", "install", "--quiet", built.wheel, **places)
    program = places["UV_TOOL_BIN_DIR"] / "hfs"
    assert run(program, "--version").startswith(VERSION)
    run("python", "-m", "uv", "tool", "uninstall", "--quiet", "hfs-chat", **places)
    assert not program.exists()
    assert run("python", "-m", "uv", "tool", "run", "--from", built.wheel, "hfs", "--version").startswith(VERSION)
