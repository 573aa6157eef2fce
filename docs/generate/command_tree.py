"""The commands of the program as records that pages are made of: text, arguments, options, examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import Final

import click

from hfs.cli._group import COMMANDS, cli

_VERBATIM: Final = "\b\n"
_EXAMPLES: Final = ("Example:", "Examples:")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a command's text."""

    lines: list[str]
    title: str | None = None
    """What stands above lines that are kept as they are; None, where the lines are one paragraph."""

    @property
    def text(self) -> str:
        """The paragraph on one line."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class Documented:
    """A command as ``--help`` has it."""

    path: str
    """With the program: ``hfs trash list``."""
    command: click.Command
    context: click.Context
    summary: str
    blocks: list[Block]
    """What one must know, without the summary and the examples."""
    examples: list[str]

    @property
    def usage(self) -> str:
        """How it is called."""
        return " ".join([self.path, *self.command.collect_usage_pieces(self.context)])

    @property
    def options(self) -> list[click.Option]:
        """Its options, without ``--help``, which all commands have."""
        return [one for one in self.command.params if isinstance(one, click.Option)]

    @property
    def subcommands(self) -> list[Documented]:
        """The commands below it that ``--help`` has."""
        if not isinstance(self.command, click.Group):
            return []
        below = []
        for name in self.command.list_commands(self.context):
            command = self.command.get_command(self.context, name)
            assert command is not None
            if command.hidden:
                continue
            below.append(documented(command, name, self.context))
        return below


def program() -> Documented:
    """``hfs`` itself."""
    return documented(cli, "hfs", None)


def all_commands() -> Iterator[Documented]:
    """Every command of the program and every one below a group, by name."""
    for one in program().subcommands:
        yield one
        yield from one.subcommands


def commands_of(names: list[str]) -> list[Documented]:
    """Commands in the order of their names in a group of ``hfs --help``.

    Args:
        names: Their names.
    """
    known = {one.command.name: one for one in program().subcommands}
    assert set(names) <= set(COMMANDS) == known.keys()
    return [known[name] for name in names]


def documented(command: click.Command, name: str, parent: click.Context | None) -> Documented:
    """A command's text in its parts.

    Args:
        command: The command.
        name: What it is called by.
        parent: The context of the group that holds it.
    """
    context = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    first, *others = [part for part in cleandoc(command.help or "").split("\n\n") if part]
    blocks = [_block(part) for part in others]
    return Documented(
        context.command_path,
        command,
        context,
        " ".join(first.split()),
        [block for block in blocks if block.title not in _EXAMPLES],
        [line for block in blocks if block.title in _EXAMPLES for line in block.lines],
    )


def _block(part: str) -> Block:
    if not part.startswith(_VERBATIM):
        return Block(part.split("\n"))
    title, *lines = part.removeprefix(_VERBATIM).split("\n")
    return Block([line.removeprefix("  ") for line in lines], title)


def option_terms(option: click.Option, context: click.Context) -> tuple[str, str]:
    """An option as ``--help`` has it: how it is written, and what it does, with its default and its range."""
    record = option.get_help_record(context)
    assert record is not None, option.name
    return record
