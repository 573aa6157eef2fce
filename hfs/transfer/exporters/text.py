"""Plain text, to read and to grep. What is folded is named, and not unfolded."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from hfs.display import display, one_line
from hfs.persistence import MessageModel, SessionModel
from hfs.transfer.exporters._kinds import Exporter, Frame
from hfs.transfer.exporters._labels import how_much, marks, models, speaker, when
from hfs.transfer.exporting.naming import without_moment
from hfs.transfer.folding import folds_around

_WIDTH: Final = 72


def _body(session: SessionModel) -> bytes:
    about = " · ".join([when(session), how_much(session), *models(session)])
    parts = [f"{without_moment(session.name)}\n{about}\n{'═' * _WIDTH}\n", *map(_message, session.messages)]
    return "\n".join(parts).encode("utf-8", "replace")


def _message(message: MessageModel) -> str:
    moment = f"{message.created_at.astimezone(UTC):%Y-%m-%d %H:%M}"
    model = [one_line(message.model)] if message.model else []
    head = f"── {' · '.join([str(message.id), speaker(message), *model, *marks(message), moment])} "
    before, after = folds_around(message)
    lines = [head.ljust(_WIDTH, "─"), *(f"[{fold.summary}]" for fold in before)]
    text = display(message.content.replace("\r\n", "\n")).strip("\n")
    if message.hidden is None and text:
        lines.append(text)
    lines += [f"[{fold.summary}]" for fold in after]
    return "\n".join(lines) + "\n"


def _frame(name: str | None) -> Frame:
    return Frame(between=b"\n\n") if name is None else Frame()


EXPORTER: Final = Exporter(
    name="txt",
    extension="txt",
    title="plain text, to read and to grep",
    lossless=False,
    body=_body,
    frame=_frame,
)
