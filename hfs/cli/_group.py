"""The command ``hfs`` and the table of its subcommands, each imported when it is used."""

from __future__ import annotations

import gc
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from hfs.cli._completions import complete_folder, complete_model, complete_session, complete_store

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_OF_THE_CHAT: Final = frozenset(("continue_last", "resume", "model", "base_url", "no_save"))

GROUPS: Final = {
    "Chat": {
        "ask": ("hfs.cli.ask", "Ask one question; the answer goes to stdout."),
    },
    "Read": {
        "list": ("hfs.cli.listing", "List sessions."),
        "show": ("hfs.cli.show", "Read a conversation."),
        "search": ("hfs.cli.search", "Find what was said."),
        "stats": ("hfs.cli.stats", "Draw how much was said, when, and by which models."),
    },
    "Organise": {
        "rename": ("hfs.cli.sessions", "Give a session a name."),
        "tag": ("hfs.cli.organise", "Give sessions tags; list all tags."),
        "pin": ("hfs.cli.organise", "Keep sessions at the top of lists."),
        "archive": ("hfs.cli.organise", "Take sessions out of lists."),
    },
    "Change": {
        "edit": ("hfs.cli.edit", "Edit a session in your own editor."),
        "fork": ("hfs.cli.sessions", "Branch a session into a new one."),
        "delete": ("hfs.cli.sessions", "Move sessions to the trash."),
        "restore": ("hfs.cli.sessions", "Bring sessions back from the trash."),
        "trash": ("hfs.cli.trash", "List, bring back, or empty what was deleted."),
        "prune": ("hfs.cli.prune", "Move sessions of long ago to the trash."),
    },
    "In and out": {
        "export": ("hfs.cli.export", "Write sessions to stdout, a file, a folder or an archive."),
        "import": ("hfs.cli.import_", "Bring in conversations from other programs."),
        "copy": ("hfs.cli.copy", "Copy sessions from one store into another."),
        "path": ("hfs.cli.sessions", "Print the path of a session's file."),
    },
    "Keep safe": {
        "check": ("hfs.cli.check", "Read everything, say what is wrong, and mend it."),
        "merge": ("hfs.cli.merge", "Bring the conflict copies of sync programs together."),
        "git-setup": ("hfs.cli.git", "Prepare the home folder for git."),
    },
    "Set up": {
        "config": ("hfs.cli.settings", "Show and change settings."),
        "models": ("hfs.cli.models", "List models; add one that runs here."),
        "completion": ("hfs.cli.completion", "Print the completion script of a shell."),
    },
}
"""The commands by what one wants: of each its module, and its summary, which is the first line of its docstring."""
COMMANDS: Final = {name: command for group in GROUPS.values() for name, command in group.items()}
_HELP: Final = "help"
"""A command that no list has, for those who try it before ``--help``."""


