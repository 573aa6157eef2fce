"""The part of ``reference/commands.md`` that is ``--help`` of every command."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generate.command_tree import Documented, commands_of, option_terms, program
from docs.generate.markdown import block, code, prose, table
from hfs.cli._group import GROUPS


def commands() -> str:
    """Every command, in the groups of ``hfs --help``."""
    parts = ["## hfs", *_described(program(), 2)]
    for title, group in GROUPS.items():
        parts.append(f"## {title}")
        for one in commands_of(list(group)):
            parts += [f"### {one.path}", *_described(one, 3)]
            for below in one.subcommands:
                parts += [f"#### {below.path}", *_described(below, 4)]
    return "\n\n".join(parts)


def _described(one: Documented, level: int) -> Iterator[str]:
    yield prose(one.summary)
    yield block([one.usage], "text")
    for part in one.blocks:
        if part.title is None:
            yield prose(part.text)
        else:
            yield prose(part.title)
            yield block(part.lines, "text")
    yield block(one.examples, "sh")
    rows = [
        [code(written), prose(meaning)]
        for option in one.options
        for written, meaning in [option_terms(option, one.context)]
    ]
    if rows:
        yield table(["Option", "What it does"], rows)
