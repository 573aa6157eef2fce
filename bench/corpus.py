"""Homes of many sessions, made from a seed: the first sessions of a large home are those of a small one.

Words follow Zipf's law; some sessions are in Chinese, Japanese, Thai or accented Latin, some have tags, are pinned or
archived. Files are written as hfs writes them, without syncs.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from hfs.persistence import render_document

SEED: Final = 6
COMMON_WORDS: Final = ("lantern", "meadow")
"""Words that stand in many messages, and together in a few hundred of two million: what a person looks for."""
FREQUENT_WORDS: Final = ("the", "and")
"""Words that stand in most messages."""
_RANKS: Final = dict(zip((*FREQUENT_WORDS, *COMMON_WORDS), (0, 1, 100, 500), strict=True))
_VOCABULARY: Final = 60_000
_BEGAN: Final = datetime(2023, 1, 1, tzinfo=UTC)
_BETWEEN_SESSIONS: Final = timedelta(minutes=20)
_MODELS: Final = ("openai/gpt-5", "anthropic/claude-opus", "ollama/qwen3", "local/smollm2", "openai/gpt-5-mini")
_TAGS: Final = tuple(f"{kind}-{at}" for kind in ("work", "home", "idea") for at in range(10))
_PINNED: Final = 10_000
"""One session of so many is pinned."""
_TURNS: Final = 9.5
"""How many exchanges a session has on average, less one half; their numbers fall off exponentially."""
_LANGUAGES: Final = ("accented", "chinese", "accented", "japanese", "thai")
"""Every tenth session is in one of these, in turn."""
_SENTENCES: Final = 40_000
_SCRIPTS: Final = {
    "chinese": [chr(code) for code in range(0x4E00, 0x5600)],
    "japanese": [chr(code) for code in (*range(0x3042, 0x3094), *range(0x6240, 0x6640))],
    "thai": [chr(code) for code in range(0x0E01, 0x0E2F)],
}
_ACCENTS: Final = str.maketrans("aeounc", "áéöũñç")


class Message(NamedTuple):
    """One message of a session."""

    role: str
    moment: datetime
    model: str | None
    text: str


class Session(NamedTuple):
    """One session of the corpus."""

    name: str
    created: datetime
    header: dict[str, Any]
    """Its tags, and whether it is pinned or archived."""
    messages: list[Message]


def session(number: int) -> Session:
    """The session of that number, counted from 1."""
    chooser = random.Random(SEED << 40 | number)
    sentences = _sentences(_LANGUAGES[number // 10 % len(_LANGUAGES)] if number % 10 == 3 else "plain")
    created = begun(number)
    model = chooser.choice(_MODELS)
    messages = []
    for turn in range(min(int(chooser.expovariate(1 / _TURNS)), 500) + 1):
        asked = created + timedelta(seconds=30 * turn, microseconds=chooser.randrange(1_000_000))
        messages.append(Message("user", asked, None, _text(chooser, sentences, chooser.randint(1, 3))))
        answer = _text(chooser, sentences, chooser.randint(2, 15))
        messages.append(Message("assistant", asked + timedelta(seconds=5), model, answer))
    header: dict[str, Any] = {}
    if chooser.random() < 0.3:
        header["tags"] = chooser.sample(_TAGS, chooser.randint(1, 3))
    if chooser.random() < 0.1:
        header["archived"] = True
    elif number % _PINNED == 7:
        header["pinned"] = True
    return Session(f"{messages[0].text[:30].strip()} - {created:%Y-%m-%d_%H-%M}", created, header, messages)


def begun(number: int) -> datetime:
    """When the session of that number was begun."""
    return _BEGAN + number * _BETWEEN_SESSIONS


def _text(chooser: random.Random, sentences: Sequence[str], count: int) -> str:
    """So many sentences; longer texts are in paragraphs, and now and then name something that stands nowhere else."""
    chosen = chooser.choices(sentences, k=count)
    if chooser.random() < 0.05:
        chosen.append(f"See {chooser.getrandbits(48):012x}.")
    return "\n\n".join(" ".join(chosen[at : at + 4]) for at in range(0, len(chosen), 4))


@cache
def _sentences(language: str) -> list[str]:
    chooser = random.Random(f"{SEED} {language}")
    letters = _SCRIPTS.get(language)
    terms = letters or _words(language == "accented")
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(terms) + 1)))
    between = "" if letters else " "
    return [
        between.join(chooser.choices(terms, cum_weights=weights, k=chooser.randint(5, 17))).capitalize() + "."
        for _ in range(_SENTENCES if language == "plain" else _SENTENCES // 10)
    ]


def _words(accented: bool) -> list[str]:
    """Words, the most frequent first; frequent words are short."""
    chooser = random.Random(SEED)
    found: dict[str, None] = {}
    while len(found) < _VOCABULARY:
        length = chooser.randint(2, 4 if len(found) < 100 else 11)
        found["".join(chooser.choices("etaoinshrdlucmfwypvbgkjqxz", k=length))] = None
    words = list(found)
    for word, rank in _RANKS.items():
        words[rank] = word
    return [word.translate(_ACCENTS) for word in words] if accented else words


def file_of(number: int, said: Session) -> bytes:
    """A session as hfs writes it.

    Args:
        number: The session's id.
        said: The session.
    """
    messages = [
        {"id": at, "role": role, "created_at": _time(moment), **({"model": model} if model else {}), "content": text}
        for at, (role, moment, model, text) in enumerate(said.messages, 1)
    ]
    header = {"name": said.name, "name_source": "auto", "created_at": _time(said.created), **said.header}
    return render_document(number, {**header, "messages": messages})


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


def write_sessions(home: Path, numbers: Sequence[int]) -> int:
    """Writes sessions into a home; returns how many bytes they have."""
    written = 0
    for number in numbers:
        data = file_of(number, session(number))
        fd = os.open(home / "sessions" / f"{number}.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        written += os.write(fd, data)
        os.close(fd)
    return written


def write_home(home: Path, count: int) -> int:
    """Makes a home of so many sessions, by all processors; returns how many bytes they have."""
    (home / "sessions").mkdir(mode=0o700, parents=True, exist_ok=True)
    steps = [range(at, min(at + 500, count + 1)) for at in range(1, count + 1, 500)]
    if len(steps) < 2:
        return write_sessions(home, range(1, count + 1))
    _sentences("plain")
    with ProcessPoolExecutor() as pool:
        return sum(pool.map(partial(write_sessions, home), steps))


def sessions(count: int) -> Iterator[tuple[int, Session]]:
    """The first sessions, each with its number."""
    return ((number, session(number)) for number in range(1, count + 1))
