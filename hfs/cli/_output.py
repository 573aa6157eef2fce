"""What commands print: untrusted text made safe, data apart from talk."""

from __future__ import annotations

import sys
from typing import IO

import click

from hfs.display import display, one_line
from hfs.errors import AmbiguousSessionError, HfsError, SessionNotFoundError

FAILED = 1
BAD_USAGE = 2


def make_printable() -> None:
    """Lets a terminal that isn't UTF-8 show ``?`` instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(errors="replace")


def out(text: str = "", *, newline: bool = True) -> None:
    """Prints data for a person."""
    click.echo(display(text), nl=newline, color=True)


def out_bytes(data: bytes) -> None:
    """Prints data for a program, byte for byte; a terminal gets it made safe."""
    if sys.stdout.isatty():
        out(data.decode("utf-8", "replace"), newline=False)
    else:
        stream: IO[bytes] = sys.stdout.buffer
        stream.write(data)
        stream.flush()


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
        for number, name in error.candidates:
            talk(f"  {number}  {one_line(name)}")


def exit_code(error: HfsError) -> int:
    """The exit code that an error stands for."""
    return BAD_USAGE if isinstance(error, (SessionNotFoundError, AmbiguousSessionError)) else FAILED
