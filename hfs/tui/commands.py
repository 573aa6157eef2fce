"""The slash commands: one record each, from which help and completion come too."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from hfs.display import one_line
from hfs.errors import HfsError, SessionNotFoundError
from hfs.persistence import SessionRepository


class Chat(Protocol):
    """What commands need of the screen that they are typed in."""

    @property
    def repo(self) -> SessionRepository:
        """The sessions. Raises HfsError where there is no store."""
        ...

    @property
    def session_id(self) -> int | None:
        """The session on the screen."""
        ...

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something in the transcript."""
        ...

    async def show_table(self, header: list[str], rows: list[list[str]]) -> None:
        """Shows a table in the transcript."""
        ...

    async def open_session(self, session_id: int | None) -> None:
        """Shows a session, or an empty screen."""
        ...

    async def clear(self) -> None:
        """Empties the screen; the session goes on."""
        ...

    async def choose_model(self, name: str | None) -> str:
        """Changes the model, if one is named; returns its name."""
        ...

    async def leave(self) -> None:
        """Ends the program."""
        ...


Handler = Callable[[Chat, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command."""

    name: str
    usage: str
    help: str
    run: Handler


async def run_command(chat: Chat, line: str) -> None:
    """Runs what a person typed after a slash; what fails is said in the transcript."""
    name, _, argument = line[1:].partition(" ")
    command = _BY_NAME.get(name)
    if command is None:
        near = difflib.get_close_matches(name, _BY_NAME, 3)
        hint = f"Did you mean {', '.join('/' + other for other in near)}?" if near else "/help lists the commands."
        await chat.note(f"There is no command /{one_line(name, 30)}. {hint} To send it as text, type //.", "error")
        return
    try:
        await command.run(chat, argument.strip())
    except HfsError as error:
        await chat.note(str(error), "error")


def completions(beginning: str) -> list[str]:
    """The commands that start like this."""
    if not beginning.startswith("/") or " " in beginning:
        return []
    return [f"/{command.name}" for command in COMMANDS if f"/{command.name}".startswith(beginning)]


async def _help(chat: Chat, argument: str) -> None:
    await chat.show_table(["Command", "What it does"], [[command.usage, command.help] for command in COMMANDS])
    await chat.note(
        "Enter sends, Ctrl+J breaks the line, Tab completes a command, Esc stops an answer, Ctrl+Q quits. "
        "//text sends /text."
    )


async def _new(chat: Chat, argument: str) -> None:
    await chat.open_session(None)
    await chat.note("A new session begins with your next message.")


async def _sessions(chat: Chat, argument: str) -> None:
    summaries = await chat.repo.list_recent(100)
    if not summaries:
        await chat.note("There are no sessions yet: the first message makes one.")
        return
    rows = []
    for summary in summaries:
        mark = " (current)" if summary.id == chat.session_id else ""
        name = one_line(summary.name, 44) + (f"  [damaged: {summary.problem}]" if summary.problem else "")
        created = f"{summary.created_at.astimezone():%Y-%m-%d %H:%M}"
        rows.append([f"{summary.id}{mark}", name, str(summary.message_count), created])
    await chat.show_table(["ID", "Name", "Messages", "Created"], rows)


async def _resume(chat: Chat, argument: str) -> None:
    if not argument:
        await chat.note("Usage: /resume <id>. /sessions lists them.", "error")
        return
    session_id = await chat.repo.resolve(argument)
    await chat.open_session(session_id)
    session = await chat.repo.rescue(session_id)
    if session is not None:
        await chat.note(f"Resumed session: {one_line(session.name, 255)}")


async def _rename(chat: Chat, argument: str) -> None:
    first, _, rest = argument.partition(" ")
    session_id, name = chat.session_id, argument
    if first.isascii() and first.isdigit() and rest.strip() and await chat.repo.path(int(first)) is not None:
        session_id, name = int(first), rest.strip()
    if not name:
        await chat.note("Usage: /rename <name>, or /rename <id> <name>.", "error")
        return
    if session_id is None:
        await chat.note("There is no session yet to rename: the first message makes one.", "error")
        return
    renamed = await chat.repo.rename(session_id, name)
    if renamed is None:
        raise SessionNotFoundError(f"There is no session {session_id}.", session=str(session_id))
    await chat.note(f"Session renamed to: {one_line(renamed.name, 255)}")


async def _delete(chat: Chat, argument: str) -> None:
    session_id = await chat.repo.resolve(argument) if argument else chat.session_id
    if session_id is None or not await chat.repo.delete(session_id):
        await chat.note("There is no session to delete.", "error")
        return
    if session_id == chat.session_id:
        await chat.open_session(None)
    await chat.note(f"Session {session_id} is in the trash; /restore {session_id} brings it back.")


async def _restore(chat: Chat, argument: str) -> None:
    restored = await chat.repo.restore(int(argument)) if argument.isascii() and argument.isdigit() else None
    if restored is None:
        await chat.note("Usage: /restore <id>, of a session in the trash.", "error")
        return
    await chat.note(f"Session restored: {one_line(restored.name, 255)}")


async def _export(chat: Chat, argument: str) -> None:
    from hfs.transfer import export_session, formats, write_export

    words = argument.split(maxsplit=1)
    chosen = words.pop(0) if words and words[0] in formats() else "md"
    session = await chat.repo.get(chat.session_id) if chat.session_id is not None else None
    if session is None:
        await chat.note("There is no session yet to export.", "error")
        return
    path = Path(words[0]).expanduser() if words else Path(f"hfs-{session.id}.{chosen}")
    write_export(path, export_session(session, chosen))
    await chat.note(f"Wrote {path.absolute()}.")


async def _import(chat: Chat, argument: str) -> None:
    from hfs.transfer import import_documents, read_import

    if not argument:
        await chat.note("Usage: /import <file>.", "error")
        return
    documents = import_documents(read_import(str(Path(argument).expanduser()), 16 << 20), argument)
    for document in documents:
        session, is_new = await chat.repo.import_document(document)
        what = "came in as" if is_new else "is here already as"
        await chat.note(f"{one_line(session.name, 255)} {what} session {session.id}.")


async def _model(chat: Chat, argument: str) -> None:
    await chat.note(f"Model: {one_line(await chat.choose_model(argument or None))}")


async def _clear(chat: Chat, argument: str) -> None:
    await chat.clear()


async def _exit(chat: Chat, argument: str) -> None:
    await chat.leave()


COMMANDS: Final = (
    Command("help", "/help", "Show the commands and keys.", _help),
    Command("new", "/new", "Begin a new session.", _new),
    Command("sessions", "/sessions", "List the sessions.", _sessions),
    Command("resume", "/resume <id>", "Go on with a session: its id, `last`, or a part of its name.", _resume),
    Command("rename", "/rename [<id>] <name>", "Give this session, or another, a name.", _rename),
    Command("delete", "/delete [<id>]", "Move this session, or another, to the trash.", _delete),
    Command("restore", "/restore <id>", "Bring a session back from the trash.", _restore),
    Command("export", "/export [json|md] [<file>]", "Write this session to a file.", _export),
    Command("import", "/import <file>", "Add sessions from a file that hfs exported.", _import),
    Command("model", "/model [<name>]", "Show or change the model, as provider/name.", _model),
    Command("clear", "/clear", "Empty the screen; the session goes on.", _clear),
    Command("exit", "/exit", "Quit.", _exit),
)
_BY_NAME: Final = {command.name: command for command in COMMANDS}
