"""Keys, tokens and what is personal, taken out of texts that leave the program: reports, tracebacks, exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

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
    | \b[spr]k_(?:live|test)_[A-Za-z0-9]{10,} | \bglpat-[A-Za-z0-9_-]{16,} | \bnpm_[A-Za-z0-9]{30,}
    | \bpypi-[A-Za-z0-9_-]{16,} | \bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}
    | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----(?:[\s\S]{0,8000}?-----END[ ][A-Z ]*-----|[A-Za-z0-9+/=\s\\]*)
    | (?<=://)[^\s/:@"'<>]+:[^\s/@"'<>]+(?=@)          # a password in an address
    | \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*   # JSON web tokens
    """,
    re.VERBOSE,
)
_IN_ADDRESS: Final = re.compile(r"://[^\s/:@]*:([^\s/@]+)@")
_NAME: Final = r"(?:proxy-)?authorization|x-api-key|api[_-]?key|x-goog-api-key"
# In JSON that stands in JSON there are backslashes before the quotes.
_HEADERS: Final = re.compile(
    rf"""({_NAME})(\\*["']?\s*[:=]\s*(?:b?\\*["'])?)((?:bearer|basic|token)\s+)?[^\s"',;}}\\]+""", re.IGNORECASE
)
_VARIABLES: Final = re.compile(
    r"""\b([A-Z0-9_]{0,60}(?:KEY|TOKEN|SECRET|PASSWORD)[A-Z0-9_]{0,60}\s{0,9}[:=]\s{0,9}\\*["']?)[^\s"',;}\\]{8,}"""
)
_BEARER: Final = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)


def redact(text: str, environ: Mapping[str, str]) -> str:
    """The text with everything masked that looks like a key, and every key of the environment.

    Args:
        text: What is to be shown, logged or sent.
        environ: The environment: what is in a variable named as a key, token, secret or password is masked, and the
            passwords in addresses, as in ``$HFS_STORE``.
    """
    values = [value for name, value in environ.items() if _NAMED.search(name)]
    for found in filter(None, map(_IN_ADDRESS.search, environ.values())):
        values += [found[1], unquote(found[1])]
    for value in sorted((value for value in values if len(value) >= _SHORTEST), key=len, reverse=True):
        text = text.replace(value, MASK)
    text = _HEADERS.sub(lambda match: f"{match[1]}{match[2]}{match[3] or ''}{MASK}", text)
    text = _VARIABLES.sub(lambda match: f"{match[1]}{MASK}", text)
    text = _BEARER.sub(lambda match: f"{match[1]} {MASK}", text)
    return _SHAPES.sub(MASK, text)


_ADDRESS: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOMES: Final = re.compile(r"(?:/home/|/Users/|[A-Za-z]:[/\\]{1,4}[Uu]sers[/\\]{1,4})[^/\\\s\"'<>|:;,]+")
_SECRET_KEYS: Final = re.compile(
    rf"{_NAME}|(?:[\w-]{{0,60}}[_-])?(?:api[_-]?key|token|secret|password|passwd)", re.IGNORECASE
)
"""Keys of objects whose values are masked, whatever they look like."""


class Redactor:
    """Masks what should not leave the machine in an export, and counts it.

    Args:
        environ: The environment, for keys in it.
        home: The user's folder, whose path is masked as ``~``.
    """

    def __init__(self, environ: Mapping[str, str], home: Path) -> None:
        self._environ = environ
        # Not where a longer name begins with it.
        self._home = re.compile(rf"{re.escape(str(home))}(?![\w-])") if str(home) != home.anchor else None
        self.counts: Counter[str] = Counter()
        """How many places were masked, by kind."""

    def text(self, text: str) -> str:
        """The text, masked."""
        masked = redact(text, self._environ)
        if masked != text:
            self.counts["key"] += max(1, masked.count(MASK) - text.count(MASK))
        masked, addresses = _ADDRESS.subn(MASK, masked)
        masked, own = self._home.subn("~", masked) if self._home is not None else (masked, 0)
        masked, homes = _HOMES.subn("~", masked)
        self.counts.update({"e-mail": addresses, "home folder": own + homes})
        return masked

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it masked, keys of objects too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            found: dict[str, Any] = {}
            for key, item in value.items():
                name = self.text(key)
                while name in found:
                    name += "*"
                found[name] = self._secret(item) if _SECRET_KEYS.fullmatch(key) else self.value(item)
            return found
        return value

    def _secret(self, value: Any) -> Any:
        if not isinstance(value, str) or not value:
            return self.value(value)
        self.counts["key"] += 1
        return MASK