class LazyGroup(click.Group):
    """A group whose commands cost nothing until they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != _HELP and cmd_name not in COMMANDS:
            return None
        module = import_module("hfs.cli.help" if cmd_name == _HELP else COMMANDS[cmd_name][0])
        command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # click looks for names that are near among the commands that it holds, and this group holds none.
        name = args[0]
        if name not in COMMANDS and name != _HELP and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, 3)
            hint = f"Did you mean {', '.join(near)}?" if near else "`hfs --help` lists the commands."
            raise click.UsageError(f"there is no command {name!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from hfs.cli._output import INTERRUPTED, talk

            talk("")
            ctx.exit(INTERRUPTED)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from click.shell_completion import CompletionItem

        # click's own would import every command for its summary.
        return [
            CompletionItem(name, help=COMMANDS[name][1]) for name in sorted(COMMANDS) if name.startswith(incomplete)
        ]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        # click's own order is the other way round, and it would write the commands again.
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), summary) for name, (_, summary) in group.items()])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    subcommand_metavar="[COMMAND] [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Your conversations are plain files in ~/.hfs/sessions (or $HFS_HOME/sessions), unless you name a database "
    "as the store.",
)
@click.option("-c", "--continue", "continue_last", is_flag=True, help="Go on with the last session.")
@click.option(
    "-r",
    "--resume",
    metavar="[SESSION]",
    shell_complete=complete_session,
    is_flag=False,
    flag_value="",
    help="Resume a session, or pick one.",
)
@click.option(
    "-m", "--model", metavar="MODEL", shell_complete=complete_model, help="The model to talk to, as provider/name."
)
@click.option("--base-url", metavar="URL", help="The address of an OpenAI-compatible server.")
@click.option("--no-save", is_flag=True, help="Keep nothing of this chat; it can't be brought back.")
@click.option("--offline", is_flag=True, help="Refuse to talk to anything but this machine.")
@click.option("--home", metavar="FOLDER", shell_complete=complete_folder, help="Use this folder instead of ~/.hfs.")
@click.option(
    "--store",
    metavar="STORE",
    shell_complete=complete_store,
    help="Where sessions are: documents, sqlite, or postgresql://USER@HOST/DATABASE.",
)
@click.option("--version", is_flag=True, help="Say what runs here.")
@click.pass_context
def cli(
    ctx: click.Context,
    continue_last: bool,
    resume: str | None,
    model: str | None,
    base_url: str | None,
    no_save: bool,
    offline: bool,
    home: str | None,
    store: str | None,
    version: bool,
) -> None:
    """Chat in the terminal; every conversation is a file of yours.

    Without a command, hfs opens the chat; /help in it lists what it can do. `hfs COMMAND --help` says all about a
    command.

    \b
    Examples:
      hfs                        # chat
      hfs -c                     # go on with the last session
      hfs ask "Why is it so?"    # one question, without the chat
      hfs models add smollm2     # a small model that runs here
      hfs list                   # your sessions
      hfs show last              # read the last one
      hfs search undo rebase     # find what was said
    """
    # What the imports made stays; what the command makes is looked through as ever.
    gc.freeze()
    gc.enable()
    if version:
        from hfs.cli.version import print_version

        print_version(ctx)
        ctx.exit()
    if home:
        os.environ["HFS_HOME"] = home
    if store is not None:
        _choose_store(store)
    if offline:
        os.environ["HFS_OFFLINE"] = "1"
    if ctx.invoked_subcommand is None:
        ctx.exit(_open_chat(continue_last, resume, model, base_url, no_save))
    _refuse_options_of_the_chat(ctx, ctx.invoked_subcommand)


def _refuse_options_of_the_chat(ctx: click.Context, command: str) -> None:
    """Says so where an option of the chat stands before a command, which would do without it."""
    for option in ctx.command.params:
        given = ctx.get_parameter_source(option.name or "") is click.core.ParameterSource.COMMANDLINE
        if given and option.name in _OF_THE_CHAT:
            said = f"{option.opts[-1]} is for the chat, and is not used here."
            raise click.UsageError(f"{said} What `hfs {command}` takes stands behind its name.")


def _choose_store(text: str) -> None:
    from hfs.errors import ConfigError
    from hfs.paths import home_folder
    from hfs.persistence.store_location import parse_store
    from hfs.stores import VARIABLE, require_no_password

    try:
        require_no_password(parse_store(text, home_folder()), "--store")
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    os.environ[VARIABLE] = text


def _open_chat(continue_last: bool, resume: str | None, model: str | None, base_url: str | None, no_save: bool) -> int:
    import sys

    if no_save and (continue_last or resume is not None):
        raise click.UsageError("--no-save begins a chat of its own: leave out -c and -r.")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("the chat needs a terminal. For one question in a script: hfs ask.")
    from hfs.paths import home_folder
    from hfs.tui.app import run
    from hfs.tui.options import ChatOptions

    session = later = None
    if resume:
        from hfs.cli._store import open_store
        from hfs.errors import StoreIOError

        try:
            with open_store() as store:
                session = store.resolve(resume)
        except StoreIOError:
            # The chat says why, and opens the session once the store is there.
            later = resume
    pick = resume == ""
    options = ChatOptions(session, continue_last, pick, model, base_url, no_save, later)
    return run(home_folder(), options)
