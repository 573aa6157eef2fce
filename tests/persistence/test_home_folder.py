"""How much is in a part of a home folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfs.persistence.home_folder import measure_part


def test_a_part_counts_the_files_below_it_and_follows_no_link_out_of_it(tmp_path: Path) -> None:
    part = tmp_path / "part"
    (part / "deep").mkdir(parents=True)
    part.chmod(0o700)
    (part / "a").write_bytes(b"12345")
    (part / "deep" / "b").write_bytes(b"123")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "c").write_bytes(b"1" * 1000)
    (part / "link").symlink_to(tmp_path / "elsewhere")
    (part / "loop").symlink_to(part)
    measured = measure_part(part)
    assert measured is not None
    links = sum(len(os.readlink(part / name)) for name in ("link", "loop"))
    assert (measured.files, measured.size, measured.is_for_its_owner_alone) == (4, 8 + links, True)


def test_a_part_that_is_a_link_to_another_disk_is_measured_there(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "x.gguf").write_bytes(b"123")
    (tmp_path / "models").symlink_to(tmp_path / "disk")
    measured = measure_part(tmp_path / "models")
    assert measured is not None
    assert (measured.name, measured.files, measured.size) == ("models", 1, 3)


@pytest.mark.parametrize(("mode", "alone"), [(0o600, True), (0o640, False), (0o604, False)])
def test_a_file_is_one_file_and_its_mode_says_who_may_use_it(tmp_path: Path, mode: int, alone: bool) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"12")
    path.chmod(mode)
    measured = measure_part(path)
    assert measured is not None
    assert (measured.files, measured.size, measured.mode, measured.is_for_its_owner_alone) == (1, 2, mode, alone)


def test_there_is_nothing_to_measure_where_there_is_nothing(tmp_path: Path) -> None:
    assert measure_part(tmp_path / "trash") is None
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    assert measure_part(tmp_path / "dangling") is None
