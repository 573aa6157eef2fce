"""The part of a text file that is looked at, which moves along it, and the JSON values that begin in it.

The standard library's scanner reads each value. One that ends beyond the window is tried again with more of the file,
so memory holds one value and not the file.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any, BinaryIO, Final

from hfs.persistence import exact_float

_CHUNK: Final = 1 << 20
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_LITERAL: Final = 16
"""A scanner that stops nearer to the end of the window than this may only lack the rest of a literal."""
_CUT_NUMBER: Final = len("e+")
"""A number that ends no farther than this before the end of the window may go on behind it."""
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BadJSONError(Exception):
    """From here on the file can't be read.

    ``str()`` says where and why.
    """


def encoding_of(head: bytes) -> str:
    """The encoding that a byte order mark tells, else UTF-8."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")


def decode(line: str) -> Any:
    """The value that a line is.

    Raises:
        ValueError, RecursionError: It is none.
    """
    return _DECODER.decode(line)


def _is_record(line: str) -> bool:
    try:
        return isinstance(decode(line), dict)
    except (ValueError, RecursionError):
        return False


def _float(literal: str) -> float | None:
    number = float(literal)
    if "e" not in literal and repr(number) == literal:
        return number
    # What is larger than any number that can be stored is as good as missing.
    return exact_float(literal) if math.isfinite(number) else None


_DECODER: Final = json.JSONDecoder(parse_float=_float, parse_constant=lambda name: None)


def reason(error: Exception) -> str:
    """Why a text is no value that can be read, as the end of a sentence."""
    if isinstance(error, RecursionError):
        return "lists and objects are nested too deep"
    if isinstance(error, json.JSONDecodeError):
        return f"column {error.colno}: {_expected(error)}"
    return "a number has too many digits"


def _expected(error: json.JSONDecodeError) -> str:
    return f"{error.msg[0].lower()}{error.msg[1:]}".removesuffix(" at")


class Window:
    """The part of a file that is looked at.

    Args:
        file: UTF-8, or UTF-16 or UTF-32 with a byte order mark.
        limit: The longest value that is taken, in characters.
    """

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        head = file.read(max(_CHUNK, 4))
        self._decoder = codecs.getincrementaldecoder(encoding_of(head))("strict")
        self.text = ""
        self.position = 0
        self.line_number = 0
        """Of the line that was read last, counted from 1."""
        self._lines = 1
        self._column = 1
        self._ended = False
        self._bad_byte: UnicodeDecodeError | None = None
        """What stands right behind the text."""
        self._held: int | None = None
        self._take(head)

    def _take(self, chunk: bytes) -> None:
        before = self._decoder.getstate()
        try:
            more = self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            # What stands before it is read; the decoder may hold the beginning of a character of an earlier chunk.
            self._decoder.setstate(before)
            whole = error.start + len(chunk) - len(error.object)
            more = self._decoder.decode(chunk[:whole]) if whole > 0 else ""
            self._bad_byte = error
        self._ended = not chunk
        self.text += more

    def _grow(self) -> bool:
        """Reads more; False at the end of the file."""
        if self._bad_byte is not None:
            byte, encoding = self._bad_byte.object[self._bad_byte.start], self._bad_byte.encoding.upper()
            raise BadJSONError(f"{self._place_of(len(self.text))}: byte 0x{byte:02x} is not {encoding}")
        if self._ended:
            return False
        self._forget(self.position if self._held is None else self._held)
        # At least as much again, so that a long record is not scanned over and over.
        wanted = max(_CHUNK, len(self.text))
        if len(self.text) > self._limit:
            raise BadJSONError(
                f"{self.place()}: this record is longer than {self._limit >> 20} MiB; `--max-size` takes more"
            )
        self._take(self._file.read(wanted))
        return True

    def _forget(self, position: int) -> None:
        passed = self.text.count("\n", 0, position)
        if passed:
            self._lines += passed
            self._column = position - self.text.rfind("\n", 0, position)
        else:
            self._column += position
        self.text = self.text[position:]
        self.position -= position
        if self._held is not None:
            self._held -= position

    def hold(self) -> None:
        """Keeps what comes from here on, until ``release`` or ``go_back``."""
        self._held = self.position

    def release(self) -> None:
        """Lets go of what was held."""
        self._held = None

    def go_back(self) -> None:
        """Goes back to where ``hold`` was called."""
        if self._held is not None:
            self.position, self._held = self._held, None

    def place(self) -> str:
        """Where the position is, for people."""
        return self._place_of(self.position)

    def _place_of(self, position: int) -> str:
        passed = self.text.count("\n", 0, position)
        column = position - self.text.rfind("\n", 0, position) if passed else self._column + position
        return f"line {self._lines + passed}, column {column}"

    def peek(self) -> str:
        """The character at the position; empty at the end of the file."""
        while self.position >= len(self.text):
            if not self._grow():
                return ""
        return self.text[self.position]

    def look_ahead(self, count: int) -> None:
        """Reads on until so many characters stand behind the position, if the file has as many."""
        while len(self.text) - self.position < count and self._bad_byte is None:
            if not self._grow():
                return

    def skip_space(self) -> None:
        while self.peek():
            match = _SPACE.match(self.text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self.text):
                return

    def value(self) -> Any:
        """The value at the position, which moves behind it."""
        if len(self.text) - self.position < _CHUNK // 4 and self._bad_byte is None:
            self._grow()
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.position)
            except json.JSONDecodeError as error:
                at_end = len(self.text) - error.pos <= _LITERAL or error.msg.startswith("Unterminated string")
                if at_end and self._grow():
                    continue
                place = self._place_of(min(error.pos, len(self.text)))
                ended = error.pos >= len(self.text.rstrip()) or error.msg.startswith("Unterminated string")
                what = "the file ends in the middle of a record" if ended else _expected(error)
                raise BadJSONError(f"{place}: {what}") from error
            except (ValueError, RecursionError) as error:
                raise BadJSONError(f"the record at {self.place()}: {reason(error)}") from error
            if isinstance(value, (int, float)) and len(self.text) - end <= _CUT_NUMBER and self._grow():
                continue
            self.position = end
            return value

    def is_lines(self) -> bool:
        """Whether the first line, or the one behind it, is a whole record that others follow; the position stays."""
        start = self.position
        for _ in range(2):
            while (end := self.text.find("\n", start)) < 0:
                before = self.position
                if not self._grow():
                    return False
                start -= before - self.position
            line = self.text[start:end]
            if line.startswith("{") and _is_record(line):
                return True
            start = end + 1
        return False

    def line(self) -> str | None:
        """The next line, without its end; None at the end of the file."""
        searched = self.position
        while (end := self.text.find("\n", searched)) < 0:
            searched = len(self.text) - self.position
            if not self._grow():
                if not searched:
                    return None
                end = len(self.text)
                break
        line = self.text[self.position : end]
        self.position = min(end + 1, len(self.text))
        self.line_number += 1
        return line

    def require_end(self) -> None:
        self.skip_space()
        if self.peek():
            raise BadJSONError(f"{self.place()}: expected nothing more: the document has ended before this")
