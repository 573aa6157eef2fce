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
        "sk_live_0123456789abcdef",
        "glpat-0123456789abcdefghij",
        "npm_0123456789abcdefghijklmnopqrstuvwxyz",
        "pypi-AgEIcHlwaS5vcmcCJDAx",
        "SG.0123456789abcdefghij.0123456789abcdefghij",
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
        '{\\"x-api-key\\": \\"tok\\"}',
        "export AWS_SECRET_ACCESS_KEY='abc/tok+1234'",
        "DB_PASSWORD: abcabcabc",
        "postgres://ann:abctok@db.example.org/x",
    ],
)
def test_a_header_that_carries_a_key_is_masked(text: str) -> None:
    assert "tok" not in redact(text, {})
    assert "abc" not in redact(text, {})


def test_the_scheme_of_a_header_stays() -> None:
    assert redact("Authorization: token abc.def", {}) == "Authorization: token ***"


@pytest.mark.parametrize("end", ["\n-----END RSA PRIVATE KEY-----\n", "", "\\n-----END RSA PRIVATE KEY-----"])
def test_a_private_key_is_masked_with_all_its_lines(end: str) -> None:
    text = f"it is -----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nabc+/=={end}. And so on"
    assert "abc" not in redact(text, {})
    assert redact(text, {}).endswith(". And so on")


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
        (
            '{"path": "C:\\\\Users\\\\ann\\\\x", "at": "c:/users/ann/x"}',
            '{"path": "~\\\\x", "at": "~/x"}',
            {"home folder": 2},
        ),
        ("at /data/people/ann/x", "at ~/x", {"home folder": 1}),
        ("at /data/people/ann", "at ~", {"home folder": 1}),
        ("/data/people/annabel, /data/people/ann-2", "/data/people/annabel, /data/people/ann-2", {}),
        ("sk-proj-abcdefghijklmnop twice sk-proj-abcdefghijklmnop", "*** twice ***", {"key": 2}),
        ("a@b, 3 @ 4, /home/, nothing here", "a@b, 3 @ 4, /home/, nothing here", {}),
    ],
)
def test_what_is_personal_is_masked_and_counted(text: str, masked: str, counts: dict[str, int]) -> None:
    redactor = Redactor({}, Path("/data/people/ann"))
    assert redactor.text(text) == masked
    assert +redactor.counts == counts


def test_values_of_an_object_are_masked_by_their_keys_too_and_no_key_takes_the_place_of_another() -> None:
    redactor = Redactor({}, Path("/data/people/ann"))
    said = {"headers": {"X-Api-Key": "abc", "Accept": "json"}, "access_token": "abc", "max_tokens": 5, "token": None}
    assert redactor.value(said) == {
        "headers": {"X-Api-Key": "***", "Accept": "json"}, "access_token": "***", "max_tokens": 5, "token": None
    }  # fmt: skip
    assert redactor.value({"a@b.example": 1, "c@d.example": [2], "***": 3}) == {"***": 1, "****": [2], "*****": 3}
    assert +redactor.counts == {"key": 2, "e-mail": 2}


@pytest.mark.parametrize(
    "piece", ["-----BEGIN PRIVATE KEY-----", "A_KEY", "api_key\\", "://a:", "/home/", "x@", "\\" * 9]
)
@pytest.mark.timeout(20)
def test_a_hostile_text_is_masked_in_no_time(piece: str) -> None:
    Redactor({}, Path("/data/people/ann")).text(piece * (200_000 // len(piece)))


def test_passwords_in_addresses_of_the_environment_are_masked_wherever_they_stand() -> None:
    environ = {"HFS_STORE": "postgresql://me:horse%40battery@db.example.org/team"}
    for text in ("refused: horse@battery", "refused: horse%40battery", "u=postgresql://me:horse%40battery@h/d"):
        masked = redact(text, environ)
        assert "battery" not in masked
        assert "***" in masked
