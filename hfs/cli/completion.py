"""The command that prints a shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from hfs.cli._output import out


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      hfs completion bash > ~/.local/share/bash-completion/completions/hfs
      hfs completion fish > ~/.config/fish/completions/hfs.fish
    """
    from hfs.cli._group import cli

    script = get_completion_class(shell)
    assert script is not None
    out(script(cli, {}, "hfs", "_HFS_COMPLETE").source())
