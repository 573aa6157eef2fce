"""The keys that people are told of are bound, and do what is told; none is left out."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from textual.actions import parse
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.dom import DOMNode

import hfs.tui
from hfs.tui.keys import chat_keys, key_groups
from hfs.tui.screens import picker
from hfs.tui.widgets.prompt import Prompt
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, say


def holders() -> Iterator[type[DOMNode]]:
    """The classes of the chat that have bindings of their own."""
    for module in pkgutil.walk_packages(hfs.tui.__path__, "hfs.tui."):
        for _, found in inspect.getmembers(import_module(module.name), inspect.isclass):
            if found.__module__ == module.name and issubclass(found, DOMNode) and "BINDINGS" in vars(found):
                yield found


def bound(holder: type[DOMNode]) -> list[Binding]:
    return [one for one in holder.BINDINGS if isinstance(one, Binding)]


def taken(holder: type[DOMNode]) -> Sequence[Binding]:
    return getattr(holder, "TAKEN", ())


def test_every_binding_with_a_description_is_told_and_nothing_else() -> None:
    described = [f"{one.description}." for holder in holders() for one in [*taken(holder), *bound(holder)]]
    told = [text for group in key_groups() for keys, text in group.rows if not keys.startswith("Click")]
    assert sorted(told) == sorted(described)


@pytest.mark.parametrize("holder", list(holders()), ids=lambda holder: holder.__name__)
def test_every_binding_has_an_action_and_a_description(holder: type[DOMNode]) -> None:
    for binding in bound(holder):
        _, name, _ = parse(binding.action)
        assert callable(getattr(holder, f"action_{name}", None)), binding
        assert binding.description, binding


class Typing(App[None]):
    """A prompt alone, and what it reported."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def compose(self) -> ComposeResult:
        async def complete(beginning: str) -> list[str]:
            return [f"{beginning}lp", f"{beginning}ro"]

        yield Prompt(complete)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.sent.append(event.text)


TRIED = [
    ("enter", "", ["/he"]),
    ("ctrl+j", "/he\n", []),
    ("shift+enter", "/he\n", []),
    ("tab", "/help", []),
    ("tab tab", "/hero", []),
    ("up", "before", []),
    ("up down", "/he", []),
]
"""Keys, the text after them, and what was sent."""


@pytest.mark.parametrize(("keys", "text", "sent"), TRIED, ids=[keys for keys, _, _ in TRIED])
async def test_a_key_that_the_prompt_takes_does_what_it_says(keys: str, text: str, sent: list[str]) -> None:
    async with Typing().run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        prompt.set_history(["before"])
        prompt.put("/he")
        await pilot.press(*keys.split())
        await pilot.pause()
        assert isinstance(pilot.app, Typing)
        assert (prompt.text, pilot.app.sent) == (text, sent)


def test_every_key_that_the_prompt_takes_is_tried() -> None:
    tried = {key for keys, _, _ in TRIED for key in keys.split()}
    assert tried == {key for one in Prompt.TAKEN for key in one.key.split(",")}


def test_the_line_of_keys_in_the_list_of_sessions_names_keys_that_are_told() -> None:
    told = {key for group in key_groups() if "list of sessions" in group.place for keys, _ in group.rows
            for key in keys.split(", ")}  # fmt: skip
    named = set(re.findall(r"\b(?:Enter|Esc|F\d|Ctrl\+\w)", " ".join(picker._KEYS)))
    assert named and named <= told


async def test_help_in_the_chat_shows_the_keys_of_the_chat(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "/help")
        for keys, text in chat_keys().rows:
            await hear(pilot, f"{keys} | {text}")
