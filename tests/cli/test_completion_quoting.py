"""What bash puts into the line: quoted for its place, so that it means the session and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.cli._session_items import can_be_typed
from hfs.cli._shells.bash import _rest as in_place
from hfs.cli._shells.line import Line, read_line
from hfs.persistence import open_store
from tests.cli.completing import LISTING, MENU, NORMAL, bash


def named(*names: str) -> None:
    with open_store() as opened:
        for name in names:
            opened.create(name)


@pytest.mark.parametrize(
    ("line", "replaced", "expected"),
    [
        pytest.param("hfs show ho", "ho", r"How\ to:\ a=b".replace(":", r"\:").replace("=", r"\="), id="unquoted"),
        pytest.param(r"hfs show How\ to", r"How\ to", r"How\ to\:\ a\=b", id="backslash"),
        pytest.param('hfs show "How t', "How t", "How to: a=b", id="double-quotes"),
        pytest.param("hfs show 'How t", "How t", "How to: a=b", id="single-quotes"),
        pytest.param(r"hfs show How\ to:", "", r"\ a\=b", id="after-a-colon"),
        pytest.param("hfs show 'How'\\ to:' a", " a", " a=b", id="a-quote-after-a-colon"),
        pytest.param("hfs show to:", "to:", r"How\ to\:\ a\=b", id="no-word-ends-at-a-colon-there"),
        pytest.param("hfs --resume=how", "how", r"How\ to\:\ a\=b", id="after-the-equals-sign"),
        pytest.param("hfs --resume=how", "--resume=how", r"--resume\=How\ to\:\ a\=b", id="no-word-ends-there"),
    ],
)
def test_a_name_takes_the_place_of_what_is_typed(line: str, replaced: str, expected: str) -> None:
    named("How to: a=b")
    assert bash(line, replaced) == [expected]


@pytest.mark.parametrize(
    ("name", "line", "replaced", "expected"),
    [
        pytest.param("$(touch x)", "hfs show '$", "$", "$(touch x)", id="command-in-single"),
        pytest.param("$(touch x)", 'hfs show "', "", "1  $(touch x)", id="nothing-typed"),
        pytest.param("$(touch x) `y`", 'hfs show "tou', "tou", r"\$(touch x) \`y\`", id="command-in-double"),
        pytest.param("'; rm", "hfs show 'r", "r", "1", id="single-in-single"),
        pytest.param("'; rm", "hfs show r", "r", r"\'\;\ rm", id="single-unquoted"),
        pytest.param('say "x"', 'hfs show "say', "say", "1", id="double-in-double"),
        pytest.param("wow! ls", 'hfs show "wow', "wow", "1", id="history-in-double"),
        pytest.param("wow! ls", "hfs show wow", "wow", r"wow\!\ ls", id="history-unquoted"),
        pytest.param("~root", "hfs show roo", "roo", r"\~root", id="home-of-another"),
        pytest.param("a{b,c}*?[d]", "hfs show a", "a", r"a\{b,c\}\*\?\[d\]", id="patterns"),
    ],
)
def test_nothing_in_a_name_is_expanded(name: str, line: str, replaced: str, expected: str) -> None:
    named(name)
    assert bash(line, replaced)[0] == expected


def test_what_cannot_follow_what_stays_is_not_offered() -> None:
    named("Rebase: main")
    assert bash("hfs show main:re", "re") == []
    assert bash("hfs show $'reb", "reb") == []


def test_several_sessions_are_listed_with_their_ids_and_leave_the_line_as_it_is() -> None:
    named("How do I rebase", "How to rebase")
    for kind in (NORMAL, LISTING):
        assert bash("hfs show reb", "reb", kind) == ["2  How to rebase", "1  How do I rebase"]
    named(*(f"Name {number}" for number in range(3, 10)), "How not to rebase", "Why rebase")
    # With ids that begin alike, something else stands before them.
    assert bash("hfs show not\\ to", "not\\ to") == [r"How\ not\ to\ rebase"]
    with open_store() as opened:
        opened.delete(1), opened.delete(2)
    assert bash("hfs show reb", "reb") == [" ", "11  Why rebase", "10  How not to rebase"]


def test_what_names_have_in_common_goes_on_with_what_is_typed() -> None:
    named("How do I rebase", "How do I squash")
    assert bash("hfs show how", "how") == [r"How\ do\ I\ squash", r"How\ do\ I\ rebase"]
    assert bash(r"hfs show How\ do\ I\ ", r"How\ do\ I\ ") == ["2  How do I squash", "1  How do I rebase"]


def test_where_a_tab_puts_each_answer_into_the_line_all_are_quoted() -> None:
    named("How do I; rebase", "How to $rebase")
    assert bash("hfs show reb", "reb", MENU) == [r"How\ to\ \$rebase", r"How\ do\ I\;\ rebase"]


@pytest.mark.parametrize("mode", ["", '"', "'"], ids=["unquoted", "double", "single"])
@given(name=st.text(min_size=1, max_size=40).filter(can_be_typed))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_every_name_that_is_put_into_a_line_is_read_as_that_name(mode: str, name: str) -> None:
    form = in_place(name, Line([""], mode))
    if form is None:
        assert set(name) & set("'\"!") and mode
        return
    assert read_line(f"hfs show {mode}{form}").words == ["hfs", "show", name]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize("mode", ["", '"', "'"], ids=["unquoted", "double", "single"])
def test_bash_reads_every_sign_in_a_name_as_itself(tmp_path: Path, mode: str) -> None:
    signs = [chr(code) for code in range(0x21, 0x7F)] + ["é", "א", "🎉", "e\u0301"]
    names = [f"{one}a{other}" for one in signs for other in ("", *"$`!~{*\"'=:;", " b")]
    forms = [(name, in_place(name, Line([""], mode))) for name in names]
    kept = [(name, form) for name, form in forms if form is not None]
    line = f"printf '%s\\0' {' '.join(mode + form + mode for _, form in kept)}"
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split("\0")[:-1] == [name for name, _ in kept]
    assert len(kept) > len(names) / 2
