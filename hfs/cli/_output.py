"""What commands print: untrusted text made safe, data apart from talk."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

import click

from hfs.display import display, one_line
from hfs.errors import AmbiguousSessionError, HfsError, SessionNotFoundError

FAILED = 1
BAD_USAGE = 2
INTERRUPTED = 130
"""Ctrl-C."""
_MOST_CANDIDATES = 20


def make_printable() -> None:
    """Lets a terminal that isn't UTF-8 show ``?`` instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")


def is_on_terminal() -> bool:
    """Whether what is printed stands on a terminal. False where stdout is closed, which Python has no stream for."""
    return sys.stdout is not None and sys.stdout.isatty()


def out(text: str = "", *, newline: bool = True) -> None:
    """Prints data for a person.

    Raises:
        HfsError: It can't be written.
    """
    with _printing():
        click.echo(display(text), nl=newline, color=True)


def out_marked(parts: Iterable[tuple[str, str | None]]) -> None:
    """Prints a line of data for a person, of texts that are made safe here.

    Args:
        parts: Each text, and the escape codes (``1;33``) that it has on a terminal.

    Raises:
        HfsError: It can't be written.
    """
    styled = is_on_terminal() and os.environ.get("TERM") != "dumb"
    line = ""
    for text, codes in parts:
        safe = display(text).replace("\n", " ")
        if "NO_COLOR" in os.environ and codes:
            # Colours have two digits; bold and dim may stay.
            codes = ";".join(code for code in codes.split(";") if len(code) == 1)
        line += f"\x1b[{codes}m{safe}\x1b[0m" if styled and codes and safe else safe
    with _printing():
        click.echo(line, color=True)


def out_bytes(data: bytes) -> None:
    """Prints data for a program, byte for byte; a terminal gets it made safe.

    Raises:
        HfsError: It can't be written.
    """
    if is_on_terminal():
        out(data.decode("utf-8", "replace"), newline=False)
        return
    with _printing():
        stream: IO[bytes] = sys.stdout.buffer
        stream.write(data)
        stream.flush()


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    """Turns the operating system's errors into HfsError, but for a reader that went away: click ends quietly then."""
    if sys.stdout is None:
        raise HfsError("Could not write to stdout: it is closed.")
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is still buffered would fail once more when the program ends, and change its exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise HfsError(f"Could not write to stdout: {error.strerror or error}.") from error


def out_json(value: object) -> None:
    """Prints a value as JSON in which nothing can hurt a terminal."""
    from hfs.persistence import render_json

    out_bytes(render_json(value))


def talk(text: str) -> None:
    """Says something that is no data."""
    click.echo(display(text), err=True, color=True)


def complain(error: HfsError) -> None:
    """Says what failed."""
    talk(f"hfs: {one_line(str(error), 2000)}")
    if isinstance(error, AmbiguousSessionError):
        for number, name in error.candidates[:_MOST_CANDIDATES]:
            talk(f"  {number}  {one_line(name)}")
        others = len(error.candidates) - _MOST_CANDIDATES
        if others > 0:
            talk(f"  and {others:,} more")


def exit_code(error: HfsError) -> int:
    """The exit code that an error stands for."""
    return BAD_USAGE if isinstance(error, (SessionNotFoundError, AmbiguousSessionError)) else FAILED
