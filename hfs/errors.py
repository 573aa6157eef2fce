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
    """The base of every error that hfs raises on purpose. Its text is the sentence that a user reads.

    Example:
        >>> from hfs.persistence import HfsError, open_store
        >>> with open_store("chats") as store:
        ...     try:
        ...         store.add_message(7, "user", "hi")
        ...     except HfsError as error:
        ...         print(error)
        There is no session '7' in ...
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions with keyword-only fields don't unpickle by themselves.
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


def _rebuild(cls: type[HfsError], args: tuple[Any, ...], state: dict[str, Any]) -> HfsError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(HfsError, ValueError):
    """A setting that can't be used, such as a store that hfs has no engine for.

    Example:
        >>> from hfs.persistence import ConfigError, open_store
        >>> try:
        ...     store = open_store("chats", store="mysql://db.example.org/team")
        ... except ConfigError as error:
        ...     print(error)
        'mysql' names no store. There are: ...
    """


class BadQueryError(HfsError, ValueError):
    """Words or a pattern that can't be looked for.

    Example:
        >>> from hfs.persistence import BadQueryError, SearchOptions, open_store
        >>> with open_store("chats") as store:
        ...     try:
        ...         found = store.search("(", options=SearchOptions(regex=True))
        ...     except BadQueryError as error:
        ...         print(error)
        The pattern can't be used: missing ), unterminated subpattern at character 1.
    """


class StoreError(HfsError):
    """The base of what can go wrong with stored documents.

    Example:
        >>> from hfs.persistence import StoreError, open_store
        >>> with open_store("chats") as store:
        ...     try:
        ...         store.create("x" * 256)
        ...     except StoreError as error:
        ...         print(error)
        A name has 1 to 255 characters; this one has 256.
    """


class SessionNotFoundError(StoreError, LookupError):
    """There is no such session.

    Args:
        message: The sentence to show.
        session: What was asked for.

    Example:
        >>> from hfs.persistence import SessionNotFoundError, open_store
        >>> with open_store("chats") as store:
        ...     try:
        ...         store.resolve("bread")
        ...     except SessionNotFoundError as error:
        ...         print(error.session)
        bread
    """

    def __init__(self, message: str, *, session: str = "") -> None:
        super().__init__(message)
        self.session = session
        """What was asked for: an id, a name, the start of a uid."""


class AmbiguousSessionError(StoreError, LookupError):
    """A name or uid fits more than one session.

    Args:
        message: The sentence to show.
        session: What was asked for.
        candidates: (id, name) of each session that fits.

    Example:
        >>> from hfs.persistence import AmbiguousSessionError, open_store
        >>> with open_store("chats") as store:
        ...     bread, soup = store.create("Bread for two"), store.create("Soup for two")
        ...     try:
        ...         store.resolve("for two")
        ...     except AmbiguousSessionError as error:
        ...         print(sorted(error.candidates))
        [(1, 'Bread for two'), (2, 'Soup for two')]
    """

    def __init__(self, message: str, *, session: str, candidates: tuple[tuple[int, str], ...]) -> None:
        super().__init__(message)
        self.session = session
        """What was asked for."""
        self.candidates = candidates
        """(id, name) of each session that fits."""


class CorruptSessionError(StoreError, ValueError):
    """A file that is not a valid document. Nothing is written to it.

    Args:
        message: The sentence to show.
        path: The file.
        reason: What is wrong, without the place.
        line: Counted from 1; 0 where there is no such place.
        column: In characters, counted from 1; 0 where there is no such place.

    Example:
        >>> from hfs.persistence import CorruptSessionError, parse_document
        >>> try:
        ...     parse_document(b'{"messages": [}', "export.json")
        ... except CorruptSessionError as error:
        ...     print(error.line, error.column)
        1 15
    """

    def __init__(self, message: str, *, path: Path, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.path = path
        """The file."""
        self.reason = reason
        """What is wrong, without the place."""
        self.line = line
        """Counted from 1; 0 where there is no such place."""
        self.column = column
        """In characters, counted from 1; 0 where there is no such place."""


class UnsupportedFormatError(StoreError):
    """A document of a format that this hfs can't write.

    Args:
        message: The sentence to show.
        path: The file.
        version: The format that it has.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import UnsupportedFormatError, open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("From the future")
        ...     path = Path("chats/sessions/1.json")
        ...     path.write_text(path.read_text().replace('"format": 1', '"format": 2')) and None
        ...     try:
        ...         store.rename(session.id, "From today")
        ...     except UnsupportedFormatError as error:
        ...         print(error.path.name, error.version)
        1.json 2
    """

    def __init__(self, message: str, *, path: Path, version: object) -> None:
        super().__init__(message)
        self.path = path
        """The file."""
        self.version = version
        """The format that it has."""


class InvalidDocumentError(StoreError, ValueError):
    """What was to be written can't be stored as it is. Nothing was written.

    Args:
        message: The sentence to show.
        at: Where in an edited session: a message, counted from 0, or a key of the header; None where it isn't said.

    Example:
        >>> from hfs.persistence import InvalidDocumentError, open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     before = store.editable(session.id)
        ...     try:
        ...         store.merge_edited(session.id, before, {**before, "name": ""})
        ...     except InvalidDocumentError as error:
        ...         print(error.at)
        name
    """

    def __init__(self, message: str, *, at: int | str | None = None) -> None:
        super().__init__(message)
        self.at = at
        """Where in an edited session: a message, counted from 0, or a key of the header; None where it isn't said."""


class StoreIOError(StoreError, OSError):
    """The operating system, or a database, refused a read or a write. Nothing was acknowledged.

    Args:
        message: The sentence to show.
        path: The file, or the address of the database.
        errno: The number of the system's error; None where it has none.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import StoreIOError, open_store
        >>> Path("chats").write_text("no folder") and None
        >>> try:
        ...     open_store("chats")
        ... except StoreIOError as error:
        ...     print(error.path.name)
        chats
    """

    def __init__(self, message: str, *, path: Path, errno: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        """The file, or the address of the database."""
        self.errno = errno
        """The number of the system's error; None where it has none."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class LockTimeoutError(StoreError, TimeoutError):
    """Another process held a lock for longer than the timeout.

    Args:
        message: The sentence to show.
        path: The lock file.
        timeout: How long was waited, in seconds.

    Example:
        >>> from hfs.persistence import LockTimeoutError, open_store
        >>> with open_store("chats") as store:
        ...     try:
        ...         print(store.create("Bread").id)
        ...     except LockTimeoutError as error:
        ...         print(f"{error.path} was locked for {error.timeout} s: try again")
        1
    """

    def __init__(self, message: str, *, path: Path, timeout: float) -> None:
        super().__init__(message)
        self.path = path
        """The lock file."""
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
