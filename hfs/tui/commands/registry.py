"""What a slash command is, and what it needs of the screen that it is typed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from hfs.chat import CurrentSession
    from hfs.persistence import SessionRepository
    from hfs.tui.widgets.transcript import Transcript


class Chat(Protocol):
    """What commands need of the screen that they are typed in."""

    stop_import: Callable[[], None] | None
    """Stops the import that is running; None where none is."""

    @property
    def repo(self) -> SessionRepository:
        """The sessions. Raises HfsError where there is no store."""
        ...

    @property
    def session(self) -> CurrentSession:
        """The session on the screen. Raises HfsError where there is no store."""
        ...

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        ...

    @property
    def is_answering(self) -> bool:
        """Whether an answer is coming."""
        ...

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something in the transcript."""
        ...

    async def open_session(self, session_id: int | None, message_id: int | None = None) -> None:
        """Shows a session, or an empty screen; goes to a message, where one is named."""
        ...

    async def choose_model(self, name: str | None) -> str:
        """Changes the model, if one is named; returns its name."""
        ...

    def retry(self) -> None:
        """Asks the last question again."""
        ...

    def begin_edit(self, message_id: int, text: str, *, fork: bool) -> None:
        """Lets the person change a message's text in the prompt."""
        ...

    def copy(self, text: str) -> None:
        """Puts a text on the clipboard."""
        ...

    def pick_session(self, words: str = "") -> None:
        """Lets the person pick a session."""
        ...

    def choose_theme(self, name: str) -> bool:
        """Changes the colours; says whether there are such."""
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
    takes_session: bool = False
    """Whether its argument is a session, whose name can be completed."""
    choices: Callable[[], Sequence[str]] = lambda: ()
    """What its argument may be, where that can be listed."""
    takes_path: bool = False
    """Whether it ends in a path, which can be completed."""
    keeps_place: bool = False
    """Whether what is in view stays in view; else the newest is."""
    while_answering: bool = False
    """Whether it may be used while an answer is coming."""
