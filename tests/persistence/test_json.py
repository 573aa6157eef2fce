"""JSON: what is refused, where, and what comes back unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.persistence._json import DEPTH_LIMIT, JSONError, encode, exact, loads

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def read(data: bytes) -> object:
    return exact(data, loads(data))


@given(VALUES)
def test_any_value_comes_back_equal(value: object) -> None:
    assert read(encode(value)) == value


@given(VALUES)
def test_nothing_that_could_hurt_a_terminal_is_written_raw(value: object) -> None:
    text = encode(value).decode()
    hostile = {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *"\u2028\u2029\u202e\u2066\u061c\u200f"}
    assert not hostile & set(text)


@pytest.mark.parametrize(
    ("data", "line", "column", "word"),
    [
        pytest.param(b"", 1, 1, "empty", id="empty"),
        pytest.param(b" \n", 1, 1, "empty", id="white space"),
        pytest.param(b'{"a": 1,}', 1, 9, "expected", id="trailing comma"),
        pytest.param(b'{"a": 1\n"b": 2}', 2, 1, 'expected ","', id="missing comma"),
        pytest.param(b'{"a": "x\ny"}', 1, 9, "line break", id="raw line break in a string"),
        pytest.param(b'{\n"a": "\xff"}', 2, 7, "UTF-8", id="not UTF-8"),
        pytest.param(b'{"a": 1} x', 1, 10, "nothing more", id="rubbish behind the end"),
        pytest.param(b'{"a": 1}\0', 1, 9, "nothing more", id="zeros behind the end"),
        pytest.param(b"\xff\xfe{\0}\0", 1, 1, "UTF-16", id="UTF-16"),
        pytest.param(b'{"a": NaN}', 0, 0, "NaN", id="NaN"),
        pytest.param(b'{"a": 1e400}', 0, 0, "too large", id="a number beyond floats"),
        pytest.param(b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", 0, 0, "nested", id="too deep for the limit"),
        pytest.param(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", 0, 0, "nested", id="too deep for the parser"),
        pytest.param(b"9" * 5000, 0, 0, "too long", id="a number of 5,000 digits"),
    ],
)
def test_what_is_no_json_is_refused_with_the_place(data: bytes, line: int, column: int, word: str) -> None:
    with pytest.raises(JSONError, match=word) as caught:
        read(data)
    if line:
        assert caught.value.line == line
    if column and word != "expected":
        assert caught.value.column == column


@pytest.mark.parametrize("number", ["1.50", "1e5", "123456789012345678901234567890", "-0.0", "1E-7", "0.10"])
def test_a_number_keeps_its_spelling(number: str) -> None:
    data = b'{"a": %s}' % number.encode()
    assert encode(read(data)) == data


def test_a_lone_surrogate_of_a_foreign_file_survives() -> None:
    data = b'{"a": "\\ud800"}'
    assert encode(read(data)) == data


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b'\xef\xbb\xbf{"a": 1.50}') == {"a": 1.5}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"x", {"a": object()}, {(1, 2): 3}])
def test_what_json_has_no_form_for_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_a_circle_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match=str(DEPTH_LIMIT)):
        encode(circle)


def test_keys_are_written_as_the_standard_library_does() -> None:
    assert encode({1: 2, None: 3, False: 4, 1.5: 5}) == b'{"1": 2, "null": 3, "false": 4, "1.5": 5}'
