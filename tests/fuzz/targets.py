"""What any bytes may be fed to, and what must hold of it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from hfs.errors import InvalidDocumentError
from hfs.persistence import SessionImport, render_document
from hfs.persistence._format import parse, render
from hfs.persistence._json import JSONError
from hfs.persistence.files.salvage import salvage
from hfs.persistence.session_document.foreign import checked_import
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete
from hfs.persistence.session_document.merge import merge
from hfs.persistence.session_document.models import to_session
from hfs.persistence.session_document.rescue import rescue
from hfs.transfer.exporters import EXPORTERS
from hfs.transfer.files.source import Source
from hfs.transfer.importing import documents
from hfs.transfer.importing.reading import Failed, Reading
from tests.transfer.importers.mutating import check

_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)


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


def export_target(data: bytes) -> None:
    for document in _imported(data):
        require_stable(document)


def round_trip_target(data: bytes) -> None:
    """What came in goes out in each format that loses nothing, and comes back as it was."""
    for document in _imported(data):
        session = to_session(1, parse(render(document, SESSION_LAYOUT), SESSION_LAYOUT))
        whole = render_document(1, session.to_document())
        for exporter in EXPORTERS:
            if exporter.lossless:
                back = [{**found, "id": 1} for found in _imported(exporter.render(session))]
                assert [render_document(1, found) for found in back] == [whole], exporter.name


def _imported(data: bytes) -> Iterator[dict[str, Any]]:
    """The sessions that a file becomes, if they can be stored."""
    source = Source("folder/export", len(data), _MOMENT, lambda: io.BytesIO(data))
    for found in Reading(source).conversations():
        if isinstance(found, Failed):
            assert found.reason.strip() and "please report" not in found.reason
            continue
        check(found)
        made = [] if found.document is None else [dict(found.document)]
        for branch in found.branches:
            if branch.messages:
                marks = documents.marks(branch)
                uid = next(documents.uids(found, branch, marks))
                made.append(documents.to_document(found, branch, marks, uid, _MOMENT))
                SessionImport.give_name(made[-1])
        for document in made:
            complete(1, document)
            try:
                render(document, SESSION_LAYOUT)
            except ValueError as error:
                assert "nested" in str(error)
            else:
                yield document


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "parse": parse_target,
    "salvage": salvage_target,
    "rescue": rescue_target,
    "import": import_target,
    "export": export_target,
    "database": export_target,
    "round-trip": round_trip_target,
}
