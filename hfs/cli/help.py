"""The command that says what ``--help`` says, for those who try it first."""

from __future__ import annotations

import click

from hfs.cli._output import out


@click.command("help", hidden=True)
@click.argument("names", nargs=-1, metavar="[COMMAND]...")
@click.pass_context
def help_command(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Say how a command is used, as `hfs COMMAND --help` does.

    \b
    Examples:
      hfs help
      hfs help export
      hfs help trash empty
    """
    root = ctx.find_root()
    # A command that is missing is told as by `hfs COMMAND`.
    command: click.Command = root.command
    context = root
    for name in names:
        if not isinstance(command, click.Group):
            raise click.UsageError(f"`{context.command_path}` has no commands below it.", ctx)
        _, found, _ = command.resolve_command(context, [name])
        assert found is not None
        command = found
        context = click.Context(command, info_name=name, parent=context)
    out(command.get_help(context))
