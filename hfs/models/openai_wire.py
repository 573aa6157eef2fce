"""Any server that speaks the OpenAI chat completions format, over streamed server-sent events."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from hfs.display import one_line
from hfs.errors import (
    ContextTooLongError,
    InterruptedStreamError,
    ModelError,
    ModelNotFoundError,
    RateLimitError,
    RefusedError,
    UnreachableError,
)
from hfs.models.protocol import Prompt, estimate
from hfs.models.providers import Endpoint

if TYPE_CHECKING:
    import httpx2

_CONNECT_TIMEOUT: Final = 10.0
_READ_TIMEOUT: Final = 120.0
_LOOPBACK_READ_TIMEOUT: Final = 300.0
_SAYS_WHY: Final = (401, 403, 429)
_LONGEST_LIST: Final = 16 << 20
"""Of models, in bytes: far more than any hub has."""
_CONTEXT_WORDS: Final = ("exceed_context_size", "context_length_exceeded", "maximum context length", "context size")


class OpenAIModel:
    """A model on a server.

    Args:
        endpoint: Where the server is, and the key that goes there and nowhere else.
        model: The model's name on that server.
        offline: Refuse anything but this machine.
        name: What messages say; ``provider/model``, where it is None.
        context_length: In tokens, where it is known.
        options: Sampling settings to send along; many models of servers refuse any.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        *,
        offline: bool = False,
        name: str | None = None,
        context_length: int | None = None,
        options: Mapping[str, float] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._offline = offline
        self._context_length = context_length
        self._options = dict(options or {})
        self._http: httpx2.AsyncClient | None = None
        self.name = name or f"{endpoint.provider}/{model}"
        self.destination = endpoint.host

    async def start(self) -> None:
        """Nothing to get ready: the server is there or is not."""

    async def context_length(self) -> int | None:
        """In tokens; None where it is not known."""
        return self._context_length

    def estimate_tokens(self, prompts: Sequence[Prompt]) -> int:
        """About how many tokens the prompts take."""
        return estimate(prompts)

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._http is not None:
            http, self._http = self._http, None
            await http.aclose()

    def _client(self) -> httpx2.AsyncClient:
        import httpx2

        if self._offline and not self._endpoint.is_loopback:
            raise UnreachableError(
                f"hfs is offline and {self._endpoint.host} is another machine. Leave out --offline, or choose a "
                "model on this one."
            )
        if self._http is None:
            loopback = self._endpoint.is_loopback
            headers = {"authorization": f"Bearer {self._endpoint.key}"} if self._endpoint.key else {}
            read = _LOOPBACK_READ_TIMEOUT if loopback else _READ_TIMEOUT
            # A redirect would take the key to another host; a proxy would see what stays on this machine.
            self._http = httpx2.AsyncClient(
                headers=headers,
                follow_redirects=False,
                trust_env=not loopback,
                # Without TLS there is nothing to verify, and reading the certificates takes a tenth of a second.
                verify=not loopback or self._endpoint.base_url.startswith("https:"),
                timeout=httpx2.Timeout(read, connect=_CONNECT_TIMEOUT),
            )
        return self._http

    async def model_names(self) -> list[str]:
        """The names of the models that the server offers, in its own order.

        Raises:
            UnreachableError: Nothing answers there.
            RefusedError: What answers wants another key, or gives no list of models.
            ModelError: It gives none now.
        """
        import httpx2

        try:
            async with self._client().stream("GET", f"{self._endpoint.base_url}/models") as response:
                status = response.status_code
                body = await _bounded(response)
        except httpx2.TransportError as error:
            self._fail(error, False)
        except httpx2.InvalidURL as error:
            raise UnreachableError(f"{self._endpoint.shown} is no address that can be reached.") from error
        except httpx2.DecodingError:
            # It is not packed as it says: no list comes of it.
            body = b""
        if status in _SAYS_WHY or status >= 500:
            self._refuse(response, body)
        names = _names(body) if status == 200 else None
        if names is None:
            raise RefusedError(
                f"{self._endpoint.shown} gave no list of models ({status}). Check the address; it often ends in /v1.",
                status=status,
            )
        return names

    async def stream(self, prompts: Sequence[Prompt]) -> AsyncGenerator[str, None]:
        """The answer, in pieces. Closing the generator closes the connection.

        Raises:
            ModelError: There is no answer, or not all of one.
        """
        import httpx2

        client = self._client()
        body = {
            "model": self._model,
            "messages": [{"role": prompt.role, "content": prompt.content} for prompt in prompts],
            "stream": True,
            **self._options,
        }
        started = False
        try:
            async with client.stream("POST", f"{self._endpoint.base_url}/chat/completions", json=body) as response:
                if response.status_code != 200:
                    self._refuse(response, await response.aread())
                async for text in self._texts(response):
                    started = True
                    yield text
        except httpx2.TransportError as error:
            self._fail(error, started)
        except httpx2.InvalidURL as error:
            raise UnreachableError(f"{self._endpoint.shown} is no address that can be reached.") from error
        except httpx2.DecodingError as error:
            raise InterruptedStreamError(f"{self._endpoint.host} sent something that is no answer.") from error

    async def _texts(self, response: httpx2.Response) -> AsyncGenerator[str, None]:
        kind = response.headers.get("content-type", "")
        if not kind.startswith("text/event-stream"):
            raise UnreachableError(
                f"{self._endpoint.shown} answered with {one_line(kind) or 'something'} instead of a stream: it is "
                "no OpenAI-compatible model server. Check the address; it often ends in /v1."
            )
        finished = False
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                return
            choice = self._choice(data)
            finished = finished or bool(choice.get("finish_reason"))
            text = (choice.get("delta") or {}).get("content")
            if isinstance(text, str) and text:
                yield text
        if not finished:
            raise InterruptedStreamError(f"{self._endpoint.host} broke off in the middle of the answer. Try again.")

    def _choice(self, data: str) -> dict[str, Any]:
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise InterruptedStreamError(f"{self._endpoint.host} sent something that is no answer.") from error
        if isinstance(event, dict) and event.get("error"):
            raise self._error(500, _message(event), started=True)
        choices = event.get("choices") if isinstance(event, dict) else None
        choice = choices[0] if isinstance(choices, list) and choices else None
        return choice if isinstance(choice, dict) else {}

    def _refuse(self, response: httpx2.Response, body: bytes) -> NoReturn:
        try:
            message = _message(orjson.loads(body))
        except orjson.JSONDecodeError:
            message = ""
        if response.status_code == 429:
            after = response.headers.get("retry-after", "")
            seconds = float(after) if after.replace(".", "", 1).isdigit() else None
            wait = f" Try again in {seconds:g} seconds." if seconds is not None else " Try again in a moment."
            raise RateLimitError(
                f"{self._endpoint.host} wants fewer requests: {message or 'too many requests'}.{wait}",
                retry_after=seconds,
            )
        raise self._error(response.status_code, message)

    def _error(self, status: int, message: str, *, started: bool = False) -> ModelError:
        host = self._endpoint.host
        if any(word in message for word in _CONTEXT_WORDS):
            return ContextTooLongError(f"The conversation is too long for {self.name}: {message}")
        if status in (401, 403):
            return RefusedError(f"{host} refused the key ({status}): {message or 'no reason given'}.", status=status)
        if status == 404:
            hint = f"Check the name, and that {self._endpoint.shown} is right."
            return ModelNotFoundError(f"{host} has no model {self._model!r}: {message or 'not found'}. {hint}")
        if 300 <= status < 400:
            return UnreachableError(f"{host} sent hfs elsewhere, which is not followed: set the address it moved to.")
        if started:
            return InterruptedStreamError(f"{host} broke off: {message}")
        return RefusedError(f"{host} failed ({status}): {message or 'no reason given'}.", status=status)

    def _fail(self, error: httpx2.TransportError, started: bool) -> NoReturn:
        import httpx2

        host = self._endpoint.host
        if started:
            raise InterruptedStreamError(f"The connection to {host} broke off in the middle of the answer.") from error
        if isinstance(error, httpx2.TimeoutException):
            raise UnreachableError(f"{host} did not answer in time. Try again, or choose another model.") from error
        raise UnreachableError(
            f"{host} can't be reached: {one_line(str(error)) or type(error).__name__}. Is the server running, and the "
            "address right?"
        ) from error


async def _bounded(response: httpx2.Response) -> bytes:
    """What a server sent, up to a length that no list of models has."""
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > _LONGEST_LIST:
            break
    return body


def _names(body: bytes) -> list[str] | None:
    """The names in a list of models, or None where it is no such list."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    # Ollama gives null where it has none.
    models = found.get("data", 0) if isinstance(found, dict) else 0
    if models is None:
        return []
    if not isinstance(models, list):
        return None
    names = [model.get("id") for model in models if isinstance(model, dict)]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name.strip()))


def _message(body: object) -> str:
    """What a server says went wrong, in whichever of the usual forms."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        parts = [error.get(key) for key in ("message", "type", "code")]
        return one_line(" ".join(str(part) for part in parts if isinstance(part, str)), 300)
    return one_line(str(error), 300) if isinstance(error, str) else ""
