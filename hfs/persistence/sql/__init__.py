"""Sessions in a SQL database: SQLite or PostgreSQL, over SQLAlchemy 2.

Needs the extra ``hfs-chat[sql]``. Everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hfs.extras import install_command

if TYPE_CHECKING:
    from hfs.persistence.sql.database import create_db_engine as create_db_engine
    from hfs.persistence.sql.database import get_session_factory as get_session_factory
    from hfs.persistence.sql.rows import Base as Base

_HOME_OF = {"Base": "rows", "create_db_engine": "database", "get_session_factory": "database"}

__all__ = ["Base", "create_db_engine", "get_session_factory"]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        needed = f"{name} needs more packages: {install_command('sql')}."
        raise ModuleNotFoundError(needed, name=error.name) from error
    globals()[name] = value
    return value
