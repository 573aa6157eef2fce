"""The application: it opens the store, holds the current session, and shows the chat."""

from __future__ import annotations

import contextlib
import gc
import re
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.filter import LineFilter
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import NoActiveWorker, get_current_worker

from hfs.errors import HfsError
from hfs.paths import CONFIG
from hfs.tui.commands import COMMANDS
from hfs.tui.daemon_thread import on_daemon_thread
from hfs.tui.indexing import SILENCE, Indexing, ShowsIndexing
from hfs.tui.options import ChatOptions
from hfs.tui.screens.chat import ChatScreen
from hfs.tui.temporary_home import temporary_home
from hfs.tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from hfs.persistence import Notice, SessionRepository
    from hfs.persistence.store_location import StoreLocation

_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class _Guard(LineFilter):
    """The second line of defence: no control character in a text reaches the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(_HOSTILE.sub("", text), style, control) if not control and _HOSTILE.search(text) else segment
            for segment in segments
            for text, style, control in [segment]
        ]


class HFSApp(App[int]):
    """The chat in the terminal.

    Args:
        home: The home folder.
        options: How it begins.
        owns_process: Whether nothing else runs in this process.
    """

    TITLE = "hfs"
    CSS_PATH = Path(__file__).parent / "screens" / "chat.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", priority=True, show=False),
        Binding("ctrl+p", "command_palette", "List all commands", priority=True, show=False),
    ]

    def __init__(self, home: Path, options: ChatOptions | None = None, *, owns_process: bool = False) -> None:
        super().__init__()
        self._owns_process = owns_process
        options = options or ChatOptions()
        self.home = home
        self._at_exit = contextlib.ExitStack()
        self._store_home = self._at_exit.enter_context(temporary_home()) if options.no_save else home
        self._saves = not options.no_save
        self._secret: str | None = None
        self.store_label = ""
        """Where the sessions are, in few words; nothing, where that are files."""
        self._repo: SessionRepository | None = None
        self._session_id: int | None = None
        self._indexing = Indexing(partial(self.call_later, self._tell_indexing))
        self._silence: Timer | None = None
        self._chat = ChatScreen(home, options)
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = self._configured_theme()

    def _configured_theme(self) -> str:
        if not (self.home / CONFIG).exists():
            return DARK.name
        from hfs.user_config import load_config

        # A broken config.toml is told by the chat; here it only means the usual colours.
        with contextlib.suppress(HfsError):
            chosen = load_config(self.home).theme
            if chosen in self.available_themes:
                return chosen
        return DARK.name

    def settle_memory(self) -> None:
        """Takes what is in memory for lasting, where the process is its own.

        Else the garbage collector looks through every message of a long session again and again, and each time
        scrolling stands still for a moment.
        """
        if self._owns_process:
            gc.freeze()

    def choose_theme(self, name: str) -> bool:
        """Changes the colours, now and from now on; lets the user choose where no name is given.

        Returns:
            Whether there are such colours.
        """
        from hfs.user_config import set_value

        if not name:
            self.action_change_theme()
        elif name in self.available_themes:
            self.theme = name
            # What can't be written down holds for this time.
            with contextlib.suppress(HfsError):
                set_value(self.home, "theme", name)
        return not name or name in self.available_themes

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), _Guard()]

    def get_default_screen(self) -> Screen[Any]:
        return self._chat

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        if screen is self._chat:
            for command in COMMANDS:
                yield SystemCommand(command.usage, command.help, partial(self._chat.type_command, command.name))

    async def action_quit(self) -> None:
        """Ends the program, unless words would be lost that are saved nowhere."""
        await self._chat.leave()

    async def initialize_persistence(self) -> SessionRepository:
        """Opens the store; may be tried again after it failed.

        Raises:
            StoreError: It can't be opened.
            ConfigError: What is set names no store.
        """
        if self._repo is None:
            # A keyring may ask its owner first, and a server may be far away.
            location, repo = await on_daemon_thread(self._open_store)
            try:
                # Nothing here waits for the index, which may have to be made first.
                await repo.require_readable()
            except BaseException:
                await repo.close()
                raise
            self._repo = repo
            self.store_label = location.label if location is not None else ""
        return self._repo

    def _open_store(self) -> tuple[StoreLocation | None, SessionRepository]:
        """The store that was chosen, and where it is if sessions are no files in it."""
        # Imported once the first screen is painted, as everything that it does not need.
        from hfs.persistence import open_repository
        from hfs.stores import DOCUMENTS, chosen_store, has_files, store_text

        location = None
        if self._saves and not has_files(self.home):
            location = chosen_store(self.home)
            self._secret = location.password
        chosen = store_text(location) if location is not None else DOCUMENTS
        return location, open_repository(
            self._store_home, on_notice=self._told, on_indexing=self._indexing.told, store=chosen
        )

    def _told(self, notice: Notice) -> None:
        self._chat.call_later(self._chat.note, notice.text)

    def _tell_indexing(self, text: str) -> None:
        if self._silence is not None:
            self._silence.stop()
            self._silence = None
        if text:
            # A reading that ends with an error ends without a word.
            self._silence = self.set_timer(SILENCE, partial(self._tell_indexing, ""))
        for screen in self.screen_stack:
            if isinstance(screen, ShowsIndexing):
                screen.show_indexing(text)

    def _fatal_error(self) -> None:
        # Textual's own shows the values of local variables, and keys and words are among them.
        from rich.text import Text

        from hfs.tui.crash import write_report

        # What fails while the program ends, because it ends, must not take the place of what went wrong.
        if not self._exit_renderables:
            self._exit_renderables.append(Text(write_report(self.home, self._secret)))
        self._close_messages_no_wait()

    def get_session_repo(self) -> SessionRepository | None:
        """The store, or None where it could not be opened."""
        return self._repo

    def get_current_session_id(self) -> int | None:
        """The session on the screen, or None before the first message."""
        return self._session_id

    def set_current_session_id(self, session_id: int | None) -> None:
        """Notes which session is on the screen."""
        self._session_id = session_id

    async def close_persistence(self) -> None:
        """Closes the store, once what still asks it is ended: a store that is closed answers nobody."""
        own = None
        with contextlib.suppress(NoActiveWorker):
            # Leaving may be such a worker itself.
            own = get_current_worker()
        for worker in self.workers:
            if worker is not own:
                worker.cancel()
        if self._repo is not None:
            repo, self._repo = self._repo, None
            await repo.close()
        self._at_exit.close()


def run(home: Path, options: ChatOptions | None = None) -> int:
    """Opens the chat and stays until the user leaves it.

    Args:
        home: The home folder.
        options: How it begins.

    Returns:
        The exit code.
    """
    app = HFSApp(home, options, owns_process=True)
    app.run()
    return app.return_code or 0
