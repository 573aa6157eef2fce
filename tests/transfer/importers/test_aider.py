"""Aider's chat history."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hfs.transfer.conversation import Conversation
from hfs.transfer.importers import TextFormat
from hfs.transfer.importers.aider import FORMATS
from tests.transfer.importers.mutating import check
from tests.transfer.importers.reading import FIXTURES, failures, folded, read, said, source_of

HISTORY = FIXTURES / "aider" / ".aider.chat.history.md"
HEADER = "\n# aider chat started at 2026-03-01 09:30:00\n\n> Aider v0.86.1  \n\n"


@pytest.fixture(autouse=True)
def _in_lisbon_in_summer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if hasattr(time, "tzset"):
        monkeypatch.setenv("TZ", "WEST-1")
        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()
    else:
        yield


def imported(tmp_path: Path, text: str) -> Conversation:
    """The one session of a history, which begins with the header."""
    path = tmp_path / "history.md"
    path.write_text(HEADER + text, encoding="utf-8", newline="")
    (conversation,) = read(path, "aider")
    return conversation


def test_each_start_is_a_session_of_its_own() -> None:
    found = read(HISTORY, "aider")
    ids = [one.id for one in found]
    assert [(one or "")[:19] for one in ids] == ["2026-03-01 09:30:00", "", "2026-03-01 11:00:00"]
    assert len(set(ids)) == len(ids)
    assert said(found[2]) == [("user", "hi"), ("assistant", "hello")]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone can't be changed here")
def test_local_time_becomes_utc() -> None:
    assert read(HISTORY)[0].created_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_only_what_was_typed_is_the_person_s() -> None:
    (first, *_) = read(HISTORY)
    assert [text for role, text in said(first) if role == "user"] == [
        "Explain the parser.\n\nKeep it short.",
        "And the lexer?",
        "go on",
    ]


def test_headings_quotes_and_code_in_an_answer_survive() -> None:
    (first, *_) = read(HISTORY)
    answer = said(first)[1][1]
    assert answer.startswith(
        "# The parser\n\nIt has two steps:\n\n> Read first, then build.\n\n#### Reading\n\n```sh\n"
    )
    assert "# a comment\n\n> output.txt  \n# aider chat is not started here\n```" in answer
    assert answer.endswith("def parse(text: str):\n>>>>>>> REPLACE\n```")


def test_output_commands_and_confirmations_are_folded() -> None:
    (first, *_) = read(HISTORY)
    assert folded(first)[1:] == [
        ("command", "/add src/parser.py"),
        ("tool output", "Added src/parser.py to the chat"),
        (
            "tool output",
            "Tokens: 2.1k sent, 344 received. Cost: $0.02 message, $0.02 session.\n"
            "Applied edit to src/parser.py\n\nCommit 019a810 refactor: say the type",
        ),
        ("command", "!ls"),
        ("tool output", "Add 4.2k tokens of command output to the chat? (Y)es/(N)o [Yes]: n"),
        ("command", "/model gpt-4o"),
        ("tool output", "Aider v0.86.1\nModel: gpt-4o with diff edit format"),
        ("confirmation", "Add src/lexer.py to the chat? (Y)es/(N)o/(A)ll/(S)kip all [Yes]: all"),
        ("tool output", "^C again to exit"),
    ]


def test_a_command_line_of_several_lines_is_no_answer() -> None:
    (first, *_) = read(HISTORY)
    assert "--message Explain the parser.\n\nKeep it short.\nAider v0.86.1\n" in folded(first)[0][1]


def test_answers_have_the_model_that_was_announced_last() -> None:
    (first, *_) = read(HISTORY)
    models = [one.model for one in first.branches[0].messages if one.role == "assistant"]
    assert models == ["claude-sonnet-4-5", "gpt-4o", "gpt-4o"]


def test_blank_prompts_and_sessions_in_which_nothing_was_said_are_counted() -> None:
    first, second, _ = read(HISTORY)
    assert first.tally.skipped == Counter({"empty message": 1})
    assert second.branches == []
    assert second.tally.skipped == Counter({"session in which nothing was said": 1})


def test_an_answer_that_was_cut_off_in_a_code_block_does_not_take_what_follows_with_it() -> None:
    (first, *_) = read(HISTORY)
    assert said(first)[-3:] == [
        ("assistant", "It is cut off here:\n```python\ndef lex("),
        ("user", "go on"),
        ("assistant", "Later."),
    ]


def test_a_heading_in_a_code_block_is_no_prompt(tmp_path: Path) -> None:
    answer = "````md\n```\n#### a heading\n```\n\n> quoted  \n````\n\n~~~\n\n> also quoted  \n~~~"
    conversation = imported(tmp_path, f"#### hi  \n\n{answer}\n\n> Tokens: 1 sent.  \n")
    assert said(conversation) == [("user", "hi"), ("assistant", answer)]


def test_a_quote_with_hard_breaks_that_follows_text_is_no_output(tmp_path: Path) -> None:
    answer = "As it says:\n> one  \n> two  "
    conversation = imported(tmp_path, f"#### hi  \n\n{answer}\n")
    assert said(conversation) == [("user", "hi"), ("assistant", answer)]


def test_an_answer_that_was_handed_to_another_model_is_no_prompt(tmp_path: Path) -> None:
    plan = "#### hi  \n\nChange this:\n\n# One\n\n> Edit the files? (Y)es/(N)o [Yes]: y  \n\n"
    repeated = "#### Change this:  \n####   \n#### # One  \n\nDone.\n"
    conversation = imported(tmp_path, plan + repeated)
    assert said(conversation) == [("user", "hi"), ("assistant", "Change this:\n\n# One"), ("assistant", "Done.")]
    assert folded(conversation)[-1] == ("repeated answer", "Change this:\n\n# One")


def test_windows_line_ends_are_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "history.md"
    path.write_bytes(HISTORY.read_bytes().replace(b"\n", b"\r\n"))
    assert read(path) == read(HISTORY)


def test_a_history_that_lost_its_trailing_spaces_is_read_by_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "history.md"
    path.write_text((HEADER + "#### hi\n#### there\n\nhello\n\n> Tokens: 1 sent.\n").replace("  \n", "\n"))
    (conversation,) = read(path, "aider")
    assert said(conversation) == [("user", "hi\nthere"), ("assistant", "hello")]
    assert folded(conversation) == [("tool output", "Aider v0.86.1"), ("tool output", "Tokens: 1 sent.")]


def test_a_history_whose_beginning_was_cut_off_is_read_from_there(tmp_path: Path) -> None:
    path = tmp_path / "history.md"
    path.write_text(f"the end of an answer\n\n#### hi  \n\nhello\n{HEADER}#### again  \n\nyes\n")
    first, second = read(path, "aider")
    assert (first.id, first.created_at) == (None, None)
    assert said(first) == [("assistant", "the end of an answer"), ("user", "hi"), ("assistant", "hello")]
    assert said(second) == [("user", "again"), ("assistant", "yes")]


def test_a_start_at_no_time_is_a_start(tmp_path: Path) -> None:
    path = tmp_path / "history.md"
    path.write_text("# aider chat started at 2026-02-30 25:00:00\n\n#### hi  \n\nhello\n")
    (conversation,) = read(path, "aider")
    assert (conversation.id or "").startswith("2026-02-30 25:00:00 ")
    assert conversation.created_at is None


def test_markdown_that_only_speaks_of_aider_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n\nIt begins with\n\n# aider chat started at 2026-03-01 09:30:00\n\nand so on.\n")
    (failed,) = failures(path)
    assert failed.reason.startswith("it has not the shape of any format that hfs knows")


def test_the_reader_survives_lines_in_any_order() -> None:
    (form,) = FORMATS
    assert isinstance(form, TextFormat)
    source = source_of(HISTORY)
    lines = [*HISTORY.read_text().splitlines(), "", "```", "~~~~", "####", ">", ">  ", "####  ", "\x00\x1b[31m", "\r"]
    for seed in range(300):
        chance = random.Random(seed)
        text = "\n".join(chance.choices(lines, k=chance.randint(0, 60)))
        for conversation in form.read(text, source):
            check(conversation)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("".join(f"{'`' * (3 + n)}\n" for n in range(2000, 0, -1)), id="open code blocks"),
        pytest.param("x" + " " * 1_000_000 + "x", id="spaces"),
        pytest.param("\n\n####" + " " * 1_000_000 + "x", id="spaces after a mark"),
        pytest.param("\n\n#### " + "(Y)es/(N)o]: " * 100_000 + "!  ", id="confirmations"),
        pytest.param("<think>" * 200_000, id="thoughts"),
    ],
)
def test_a_hostile_history_is_read_in_good_time(answer: str) -> None:
    (form,) = FORMATS
    assert isinstance(form, TextFormat)
    started = time.monotonic()
    for text in (HEADER + "#### hi  \n\n" + answer, HEADER.replace("  \n", "\n") + "#### hi\n\n" + answer):
        (conversation,) = form.read(text, source_of(HISTORY))
        assert said(conversation)
    assert time.monotonic() - started < 60


@pytest.mark.timeout(20)
def test_many_prompts_behind_a_long_answer_or_none_take_a_moment(tmp_path: Path) -> None:
    asked = "#### a  \n\n" * 20_000
    assert len(said(imported(tmp_path, asked))) == 20_000
    assert len(said(imported(tmp_path, "#### b  \n\n" + "long\n" * 20_000 + "\n" + asked))) == 20_002
