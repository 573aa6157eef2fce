"""Elements that Claude once wrote into its answers: documents as ``<antArtifact>``, thoughts as ``<antThinking>``."""

from __future__ import annotations

from typing import Final

from hfs.transfer.importers._fencing import fenced
from hfs.transfer.importers._tags import Element, split_elements, unescaped
from hfs.transfer.importers._turn import Turn

_CODE: Final = "application/vnd.ant.code"
_LANGUAGES: Final = {
    "application/vnd.ant.react": "jsx",
    "application/vnd.ant.mermaid": "mermaid",
    "image/svg+xml": "svg",
    "text/html": "html",
}


def say(turn: Turn, text: str) -> None:
    """Adds a text to an answer: documents in it become blocks of code with their titles, thoughts become thoughts."""
    if "<ant" not in text:
        turn.text(text)
        return
    said: list[str] = []
    for piece in split_elements(text, "antArtifact", _is_artifact):
        if isinstance(piece, Element):
            said.append(_artifact(piece))
            continue
        for part in split_elements(piece, "antThinking", lambda attributes: True):
            if isinstance(part, Element):
                turn.thought(part.body)
            else:
                said.append(part)
    turn.text("".join(said))


def _is_artifact(attributes: dict[str, str]) -> bool:
    return "identifier" in attributes


def _artifact(element: Element) -> str:
    attributes = {name: unescaped(value) for name, value in element.attributes.items()}
    kind = attributes.get("type", "")
    body = element.body.strip("\n")
    language = attributes.get("language", "") if kind == _CODE else _LANGUAGES.get(kind)
    shown = fenced(body, language) if language is not None else body
    title = attributes.get("title", "").strip()
    return f"**{title}**\n\n{shown}" if title else shown
