"""Sessions and other documents as plain JSON files: the only door to the store.

Everything is imported when it is first used, so that a command which lists sessions pays for no event loop.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfs.persistence._format import Layout as Layout
    from hfs.persistence._json import exact_float as exact_float
    from hfs.persistence._store import SessionStore as SessionStore
    from hfs.persistence._store import open_store as open_store
    from hfs.persistence._store import store_exists as store_exists
    from hfs.persistence._time import format_time as format_time
    from hfs.persistence._time import parse_time as parse_time
    from hfs.persistence.check import CheckReport as CheckReport
    from hfs.persistence.check import Finding as Finding
    from hfs.persistence.index.listing import SORTS as SORTS
    from hfs.persistence.index.listing import ListQuery as ListQuery
    from hfs.persistence.index.listing import SessionFilter as SessionFilter
    from hfs.persistence.index.listing import SessionPage as SessionPage
    from hfs.persistence.index.listing import Sort as Sort
    from hfs.persistence.index.searching import SearchOptions as SearchOptions
    from hfs.persistence.index.statistics import Amount as Amount
    from hfs.persistence.index.statistics import Statistics as Statistics
    from hfs.persistence.models import NAME_LIMIT as NAME_LIMIT
    from hfs.persistence.models import Draft as Draft
    from hfs.persistence.models import MergedCopy as MergedCopy
    from hfs.persistence.models import MessageModel as MessageModel
    from hfs.persistence.models import NewMessage as NewMessage
    from hfs.persistence.models import Notice as Notice
    from hfs.persistence.models import SearchHit as SearchHit
    from hfs.persistence.models import SearchResult as SearchResult
    from hfs.persistence.models import SessionModel as SessionModel
    from hfs.persistence.models import SessionSummary as SessionSummary
    from hfs.persistence.models import TrashedSession as TrashedSession
    from hfs.persistence.repository import SessionRepository as SessionRepository
    from hfs.persistence.repository import StreamingDraft as StreamingDraft
    from hfs.persistence.repository import open_repository as open_repository
    from hfs.persistence.session_document.edited import MergedEdit as MergedEdit
    from hfs.persistence.session_document.layout import checked_import as checked_import
    from hfs.persistence.session_document.layout import new_uid as new_uid
    from hfs.persistence.session_document.rendering import merge_files as merge_files
    from hfs.persistence.session_document.rendering import parse_document as parse_document
    from hfs.persistence.session_document.rendering import render_document as render_document
    from hfs.persistence.session_document.rendering import render_json as render_json
    from hfs.persistence.sessions.importing import SessionImport as SessionImport
    from hfs.persistence.sql import Base as Base
    from hfs.persistence.sql import create_db_engine as create_db_engine
    from hfs.persistence.sql import get_session_factory as get_session_factory
    from hfs.persistence.tinydb import DirectoryStorage as DirectoryStorage
    from hfs.persistence.tinydb import DocumentDB as DocumentDB
    from hfs.persistence.tinydb import DocumentTable as DocumentTable
    from hfs.persistence.tinydb import append as append

_HOMES = {
    "session_document.edited": ("MergedEdit",),
    "_format": ("Layout",),
    "sessions.importing": ("SessionImport",),
    "_json": ("exact_float",),
    "session_document.rendering": ("merge_files", "parse_document", "render_document", "render_json"),
    "session_document.layout": ("checked_import", "new_uid"),
    "_store": ("SessionStore", "open_store", "store_exists"),
    "check": ("CheckReport", "Finding"),
    "index.listing": ("SORTS", "ListQuery", "SessionFilter", "SessionPage", "Sort"),
    "index.searching": ("SearchOptions",),
    "index.statistics": ("Amount", "Statistics"),
    "_time": ("format_time", "parse_time"),
    "models": (
        "NAME_LIMIT",
        "Draft",
        "MergedCopy",
        "MessageModel",
        "NewMessage",
        "Notice",
        "SearchHit",
        "SearchResult",
        "SessionModel",
        "SessionSummary",
        "TrashedSession",
    ),
    "repository": ("SessionRepository", "StreamingDraft", "open_repository"),
    "sql": ("Base", "create_db_engine", "get_session_factory"),
    "tinydb": ("DirectoryStorage", "DocumentDB", "DocumentTable", "append"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "NAME_LIMIT",
    "SORTS",
    "Amount",
    "Base",
    "CheckReport",
    "DirectoryStorage",
    "DocumentDB",
    "DocumentTable",
    "Draft",
    "Finding",
    "Layout",
    "ListQuery",
    "MergedCopy",
    "MergedEdit",
    "MessageModel",
    "NewMessage",
    "Notice",
    "SearchHit",
    "SearchOptions",
    "SearchResult",
    "SessionFilter",
    "SessionImport",
    "SessionModel",
    "SessionPage",
    "SessionRepository",
    "SessionStore",
    "SessionSummary",
    "Sort",
    "Statistics",
    "StreamingDraft",
    "TrashedSession",
    "append",
    "checked_import",
    "create_db_engine",
    "exact_float",
    "format_time",
    "get_session_factory",
    "merge_files",
    "new_uid",
    "open_repository",
    "open_store",
    "parse_document",
    "parse_time",
    "render_document",
    "render_json",
    "store_exists",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value
