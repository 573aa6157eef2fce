"""``--help`` of every command: it fits a terminal, and what it shows can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs.generate.command_tree import Documented, all_commands, program
from hfs.cli._group import COMMANDS, GROUPS, cli
from tests.cli.conftest import Run

EVERY = [program(), *all_commands()]
IN_PATH = re.compile(r'"?\$\(([^)]*)\)"?')


def name(command: Documented) -> str:
    return command.path.replace(" ", "-")


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", EVERY, ids=name)


def command_lines(example: str) -> Iterator[list[str]]:
    """The commands that a line of a shell runs, each in words."""
    inner = IN_PATH.findall(example)
    lexer = shlex.shlex(IN_PATH.sub("SUBSTITUTED", example), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word in ("|", "&&", ">"):
            yield words
            words = []
        else:
            words.append(word)
    yield words
    for line in inner:
        yield from command_lines(line)


def parse(words: list[str]) -> click.Context:
    """Parses a command line as the program does, without running it."""
    context = cli.make_context("hfs", words[1:])
    command: click.Command = cli
    while isinstance(command, click.Group) and (args := [*context._protected_args, *context.args]):
        found, below, rest = command.resolve_command(context, args)
        assert below is not None
        command, context = below, below.make_context(found, rest, parent=context)
    return context


@each()
def test_each_example_can_be_typed_as_it_stands(command: Documented, tmp_path: Path) -> None:
    own = [words for line in command.examples for words in command_lines(line) if words and words[0] == "hfs"]
    assert own
    for words in own:
        parse(words)
    assert any(" ".join(words).startswith(command.path) for words in own)


@each()
def test_each_option_says_what_it_does(command: Documented) -> None:
    for option in command.options:
        assert option.help and option.help.endswith((".", "]")), option.name


@each()
def test_the_summary_is_one_short_sentence(command: Documented) -> None:
    assert command.summary.endswith(".") and len(command.summary) <= 60


@each()
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_help_fits_the_terminal(command: Documented, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    # A line that can't be broken: an example, a list of choices.
    kept = {line for block in command.blocks if block.title for line in block.lines} | set(command.examples)
    for line in command.command.get_help(command.context).split("\n"):
        assert len(line) <= min(columns, 80) or (columns < 80 and (line.strip() in kept or "|" in line)), line


def test_the_list_of_commands_has_the_summaries_of_the_commands_themselves() -> None:
    assert {one.command.name: one.summary for one in program().subcommands} == {
        name: summary for name, (_, summary) in COMMANDS.items()
    }


def test_every_command_is_in_one_group_of_the_help(hfs: Run) -> None:
    said = hfs("--help").stdout.decode()
    for title, group in GROUPS.items():
        _, _, below = said.partition(f"\n{title}:\n")
        listed = re.findall(r"^  (\S+)  +\S", below.partition("\n\n")[0], re.MULTILINE)
        assert listed == list(group)
    assert sum(len(group) for group in GROUPS.values()) == len(COMMANDS)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        pytest.param("exprot", "Did you mean export?", id="a command"),
        pytest.param("xyzzy", "`hfs --help` lists the commands.", id="nothing near"),
        pytest.param("list --sicne 3d", "--since", id="an option"),
        pytest.param("help exprot", "Did you mean export?", id="a command that help is wanted of"),
        pytest.param("help list all", "`hfs list` has no commands below it.", id="below no group"),
    ],
)
def test_what_is_misspelled_is_told_with_what_is_near(typed: str, told: str) -> None:
    result = CliRunner().invoke(cli, typed.split(), prog_name="hfs")
    assert result.exit_code == 2
    assert told in result.stderr and not result.stdout


@pytest.mark.parametrize("words", [[], ["export"], ["trash", "empty"]], ids=lambda words: "-".join(["hfs", *words]))
def test_hfs_help_says_what_the_option_says(words: list[str]) -> None:
    asked, usual = (CliRunner().invoke(cli, line, prog_name="hfs") for line in (["help", *words], [*words, "--help"]))
    assert asked.exit_code == usual.exit_code == 0
    assert asked.stdout.replace("hfs help", "hfs") == usual.stdout
