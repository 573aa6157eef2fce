"""Where a person writes: the prompt, the commands that fit above it, and a message that is being changed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer

from hfs.tui.commands import completions, hints, session_argument
from hfs.tui.widgets.hint import CommandHint
from hfs.tui.widgets.prompt import Prompt

_PATIENCE = 0.5
"""How long names are waited for, in seconds."""
_PAUSE = 1.0
"""How long typing must pause before that is told, in seconds."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A message whose text is in the prompt."""

    message_id: int
    fork: bool
    """Whether the session is kept as it was, in a fork."""


class Composer(Vertical):
    """The prompt and what belongs to it."""

    @dataclass
    class Sent(Message):
        """The person sent something."""

        text: str

    @dataclass
    class Edited(Message):
        """The person changed a message."""

        edit: Edit
        text: str

    @dataclass
    class Paused(Message):
        """Typing paused."""

        text: str

    def __init__(self) -> None:
        super().__init__()
        self._edit: Edit | None = None
        self._timer: Timer | None = None
        self.find_names: Callable[[str], Awaitable[Sequence[str]]] | None = None
        """Finds the names of sessions that hold what was typed, which Tab completes."""

    def compose(self) -> ComposeResult:
        yield CommandHint()
        yield Prompt(self._complete, id="prompt")

    async def _complete(self, beginning: str) -> Sequence[str]:
        argument = session_argument(beginning)
        names: Sequence[str] = ()
        if argument is not None and self.find_names is not None:
            # While many sessions are being indexed nobody waits for their names.
            with contextlib.suppress(TimeoutError):
                names = await asyncio.wait_for(self.find_names(argument), _PATIENCE)
        return completions(beginning, names)

    @property
    def prompt(self) -> Prompt:
        """The input itself."""
        return self.query_one(Prompt)

    @property
    def is_editing(self) -> bool:
        """Whether a message's text is in the prompt."""
        return self._edit is not None

    @property
    def unsent(self) -> str:
        """What was typed and should outlive a crash: no commands, no message that is being changed."""
        text = self.prompt.text
        return "" if self.is_editing or (text.startswith("/") and not text.startswith("//")) else text

    def begin_edit(self, edit: Edit, text: str) -> None:
        """Puts a message's text into the prompt."""
        self._edit = edit
        self.prompt.border_title = f"message {edit.message_id}: Enter saves, Esc leaves it as it was"
        self.prompt.put(text)

    def end_edit(self) -> None:
        """Takes it out again."""
        if self._edit is not None:
            self._edit = None
            self.prompt.border_title = ""
            self.prompt.clear()

    @on(Prompt.Submitted)
    def _submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        text, edit = event.text.strip("\n"), self._edit
        if edit is not None:
            self.end_edit()
            self.post_message(self.Edited(edit, text))
        else:
            self.post_message(self.Sent(text))

    @on(Prompt.Changed)
    def _changed(self, event: Prompt.Changed) -> None:
        event.stop()
        self.query_one(CommandHint).show([] if self.is_editing else hints(self.prompt.text))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE, self._pause)

    def _pause(self) -> None:
        self._timer = None
        self.post_message(self.Paused(self.unsent))
