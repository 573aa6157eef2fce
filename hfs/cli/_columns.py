"""Columns of a terminal: how wide a text is there, and the text made to fit."""

from __future__ import annotations


def cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(wcswidth(text), 0) or len(text)


def fitted(text: str, width: int) -> str:
    """The text, cut to so many cells of a terminal."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[:-1]
    return f"{text}…"


def padded(text: str, width: int) -> str:
    """The text, cut or filled up to exactly so many cells."""
    text = fitted(text, width)
    return text + " " * (width - cells(text))
