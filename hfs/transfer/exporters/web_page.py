"""One web page that stands alone: to read on a phone, on a desktop and on paper, and to share.

It holds no script and asks for nothing from anywhere; a policy in it forbids both, whatever was said in the session.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from itertools import chain
from typing import Final

from hfs.display import counted, display, one_line
from hfs.persistence import MessageModel, SessionModel, SessionSummary
from hfs.transfer.exporters._kinds import Exporter, Frame
from hfs.transfer.exporters._labels import clock, day, how_much, marks, models, speaker, when
from hfs.transfer.exporters._safe_html import markdown_html, plain_html
from hfs.transfer.exporting.naming import without_moment
from hfs.transfer.folding import Fold, folds_around

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_SEVERAL: Final = "Conversations"


@functools.cache
def _style() -> str:
    return files("hfs.transfer.exporters").joinpath("page.css").read_text("utf-8")


def _frame(name: str | None) -> Frame:
    heading = escape(without_moment(name) if name is not None else _SEVERAL)
    before = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{heading}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
    )
    return Frame(before.encode("utf-8", "replace"), b"", b"</main>\n</body>\n</html>\n")


def _contents(summaries: Sequence[SessionSummary]) -> bytes:
    rows = "".join(map(_contents_row, summaries))
    head = f'<header class="page"><h1>{_SEVERAL}</h1>\n<p>{counted(len(summaries), "conversation")}</p></header>\n'
    return f'{head}<nav aria-label="Contents"><ol>\n{rows}</ol></nav>\n'.encode("utf-8", "replace")


def _contents_row(summary: SessionSummary) -> str:
    about = f"{day(summary.created_at)} · {counted(summary.message_count, 'message')}"
    link = f'<a href="#s{summary.id}" dir="auto">{escape(without_moment(summary.name))}</a>'
    return f"<li>{link} <span>{about}</span></li>\n"


def _only(session: SessionModel) -> bytes:
    return _article(session, "")


def _among(session: SessionModel) -> bytes:
    return _article(session, f"s{session.id}-")


def _article(session: SessionModel, prefix: str) -> bytes:
    """The session. What its anchors begin with keeps those of several sessions apart."""
    about = " · ".join([how_much(session), *models(session)])
    head = (
        f'<article class="session" id="s{session.id}">\n<header class="session">'
        f'<h1 dir="auto">{escape(without_moment(session.name))}</h1>\n'
        f"<p>{escape(when(session))}</p>\n<p>{escape(about)}</p></header>\n"
    )
    page = "".join(chain([head], _messages(session.messages, prefix), ["</article>\n"]))
    return display(page).encode("utf-8", "replace")


def _messages(messages: Sequence[MessageModel], prefix: str) -> Iterator[str]:
    spoken = ""
    for message in messages:
        date = day(message.created_at)
        if date != spoken and spoken:
            yield f'<p class="day">{date}</p>\n'
        spoken = date
        yield _message(message, f"{prefix}m{message.id}")


def _message(message: MessageModel, anchor: str) -> str:
    thoughts, carried = folds_around(message)
    if message.hidden is not None:
        return f'<section class="aside" id="{anchor}">\n{"".join(map(_fold, thoughts))}</section>\n'
    text = markdown_html(message.content) if message.role == "assistant" else plain_html(message.content)
    role = message.role if message.role in ("user", "assistant") else "other"
    return (
        f'<section class="message {role}" id="{anchor}">\n{_head(message, anchor)}\n{"".join(map(_fold, thoughts))}'
        f'<div class="text">\n{text}</div>\n{"".join(map(_fold, carried))}</section>\n'
    )


def _head(message: MessageModel, anchor: str) -> str:
    model = f' <span class="model">{escape(one_line(message.model))}</span>' if message.model else ""
    marked = "".join(f' <span class="mark">{escape(mark)}</span>' for mark in marks(message))
    time = f'<time datetime="{_machine_time(message.created_at)}">{clock(message.created_at)}</time>'
    link = f'<a class="time" href="#{anchor}">{time}</a>'
    return f"<header><h2>{escape(speaker(message))}</h2>{model}{marked} {link}</header>"


def _machine_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _fold(fold: Fold) -> str:
    label = f"<bdi>{escape(fold.label)}</bdi>"
    if not fold.text:
        return f'<p class="fold">{label}</p>\n'
    lines = counted(fold.text.count("\n") + 1, "line")
    return f"<details><summary>{label} <span>{lines}</span></summary>\n{plain_html(fold.text)}</details>\n"


EXPORTER: Final = Exporter(
    name="html",
    extension="html",
    title="a web page that stands alone, to share and to print",
    lossless=False,
    body=_only,
    frame=_frame,
    contents=_contents,
    among=_among,
)
