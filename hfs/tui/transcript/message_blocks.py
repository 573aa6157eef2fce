"""A message as blocks: who said it, what was said, and what is no part of the chat folded to a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfs.display import one_line
from hfs.tui.transcript.block import Block
from hfs.tui.transcript.markdown import pieces, split_markdown

if TYPE_CHECKING:
    from hfs.persistence import MessageModel


def message_blocks(message: MessageModel) -> list[Block]:
    """The blocks of a message: who said it, then what; what is no part of the chat is folded to a line."""
    before, after = _folds(message) if message.extra else ([], [])
    if message.hidden is not None:
        before[0].gap = True
        before[0].text = f"{message.id} · {before[0].text}"
        return before
    marks = [one_line(message.status)] if message.status else []
    marks += ["edited"] if "edited_at" in message.extra else []
    detail = f"  ({', '.join(marks)})" if marks else ""
    return [
        Block("who", f"{message.id} · {one_line(message.model or message.role)}{detail}", message.id, gap=True),
        *before,
        *content_blocks(message.role, message.content, message.id),
        *after,
    ]


def _folds(message: MessageModel) -> tuple[list[Block], list[Block]]:
    from hfs.transfer.folding import folds_around

    before, after = folds_around(message)
    return (
        [Block("fold", fold.summary, message.id, detail=fold.text) for fold in before],
        [Block("fold", fold.summary, message.id, detail=fold.text, gap=at == 0) for at, fold in enumerate(after)],
    )


def content_blocks(role: str, content: str, message_id: int | None = None) -> list[Block]:
    """What is said, cut into blocks."""
    if role != "assistant":
        return [Block("user", piece, message_id) for piece in pieces(content)]
    return [
        Block("markdown" if language is None else "code", text, message_id, language or "", gap=at > 0)
        for at, (language, text) in enumerate(split_markdown(content))
    ]
