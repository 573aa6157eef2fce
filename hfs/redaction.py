"""Keys and tokens taken out of texts that leave the program: logs, tracebacks, reports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

MASK: Final = "***"
_NAMED: Final = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
_SHORTEST: Final = 8
_SHAPES: Final = re.compile(
    r"""
    \b(?:sk|pk|rk)-[A-Za-z0-9_-]{12,}                 # OpenAI, Anthropic, OpenRouter, Stripe
    | \bgithub_pat_[A-Za-z0-9_]{20,} | \bgh[opsu]_[A-Za-z0-9]{20,}
    | \b(?:hf|gsk|xai|tgp_v1|nvapi)[_-][A-Za-z0-9_-]{16,}
    | \bxox[abeoprs]-[A-Za-z0-9-]{10,}
    | \bAKIA[0-9A-Z]{16}\b | \bAIza[0-9A-Za-z_-]{30,}
    | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*   # JSON web tokens
    """,
    re.VERBOSE,
)
_HEADERS: Final = re.compile(
    r"""((?:proxy-)?authorization|x-api-key|api[_-]?key|x-goog-api-key)(["']?\s*[:=]\s*(?:b?["'])?)((?:bearer|basic)\s+)?[^\s"',;}]+""",
    re.IGNORECASE,
)
_BEARER: Final = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def redact(text: str, environ: Mapping[str, str]) -> str:
    """The text with everything masked that looks like a key, and every key of the environment.

    Args:
        text: What is to be shown, logged or sent.
        environ: The environment: what is in a variable named as a key, token, secret or password is masked.
    """
    values = [value for name, value in environ.items() if _NAMED.search(name) and len(value) >= _SHORTEST]
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    text = _HEADERS.sub(lambda match: f"{match[1]}{match[2]}{match[3] or ''}{MASK}", text)
    text = _BEARER.sub(lambda match: f"{match[1]} {MASK}", text)
    return _SHAPES.sub(MASK, text)
