"""The page that stands alone: how it reads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from hfs.persistence import SessionModel
from hfs.transfer.exporters.web_page import EXPORTER
from hfs.transfer.exporting.writing import open_destination, summary_of
from tests.transfer.exporters.page import Page
from tests.transfer.exporters.sample import FOREIGN, assert_golden, empty, plain, sample


def answered(text: str) -> str:
    """The page of a session in which a model answers with that text; only the answer."""
    session = plain()
    session.messages[1].content = text
    page = EXPORTER.render(session).decode()
    Page(page.encode())
    return page.partition('id="m2"')[2].partition('<div class="text">\n')[2].rpartition("</div>\n</section>")[0]


def together(*sessions: SessionModel) -> bytes:
    """Sessions in one page, as the command writes them."""
    written: list[bytes] = []
    summaries = [summary_of(session) for session in sessions]
    with open_destination("-", EXPORTER, summaries, together=True, stdout=written.append) as destination:
        for session in sessions:
            destination.add(session)
    return b"".join(written)


def test_the_bytes_are_pinned() -> None:
    assert_golden("sample.html", EXPORTER.render(sample()))


def test_the_bytes_are_the_same_in_another_country() -> None:
    code = (
        "import sys\nfrom hfs.transfer.exporters.web_page import EXPORTER\n"
        "from tests.transfer.exporters.sample import sample\nsys.stdout.buffer.write(EXPORTER.render(sample()))"
    )
    environment = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, check=True)
    assert done.stdout == EXPORTER.render(sample())


def test_the_heading_has_the_name_the_time_and_the_counts() -> None:
    session = sample()
    session.name, session.name_source = "Undo a rebase - 2026-11-24_01-55", "auto"
    session.messages[-1].created_at += timedelta(days=2)
    page = Page(EXPORTER.render(session))
    assert "\nUndo a rebase\n24 November 2026, 01:55 – 26 November 2026, 01:55 UTC\n" in page.text
    assert "\n7 messages, 5 folded · local/smollm2\n" in page.text


def test_a_new_day_is_marked_between_messages() -> None:
    session = plain()
    session.messages[1].created_at += timedelta(days=1)
    assert '<p class="day">25 November 2026</p>' in EXPORTER.render(session).decode()


def test_every_message_has_an_anchor_and_a_link_to_it() -> None:
    page = Page(EXPORTER.render(sample()))
    assert [name for name in page.ids if name.startswith("m")] == [f"m{number}" for number in range(1, 13)]
    assert {"#m3", "#m7", "#m12"} <= set(page.links)


def test_several_sessions_have_a_table_of_contents_and_anchors_of_their_own() -> None:
    page = Page(together(sample(), plain(), empty()))
    assert page.links[:3] == ["#s12", "#s13", "#s14"]
    assert {"s12-m12", "s13-m1", "s13-m2"} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert "hi 24 November 2026 · 2 messages\n" in page.text


def test_marks_say_that_an_answer_was_interrupted_or_edited() -> None:
    session = plain()
    session.messages[1].status = "interrupted"
    session.messages[1].extra["edited_at"] = "2026-11-24T01:55:12Z"
    text = Page(EXPORTER.render(session)).text
    assert "Assistant local/smollm2 interrupted edited 01:55" in text


def test_what_a_person_said_is_no_markdown_and_keeps_its_lines() -> None:
    session = plain()
    session.messages[0].content = "*one*\r\n  two\n\n# three"
    page = EXPORTER.render(session).decode()
    assert '<div class="plain" dir="auto">*one*\n  two\n\n# three</div>' in page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param("**a** *b* `c`", "<p><strong>a</strong> <em>b</em> <code>c</code></p>\n", id="emphasis"),
        pytest.param("~~a~~", "<p><s>a</s></p>\n", id="strikethrough"),
        pytest.param("# a\n###### b", "<h3>a</h3>\n<h6>b</h6>\n", id="headings below those of the page"),
        pytest.param("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n', id="a list"),
        pytest.param(
            "[a](https://example.org 'b')",
            '<p><a href="https://example.org" title="b" rel="noopener noreferrer nofollow">a</a></p>\n',
            id="a link",
        ),
        pytest.param(
            "![the *plan*](https://example.org/p.png)",
            '<p><a class="image" href="https://example.org/p.png" rel="noopener noreferrer nofollow">the plan</a>'
            "</p>\n",
            id="an image is a link",
        ),
        pytest.param(
            "[![badge](https://example.org/b.svg)](https://example.org)",
            '<p><a href="https://example.org" rel="noopener noreferrer nofollow">'
            '<span class="image">badge</span></a></p>\n',
            id="an image in a link is its text",
        ),
        pytest.param(
            "![a](data:image/png;base64,AAAA)",
            '<p><span class="image">a</span></p>\n',
            id="an image's data is left out",
        ),
        pytest.param(
            "```\na < b\n```",
            '<figure class="code"><pre><code>a &lt; b</code></pre></figure>\n',
            id="code of no language",
        ),
        pytest.param(
            "```py\nif a:\n\tb = 1\n```",
            '<figure class="code"><figcaption>py</figcaption><pre><code><span class="k">if</span> a:\n'
            '\tb = <span class="mi">1</span></code></pre></figure>\n',
            id="code of a language",
        ),
        pytest.param(
            "```nonsense\na\n```",
            '<figure class="code"><figcaption>nonsense</figcaption><pre><code>a</code></pre></figure>\n',
            id="code of a language that nobody knows",
        ),
    ],
)
def test_an_answer_is_markdown(text: str, html: str) -> None:
    assert answered(text) == html


def test_a_table_scrolls_by_itself() -> None:
    assert answered("|a|b|\n|:-:|-|\n|1|2|").startswith('<div class="table"><table>\n<thead>\n')


def test_what_is_folded_stands_in_details_and_a_message_that_is_no_chat_does_so_as_a_whole() -> None:
    page = EXPORTER.render(sample()).decode()
    assert "<details><summary><bdi>reasoning</bdi> <span>2 lines</span></summary>\n" in page
    assert "<details><summary><bdi>tool result: shell</bdi> <span>2 lines</span></summary>\n" in page
    assert '<p class="fold"><bdi>attachment: plan.png (image/png)</bdi></p>' in page
    outside = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert "The reflog has it." in page
    assert "The reflog has it." not in outside
    assert "You are terse." not in outside


def test_every_script_of_the_world_is_kept() -> None:
    assert FOREIGN in Page(EXPORTER.render(sample())).text


def test_a_session_in_which_nothing_was_said_has_a_page() -> None:
    assert "0 messages" in Page(EXPORTER.render(empty())).text


def test_ten_thousand_messages_take_ten_times_as_long_as_a_thousand() -> None:
    def duration(count: int) -> float:
        session = sample()
        answer = session.messages[6]
        session.messages = [replace(answer, id=number) for number in range(1, count + 1)]
        begun = time.perf_counter()
        EXPORTER.render(session)
        return time.perf_counter() - begun

    duration(10)
    assert duration(10_000) < 25 * duration(1_000)


def test_a_very_long_text_is_shown_plain() -> None:
    assert answered("*a* " * 110_000).startswith('<div class="plain" dir="auto">*a* *a* ')
