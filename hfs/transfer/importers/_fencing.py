"""Code as Markdown shows it."""

from __future__ import annotations

import re
from typing import Final

_RUNS: Final = re.compile("`{3,}")
_LANGUAGE: Final = re.compile(r"[\w+#.-]{1,30}")


def fenced(code: str, language: str = "") -> str:
    """A block of code, whatever backticks are in it; a language that is no plain word is left out."""
    fence = "`" * (1 + max((len(run) for run in _RUNS.findall(code)), default=2))
    named = language if _LANGUAGE.fullmatch(language) and language != "unknown" else ""
    body = code.removesuffix("\n")
    return f"{fence}{named}\n{body}\n{fence}"
