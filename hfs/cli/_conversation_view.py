"""A conversation as a person reads it on a terminal: Markdown drawn, what is folded on one dim line, paged if long."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from typing import Final

import click
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.text import Text

from hfs.display import counted, display, local_time, one_line
from hfs.persistence import MessageModel, SessionModel
from hfs.transfer.folding import Fold, folds_around

_WIDEST: Final = 100
"""In cells: longer lines are hard to read."""
_SPEAKERS: Final = {"user": Style(color="cyan", bold=True), "assistant": Style(color="green", bold=True)}
_OTHERS: Final = Style(color="yellow", bold=True)
_DIM: Final = Style(dim=True)
_CODE_THEME: Final = "ansi_dark"
"""In the terminal's own colours, which go with its background."""

_PADDING: Final = re.compile(r"[ ]+$", re.MULTILINE)


def read_on_terminal(session: SessionModel, *, unfold: bool, page: bool) -> None:
    """Shows a session; what is longer than the screen goes to the pager.

    Args:
        session: The session.
        unfold: Whether what is folded is shown too.
        page: Whether the pager may be used.
    """
    size = shutil.get_terminal_size()
    parts = _parts(session, min(size.columns, _WIDEST), unfold)
    first, height = [], 0
    while page and height < size.lines:
        part = next(parts, None)
        if part is None:
            page = False
            break
        first.append(part)
        height += part.count("\n")
    everything = itertools.chain(first, parts)
    if page:
        # Some versions of click leave out the arguments of $PAGER, and with them the permission to show colours.
        os.environ.setdefault("LESS", "-R")
        click.echo_via_pager(everything)
    else:
        for part in everything:
            click.echo(part, nl=False)


def _parts(session: SessionModel, width: int, unfold: bool) -> Iterator[str]:
    """The lines, a message at a time: of a long session the first is seen at once."""
    console = Console(force_terminal=True, width=width, highlight=False, legacy_windows=False)

    def drawn(what: Iterable[RenderableType]) -> str:
        return "".join(_drawn(console, piece) for piece in what)

    yield drawn(_heading(session))
    for message in session.messages:
        yield drawn(_message(message, unfold))


def _drawn(console: Console, piece: RenderableType) -> str:
    """A piece without the empty lines and the space at the right that some parts of Markdown bring along."""
    with console.capture() as capture:
        console.print(piece)
    return _PADDING.sub("", capture.get()).strip("\n") + "\n"


def _heading(session: SessionModel) -> Iterator[RenderableType]:
    yield Text(one_line(session.name, 255), Style(bold=True))
    about = f"session {session.id}, {counted(session.message_count, 'message')}"
    yield Text(about, _DIM)


def _message(message: MessageModel, unfold: bool) -> Iterator[RenderableType]:
    moment = f"{local_time(message.created_at):%Y-%m-%d %H:%M}"
    marks = [one_line(part) for part in (message.model, message.status) if part]
    marks += ["edited"] if "edited_at" in message.extra else []
    about = " · ".join(["", *marks, moment])
    yield Text()
    yield Text.assemble(
        (one_line(message.role), _SPEAKERS.get(message.role, _OTHERS)), (f"  {message.id}{about}", _DIM)
    )
    before, after = folds_around(message)
    for fold in before:
        yield from _fold(fold, unfold)
    if message.hidden is None:
        yield from _said(message)
    for fold in after:
        yield from _fold(fold, unfold)


def _fold(fold: Fold, unfold: bool) -> Iterator[RenderableType]:
    opened = unfold and fold.text
    yield Text(f"{'▾' if opened else '▸'} {one_line(fold.summary, 200)}", _DIM, no_wrap=True, overflow="ellipsis")
    if opened:
        yield Padding(Text(display(fold.text), _DIM, overflow="fold"), (0, 0, 0, 2))


def _said(message: MessageModel) -> Iterator[RenderableType]:
    if message.role != "assistant":
        yield Text(display(message.content), overflow="fold")
        return
    from rich.syntax import Syntax

    from hfs.tui.transcript.markdown import markdown, split_markdown

    # In parts: a very long text would be laid out for minutes as a whole.
    for at, (language, text) in enumerate(split_markdown(message.content)):
        if at:
            yield Text()
        if language is None:
            yield markdown(text, _CODE_THEME)
        else:
            yield Syntax(
                display(text), language or "text", theme=_CODE_THEME, word_wrap=True, background_color="default"
            )
