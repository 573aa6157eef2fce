"""What can still be read of a damaged session file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.persistence import render_document
from hfs.persistence.session_document.rescue import rescue

MESSAGES: list[dict[str, Any]] = [
    {"id": number, "role": "user", "created_at": "2026-01-01T00:00:00.000000Z", "content": text}
    for number, text in enumerate(["one", 'two\nlines {"id": 1}', "three", "x" * 300], 1)
]
WHOLE = render_document(1, {"uid": "u", "name": "A name", "name_source": "user", "extra": [1], "messages": MESSAGES})


def rescued(data: bytes) -> dict[str, Any]:
    found = rescue(data)
    assert found is not None
    return found.document


def test_a_whole_file_is_rescued_whole_and_without_gaps() -> None:
    found = rescue(WHOLE)
    assert found is not None
    assert found.gaps == 0
    assert (found.document["name"], found.document["extra"]) == ("A name", [1])
    assert found.document["messages"] == MESSAGES


@given(st.integers(min_value=0, max_value=len(WHOLE)))
def test_a_file_that_was_cut_off_keeps_every_message_before_the_cut(length: int) -> None:
    found = rescue(WHOLE[:length])
    messages = found.document["messages"] if found else []
    ends = [WHOLE.index(part) + len(part) for part in (b'"one"}', b"]}", b'"three"}', b'x"}')]
    assert messages == MESSAGES[: sum(end <= length for end in ends)]


@pytest.mark.parametrize(
    ("old", "new", "ids"),
    [
        (b'"content": "one"', b'"content": "one', [2, 3, 4]),
        (b'"content": "three"}', b'"content": "three"', [1, 2, 4]),
        (b'"three"},', b'"three"}', [1, 2, 3, 4]),
        (b'"A name"', b'"A name', [1, 2, 3, 4]),
        (b'"three"', b'"thr\xff\xfee"', [1, 2, 3, 4]),
        (b'"three"', b'"thr\nee"', [1, 2, 3, 4]),
        (b"\n  ]\n}\n", b"\n  ]\n}\n\0\0\0\0", [1, 2, 3, 4]),
        (b"\n  ]\n}\n", b"\n  ]\n}\n}\n", [1, 2, 3, 4]),
        (b'{\n  "format"', b'\n  "format"', [1, 2, 3, 4]),
    ],
)
def test_a_file_with_one_mistake_keeps_what_is_whole(old: bytes, new: bytes, ids: list[int]) -> None:
    assert old in WHOLE
    found = rescued(WHOLE.replace(old, new, 1))
    assert [message["id"] for message in found["messages"]] == ids


def test_a_file_in_another_encoding_is_read() -> None:
    assert rescued(WHOLE.decode().encode("utf-16"))["messages"] == MESSAGES
    assert rescued(b"\xef\xbb\xbf" + WHOLE)["messages"] == MESSAGES


@pytest.mark.parametrize("data", [b"", b" \n", b"\0" * 4096, b"not json", b"[]", b"\x89PNG", b'{"a"', b"[" * 5000])
def test_nothing_is_made_up_where_there_is_nothing(data: bytes) -> None:
    assert rescue(data) is None


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=len(WHOLE)), st.integers(0, 60))
def test_any_damage_gives_what_can_be_written_back(noise: bytes, at: int, length: int) -> None:
    found = rescue(WHOLE[:at] + noise + WHOLE[at + length :])
    if found is not None:
        json.loads(render_document(1, found.document))
