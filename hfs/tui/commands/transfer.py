"""Slash commands that write the open session to a file, and bring in what other programs wrote."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Final

from hfs.display import one_line
from hfs.errors import FileTakenError
from hfs.tui.commands.chat import Chat
from hfs.tui.commands.registry import Command

if TYPE_CHECKING:
    from hfs.persistence import SessionImport
    from hfs.transfer.importing.report import ImportReport

_MOST_LINES: Final = 30
"""How much of a report stands in the transcript."""


async def _export(chat: Chat, argument: str) -> None:
    from hfs.transfer.exporters import exporter_for, exporter_named
    from hfs.transfer.exporting.naming import file_name, is_folder
    from hfs.transfer.exporting.writing import write_session

    first, _, rest = argument.partition(" ")
    chosen, target = (first, rest.strip()) if first in _formats() else ("", argument)
    # A word like `pdf` is a format that hfs doesn't know, sooner than a file without an ending.
    is_word = target and not chosen and not is_folder(target) and "." not in target and os.sep not in target
    exporter = exporter_named(chosen or target) if chosen or is_word else exporter_for(os.path.expanduser(target), "md")
    session_id = chat.session.session_id
    session = await chat.repo.get(session_id) if session_id is not None else None
    if session is None:
        await chat.note("There is no session yet to export.", "error")
        return
    path = os.path.expanduser(target or file_name(session.id, session.name, exporter.extension))
    try:
        written = await asyncio.to_thread(write_session, session, exporter, path)
    except FileTakenError as error:
        await chat.note(f"{error} Give another name: /export {exporter.name} <file>.", "error")
        return
    await chat.note(f"Wrote {one_line(str(written.absolute()), 1000)}.")


async def _import(chat: Chat, argument: str) -> None:
    from hfs.transfer.files.sources import open_sources
    from hfs.transfer.importing.run import ImportOptions, run_import

    if not argument:
        await chat.note("Usage: /import <file>, <folder> or <archive>.", "error")
        return
    if chat.stop_import is not None:
        await chat.note("An import is running: Esc stops it.", "error")
        return
    stopped = threading.Event()

    def go_on(count: int) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt

    def bring_in(target: SessionImport) -> ImportReport:
        # As a path and nothing else: "-" would wait for what is piped in.
        with open_sources([os.path.abspath(os.path.expanduser(argument))]) as sources:
            return run_import(target, sources, ImportOptions(), go_on)

    await chat.note("Importing… Esc stops it.")
    chat.stop_import = stopped.set
    try:
        report = await chat.repo.run_import(bring_in)
    finally:
        chat.stop_import = None
    await _tell_import(chat, report)


async def _tell_import(chat: Chat, report: ImportReport) -> None:
    lines = list(report.lines())
    if len(lines) > _MOST_LINES:
        left_out = f"… {len(lines) - _MOST_LINES:,} more lines of the report are not shown here"
        lines = [*lines[: _MOST_LINES - 1], left_out, lines[-1]]
    if report.interrupted:
        lines.append("Stopped. Every conversation above came in whole; the same command goes on with the others.")
    await chat.note("\n".join(lines), "note" if report.succeeded or report.interrupted else "error")


def _formats() -> list[str]:
    from hfs.transfer.exporters import EXPORTERS

    return [exporter.name for exporter in EXPORTERS]


COMMANDS: Final = (
    Command(
        "export",
        "/export [<format>] [<file>]",
        "Write this session to a file.",
        _export,
        choices=_formats,
        takes_path=True,
    ),
    Command(
        "import",
        "/import <path>",
        "Bring in what other programs exported: a file, folder or archive.",
        _import,
        takes_path=True,
    ),
)
