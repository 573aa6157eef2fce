"""Names of exported files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathvalidate import is_valid_filename

from hfs.display import display
from hfs.transfer.exporting.naming import file_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("How do I undo a rebase?", "12-how-do-i-undo-a-rebase.md", id="a question"),
        pytest.param("How? - 2026-11-24_01-55", "12-how.md", id="an automatic name"),
        pytest.param("Don't use C++ & C#", "12-dont-use-c++-c.md", id="signs"),
        pytest.param("日本語 हिन्दी Ελληνικά 👩🏽‍💻", "12-日本語-हिन्दी-ελληνικά-👩🏽‍💻.md", id="other scripts"),
        pytest.param("e\u0301", "12-é.md", id="composed"),
        pytest.param("../../etc/passwd", "12-etc-passwd.md", id="a path"),
        pytest.param("C:\\Windows\\x", "12-c-windows-x.md", id="a path on Windows"),
        pytest.param("CON", "12-con.md", id="a device"),
        pytest.param("-rf .", "12-rf.md", id="an option"),
        pytest.param("...", "12.md", id="nothing left"),
        pytest.param("a\nb\x1b[31m\u202egnp", "12-a-b-31m-gnp.md", id="controls"),
    ],
)
def test_a_name_is_told_at_a_glance(name: str, expected: str) -> None:
    assert file_name(12, name, "md") == expected


@given(st.text(max_size=300), st.integers(1, 10**17))
def test_a_name_is_taken_by_every_system(name: str, session_id: int) -> None:
    made = file_name(session_id, name, "html")
    assert is_valid_filename(made, platform="universal")
    assert len(made) <= 80 + len(".html")
    assert len(made.encode()) <= 205
    assert made.startswith(str(session_id))
    assert display(made) == made
    assert not set(made) & set('/\\:*?"<>|\n\t ')


def test_sessions_of_one_name_have_files_of_different_names() -> None:
    made = [file_name(number, name, "md") for number, name in ((1, "2 A"), (1_2, "A"), (12_2, "a"), (2, "é"), (3, "É"))]
    assert len({name.casefold() for name in made}) == len(made)
