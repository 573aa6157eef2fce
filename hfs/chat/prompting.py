"""What a model is told of a conversation: what is spoken in it, and no more than fits into its context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from hfs.models import Prompt
from hfs.persistence import MessageModel

_SPOKEN: Final = frozenset(("user", "assistant", "system"))


def is_spoken(message: MessageModel) -> bool:
    """Whether a model is told of a message: not of those that are folded, nor of what tools said."""
    return message.role in _SPOKEN and message.hidden is None


def trim(
    prompts: Sequence[Prompt], budget: int, estimate: Callable[[Sequence[Prompt]], int]
) -> tuple[list[Prompt], int]:
    """Leaves out the oldest prompts until the rest fits, system prompts never.

    Args:
        prompts: The conversation, oldest first.
        budget: In tokens.
        estimate: How many tokens prompts take.

    Returns:
        What is kept, the system prompts and the newest prompt always among it, and how many were left out.
    """
    kept = list(prompts)
    costs = [estimate([prompt]) for prompt in kept]
    total = sum(costs)
    droppable = [at for at, prompt in enumerate(kept) if prompt.role != "system" and at != len(kept) - 1]
    dropped: set[int] = set()
    for at in droppable:
        if total <= budget:
            break
        dropped.add(at)
        total -= costs[at]
    return [prompt for at, prompt in enumerate(kept) if at not in dropped], len(dropped)
