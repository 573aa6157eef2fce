"""Which models can answer now, found with real servers on loopback."""

from __future__ import annotations

import importlib.util
import socket
import threading
import time
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from hfs.models import weights
from hfs.models.availability import Availability, availability_of, find_available
from hfs.user_config import Config, ProviderConfig, Secret
from tests.support.model_server import ModelServer


@pytest.fixture
def closed() -> Iterator[str]:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def settings(home: Path, address: str, **more: object) -> Config:
    return Config(home / "config.toml", providers={"mine": ProviderConfig(address, **more)})  # type: ignore[arg-type]


async def mine(home: Path, address: str, **more: object) -> Availability:
    return await availability_of("mine/m", settings(home, address, **more), {}, home)


async def test_a_server_on_this_machine_is_ready_with_the_models_that_it_has(home: Path, server: ModelServer) -> None:
    server.models = ("a", "b/c", "a")
    found = await mine(home, server.base_url)
    assert (found.is_ready, found.models) == (True, ("mine/a", "mine/b/c"))
    assert server.requests == []


async def test_where_nothing_answers_that_is_said_with_the_place(home: Path, closed: str) -> None:
    found = await mine(home, closed)
    assert (found.is_ready, found.models) == (False, ())
    assert found.reason == f"nothing answers at {closed[7:-3]}"
    assert found.remedy == "set providers.mine.base_url"


async def test_a_server_that_never_answers_is_waited_for_half_a_second(home: Path, server: ModelServer) -> None:
    server.hold = threading.Event()
    begun = time.monotonic()
    found = await mine(home, server.base_url)
    assert time.monotonic() - begun < 5
    assert found.reason.startswith("nothing answers at 127.0.0.1:")


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"data": 3}', b'{"models": []}', b"null", b'{"data": "\xff"}', b"[" * 100_000],
    ids=["html", "list", "number", "other", "null", "no-utf-8", "deep"],
)
async def test_what_gives_no_list_of_models_is_no_model_server(home: Path, server: ModelServer, body: bytes) -> None:
    server.raw = body
    found = await mine(home, server.base_url)
    assert (found.is_ready, found.reason) == (
        False,
        f"what answers at {server.base_url[7:-3]} is no model server",
    )


async def test_an_answer_that_is_not_packed_as_it_says_is_no_list_of_models(home: Path, server: ModelServer) -> None:
    server.raw, server.extra_headers = b"no gzip", {"content-encoding": "gzip"}
    found = await mine(home, server.base_url)
    assert (found.is_ready, "no model server" in found.reason) == (False, True)


@pytest.mark.parametrize(
    "address", ["http://[::1/v1", "http://localhost:99999/v1", "http://localhost:abc/v1", "http://localhost:0/v1"]
)
async def test_an_address_that_no_server_can_have_is_told_and_the_other_servers_are_asked(
    home: Path, server: ModelServer, address: str
) -> None:
    config = settings(home, server.base_url)
    config.providers["bad"] = ProviderConfig(address)
    found = {one.provider: one for one in await find_available(config, {"OLLAMA_HOST": address}, home)}
    assert found["mine"].is_ready
    assert found["bad"].reason == found["ollama"].reason == "its address is no URL"


@pytest.mark.parametrize("status", [301, 404, 418])
async def test_a_status_that_is_no_answer_is_no_model_server(home: Path, server: ModelServer, status: int) -> None:
    server.status, server.extra_headers = status, {"location": "http://127.0.0.1:1/"}
    found = await mine(home, server.base_url)
    assert (found.is_ready, "no model server" in found.reason) == (False, True)


async def test_a_server_that_wants_a_key_says_so(home: Path, server: ModelServer) -> None:
    server.status = 401
    found = await mine(home, server.base_url)
    assert (found.is_ready, "wants a key" in found.reason) == (False, True)
    assert found.remedy == "set providers.mine.key_command"


@pytest.mark.parametrize("body", [b'{"data": []}', b'{"object": "list", "data": null}'])
async def test_a_server_without_models_is_not_ready(home: Path, server: ModelServer, body: bytes) -> None:
    server.raw = body
    found = await mine(home, server.base_url)
    assert (found.is_ready, "has no models" in found.reason) == (False, True)


async def test_a_key_command_is_not_run_and_what_stands_for_its_key_is_not_sent(
    home: Path, server: ModelServer, tmp_path: Path
) -> None:
    found = await mine(home, server.base_url, key_command=("touch", str(tmp_path / "ran")))
    assert found.is_ready
    assert not (tmp_path / "ran").exists()
    assert "authorization" not in server.headers[0]


@pytest.mark.parametrize("offline", [False, True])
async def test_a_host_that_is_another_machine_is_never_asked(
    home: Path, offline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*arguments: object) -> None:
        raise AssertionError("something was sent")

    monkeypatch.setattr(socket.socket, "connect", connect)
    config = Config(
        home / "config.toml",
        offline=offline,
        providers={"far": ProviderConfig("https://models.example.org/v1", api_key=Secret("k"))},
    )
    found = await availability_of("far", config, {}, home)
    assert found.is_ready is not offline
    assert found.reason == ("another machine, and hfs is offline" if offline else "has a key; not asked")
    assert found.remedy == ("hfs config set offline false" if offline else "hfs models far")


async def test_a_provider_without_a_key_says_which_variable_it_wants(home: Path) -> None:
    found = await availability_of("openai/gpt", Config(home / "config.toml"), {}, home)
    assert (found.is_ready, found.reason, found.remedy) == (False, "no key", "set OPENAI_API_KEY")


async def test_without_weights_the_command_that_adds_them_is_told(home: Path) -> None:
    found = await availability_of("local", Config(home / "config.toml"), {}, home)
    assert (found.is_ready, found.remedy) == (False, "hfs models add smollm2")


async def test_without_the_extra_the_command_that_installs_it_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "xllamacpp" else present(name, package)

    monkeypatch.setattr(weights, "find_spec", find_spec)
    config = Config(home / "config.toml")
    found = await availability_of("local", config, {}, home)
    assert found.reason == "a package and the model are missing"
    assert found.remedy == "python3 -m pip install 'hfs-chat[local]', then hfs models add smollm2"
    (home / "models").mkdir(parents=True)
    (home / "models" / "x.gguf").write_bytes(b"GGUF")
    found = await availability_of("local", config, {}, home)
    assert (found.is_ready, found.reason, found.models) == (False, "a package is missing", ("local/x",))


async def test_weights_that_the_settings_name_and_that_are_gone_are_told(home: Path) -> None:
    config = Config(home / "config.toml", gguf=home / "gone.gguf")
    found = await availability_of("local", config, {}, home)
    assert (found.is_ready, found.reason) == (False, f"{home / 'gone.gguf'} is not there")


async def test_what_is_ready_comes_first_and_the_model_that_runs_here_before_all(
    home: Path, server: ModelServer, closed: str
) -> None:
    pytest.importorskip("xllamacpp")
    (home / "models").mkdir(parents=True)
    (home / "models" / "x.gguf").write_bytes(b"GGUF")
    places = {"far": "http://192.0.2.1/v1", "llamacpp": closed, "lmstudio": closed, "vllm": closed}
    providers = {name: ProviderConfig(address) for name, address in places.items()}
    providers["ollama"] = ProviderConfig(server.base_url)
    found = await find_available(Config(home / "config.toml", providers=providers), {}, home)
    ready = [one.provider for one in found if one.is_ready]
    assert ready == ["local", "ollama", "far"]
    assert [one.is_ready for one in found] == [True] * 3 + [False] * (len(found) - 3)
