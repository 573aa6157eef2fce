"""Records out of files, however the reads fall and whatever is broken."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.transfer.files import json_window
from hfs.transfer.files.json_stream import Damaged, records
from hfs.transfer.files.json_window import BadJSONError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=5)


def read(data: bytes, limit: int = 1 << 20) -> list[Any]:
    return list(records(io.BytesIO(data), limit))


@pytest.fixture(params=[1, 7, 64, 1 << 20], ids="chunk-{}".format)
def _chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_window, "_CHUNK", request.param)


@pytest.mark.parametrize("chunk", [1, 5, 32, 1 << 20])
@given(values=st.lists(VALUES, max_size=6), ascii_only=st.booleans(), indent=st.sampled_from([None, 0, 2]))
def test_the_items_of_a_list_come_as_they_are(
    chunk: int, values: list[Any], ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(values, ensure_ascii=ascii_only, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_window, "_CHUNK", chunk)
        assert read(text.encode("utf-8", "surrogatepass")) == values


@pytest.mark.parametrize("chunk", [1, 5, 32, 1 << 20])
@given(values=st.lists(OBJECTS, min_size=1, max_size=6), end=st.sampled_from(["", "\n", "\r\n", "\n\n"]))
def test_the_lines_of_jsonl_come_as_they_are(chunk: int, values: list[Any], end: str) -> None:
    separator = "\r\n" if end == "\r\n" else "\n"
    text = separator.join(json.dumps(value) for value in values) + end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_window, "_CHUNK", chunk)
        assert read(text.encode()) == values


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_any_encoding_that_a_byte_order_mark_tells_is_read(encoding: str) -> None:
    values = [{"text": "Belém 日本 \U0001f600"}]
    assert read(json.dumps(values, ensure_ascii=False).encode(encoding)) == values


@pytest.mark.usefixtures("_chunks")
def test_an_object_over_several_lines_is_one_record() -> None:
    assert read(b'{\n "a": [1,\n 2]\n}\n') == [{"a": [1, 2]}]


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize("key", ["mapping", "chat_messages"])
def test_an_array_that_is_wrapped_in_an_object_is_read_item_by_item(key: str) -> None:
    items = [{key: {}, "id": 1}, {key: {}, "id": 2}]
    assert read(json.dumps({"conversations": items}).encode()) == items


@pytest.mark.parametrize("end", [pytest.param(b"", id="no end of line"), pytest.param(b"\n", id="an end of line")])
def test_a_wrapped_array_on_one_line_may_be_longer_than_a_record(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_window, "_CHUNK", 64)
    items = [{"mapping": {}, "id": number, "title": "x" * 100} for number in range(50)]
    assert read(json.dumps({"conversations": items}).encode() + end, limit=500) == items


def test_what_stands_behind_a_wrapped_array_is_said() -> None:
    line = json.dumps({"conversations": [{"mapping": {}}]}).encode()
    found = records(io.BytesIO(line + b"\n" + line), 1 << 20)
    assert next(found) == {"mapping": {}}
    with pytest.raises(BadJSONError, match="line 2, column 1: expected nothing more"):
        next(found)


def test_turns_under_the_same_key_stay_one_record() -> None:
    record = {"conversations": [{"from": "human", "value": "hi"}]}
    assert read(json.dumps(record, indent=1).encode()) == [record]


@pytest.mark.usefixtures("_chunks")
def test_a_bad_line_is_named_and_those_around_it_are_read() -> None:
    found = read(b'{"a": 1}\n{"a": \nnull\n{"b": 2}\n{"torn": "x')
    assert [one for one in found if not isinstance(one, Damaged)] == [{"a": 1}, None, {"b": 2}]
    assert [one.reason.partition(":")[0] for one in found if isinstance(one, Damaged)] == ["line 2", "line 5"]


@pytest.mark.usefixtures("_chunks")
def test_a_bad_first_line_is_named_too() -> None:
    found = read(b'{"a": 1, "torn\n{"b": 2}\n{"c": 3}\n')
    assert [one for one in found if not isinstance(one, Damaged)] == [{"b": 2}, {"c": 3}]
    assert isinstance(found[0], Damaged)


@pytest.mark.usefixtures("_chunks")
@pytest.mark.parametrize(
    ("data", "whole", "told"),
    [
        pytest.param(b'[{"a": 1}, {"b": "x', 1, "the file ends in the middle of a record", id="cut in a text"),
        pytest.param(b'[{"a": 1}, {"b": ', 1, "the file ends in the middle of a record", id="cut before a value"),
        pytest.param(b'[{"a": 1}', 1, "the file ends in the middle of a list", id="cut behind a record"),
        pytest.param(b'[{"a": 1}\n{"b": 2}]', 1, 'line 2, column 1: expected "," or "]"', id="no comma"),
        pytest.param(b'[{"a": 1},\n {"b": 2 "c": 3, "d": "' + b"x" * 50 + b'"}]', 1, "line 2, column 10", id="typo"),
        pytest.param(b'[{"a": 1}] x', 1, "expected nothing more", id="rubbish behind it"),
        pytest.param(b'[{"a": 1}, {"b": "\xff"}]', 1, "line 1, column 19: byte 0xff is not UTF-8", id="not UTF-8"),
        pytest.param(b'{"a": 1}\n{"b": 2}\n{"c": "\xe2\x82"}', 2, "line 3, column 8: byte 0xe2", id="a line not UTF-8"),
        pytest.param(b'\xef\xbb\xbf[{"a": 1}, "\xff"]', 1, "column 13: byte 0xff", id="not UTF-8 behind a mark"),
        pytest.param(b'\xff\xfe[\x00{\x00}\x00,\x00"\x00\x00\xdc', 1, "is not UTF-16", id="not UTF-16"),
        pytest.param(b"[" * 100_000, 0, "nested too deep", id="nested too deep"),
        pytest.param(b'[{"a": ' + b"9" * 5000 + b"}]", 0, "a number has too many digits", id="a number too long"),
        pytest.param(b'{"a": 1} x', 1, "expected nothing more", id="rubbish behind an object"),
        pytest.param(b'"text"', 0, "expected a list or an object", id="no container"),
    ],
)
def test_what_is_broken_says_where_after_what_is_whole(data: bytes, whole: int, told: str) -> None:
    stream = records(io.BytesIO(data), 1 << 20)
    before = [next(stream) for _ in range(whole)]
    with pytest.raises(BadJSONError) as caught:
        list(stream)
    assert told in str(caught.value)
    assert len(before) == whole


def test_records_before_a_broken_one_are_given_out_first() -> None:
    stream = records(io.BytesIO(b'[{"a": 1}, {"b": 2}, {"c" 3}]'), 1 << 20)
    assert [next(stream), next(stream)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(BadJSONError, match="column 27: expecting ':' delimiter"):
        next(stream)


def test_numbers_that_no_file_can_hold_are_as_good_as_missing() -> None:
    assert read(b'[{"a": 1e999, "b": NaN, "c": -Infinity, "d": 1e5}]') == [{"a": None, "b": None, "c": None, "d": 1e5}]


@pytest.mark.usefixtures("_chunks")
def test_a_record_beyond_the_limit_is_refused_with_the_way_out() -> None:
    with pytest.raises(BadJSONError, match="--max-size"):
        read(b'[{"a": "' + b"x" * (4 << 20) + b'"}]', limit=1 << 20)


def test_a_string_that_never_ends_is_not_read_beyond_the_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = b"x" * len(buffer)
            self.given += len(buffer)
            return len(buffer)

    endless = Endless()
    file = io.BufferedReader(endless)
    file.read(1)
    with pytest.raises(BadJSONError):
        list(records(io.BytesIO(b'[{"a": "' + b"x" * 100), 10))
    chained = io.BufferedReader(_Chain(b'[{"a": "', endless))
    with pytest.raises(BadJSONError, match="--max-size"):
        list(records(chained, 4 << 20))
    assert endless.given < 64 << 20


class _Chain(io.RawIOBase):
    def __init__(self, head: bytes, rest: io.RawIOBase) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            count = min(len(buffer), len(self._head))
            buffer[:count] = self._head[:count]
            self._head = self._head[count:]
            return count
        return self._rest.readinto(buffer)
