"""What the chat says when it is opened: to who is new, to who comes back, and where no model can answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hfs.display import one_line
from hfs.errors import HfsError
from hfs.models import weights
from hfs.models.availability import Availability, availability_of, find_available
from hfs.models.providers import LOCAL
from hfs.persistence import ListQuery, SessionFilter, SessionRepository

if TYPE_CHECKING:
    from hfs.tui.chat.model_switch import ModelSwitch
    from hfs.tui.widgets.welcome import Welcome

_PATIENCE: Final = 0.5
"""How long the last session is looked for, in seconds: many sessions may have to be read first."""
_MOST_ALTERNATIVES: Final = 2
_KEYS: Final = "Enter sends, /help lists commands and keys, Ctrl+Q quits."


async def greet(
    welcome: Welcome, switch: ModelSwitch, repo: SessionRepository | None, home: Path, *, is_kept: bool
) -> None:
    """Looks around, and fills the welcome.

    Args:
        welcome: Where it is said.
        switch: The model.
        repo: The sessions; None where they could not be opened.
        home: The home folder.
        is_kept: Whether what is said is kept.
    """
    if welcome.is_over:
        return
    trouble = await _why_no_answer(switch, home)
    can_answer = not trouble and switch.backend is not None
    last = await _last_session(repo) if repo is not None else None
    others = await _alternatives(switch, home, ask=not can_answer) if not can_answer or last is None else []
    if last is None:
        place = "Nothing of this chat is kept." if not is_kept else _place(repo) if repo is not None else ""
        lines = _lines_for_newcomers(switch, others, place, can_answer=can_answer)
    else:
        lines = _lines_for_return(switch, others, last, can_answer=can_answer)
    welcome.tell(lines, trouble)


async def _last_session(repo: SessionRepository) -> str | None:
    """The name of the session in which something happened last; empty where it isn't known, None where there is none.

    Args:
        repo: The sessions.
    """
    query = ListQuery(SessionFilter(archived=False), sort="updated", limit=1)
    try:
        page = await asyncio.wait_for(repo.list_sessions(query), _PATIENCE)
    except (HfsError, TimeoutError):
        return ""
    if page.sessions:
        return page.sessions[0].name
    return "" if page.total else None


async def _why_no_answer(switch: ModelSwitch, home: Path) -> str:
    """Why the model that was chosen can't answer, and what changes that; nothing, where it can.

    Args:
        switch: The model.
        home: The home folder.
    """
    name = switch.chosen
    found = await availability_of(name, switch.config, os.environ, home, switch.base_url)
    if found.is_ready or found.may_answer:
        return ""
    if switch.base_url is not None:
        return f"No model can answer: {one_line(found.reason, 300)}."
    what = f"{name} can't answer" if found.provider != LOCAL else "No model can answer"
    helps = "What helps, in another terminal" if found.is_command else "What helps"
    return f"{one_line(f'{what}: {found.reason}.', 300)}\n{helps}: {one_line(found.remedy, 300)}"


async def _alternatives(switch: ModelSwitch, home: Path, *, ask: bool) -> list[str]:
    """How other models are reached, a line each.

    Args:
        switch: The model that was chosen.
        home: The home folder.
        ask: Whether servers on this machine are asked for their models.
    """
    found = await find_available(switch.config, os.environ, home, ask=ask)
    provider = switch.chosen.partition("/")[0]
    others = [one for one in found if one.is_ready and one.provider not in (provider, LOCAL)]
    return [_alternative(one) for one in others[:_MOST_ALTERNATIVES]]


def _alternative(found: Availability) -> str:
    if found.models:
        return f"/model {one_line(found.models[0], 60)} talks to the server at {one_line(found.place)}."
    return f"/model {one_line(found.provider, 30)}/NAME talks to {one_line(found.place)}: there is a key."


def _lines_for_newcomers(switch: ModelSwitch, others: Sequence[str], place: str, *, can_answer: bool) -> list[str]:
    """What who is new should know.

    Args:
        switch: The model.
        others: How other models are reached.
        place: Where conversations are kept, as a sentence; nothing, where that can't be said.
        can_answer: Whether a model can.
    """
    which = "A better one" if switch.name == weights.TINY else "Other models"
    better = [*others] or [f"{which}: `hfs models` lists what there is; /model NAME switches."]
    who = _who_answers(switch) if can_answer else ""
    return [line for line in (who, *better, place, _KEYS) if line]


def _lines_for_return(switch: ModelSwitch, others: Sequence[str], last: str, *, can_answer: bool) -> list[str]:
    """What who comes back should know.

    Args:
        switch: The model.
        others: How other models are reached, where that matters.
        last: The name of the last session; empty where it isn't known.
        can_answer: Whether a model can.
    """
    named = f" ({one_line(last, 60)})" if last else ""
    back = f"/resume last goes on with the last session{named}; Ctrl+O picks another."
    return [_who_answers(switch), back] if can_answer else [*others, back]


def _who_answers(switch: ModelSwitch) -> str:
    name, destination = one_line(switch.name, 60), one_line(switch.destination, 60)
    if name == weights.TINY:
        return f"{name} answers, on this machine. It is tiny, and often wrong."
    if destination == LOCAL:
        return f"{name} answers, on this machine."
    return f"You talk to {name}; what you say goes to {destination}."


def _place(repo: SessionRepository) -> str:
    """Where conversations are kept, as a sentence: a folder as a person writes it, or a database."""
    place = repo.place
    with contextlib.suppress(ValueError, RuntimeError):
        place = f"~/{Path(place).relative_to(Path.home())}"
    return f"Every conversation is kept in {one_line(place, 200)}."
