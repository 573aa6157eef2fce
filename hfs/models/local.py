"""The model that runs here: llama.cpp in a child process, spoken to over loopback.

In this process it would freeze the screen while it loads, could not be stopped while it reads a prompt, and
would take the terminal down with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Final

import orjson

from hfs.errors import ModelUnavailableError
from hfs.models import weights
from hfs.models.openai_wire import OpenAIModel
from hfs.models.protocol import Prompt, estimate
from hfs.models.providers import LOCAL, Endpoint
from hfs.user_config import Config, Secret

DEFAULT_CONTEXT: Final = 4096
_START_TIMEOUT: Final = 120.0
_SAMPLING: Final = {"temperature": 0.2, "top_p": 0.9, "repeat_penalty": 1.1, "max_tokens": 1024}
"""Temperature and top_p as the card of SmolLM2 recommends; the others end the loops that a tiny model falls into."""


class LocalModel:
    """A GGUF model on this machine.

    Args:
        home: The folder that holds weights.
        config: The settings.
    """

    def __init__(self, home: Path, config: Config) -> None:
        self._home = home
        self._config = config
        self._process: asyncio.subprocess.Process | None = None
        self._server: OpenAIModel | None = None
        self._starting = asyncio.Lock()
        found = weights.find(home, config)
        self.name = f"{LOCAL}/{weights.model_name(found)}" if found else LOCAL
        self.destination = LOCAL

    async def start(self) -> None:
        """Starts the child and waits until it has loaded the weights. May be called again.

        Raises:
            ModelUnavailableError: It can't run here; the message says what to do.
        """
        async with self._starting:
            if self._server is None or self._process is None or self._process.returncode is not None:
                await self.aclose()
                self._server = await self._launch()

    async def _launch(self) -> OpenAIModel:
        path = weights.find(self._home, self._config)
        if path is None:
            raise ModelUnavailableError(
                "There is no model on this machine yet. Run `hfs models add smollm2` (93 MB: offline, tiny, often "
                "wrong), or choose another: `hfs models` lists them."
            )
        reason = weights.why_not_local()
        if reason:
            raise ModelUnavailableError(reason)
        key = secrets.token_urlsafe(24)
        settings = {"path": str(path), "key": key, "n_ctx": self._context(), "threads": _threads()}
        # A session of its own: Ctrl-C in the terminal is for hfs alone.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hfs.models._local_server",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        address = await self._handshake(self._process, settings)
        self.name = f"{LOCAL}/{weights.model_name(path)}"
        endpoint = Endpoint(LOCAL, f"{address}/v1", Secret(key))
        return OpenAIModel(endpoint, LOCAL, name=self.name, context_length=self._context(), options=_SAMPLING)

    async def _handshake(self, process: asyncio.subprocess.Process, settings: dict[str, object]) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        answer = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(_START_TIMEOUT):
                process.stdin.write(orjson.dumps(settings) + b"\n")
                await process.stdin.drain()
                answer = await process.stdout.readline()
        said = orjson.loads(answer) if answer.startswith(b"{") else {}
        if "address" in said:
            return str(said["address"])
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        code = await process.wait()
        raise ModelUnavailableError(_why_it_failed(said.get("error"), code, settings["path"]))

    def _context(self) -> int:
        return self._config.context_length or DEFAULT_CONTEXT

    async def stream(self, prompts: Sequence[Prompt]) -> AsyncGenerator[str, None]:
        """The answer, in pieces; starts the child if it isn't running.

        Raises:
            ModelError: There is no answer, or not all of one.
        """
        await self.start()
        assert self._server is not None
        async with contextlib.aclosing(self._server.stream(prompts)) as texts:
            async for text in texts:
                yield text

    async def context_length(self) -> int | None:
        """In tokens."""
        return self._context()

    def estimate_tokens(self, prompts: Sequence[Prompt]) -> int:
        """About how many tokens the prompts take."""
        return estimate(prompts)

    async def aclose(self) -> None:
        """Ends the child."""
        server, self._server = self._server, None
        process, self._process = self._process, None
        if server is not None:
            await server.aclose()
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process is not None and process.stdin is not None:
            process.stdin.close()


def _threads() -> int:
    """One core stays free: with all of them taken, another busy process slows generation several times."""
    return max(1, min(8, (os.cpu_count() or 1) - 1))


def _why_it_failed(error: object, code: int, path: object) -> str:
    if isinstance(error, str):
        if "libgomp" in error:
            return "The local model needs the library libgomp: on Debian and Ubuntu run `apt install libgomp1`."
        return f"The local model could not load {path}: {error}"
    if code == -4:
        return "The local model needs a processor with AVX2, which this one lacks. Choose another: `hfs models`."
    return f"The local model could not load {path}: its process ended with {code}. Choose another: `hfs models`."
