"""Mutations of real session files, by a fixed seed: nothing raises what it must not, and what is read is stable."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.corpus import seeds
from tests.fuzz.targets import TARGETS

ROUNDS = 1500
PIECES = (
    b"\0",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b"\n    {",
    b"\n  ]\n}\n",
    b"\\ud800",
    b"\xff",
    b"1e400",
    b"null",
    b"-0",
)


def mutated(data: bytes, chooser: random.Random) -> bytes:
    for _ in range(chooser.randrange(1, 4)):
        at = chooser.randrange(len(data) + 1)
        length = chooser.choice((0, 1, 1, 8, 64))
        piece = chooser.choice(PIECES) if chooser.random() < 0.7 else chooser.randbytes(chooser.randrange(1, 5))
        data = data[:at] + chooser.choice((piece, b"", data[at : at + length] * 2)) + data[at + length :]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_any_mutation_is_read_or_refused_cleanly(name: str) -> None:
    chooser = random.Random(11)
    corpus = seeds()
    for seed in corpus:
        TARGETS[name](seed)
    for _ in range(ROUNDS):
        TARGETS[name](mutated(chooser.choice(corpus), chooser))
