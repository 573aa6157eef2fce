"""Slash commands on whole sessions."""

from __future__ import annotations

from typing import Final

from hfs.display import counted, local_time, one_line
from hfs.errors import SessionNotFoundError
from hfs.tui.commands.chat import Chat
from hfs.tui.commands.registry import Command

_MOST_SESSIONS: Final = 100


async def _new(chat: Chat, argument: str) -> None:
    await chat.open_session(None)
    await chat.note("A new session begins with your next message.")


async def _sessions(chat: Chat, argument: str) -> None:
    from hfs.persistence import ListQuery, SessionFilter

    page = await chat.repo.list_sessions(
        ListQuery(SessionFilter(archived=False), limit=_MOST_SESSIONS, pinned_first=True)
    )
    if not page.total:
        await chat.note("There are no sessions yet: the first message makes one.")
        return
    rows = []
    for summary in page.sessions:
        mark = " (current)" if summary.id == chat.session.session_id else ""
        name = one_line(summary.name, 44) + (f"  [damaged: {summary.problem}]" if summary.problem else "")
        labels = "".join(f" #{one_line(tag)}" for tag in summary.tags)
        created = f"{local_time(summary.created_at):%Y-%m-%d %H:%M}"
        name = f"{'* ' if summary.pinned else ''}{name}{labels}"
        rows.append([f"{summary.id}{mark}", name, str(summary.message_count), created])
    await chat.transcript.show_table(["ID", "Name", "Messages", "Created"], rows)
    left_out = []
    if len(rows) < page.matching:
        left_out.append(f"{len(rows)} of {counted(page.matching, 'session')}")
    if page.archived:
        left_out.append(f"{counted(page.archived, 'archived session')} not shown")
    if left_out:
        await chat.note(f"{'; '.join(left_out)}. `hfs list` shows others, and Ctrl+O picks from all.")


async def _resume(chat: Chat, argument: str) -> None:
    if not argument:
        chat.pick_session()
        return
    session_id = await chat.repo.resolve(argument)
    await chat.open_session(session_id)
    session = await chat.repo.rescue(session_id)
    if session is not None:
        await chat.note(f"Resumed session: {one_line(session.name, 255)}")


async def _rename(chat: Chat, argument: str) -> None:
    first, _, rest = argument.partition(" ")
    session_id, name = chat.session.session_id, argument
    if first.isascii() and first.isdigit() and rest.strip() and await chat.repo.get(int(first)) is not None:
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
    session_id = await chat.repo.resolve(argument) if argument else chat.session.session_id
    if session_id is None or not await chat.repo.delete(session_id):
        await chat.note("There is no session to delete.", "error")
        return
    if session_id == chat.session.session_id:
        await chat.open_session(None)
    await chat.note(f"Session {session_id} is in the trash; /undo brings it back.")


async def _undo(chat: Chat, argument: str) -> None:
    trashed = await chat.repo.list_trash()
    if not trashed:
        await chat.note("The trash is empty: there is nothing to bring back.", "error")
        return
    await _restore(chat, str(trashed[0].id))


async def _restore(chat: Chat, argument: str) -> None:
    is_id = argument.isascii() and argument.isdigit()
    restored = await chat.repo.restore(int(argument)) if is_id else None
    if restored is None:
        missing = f"There is no session {one_line(argument, 20)} in the trash. `hfs trash list` shows what is there."
        await chat.note(missing if is_id else "Usage: /restore <id>, of a session in the trash.", "error")
        return
    if restored.id == chat.session.session_id:
        await chat.open_session(restored.id)
    await chat.note(f"Session {restored.id} restored: {one_line(restored.name, 255)}")


async def _fork(chat: Chat, argument: str) -> None:
    session_id = chat.session.session_id
    if session_id is None:
        await chat.note("There is no session yet to branch.", "error")
        return
    if argument and not (argument.isascii() and argument.isdigit()):
        await chat.note("Usage: /fork [<n>]: message <n> and what follows it is left out.", "error")
        return
    made = await chat.repo.fork(session_id, before=int(argument) if argument else None)
    await chat.open_session(made.id)
    count = counted(made.message_count, "message")
    await chat.note(f"This is session {made.id} now, with {count} of session {session_id}, which stays as it is.")


async def _search(chat: Chat, argument: str) -> None:
    chat.pick_session(argument)


COMMANDS: Final = (
    Command("new", "/new", "Begin a new session.", _new),
    Command("sessions", "/sessions", "List the sessions.", _sessions, while_answering=True),
    Command(
        "resume",
        "/resume [<session>]",
        "Go on with a session: its id, `last`, or a part of its name; without one, pick.",
        _resume,
        takes_session=True,
    ),
    Command("search", "/search [<words>]", "Find what was said, in any session, and go there.", _search),
    Command("rename", "/rename [<id>] <name>", "Give this session, or another, a name.", _rename),
    Command("fork", "/fork [<n>]", "Branch into a new session, without message <n> and what follows it.", _fork),
    Command("delete", "/delete [<session>]", "Move this session, or another, to the trash.", _delete, True),
    Command("undo", "/undo", "Bring back what was deleted last.", _undo),
    Command(
        "restore",
        "/restore <id>",
        "Bring back a session, or messages that were taken out of it, from the trash.",
        _restore,
    ),
)
