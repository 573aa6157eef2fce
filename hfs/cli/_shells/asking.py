"""What the answers to all shells have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from click.shell_completion import CompletionItem, ShellComplete

from hfs.display import display, one_line

_HELP = 100
"""How many characters of a description are shown."""
SEPARATOR = "\x1f"
"""Between the words of a line, in the environment."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can stand in the place of the word that is typed."""

    value: str
    """The whole word, unquoted; safe for a terminal."""
    instead: str | None = None
    """Another one that means the same, for where the first can't be quoted."""
    shown: str | None = None
    """What a list shows for it."""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What can stand there."""

    kind: str
    """``plain``; ``file`` or ``dir``, where the shell is to complete names of files itself."""
    offers: list[Offer]
    nospace: bool
    """Whether more follows in the same word."""
    prefix: str
    """What stands before the value in the word that is typed: ``--output=``."""

    @property
    def directive(self) -> str:
        """The first line of the answer."""
        return f"{self.kind} nospace" if self.nospace else self.kind


def find_offers(shell: ShellComplete, args: list[str], incomplete: str) -> Offers:
    """What can stand in the place of a word.

    Args:
        shell: Who asks.
        args: The words before it, without the program's name, unquoted.
        incomplete: The word as far as it is typed, unquoted.
    """
    name, equals, _ = incomplete.partition("=")
    prefix = name + equals if equals and name.startswith("-") else ""
    items = shell.get_completions(*_with_value(args, incomplete))
    kind = next((item.type for item in items if item.type in ("file", "dir")), "plain")
    if kind != "plain":
        return Offers(kind, [], False, prefix)
    offers = [_offer(item, prefix) for item in items if _is_safe(item.value)]
    return Offers(kind, offers, bool(items) and all(item.nospace for item in items), prefix)


def _with_value(args: list[str], incomplete: str) -> tuple[list[str], str]:
    """The same words, with an option and its value as one: where an option without its value is the last that click
    reads, it knows of nothing else on the line."""
    name = args[-1] if args else ""
    is_value = name.startswith("-") and name.strip("-") and "=" not in name and not incomplete.startswith("-")
    return (args[:-1], f"{name}={incomplete}") if is_value and "--" not in args else (args, incomplete)


def script_of(name: str) -> str:
    """A script that comes with hfs.

    Args:
        name: The name of its file.
    """
    return Path(__file__).with_name(name).read_text("utf-8")


def _offer(item: CompletionItem[str], prefix: str) -> Offer:
    instead = prefix + item.instead if item.instead else None
    return Offer(prefix + item.value, instead, item.shown, one_line(item.help or "", _HELP))


def _is_safe(text: str) -> bool:
    return "\n" not in text and "\t" not in text and display(text) == text
