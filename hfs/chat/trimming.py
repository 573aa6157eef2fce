"""Making a conversation fit into a model's context: the oldest messages go first, system prompts never."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hfs.models import Prompt


def trim(
    prompts: Sequence[Prompt], budget: int, estimate: Callable[[Sequence[Prompt]], int]
) -> tuple[list[Prompt], int]:
    """Leaves out the oldest prompts until the rest fits.

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
