"""Sessions and other documents as plain JSON files: the only door to the store.

Everything is imported when it is first used, so that a command which lists sessions pays for no event loop.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfs.errors import AmbiguousSessionError as AmbiguousSessionError
    from hfs.errors import BadQueryError as BadQueryError
    from hfs.errors import ConfigError as ConfigError
    from hfs.errors import CorruptSessionError as CorruptSessionError
    from hfs.errors import HfsError as HfsError
    from hfs.errors import InvalidDocumentError as InvalidDocumentError
    from hfs.errors import LockTimeoutError as LockTimeoutError
    from hfs.errors import SessionNotFoundError as SessionNotFoundError
    from hfs.errors import StoreError as StoreError
    from hfs.errors import StoreIOError as StoreIOError
    from hfs.errors import UnsupportedFormatError as UnsupportedFormatError
    from hfs.persistence._format import Layout as Layout
    from hfs.persistence._json import exact_float as exact_float
    from hfs.persistence._opening import open_store as open_store
    from hfs.persistence._opening import store_exists as store_exists
    from hfs.persistence._store import SessionStore as SessionStore
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
    from hfs.persistence.session_document.edited import EditCounts as EditCounts
    from hfs.persistence.session_document.edited import MergedEdit as MergedEdit
    from hfs.persistence.session_document.foreign import checked_import as checked_import
    from hfs.persistence.session_document.rendering import merge_files as merge_files
    from hfs.persistence.session_document.rendering import parse_document as parse_document
    from hfs.persistence.session_document.rendering import render_document as render_document
    from hfs.persistence.session_document.rendering import render_json as render_json
    from hfs.persistence.session_document.uids import new_uid as new_uid
    from hfs.persistence.sessions.draft_files import DraftFile as DraftFile
    from hfs.persistence.sessions.importing import SessionImport as SessionImport
    from hfs.persistence.sql import Base as Base
    from hfs.persistence.sql import create_db_engine as create_db_engine
    from hfs.persistence.sql import get_session_factory as get_session_factory
    from hfs.persistence.tinydb import DirectoryStorage as DirectoryStorage
    from hfs.persistence.tinydb import DocumentDB as DocumentDB
    from hfs.persistence.tinydb import DocumentTable as DocumentTable
    from hfs.persistence.tinydb import append as append

_HOMES = {
    "._format": ("Layout",),
    "._json": ("exact_float",),
    "._opening": ("open_store", "store_exists"),
    "._store": ("SessionStore",),
    "._time": ("format_time", "parse_time"),
    ".check": ("CheckReport", "Finding"),
    ".index.listing": ("SORTS", "ListQuery", "SessionFilter", "SessionPage", "Sort"),
    ".index.searching": ("SearchOptions",),
    ".index.statistics": ("Amount", "Statistics"),
    ".models": (
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
    ".repository": ("SessionRepository", "StreamingDraft", "open_repository"),
    ".session_document.edited": ("EditCounts", "MergedEdit"),
    ".session_document.foreign": ("checked_import",),
    ".session_document.rendering": ("merge_files", "parse_document", "render_document", "render_json"),
    ".session_document.uids": ("new_uid",),
    ".sessions.draft_files": ("DraftFile",),
    ".sessions.importing": ("SessionImport",),
    ".sql": ("Base", "create_db_engine", "get_session_factory"),
    ".tinydb": ("DirectoryStorage", "DocumentDB", "DocumentTable", "append"),
    "hfs.errors": (
        "AmbiguousSessionError",
        "BadQueryError",
        "ConfigError",
        "CorruptSessionError",
        "HfsError",
        "InvalidDocumentError",
        "LockTimeoutError",
        "SessionNotFoundError",
        "StoreError",
        "StoreIOError",
        "UnsupportedFormatError",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "NAME_LIMIT",
    "SORTS",
    "AmbiguousSessionError",
    "Amount",
    "BadQueryError",
    "Base",
    "CheckReport",
    "ConfigError",
    "CorruptSessionError",
    "DirectoryStorage",
    "DocumentDB",
    "DocumentTable",
    "Draft",
    "DraftFile",
    "EditCounts",
    "Finding",
    "HfsError",
    "InvalidDocumentError",
    "Layout",
    "ListQuery",
    "LockTimeoutError",
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
    "SessionNotFoundError",
    "SessionPage",
    "SessionRepository",
    "SessionStore",
    "SessionSummary",
    "Sort",
    "Statistics",
    "StoreError",
    "StoreIOError",
    "StreamingDraft",
    "TrashedSession",
    "UnsupportedFormatError",
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

if find_spec("sqlalchemy") is None:
    # ``import *`` and ``help`` ask for every name, and would end at these.
    for _name in _HOMES[".sql"]:
        __all__.remove(_name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name], __name__), name)
    globals()[name] = value
    return value
