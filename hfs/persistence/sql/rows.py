"""The tables: sessions, their messages, what was taken out of them, and which number is next.

What hfs knows has columns of its own, and what it doesn't know is in ``extra``. Where both together would not give a
document back to the letter (an unusual spelling of a number or a moment, a NUL character, which PostgreSQL has no form
for), ``exact`` holds its JSON too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, LargeBinary, Text, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

Extra = JSON().with_variant(JSONB(), "postgresql")
# SQLite gives out numbers by itself for this type of column only.
Number = BigInteger().with_variant(Integer(), "sqlite")


class Moment(TypeDecorator[datetime]):
    """A moment, aware, UTC. SQLite has no time zones: there it is written without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table of hfs, for those who read a database by SQLAlchemy or make migrations of their own.

    Example:
        >>> from hfs.persistence import Base
        >>> "sessions" in Base.metadata.tables
        True
    """


class SessionRow(Base):
    """A session without its messages."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(Text)
    format: Mapped[int] = mapped_column(Integer, default=1)
    name: Mapped[str] = mapped_column(Text)
    name_source: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    """``updated_at`` of the document's header."""
    extra: Mapped[dict[str, Any]] = mapped_column(Extra, default=dict)
    exact: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[str] = mapped_column(Text)
    """Another one after each write."""
    deleted_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it went to the trash."""
    last_number: Mapped[int] = mapped_column(Number, default=0)
    """The highest number that a message of it has or had."""

    # What lists and searches need, made from the document at each write.
    message_count: Mapped[int] = mapped_column(Integer, default=0)
    updated_at: Mapped[datetime | None] = mapped_column(Moment)
    """The later of ``changed_at`` and the last message's moment."""
    active_at: Mapped[datetime] = mapped_column(Moment)
    """When something happened in it last."""
    tags: Mapped[list[str]] = mapped_column(Extra, default=list)
    models: Mapped[list[str]] = mapped_column(Extra, default=list)
    pinned: Mapped[bool] = mapped_column(default=False, server_default=false())
    archived: Mapped[bool] = mapped_column(default=False, server_default=false())
    folded_name: Mapped[str] = mapped_column(Text, default="")
    """The name without case and accents."""
    folded_tags: Mapped[str] = mapped_column(Text, default="")
    """The tags without case, each between line feeds."""
    spoken_by: Mapped[str] = mapped_column(Text, default="")
    """The models, with and without their providers, each between line feeds."""
    activity: Mapped[str] = mapped_column(Text, default="[]")
    """By hour, role and model: how many messages, and their characters together, as JSON."""

    messages: Mapped[list[MessageRow]] = relationship(
        back_populates="session",
        order_by="MessageRow.position",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )

    __table_args__ = (
        Index("ix_sessions_created", "created_at", "id"),
        Index("ix_sessions_active", "active_at", "id"),
    )


# One session of a uid, and as many in the trash as were deleted.
Index(
    "ix_sessions_uid",
    SessionRow.uid,
    unique=True,
    sqlite_where=SessionRow.deleted_at.is_(None),
    postgresql_where=SessionRow.deleted_at.is_(None),
)
# Lists with pinned sessions first, and how many are archived: without a look at each row.
Index(
    "ix_sessions_listed",
    SessionRow.pinned,
    SessionRow.created_at,
    SessionRow.id,
    SessionRow.archived,
    sqlite_where=SessionRow.deleted_at.is_(None),
    postgresql_where=SessionRow.deleted_at.is_(None),
)


class MessageRow(Base):
    """A message."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    """Its place in the session, counted from 0."""
    number: Mapped[int] = mapped_column(Number)
    """Its id in the document, unique in the session."""
    role: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    model: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any]] = mapped_column(Extra, default=dict)
    exact: Mapped[bytes | None] = mapped_column(LargeBinary)
    write_key: Mapped[str] = mapped_column(Text, unique=True)
    """What the write is known by that brought it in, should its answer get lost."""

    session: Mapped[SessionRow] = relationship(back_populates="messages")

    __table_args__ = (Index("ix_messages_session", "session_id", "position"),)


class KeptRow(Base):
    """Messages that were taken out of a session, until the trash is emptied."""

    __tablename__ = "kept_messages"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    session_id: Mapped[int] = mapped_column(Number, index=True)
    kept_at: Mapped[datetime] = mapped_column(Moment)
    messages: Mapped[bytes] = mapped_column(LargeBinary)
    """A list as JSON."""
    write_key: Mapped[str] = mapped_column(Text, unique=True)


class CounterRow(Base):
    """The next number that was never given out."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    next: Mapped[int] = mapped_column(Number)
