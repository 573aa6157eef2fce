"""What any bytes may be fed to, and what must hold of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hfs.errors import InvalidDocumentError
from hfs.persistence._format import parse, render
from hfs.persistence._json import JSONError
from hfs.persistence._merge import merge
from hfs.persistence._rescue import rescue
from hfs.persistence._salvage import salvage
from hfs.persistence._session_document import SESSION_LAYOUT, checked_import, complete, to_session


def require_stable(document: dict[str, Any]) -> None:
    """What was read is shown, and is written so that it is read again as the same."""
    to_session(1, document)
    complete(1, document)
    written = render(document, SESSION_LAYOUT)
    assert render(parse(written, SESSION_LAYOUT), SESSION_LAYOUT) == written


def parse_target(data: bytes) -> None:
    try:
        document = parse(data, SESSION_LAYOUT)
    except JSONError as error:
        assert error.reason
        return
    require_stable(document)


def salvage_target(data: bytes) -> None:
    document = salvage(data, SESSION_LAYOUT)
    if document is not None:
        require_stable(document)


def rescue_target(data: bytes) -> None:
    found = rescue(data)
    if found is not None:
        require_stable(found.document)


def import_target(data: bytes) -> None:
    try:
        document = parse(data, SESSION_LAYOUT)
    except JSONError:
        return
    try:
        checked = checked_import(document)
    except InvalidDocumentError as error:
        assert str(error)
        return
    require_stable(merge(dict(checked), document))


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "parse": parse_target,
    "salvage": salvage_target,
    "rescue": rescue_target,
    "import": import_target,
}
