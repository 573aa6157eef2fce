"""The man pages: one of the program, and one of each command, with the commands below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.generate import roff
from docs.generate.command_tree import Block, Documented, commands_of, option_terms, program
from docs.generate.markdown import rows_below
from hfs.cli._group import GROUPS

_REFERENCE: Final = Path(__file__).parents[1] / "reference"
_NOTE: Final = '.\\" Written by python -m docs.generate: what is changed here is lost.'
_METAVAR: Final = re.compile(r"^(\S+)(?: (.+))?$")


def pages() -> dict[str, str]:
    """The pages by the names of their files."""
    made = {"hfs.1": _page(program(), _of_the_program())}
    for group in GROUPS.values():
        for one in commands_of(list(group)):
            neighbours = [f"hfs-{name}" for name in group if name != one.command.name]
            made[f"{_name(one)}.1"] = _page(one, [*_below(one), *_exit_status(), *_see_also(["hfs", *neighbours])])
    return made


def _name(one: Documented) -> str:
    return one.path.replace(" ", "-")


def _page(one: Documented, end: list[str]) -> str:
    name = _name(one)
    lines = [
        _NOTE,
        f'.TH "{roff.plain(name.upper())}" 1 "" hfs "The manual of hfs"',
        *roff.section("NAME", [f"{roff.plain(name)} \\- {roff.said(one.summary.removesuffix('.'))}"]),
        *roff.section("SYNOPSIS", [_usage(one)]),
        *roff.section("DESCRIPTION", [roff.said(one.summary), *_text(one.blocks)]),
        *roff.section("OPTIONS", roff.terms(_options(one))),
        *roff.section("EXAMPLES", roff.verbatim(one.examples)),
        *end,
    ]
    return "\n".join(lines) + "\n"


def _usage(one: Documented) -> str:
    return f"{roff.bold(one.path)}{roff.plain(one.usage.removeprefix(one.path))}"


def _text(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        if block.title is None:
            yield from roff.paragraph(roff.said(block.text))
        else:
            yield from roff.paragraph(roff.said(block.title))
            yield from roff.verbatim(block.lines)


def _options(one: Documented) -> Iterator[tuple[str, str]]:
    for option in one.options:
        written, meaning = option_terms(option, one.context)
        yield ", ".join(_written(part) for part in written.split(", ")), roff.said(meaning)
    yield f"{roff.bold('-h')}, {roff.bold('--help')}", roff.plain("Show this message and exit.")


def _written(part: str) -> str:
    match = _METAVAR.match(part)
    assert match is not None
    value = f" \\fI{roff.plain(match[2])}\\fP" if match[2] else ""
    return f"{roff.bold(match[1])}{value}"


def _below(one: Documented) -> list[str]:
    lines: list[str] = []
    for below in one.subcommands:
        lines += [f'.SS "{roff.plain(below.path)}"', _usage(below)]
        lines += [*roff.paragraph(roff.said(below.summary)), *_text(below.blocks)]
        lines += [*roff.terms(_options(below)), *roff.verbatim(below.examples)]
    return roff.section("COMMANDS", lines) if lines else []


def _of_the_program() -> list[str]:
    commands: list[str] = []
    for title, group in GROUPS.items():
        commands.append(f'.SS "{title}"')
        commands += roff.terms(
            (f"{roff.bold(f'hfs-{name}')}(1)", roff.said(summary)) for name, (_, summary) in group.items()
        )
    home = [
        (roff.marked(path), roff.marked(f"{meaning[0].upper()}{meaning[1:]}."))
        for path, meaning, *_ in rows_below((_REFERENCE / "home-folder.md").read_text(), "# The home folder")
    ]
    variables = rows_below((_REFERENCE / "environment.md").read_text(), "## Of hfs")
    return [
        *roff.section("COMMANDS", commands),
        *roff.section("ENVIRONMENT", roff.terms((roff.marked(name), roff.marked(text)) for name, text in variables)),
        *roff.section("FILES", [*roff.paragraph(f"In {roff.bold('~/.hfs')}:"), *roff.terms(home)]),
        *_exit_status(),
        *_see_also([f"hfs-{name}" for group in GROUPS.values() for name in group]),
    ]


def _exit_status() -> list[str]:
    rows = rows_below((_REFERENCE / "commands.md").read_text(), "## Exit codes")
    return roff.section("EXIT STATUS", roff.terms((roff.marked(number), roff.marked(text)) for number, text in rows))


def _see_also(names: list[str]) -> list[str]:
    return roff.section("SEE ALSO", [", ".join(f"{roff.bold(name)}(1)" for name in names)])
