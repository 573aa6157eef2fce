"""The command that lets a person read a conversation: plain where it is piped, drawn where a terminal shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hfs.cli._completions import complete_session
from hfs.cli._output import FAILED, is_on_terminal, out, out_json, talk
from hfs.cli._store import open_store
from hfs.display import display, local_time, one_line
from hfs.errors import CorruptSessionError, SessionNotFoundError
from hfs.persistence import MessageModel, SessionModel

if TYPE_CHECKING:
    from hfs.transfer.folding import Fold


@click.command("show")
@click.argument("session", shell_complete=complete_session)
@click.option("--json", "as_json", is_flag=True, help="The document, as JSON.")
@click.option("--unfold", is_flag=True, help="Show reasoning, tool calls, their results and attachments too.")
@click.option("--no-pager", is_flag=True, help="Print it, however long it is.")
@click.pass_context
def show_command(ctx: click.Context, session: str, as_json: bool, unfold: bool, no_pager: bool) -> None:
    """Read a conversation.

    SESSION is an id, `last`, a part of the name, or the start of a uid. On a terminal, what is longer than the screen
    goes to $PAGER, or less. Of a damaged session it shows what can be read, and exits with 1.

    \b
    Examples:
      hfs show last
      hfs show 12 --unfold
      hfs show 12 | grep rebase
    """
    document = None
    with open_store() as store:
        session_id = store.resolve(session)
        try:
            found = store.get(session_id)
            if found is not None and as_json:
                # As it is, if it is of a newer format: nobody here knows what all of it means.
                document = store.document(session_id) if found.read_only else found.to_document()
        except CorruptSessionError:
            rescued = store.rescue(session_id)
            if rescued is None or as_json:
                raise
            _show(rescued, unfold, no_pager)
            ctx.exit(FAILED)
    if found is None:
        raise SessionNotFoundError(f"Session {session} was just removed.", session=session)
    if document is not None:
        out_json(document)
    else:
        _show(found, unfold, no_pager)


def _show(session: SessionModel, unfold: bool, no_pager: bool) -> None:
    if is_on_terminal():
        # Imported here: what is piped needs none of it.
        from hfs.cli._conversation_view import read_on_terminal

        read_on_terminal(session, unfold=unfold, page=not no_pager)
    else:
        _print(session, unfold)
    if session.recovered:
        talk("The last write to this session was interrupted; this is what was saved before it.")
    if session.read_only:
        talk(session.read_only)


def _print(session: SessionModel, unfold: bool) -> None:
    out(f"{one_line(session.name)}  (session {session.id})")
    for message in session.messages:
        detail = ", ".join(one_line(part) for part in (message.model, message.status) if part)
        moment = f"{local_time(message.created_at):%Y-%m-%d %H:%M}"
        out(f"\n{one_line(message.role)}  {moment}{f'  {detail}' if detail else ''}")
        if message.extra:
            _print_with_folds(message, unfold)
        else:
            _print_text(message.content)


def _print_with_folds(message: MessageModel, unfold: bool) -> None:
    from hfs.transfer.folding import folds_around

    before, after = folds_around(message)
    _print_folds(before, unfold)
    if message.hidden is None:
        _print_text(message.content)
    _print_folds(after, unfold)


def _print_folds(folded: list[Fold], unfold: bool) -> None:
    for fold in folded:
        out(f"    [{one_line(fold.summary, 200)}]")
        if unfold and fold.text:
            _print_text(fold.text)


def _print_text(text: str) -> None:
    out("\n".join(f"    {line}" if line else "" for line in display(text).split("\n")))
