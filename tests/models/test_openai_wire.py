"""Servers: what is sent, what comes back, and every way to fail."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hfs.errors import (
    ConfigError,
    ContextTooLongError,
    InterruptedStreamError,
    MissingKeyError,
    ModelError,
    ModelNotFoundError,
    RateLimitError,
    RefusedError,
    UnreachableError,
)
from hfs.models import Prompt, choose_model, open_model
from hfs.user_config import Config, ProviderConfig, Secret
from tests.support.model_server import ModelServer

PROMPTS = [Prompt("system", "Be brief."), Prompt("user", "hi")]


async def ask(server: ModelServer, home: Path, **environ: str) -> str:
    provider = ProviderConfig(server.base_url, api_key=Secret("sk-secret"))
    config = Config(home / "config.toml", providers={"mine": provider})
    model = open_model("mine/some/model", config, home=home, environ=environ)
    try:
        return "".join([chunk async for chunk in model.stream(PROMPTS)])
    finally:
        await model.aclose()


async def test_an_answer_streams_and_the_key_goes_along(server: ModelServer, home: Path) -> None:
    assert await ask(server, home) == "Hello, you"
    (request,) = server.requests
    assert request["model"] == "some/model"
    assert request["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]
    assert "max_tokens" not in request
    assert server.headers[0]["authorization"] == "Bearer sk-secret"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, b'{"error": {"message": "bad key"}}', RefusedError, "refused the key"),
        (404, b'{"error": {"message": "no such model"}}', ModelNotFoundError, "has no model 'some/model'"),
        (404, b"", ModelNotFoundError, "Check the name"),
        (429, b'{"error": "slow down"}', RateLimitError, "Try again in 7 seconds"),
        (500, b"oops", RefusedError, "failed (500)"),
        (400, b'{"error": {"type": "exceed_context_size_error", "message": "x"}}', ContextTooLongError, "too long"),
        (302, b"", UnreachableError, "sent hfs elsewhere"),
    ],
)
async def test_a_refusal_is_typed_and_says_what_to_do(
    server: ModelServer, home: Path, status: int, body: bytes, error: type[ModelError], words: str
) -> None:
    server.status, server.raw = status, body
    server.extra_headers = {"retry-after": "7", "location": "http://127.0.0.1:1/"}
    with pytest.raises(error) as caught:
        await ask(server, home)
    assert words in str(caught.value)
    assert "sk-secret" not in str(caught.value)
    assert len(server.requests) == 1
    if isinstance(caught.value, RateLimitError):
        assert caught.value.retry_after == 7


async def test_a_web_page_is_no_model_server(server: ModelServer, home: Path) -> None:
    server.raw, server.content_type = b"<html>hello</html>", "text/html"
    with pytest.raises(UnreachableError, match="no OpenAI-compatible model server"):
        await ask(server, home)


async def test_a_stream_that_breaks_off_is_no_whole_answer(server: ModelServer, home: Path) -> None:
    server.done = False
    with pytest.raises(InterruptedStreamError, match="broke off"):
        await ask(server, home)


async def test_an_error_inside_the_stream_is_raised(server: ModelServer, home: Path) -> None:
    server.raw = b'data: {"error": {"message": "out of memory\\u001b[2J"}}\n\n'
    with pytest.raises(InterruptedStreamError, match="out of memory") as caught:
        await ask(server, home)
    assert "\x1b" not in str(caught.value)


async def test_nobody_there_is_said_clearly(home: Path) -> None:
    config = Config(home / "config.toml")
    model = open_model("x", config, home=home, base_url="http://127.0.0.1:1/v1")
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1 can't be reached"):
        async for _ in model.stream(PROMPTS):
            pass
    await model.aclose()


async def test_closing_the_stream_closes_the_connection(server: ModelServer, home: Path) -> None:
    server.hold = threading.Event()
    model = open_model("x", Config(home / "config.toml"), home=home, base_url=server.base_url)
    stream = model.stream(PROMPTS)
    assert await anext(stream) == "Hello"
    await stream.aclose()
    assert server.gone.wait(5)
    await model.aclose()


@pytest.mark.parametrize("offline", ["config", "environment"])
async def test_offline_refuses_other_machines_and_no_others(home: Path, offline: str) -> None:
    config = Config(home / "config.toml", offline=offline == "config")
    environ = {"OPENAI_API_KEY": "sk-1", "HFS_OFFLINE": "1" if offline == "environment" else ""}
    model = open_model("openai/gpt-x", config, home=home, environ=environ)
    with pytest.raises(UnreachableError, match="offline"):
        async for _ in model.stream(PROMPTS):
            pass


def test_a_provider_that_needs_a_key_says_where_to_put_it(home: Path) -> None:
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY"):
        open_model("openai/gpt-x", Config(home / "config.toml"), home=home, environ={})


@pytest.mark.parametrize("name", ["nobody/x", "openai", "ollama/"])
def test_a_name_that_leads_nowhere_is_a_clear_error(home: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        open_model(name, Config(home / "config.toml"), home=home, environ={"OPENAI_API_KEY": "x"})


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("box", "http://box:11434"),
        (":99", "http://127.0.0.1:99"),
        ("0.0.0.0:1", "http://127.0.0.1:1"),
        ("https://h:2", "https://h:2"),
        ("[::1]:5", "http://[::1]:5"),
    ],
)
def test_ollama_is_found_as_its_own_tools_find_it(home: Path, host: str, address: str) -> None:
    model = open_model("ollama/x", Config(home / "config.toml"), home=home, environ={"OLLAMA_HOST": host})
    assert address.endswith(model.destination)


def test_the_model_is_chosen_in_the_documented_order(home: Path) -> None:
    config = Config(home / "config.toml", model="d/x")
    assert choose_model("a/x", "b/x", config, {"HFS_MODEL": "c/x"}).name == "a/x"
    assert choose_model(None, "b/x", config, {"HFS_MODEL": "c/x"}).name == "b/x"
    assert choose_model(None, None, config, {"HFS_MODEL": "c/x"}).name == "c/x"
    assert choose_model(None, None, config, {}).name == "d/x"
    assert choose_model(None, None, Config(home / "x"), {"OPENAI_API_KEY": "sk"}).name == "local"
