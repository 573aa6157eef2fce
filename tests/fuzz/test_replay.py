"""Mutations of real files, by a fixed seed: nothing raises what it must not, and what is read is stable."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.corpus import seeds
from tests.fuzz.mutations import with_other_bytes, with_other_values
from tests.fuzz.targets import TARGETS

ROUNDS = {"export": 3000, "database": 2000, "round-trip": 2000}
"""How many; 1,500 of the others."""


@pytest.mark.parametrize("name", TARGETS)
def test_any_mutation_is_read_or_refused_cleanly(name: str) -> None:
    chooser = random.Random(11)
    corpus = seeds(name)
    for seed in corpus:
        TARGETS[name](seed)
    for number in range(ROUNDS.get(name, 1500)):
        seed = chooser.choice(corpus)
        data = with_other_values(seed, chooser) if number % 2 else None
        TARGETS[name](with_other_bytes(seed, chooser) if data is None else data)
