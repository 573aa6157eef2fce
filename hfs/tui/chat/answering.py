"""One turn after the other: what a person says goes to the model, and the answer to the screen and into the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfs.display import one_line
from hfs.errors import HfsError
from hfs.models import ModelBackend
from hfs.tui.chat.answer_view import AnswerView
from hfs.tui.chat.session_view import SessionView

if TYPE_CHECKING:
    from hfs.tui.screens.chat import ChatScreen


async def take_turn(screen: ChatScreen, text: str | None) -> None:
    """Says something and shows the answer. What can't be sent goes back into the prompt.

    Args:
        screen: The chat.
        text: What the person says; None asks the last question again.
    """
    await screen.resources.wait()
    if screen.resources.view is None and not await screen.resources.open_store(quietly=False):
        screen.composer.prompt.load_text(text or "")
        return
    view = screen.view
    model = await _model(screen, view)
    if model is None:
        await screen.note(f"Not sent: {one_line(text or '/retry', 60)}", "error")
        screen.composer.prompt.load_text(text or "")
        return
    answer = AnswerView(screen.transcript, screen.status, view.show_again)
    screen.is_answering = True
    try:
        events = view.current.retry(model) if text is None else view.current.say(text, model)
        await answer.show(events, text or "")
    except HfsError as error:
        screen.status.saving = ""
        await screen.note(str(error), "error")
    finally:
        screen.is_answering = False
        view.watch.something_waits = view.watch.something_waits or answer.unsaved
        view.show_name()


async def _model(screen: ChatScreen, view: SessionView) -> ModelBackend | None:
    switch = screen.resources.model
    assert switch is not None
    if switch.backend is None:
        await switch.open(view.current.messages)
    # One that could not answer may by now.
    switch.show()
    return switch.backend
