"""How the person's editor is called."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from hfs.editor import PrivateCopy, editor_command, open_editor
from hfs.errors import HfsError

FILE = Path("/x/a b.md")


@pytest.mark.parametrize(
    ("editor", "line", "expected"),
    [
        pytest.param("vim", 12, ["vim", "+12", "/x/a b.md"], id="vim"),
        pytest.param("/usr/bin/nano -l", 3, ["/usr/bin/nano", "-l", "+3", "/x/a b.md"], id="nano with an option"),
        pytest.param(
            "'/opt/my editors/nvim' -u NONE", 0, ["/opt/my editors/nvim", "-u", "NONE", "/x/a b.md"], id="quoted"
        ),
        pytest.param("code", 7, ["code", "--wait", "--goto", "/x/a b.md:7"], id="code"),
        pytest.param("code -w", 0, ["code", "-w", "/x/a b.md"], id="code that waits"),
        pytest.param("subl", 7, ["subl", "--wait", "/x/a b.md:7"], id="sublime"),
        pytest.param("zed --wait", 7, ["zed", "--wait", "/x/a b.md:7"], id="zed"),
        pytest.param("hx", 7, ["hx", "/x/a b.md:7"], id="helix"),
        pytest.param("gvim", 7, ["gvim", "-f", "+7", "/x/a b.md"], id="gvim"),
        pytest.param("other", 7, ["other", "/x/a b.md"], id="unknown"),
    ],
)
def test_an_editor_is_told_the_line_in_its_own_way(
    monkeypatch: pytest.MonkeyPatch, editor: str, line: int, expected: list[str]
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", editor)
    assert editor_command(FILE, line) == expected


def test_visual_comes_before_editor_and_vi_after_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "one")
    monkeypatch.setenv("VISUAL", "two")
    assert editor_command(FILE)[0] == "two"
    monkeypatch.setenv("VISUAL", "")
    assert editor_command(FILE)[0] == "one"
    monkeypatch.delenv("EDITOR")
    assert editor_command(FILE)[0] == "vi"


@pytest.mark.parametrize("editor", ["'", " ", "/no/such/editor", "false"])
def test_an_editor_that_can_not_be_run_or_fails_is_named(monkeypatch: pytest.MonkeyPatch, editor: str) -> None:
    monkeypatch.setenv("VISUAL", editor)
    with pytest.raises(HfsError, match="The editor"):
        open_editor(FILE)


def test_interrupts_are_the_editors_while_it_runs_and_ours_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setenv("VISUAL", f"sh -c 'kill -INT {os.getpid()}'")
    open_editor(FILE)
    assert signal.getsignal(signal.SIGINT) is before
    thread = threading.Thread(target=open_editor, args=(FILE,))
    monkeypatch.setenv("VISUAL", "true")
    thread.start()
    thread.join()


def test_a_copy_is_private_and_removed_unless_it_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with PrivateCopy("x.md") as copy:
        copy.write(b"one")
        copy.write(b"\xff")
        assert copy.read() == b"\xff"
        assert [copy.path.stat().st_mode & 0o777, copy.path.parent.stat().st_mode & 0o777] == [0o600, 0o700]
    assert list(tmp_path.iterdir()) == []
    with PrivateCopy("x.md") as copy:
        with pytest.raises(HfsError, match="can't be read"):
            copy.read()
        copy.stays = True
    assert copy.path.parent.exists()
    copy.path.mkdir()
    with pytest.raises(HfsError, match="Could not write"):
        copy.write(b"x")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no"))
    with pytest.raises(HfsError, match="private copy"):
        PrivateCopy("x.md")
