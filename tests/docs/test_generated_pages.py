"""The pages that come out of the code are what the code gives now."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import manual, roff
from docs.generate.markdown import prose, rows_below, table, with_part
from docs.generate.pages import DOCS, PARTS, current, outdated
from tests.docs.pages import ROOT

MAN_PAGES = sorted((DOCS / "man").glob("*.1"))


def test_every_generated_page_is_what_the_code_gives() -> None:
    old = [path.relative_to(ROOT).as_posix() for path in outdated(current())]
    assert not old, f"run: python -m docs.generate (old: {', '.join(old)})"


def test_the_check_names_a_page_that_is_old(tmp_path: Path) -> None:
    shutil.copytree(DOCS, tmp_path / "docs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    run = [sys.executable, "-m", "docs.generate"]
    page = tmp_path / "docs" / "reference" / "keys.md"
    page.write_text(page.read_text().replace("Ctrl+O", "Ctrl+Y"))
    gone, stray = tmp_path / "docs" / "man" / "hfs-list.1", tmp_path / "docs" / "man" / "hfs-nothing.1"
    gone.unlink()
    stray.touch()
    checked = subprocess.run([*run, "--check"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert checked.stderr.splitlines()[:3] == [
        "docs/reference/keys.md", "docs/man/hfs-list.1", "docs/man/hfs-nothing.1",
    ]  # fmt: skip
    assert subprocess.run(run, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert "Ctrl+O" in page.read_text() and gone.exists() and not stray.exists()


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_no_man_page_makes_groff_warn() -> None:
    for path in MAN_PAGES:
        done = subprocess.run(["groff", "-man", "-ww", "-z", path], capture_output=True, text=True, check=True)
        assert not done.stderr, path.name


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff")
def test_what_could_be_a_request_or_an_escape_stands_in_a_man_page_as_it_is(tmp_path: Path) -> None:
    lines = [".so /etc/passwd", "'quoted'", r"back\slash \n", "--option=-x", '`a` ^ ~ "', "Straße → 漢"]
    source = "\n".join(['.TH X 1 "" x x', ".SH X", *roff.verbatim(lines)])
    (tmp_path / "x.1").write_text(source, encoding="ascii")
    command = ["groff", "-man", "-Tutf8", "-ww", "-P-c", str(tmp_path / "x.1")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert not done.stderr
    assert [line.strip() for line in done.stdout.splitlines() if line.startswith("   ")] == lines


def test_a_man_page_has_its_sections_in_the_usual_order() -> None:
    for name, text in manual.pages().items():
        found = [line.removeprefix(".SH ").strip('"') for line in text.splitlines() if line.startswith(".SH ")]
        usual = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "COMMANDS", "ENVIRONMENT", "FILES"]
        usual += ["EXIT STATUS", "SEE ALSO"]
        assert found == [title for title in usual if title in found]
        assert {"NAME", "SYNOPSIS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"} <= set(found), name


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Without --repair nothing.", "Without `--repair` nothing."),
        ("the one that -c or -s names", "the one that `-c` or `-s` names"),
        ("goes to $PAGER, or less", "goes to `$PAGER`, or less"),
        ("""words: '"undo a rebase"'.""", """words: `'"undo a rebase"'`."""),
        ("a star: reb*. Marked *", "a star: `reb*`. Marked \\*"),
        ("without message <n>", "without message `<n>`"),
        ("Send; //text sends /text", "Send; `//text` sends `/text`"),
        ("read and/or written, well-kept", "read and/or written, well-kept"),
        ("in `--json` already", "in `--json` already"),
        ("postgresql://USER@HOST/DATABASE.", "`postgresql://USER@HOST/DATABASE`."),
        ("instead of ~/.hfs.", "instead of `~/.hfs`."),
    ],
)
def test_what_is_typed_is_code_in_markdown(text: str, markdown: str) -> None:
    assert prose(text) == markdown


def test_a_table_is_read_back_from_below_its_heading() -> None:
    page = f"# A\n\n## B\n\n{table(['x', 'y'], [['1', 'two'], ['3', 'four']])}\n\n| no |\n"
    assert rows_below(page, "## B") == [["1", "two"], ["3", "four"]]
    with pytest.raises(ValueError, match="no table below '## C'"):
        rows_below(page, "## C")


def test_what_stands_around_a_generated_part_stays() -> None:
    page = "before\n<!-- generated: x -->\nold\n<!-- end -->\nafter\n"
    assert with_part(page, "x", "new") == "before\n<!-- generated: x -->\n\nnew\n\n<!-- end -->\nafter\n"
    with pytest.raises(ValueError, match="no place for 'y'"):
        with_part(page, "y", "new")


def test_each_marker_in_the_pages_is_known() -> None:
    found = {path.name: path.read_text().count("<!-- generated: ") for path in (DOCS / "reference").glob("*.md")}
    assert {name: count for name, count in found.items() if count} == {name: len(part) for name, part in PARTS.items()}
