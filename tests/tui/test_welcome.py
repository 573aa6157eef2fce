"""What who opens the chat is told, until they send something."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.screens import ChatScreen
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.welcome import Welcome
from tests.support.model_server import ModelServer
from tests.tui.driving import hear, say, shown, status, until

SERVERS = ("ollama", "lmstudio", "llamacpp", "vllm")


@pytest.fixture
def settings(home: Path, server: ModelServer) -> Path:
    """Settings in which no server of this machine answers at its usual address, and `mine` is one that does."""
    home.mkdir()
    home.chmod(0o700)
    places = {**dict.fromkeys(SERVERS, "http://127.0.0.1:1/v1"), "mine": server.base_url}
    path = home / "config.toml"
    path.write_text("".join(f'[providers.{name}]\nbase_url = "{place}"\n' for name, place in places.items()))
    return path


def choose(settings: Path, model: str) -> None:
    settings.write_text(f'model = "{model}"\n{settings.read_text()}')


@asynccontextmanager
async def opened(home: Path, options: ChatOptions | None = None) -> AsyncIterator[Pilot[int]]:
    app = HFSApp(home, options)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: status(pilot).model != "")
        yield pilot
        assert isinstance(app.screen, ChatScreen)
        await app.screen.leave()


def welcome(pilot: Pilot[int]) -> Welcome:
    return pilot.app.screen.query_one(Welcome)


async def read(pilot: Pilot[int]) -> list[str]:
    """The lines of the welcome, once all of it is there."""
    await until(pilot, lambda: "\n" in welcome(pilot).text)
    await pilot.pause(0.1)
    return welcome(pilot).text.split("\n")


async def test_who_is_new_is_told_who_answers_where_it_is_kept_and_the_keys_until_they_send_something(
    home: Path, settings: Path, server: ModelServer
) -> None:
    choose(settings, "mine/m")
    async with opened(home) as pilot:
        lines = await read(pilot)
        assert lines == [
            f"You talk to mine/m; what you say goes to {server.base_url[7:-3]}.",
            "Other models: `hfs models` lists what there is; /model NAME switches.",
            f"Every conversation is kept in {home / 'sessions'}.",
            "Enter sends, /help lists commands and keys, Ctrl+Q quits.",
        ]
        await say(pilot, "Hi")
        await hear(pilot, "Hello, you")
        assert (welcome(pilot).text, welcome(pilot).display) == ("", False)
        assert "Enter sends" not in shown(pilot)
    session = json.loads((home / "sessions" / "1.json").read_bytes())
    assert [message["content"] for message in session["messages"]] == ["Hi", "Hello, you"]


async def test_without_weights_the_first_words_say_so_and_what_helps_and_what_is_sent_is_kept(
    home: Path, settings: Path
) -> None:
    pytest.importorskip("xllamacpp")
    async with opened(home) as pilot:
        await until(pilot, lambda: "there is none on this machine yet" in welcome(pilot).text)
        first, second, *_ = await read(pilot)
        assert first == "No model can answer: there is none on this machine yet."
        assert second == "What helps, in another terminal: hfs models add smollm2"
        assert status(pilot).model == "no model"
        assert shown(pilot) == ""
        await say(pilot, "Hi")
        await hear(pilot, "/retry asks again")
    session = json.loads((home / "sessions" / "1.json").read_bytes())
    assert [message["content"] for message in session["messages"]] == ["Hi"]


async def test_without_a_model_a_server_of_this_machine_that_answers_is_offered(
    home: Path, settings: Path, server: ModelServer
) -> None:
    async with opened(home) as pilot:
        offer = f"/model mine/m talks to the server at {server.base_url[7:-3]}."
        await until(pilot, lambda: offer in welcome(pilot).text)
        assert server.requests == []
        await say(pilot, "/model mine/m")
        await until(pilot, lambda: "mine/m" in status(pilot).model)
        await say(pilot, "Hi")
        await hear(pilot, "Hello, you")


async def test_a_server_that_was_chosen_and_is_not_running_is_told_at_once(home: Path, settings: Path) -> None:
    choose(settings, "ollama/llama3.2")
    async with opened(home) as pilot:
        lines = await read(pilot)
        assert lines[0] == "ollama/llama3.2 can't answer: nothing answers at 127.0.0.1:1."
        assert lines[1] == "What helps, in another terminal: ollama serve"


async def test_a_server_that_lists_no_models_may_answer_all_the_same(
    home: Path, settings: Path, server: ModelServer
) -> None:
    server.models = None
    async with opened(home, ChatOptions(model="m", base_url=server.base_url)) as pilot:
        lines = await read(pilot)
        assert lines[0].startswith("You talk to custom/m;")


async def test_a_key_that_is_there_is_offered_and_nothing_is_sent(
    home: Path, settings: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    choose(settings, "mine/m")
    async with opened(home) as pilot:
        lines = await read(pilot)
        assert "/model openai/NAME talks to api.openai.com: there is a key." in lines
    assert server.requests == []


async def test_weights_that_can_not_be_loaded_are_told_in_the_welcome(home: Path, settings: Path) -> None:
    pytest.importorskip("xllamacpp")
    (home / "models").mkdir(mode=0o700)
    (home / "models" / "broken.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    async with opened(home) as pilot:
        await until(pilot, lambda: "could not load" in welcome(pilot).text)
        assert status(pilot).model == "no model"
        assert "could not load" not in shown(pilot)


async def test_who_comes_back_is_told_how_to_go_on_in_two_lines(home: Path, settings: Path) -> None:
    choose(settings, "mine/m")
    with SessionStore(home) as store:
        store.create("An old one", messages=[NewMessage("user", "one")])
        store.create("The \x1b]0;x\x07last [red]one", messages=[NewMessage("user", "one")])
    async with opened(home) as pilot:
        lines = await read(pilot)
        assert len(lines) == 2
        assert lines[1] == "/resume last goes on with the last session (The ␛]0;x␇last [red]one); Ctrl+O picks another."
        await say(pilot, "/resume last")
        await hear(pilot, "Resumed session: The")


async def test_a_session_that_is_resumed_has_no_welcome(home: Path, settings: Path) -> None:
    choose(settings, "mine/m")
    with SessionStore(home) as store:
        store.create("One", messages=[NewMessage("user", "What was said")])
    async with opened(home, ChatOptions(continue_last=True)) as pilot:
        await hear(pilot, "What was said")
        await pilot.pause(0.3)
        assert (welcome(pilot).is_over, welcome(pilot).text) == (True, "")


async def test_where_nothing_can_be_saved_nothing_is_said_of_being_kept(home: Path, settings: Path) -> None:
    choose(settings, "mine/m")
    async with opened(home, ChatOptions(no_save=True)) as pilot:
        assert "Nothing of this chat is kept." in await read(pilot)
    settings.write_text(f'store = "nonsense"\n{settings.read_text()}')
    async with opened(home) as pilot:
        lines = await read(pilot)
        assert [line for line in lines if "kept" in line or "/resume" in line] == []


async def test_what_is_typed_while_it_stands_there_stays(home: Path, settings: Path) -> None:
    async with opened(home) as pilot:
        await pilot.press(*"abc")
        await read(pilot)
        assert pilot.app.screen.query_one(Prompt).text == "abc"
        assert welcome(pilot).display
