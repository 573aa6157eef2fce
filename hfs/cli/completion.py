"""The command that prints a shell's completion script."""

from __future__ import annotations

import os
from pathlib import PurePath

import click

from hfs.cli._output import out
from hfs.cli._shells import SHELLS, script


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS), metavar="[bash|zsh|fish]", required=False)
def completion_command(shell: str | None) -> None:
    """Print the completion script of a shell.

    It completes commands, options, and what they take: sessions by name, tags, models, settings. SHELL is the one of
    $SHELL, where none is named. A new shell then knows it; zsh wants its line in ~/.zshrc, below `compinit`.

    \b
    Examples:
      echo 'eval "$(hfs completion bash)"' >> ~/.bashrc
      echo 'eval "$(hfs completion zsh)"' >> ~/.zshrc
      hfs completion fish > ~/.config/fish/completions/hfs.fish
    """
    out(script(shell or _own_shell()), newline=False)


def _own_shell() -> str:
    name = PurePath(os.environ.get("SHELL", "")).name
    if name not in SHELLS:
        raise click.UsageError(f"$SHELL is none of those that can complete. Name one: {', '.join(SHELLS)}.")
    return name
