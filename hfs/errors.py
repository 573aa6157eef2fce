"""Every error that hfs raises on purpose.

The exception hierarchy::

    HfsError
    ├── ConfigError (ValueError)             config.toml: a wrong type, a value that can't be used
    ├── BadQueryError (ValueError)           a search for nothing that can be looked for
    ├── StoreError                           the store under ~/.hfs
    │   ├── SessionNotFoundError (LookupError)
    │   ├── AmbiguousSessionError (LookupError)
    │   ├── CorruptSessionError (ValueError) the file doesn't parse; it is never written to
    │   ├── UnsupportedFormatError           a newer format: readable, not writable
    │   ├── InvalidDocumentError (ValueError) refused before anything was written
    │   ├── StoreIOError (OSError)           the operating system said no; nothing was acknowledged
    │   └── LockTimeoutError (TimeoutError)  another process holds the lock
    ├── ModelError                           a model gave no (whole) answer
    │   ├── MissingKeyError
    │   ├── ModelUnavailableError            the local model can't run here, or has no weights
    │   ├── UnreachableError
    │   ├── RefusedError                     the server said no (401, 403, 400)
    │   ├── RateLimitError                   .retry_after, in seconds, where the server gave it
    │   ├── ModelNotFoundError
    │   ├── ContextTooLongError
    │   └── InterruptedStreamError           the answer broke off
    └── TransferError                        an import or export that can't be done
        └── FileTakenError                   a file is there already, and is not replaced

``str(error)`` is the sentence a user reads: what failed, where, and what to do next.
Errors never print themselves; the command line and the screens do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class HfsError(Exception):
    """The base of every error that hfs raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only fields don't unpickle by themselves.
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


def _rebuild(cls: type[HfsError], args: tuple[Any, ...], state: dict[str, Any]) -> HfsError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(HfsError, ValueError):
    """A setting that can't be used."""


class BadQueryError(HfsError, ValueError):
    """Words or a pattern that can't be looked for."""


class StoreError(HfsError):
    """The base of what can go wrong with stored documents."""


class SessionNotFoundError(StoreError, LookupError):
    """There is no such session."""

    def __init__(self, message: str, *, session: str = "") -> None:
        super().__init__(message)
        self.session = session
        """What was asked for: an id, a name, the start of a uid."""


class AmbiguousSessionError(StoreError, LookupError):
    """A name or uid fits more than one session."""

    def __init__(self, message: str, *, session: str, candidates: tuple[tuple[int, str], ...]) -> None:
        super().__init__(message)
        self.session = session
        self.candidates = candidates
        """(id, name) of each session that fits."""


class CorruptSessionError(StoreError, ValueError):
    """A file that is not a valid document. Nothing is written to it."""

    def __init__(self, message: str, *, path: Path, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.path = path
        self.reason = reason
        self.line = line
        """Counted from 1; 0 where there is no such place."""
        self.column = column
        """In characters, counted from 1; 0 where there is no such place."""


class UnsupportedFormatError(StoreError):
    """A document of a format that this hfs can't write."""

    def __init__(self, message: str, *, path: Path, version: object) -> None:
        super().__init__(message)
        self.path = path
        self.version = version


class InvalidDocumentError(StoreError, ValueError):
    """What was to be written can't be stored as it is. Nothing was written."""

    def __init__(self, message: str, *, at: int | str | None = None) -> None:
        super().__init__(message)
        self.at = at
        """Where in an edited session: a message, counted from 0, or a key of the header; None where it isn't said."""


class StoreIOError(StoreError, OSError):
    """The operating system refused a read or a write. Nothing was acknowledged."""

    def __init__(self, message: str, *, path: Path, errno: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.errno = errno

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class LockTimeoutError(StoreError, TimeoutError):
    """Another process held a lock for longer than the timeout."""

    def __init__(self, message: str, *, path: Path, timeout: float) -> None:
        super().__init__(message)
        self.path = path
        self.timeout = timeout
        """In seconds."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ModelError(HfsError):
    """A model gave no answer, or not all of one."""


class MissingKeyError(ModelError):
    """The provider needs a key and there is none."""


class ModelUnavailableError(ModelError):
    """The local model can't run here: a missing package, library or weights."""


class UnreachableError(ModelError):
    """The server can't be reached, or is no model server."""


class RefusedError(ModelError):
    """The server answered and said no."""

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status; 0 where there is none."""


class RateLimitError(ModelError):
    """The server wants fewer requests."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """In seconds, where the server gave it."""


class ModelNotFoundError(ModelError):
    """The server has no model of that name."""


class ContextTooLongError(ModelError):
    """The conversation doesn't fit into the model's context."""

    def __init__(self, message: str, *, context_length: int | None = None) -> None:
        super().__init__(message)
        self.context_length = context_length
        """In tokens, where the server gave it."""


class InterruptedStreamError(ModelError):
    """The answer broke off: the connection was lost, or the server failed in the middle."""


class TransferError(HfsError):
    """An import or export that can't be done."""


class FileTakenError(TransferError):
    """A file is there already, and is not replaced."""
