"""The embedded model, run for real."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hfs.errors import ModelUnavailableError
from hfs.models import Prompt, open_model, weights
from hfs.user_config import Config


async def test_the_embedded_model_answers_and_its_process_ends(home: Path, model_cache: Path) -> None:
    config = Config(home / "config.toml", gguf=model_cache / "smollm2.gguf")
    model = open_model("local", config, home=home)
    answer = "".join([chunk async for chunk in model.stream([Prompt("user", "What is the capital of France?")])])
    assert len(answer) > 3
    assert model.name == "local/smollm2"
    process = model._process  # type: ignore[attr-defined]
    await model.aclose()
    assert process.returncode is not None


async def test_without_weights_it_says_what_to_do(home: Path) -> None:
    model = open_model("local", Config(home / "config.toml"), home=home)
    with pytest.raises(ModelUnavailableError, match="hfs models add smollm2"):
        await model.start()


async def test_broken_weights_are_a_clear_error(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    model = open_model("local", Config(home / "config.toml", gguf=broken), home=home)
    with pytest.raises(ModelUnavailableError, match=r"broken\.gguf"):
        await model.start()


def test_weights_come_from_the_cache_folder_and_only_once(
    home: Path, model_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HFS_MODEL_CACHE", str(model_cache))
    path = weights.add_smollm2(home)
    assert path == weights.find(home, Config(home / "config.toml"))
    before = path.stat()
    assert weights.add_smollm2(home).stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(file.name for file in path.parent.iterdir()) == ["smollm2.gguf", "smollm2.txt"]


def test_a_file_that_is_no_model_is_refused_and_a_model_is_copied(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "x.gguf"
    other.write_bytes(b"nothing")
    with pytest.raises(ModelUnavailableError, match="no GGUF"):
        weights.add_file(home, other)
    other.write_bytes(b"GGUF...")
    assert weights.add_file(home, other).read_bytes() == b"GGUF..."
    shutil.rmtree(home)


def test_weights_that_are_added_first_make_a_home_that_nobody_else_can_enter(home: Path) -> None:
    with weights._landing(home, "x.gguf") as temporary:
        temporary.write_bytes(b"x")
    assert [path.stat().st_mode & 0o777 for path in (home, home / "models")] == [0o700, 0o700]
    assert (home / "models" / "x.gguf").read_bytes() == b"x"
