"""JSON that gives back what it was given: strict to read, faithful to write, and harmless in a terminal.

orjson does the work. Where it would change a value silently (an integer beyond 64 bits, a number spelled
``1.50``) or can't read what is legal JSON (a lone surrogate), the standard library's slower reader takes over.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

DEPTH_LIMIT: Final = 64
"""How deep lists and objects may be nested. orjson writes at most 254 levels, and Python compares fewer than 1,000."""

_HARMFUL = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]")
_BOM = b"\xef\xbb\xbf"
_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_EXPECTED = {
    "Expecting property name enclosed in double quotes": 'expected a key in double quotes, or "}"',
    "Illegal trailing comma before end of object": 'expected another key after the comma, or no comma before "}"',
    "Illegal trailing comma before end of array": 'expected another value after the comma, or no comma before "]"',
    "Expecting ':' delimiter": 'expected ":" after the key',
    "Expecting ',' delimiter": 'expected "," or the closing bracket',
    "Expecting value": "expected a value",
    "Unterminated string starting at": "a string starts here and never ends: expected a closing double quote",
    "Invalid control character at": "a raw line break or control character in a string: expected a closing quote",
    "Invalid \\escape": "an unknown escape: expected \\\\ for a backslash",
    "Invalid \\escape: ": "an unknown escape: expected \\\\ for a backslash",
    "Invalid \\uXXXX escape": "expected four hexadecimal digits after \\u",
    "Extra data": "expected nothing more: the document has ended before this",
}


class JSONError(ValueError):
    """Bytes that are not a JSON document."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        """Counted from 1; 0 where there is no such place."""
        self.column = column
        """In characters, counted from 1."""


class LiteralFloat(float):
    """A float that keeps its spelling: ``1.50`` stays ``1.50``."""

    __slots__ = ("literal",)

    def __new__(cls, literal: str) -> LiteralFloat:
        number = super().__new__(cls, literal)
        if number in (float("inf"), float("-inf")):
            raise JSONError(f"the number {literal[:20]} is too large")
        number.literal = literal
        return number

    literal: str

    def __reduce__(self) -> tuple[Any, ...]:
        return (LiteralFloat, (self.literal,))


def loads(data: bytes) -> Any:
    """The value that the bytes stand for.

    Args:
        data: UTF-8, with or without one byte order mark.

    Returns:
        The value. Numbers that a float or a 64-bit integer can't hold exactly keep their digits.

    Raises:
        JSONError: Not JSON (RFC 8259), nested deeper than ``DEPTH_LIMIT``, or not UTF-8.
    """
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _loads_slowly(data)
    except (MemoryError, SystemError) as error:
        raise JSONError("not enough memory to read it") from error
    return value


def exact(data: bytes, value: Any) -> Any:
    """``value``, or the same read again with its numbers spelled as they stand in ``data``.

    Raises:
        JSONError: The value is nested deeper than ``DEPTH_LIMIT``.
    """
    return _loads_slowly(data.removeprefix(_BOM)) if _has_float(value) else value


def is_too_deep(data: bytes, value: Any) -> bool:
    """Whether the value that the bytes stand for is nested deeper than ``DEPTH_LIMIT``."""
    if data.count(b"[") + data.count(b"{") <= DEPTH_LIMIT:
        return False
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        below = [part for item in level for part in (item.values() if type(item) is dict else item)]
        level = [part for part in below if type(part) is dict or type(part) is list]
        if not level:
            return False
    return True


def _has_float(value: Any) -> bool:
    """Whether a float is in there. An integer beyond 64 bits has become one, too."""
    found = False
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, float):
                found = True
        if not below:
            return found
        level = below
    if any(isinstance(item, (dict, list)) for item in level):
        raise JSONError(f"lists and objects are nested deeper than {DEPTH_LIMIT} levels")
    return found or any(isinstance(item, float) for item in level)


def _loads_slowly(data: bytes) -> Any:
    import json

    text = _decode(data)
    if not text.strip(" \t\r\n"):
        raise JSONError("the file is empty: expected a JSON document", 1, 1)
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=exact_float)
    except json.JSONDecodeError as error:
        raise JSONError(_EXPECTED.get(error.msg, error.msg), error.lineno, error.colno) from error
    except RecursionError as error:
        raise JSONError(f"lists and objects are nested deeper than {DEPTH_LIMIT} levels") from error
    except JSONError:
        raise
    except ValueError as error:
        raise JSONError("a number is too long: it has thousands of digits") from error
    except (MemoryError, SystemError) as error:
        raise JSONError("not enough memory to read it") from error
    _has_float(value)
    return value


def _decode(data: bytes) -> str:
    for mark, name in _ENCODINGS:
        if data.startswith(mark):
            raise JSONError(f"the file is {name}: expected UTF-8. Save it as UTF-8", 1, 1)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        reason = f"byte 0x{data[error.start]:02x} is not UTF-8: expected UTF-8 text"
        raise JSONError(reason, line, column) from error


def _refuse_constant(name: str) -> Any:
    raise JSONError(f"{name} is no JSON number: expected a number, a string or null")


def exact_float(literal: str) -> float:
    """The number of a JSON literal, which is written again as it was spelled. For the importers of hfs.

    Args:
        literal: The number as JSON has it.

    Returns:
        A float that the store writes as the literal.

    Raises:
        ValueError: It is larger than any float.

    Example:
        >>> from hfs.persistence import exact_float, render_json
        >>> render_json({"temperature": exact_float("1.50")})
        b'{"temperature": 1.50}\\n'
    """
    number = float(literal)
    try:
        plain = orjson.dumps(number) == literal.encode()
    except orjson.JSONEncodeError:
        plain = False
    return number if plain else LiteralFloat(literal)


def encode(value: Any) -> bytes:
    """The value on one line, with a space after ``:`` and ``,``, and nothing raw that could hurt a terminal.

    Besides what JSON demands, DEL, C1 controls, U+2028, U+2029 and bidi controls are written as ``\\uXXXX``,
    so that ``cat`` is safe and a line is a line for every tool.

    Raises:
        TypeError: A value that JSON has no form for, NaN and the infinities among them.
        ValueError: Nested deeper than ``DEPTH_LIMIT``, or in a circle.
    """
    return escape(_encode(value, 0))


def escape(encoded: bytes) -> bytes:
    """JSON bytes with what could hurt a terminal written as ``\\uXXXX``."""
    # Looking for bytes is many times cheaper than the pattern, and most text has nothing but ASCII.
    if (encoded.isascii() and b"\x7f" not in encoded) or _HARMFUL.search(encoded) is None:
        return encoded
    return _HARMFUL.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), encoded)


def encode_scalar(value: Any) -> bytes:
    """A string, number, boolean or null, before ``escape``."""
    if isinstance(value, LiteralFloat):
        return value.literal.encode()
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise TypeError(f"{value} has no form in JSON: it is not JSON serializable")
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        import json

        if isinstance(value, (str, int)):
            # A lone surrogate, or an integer beyond 64 bits: legal JSON that orjson won't write.
            return json.dumps(value).encode()
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable") from error


def _encode(value: Any, depth: int) -> bytes:
    if isinstance(value, (dict, list, tuple)):
        if depth >= DEPTH_LIMIT:
            raise ValueError(f"lists and objects are nested deeper than {DEPTH_LIMIT} levels, or in a circle")
        if not isinstance(value, dict):
            return b"[" + b", ".join([_encode(item, depth + 1) for item in value]) + b"]"
        pairs = [encode_key(key) + b": " + _encode(item, depth + 1) for key, item in value.items()]
        return b"{" + b", ".join(pairs) + b"}"
    return encode_scalar(value)


def encode_key(key: object) -> bytes:
    """A key, as the standard library writes it: numbers, booleans and None become strings."""
    if isinstance(key, str):
        return encode_scalar(key)
    if key is None or isinstance(key, (bool, int, float)):
        return b'"' + encode_scalar(key) + b'"'
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
