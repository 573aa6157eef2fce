"""Keys and tokens that must not leave the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.redaction import Redactor, redact


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-abcdefghijklmnop",
        "sk-ant-api03-abcdefghijklmnop",
        "sk-or-v1-0123456789abcdef",
        "ghp_0123456789abcdef0123456789abcdef0123",
        "github_pat_0123456789abcdef0123456789",
        "hf_0123456789abcdefghij",
        "gsk_0123456789abcdefghij",
        "xoxb-0123456789-abcdef",
        "AKIA0123456789ABCDEF",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_key_is_masked_wherever_it_stands(key: str) -> None:
    for text in (key, f"key={key!r}, next", f"https://host/?k={key}&x=1", f"({key})"):
        assert key not in redact(text, {})
        assert "***" in redact(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc.def-123",
        "{'authorization': 'Bearer tok'}",
        'x-api-key: "tok"',
        "api_key = tok",
        "headers: bearer abcdefgh12345",
    ],
)
def test_a_header_that_carries_a_key_is_masked(text: str) -> None:
    assert "tok" not in redact(text, {})
    assert "abc" not in redact(text, {})


def test_a_key_of_the_environment_is_masked_whatever_it_looks_like() -> None:
    environ = {"MY_API_KEY": "correct horse", "HOME": "/home/ann", "SHORT_KEY": "ab"}
    assert redact("with correct horse in /home/ann, ab", environ) == "with *** in /home/ann, ab"


@pytest.mark.parametrize("text", ["", "ask-me-anything-you-like", "a task-oriented approach", "basic usage", "no key"])
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text, {}) == text


@pytest.mark.parametrize(
    ("text", "masked", "counts"),
    [
        ("write to ann.b+c@mail.example.org.", "write to ***.", {"e-mail": 1}),
        ("see /home/ann/notes and /Users/ann/x", "see ~/notes and ~/x", {"home folder": 2}),
        ("in C:\\Users\\ann\\x", "in ~\\x", {"home folder": 1}),
        ("at /data/people/ann/x", "at ~/x", {"home folder": 1}),
        ("sk-proj-abcdefghijklmnop twice sk-proj-abcdefghijklmnop", "*** twice ***", {"key": 2}),
        ("a@b, 3 @ 4, /home/, nothing here", "a@b, 3 @ 4, /home/, nothing here", {}),
    ],
)
def test_what_is_personal_is_masked_and_counted(text: str, masked: str, counts: dict[str, int]) -> None:
    redactor = Redactor({}, Path("/data/people/ann"))
    assert redactor.text(text) == masked
    assert +redactor.counts == counts
