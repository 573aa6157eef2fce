"""What a model backend is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

BYTES_PER_TOKEN: Final = 3
"""A cautious figure: English has about four, code and other scripts fewer."""
TOKENS_PER_PROMPT: Final = 8
"""What the template adds to each prompt, in tokens."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One message as a model gets it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model is used, and who decided that."""

    name: str
    source: str


class ModelBackend(Protocol):
    """A model that answers."""

    @property
    def name(self) -> str:
        """What a message's ``model`` says: ``provider/name``."""
        ...

    @property
    def destination(self) -> str:
        """Where text goes: ``local``, or a host."""
        ...

    async def start(self) -> None:
        """Gets ready, so that the first answer comes sooner. May be called again.

        Raises:
            ModelError: It can't answer.
        """
        ...

    def stream(self, prompts: Sequence[Prompt]) -> AsyncGenerator[str, None]:
        """The answer, in pieces. Closing the generator stops the server's work.

        Raises:
            ModelError: There is no answer, or not all of one.
        """
        ...

    async def context_length(self) -> int | None:
        """In tokens; None where it is not known."""
        ...

    def estimate_tokens(self, prompts: Sequence[Prompt]) -> int:
        """About how many tokens the prompts take."""
        ...

    async def aclose(self) -> None:
        """Gives back what the backend holds."""
        ...


def estimate(prompts: Sequence[Prompt]) -> int:
    """About how many tokens the prompts take, rather too many than too few."""
    return sum(
        len(prompt.content.encode("utf-8", "replace")) // BYTES_PER_TOKEN + TOKENS_PER_PROMPT for prompt in prompts
    )
