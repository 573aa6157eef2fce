"""Plain text, to read and to grep."""

from __future__ import annotations

from hfs.display import display
from hfs.transfer.exporters.text import EXPORTER
from tests.transfer.exporters.sample import BIDI, CONTROLS, assert_golden, empty, plain, sample, together


def test_the_bytes_are_pinned() -> None:
    assert_golden("sample.txt", EXPORTER.render(sample()))


def test_a_message_says_who_spoke_when_and_with_which_model() -> None:
    written = EXPORTER.render(sample()).decode()
    assert "\n── 7 · Assistant · local/smollm2 · 2026-11-24 01:55 ─" in written
    assert "\n── 12 · Assistant · local/smollm2 · interrupted · 2026-11-24 01:55 ─" in written


def test_a_name_that_hfs_made_stands_without_its_moment() -> None:
    assert (
        EXPORTER.render(plain()).decode().startswith("hi\n24 November 2026, 01:55 UTC · 2 messages · local/smollm2\n")
    )


def test_what_is_folded_is_named_and_its_text_left_out() -> None:
    written = EXPORTER.render(sample()).decode()
    assert "[reasoning (2 lines)]\n" in written
    assert "[tool call: web.run (1 line)]\n" in written
    assert "[attachment: plan.png (image/png)]\n" in written
    assert "The reflog has it." not in written
    assert "You are terse." not in written


def test_nothing_in_it_can_steer_a_terminal() -> None:
    written = EXPORTER.render(sample()).decode()
    assert display(written) == written
    assert display(CONTROLS) in written
    assert display(BIDI) in written


def test_lines_that_end_as_on_windows_look_like_others() -> None:
    session = plain()
    session.messages[0].content = "one\r\ntwo\r\n"
    assert "\none\ntwo\n" in EXPORTER.render(session).decode()


def test_a_session_in_which_nothing_was_said_has_a_heading() -> None:
    assert EXPORTER.render(empty()).decode().startswith("New session\n24 November 2026, 01:55 UTC · 0 messages\n")


def test_several_sessions_follow_each_other() -> None:
    written = together(EXPORTER, plain(), empty()).decode()
    assert "hello\n\n\nNew session\n" in written
