"""The rival: sessions in SQLite through SQLAlchemy 2 and aiosqlite, as durable as the store."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, event, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from bench.corpus import sessions


class Base(DeclarativeBase):
    """The tables."""


class Session(Base):
    """A conversation."""

    __tablename__ = "sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    messages: Mapped[list[Message]] = relationship(order_by="Message.id")


class Message(Base):
    """One message."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"), index=True)
    role: Mapped[str]
    content: Mapped[str]
    created_at: Mapped[datetime]


class SQLStore:
    """The same calls as the repository's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

        @event.listens_for(self._engine.sync_engine, "connect")
        def configure(connection: Any, record: object) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    async def open(self) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def create(self, count: int, text: str) -> int:
        async with self._sessions() as session:
            row = Session(name="x", created_at=datetime.now(UTC))
            session.add(row)
            await session.flush()
            values = [
                {"session_id": row.id, "role": "user", "content": text, "created_at": datetime.now(UTC)}
                for _ in range(count)
            ]
            await session.execute(insert(Message), values)
            await session.commit()
            return row.id

    def fill(self, count: int) -> None:
        """Brings in the first sessions of the corpus, past the engine: how they came in is not measured."""
        connection = sqlite3.connect(self._path)
        with connection:
            for number, said in sessions(count):
                statement = "INSERT INTO sessions (id, name, created_at) VALUES (?, ?, ?)"
                connection.execute(statement, (number, said.name, _column(said.created)))
                messages = [(number, role, text, _column(moment)) for role, moment, _, text in said.messages]
                statement = "INSERT INTO messages (session_id, role, content, created_at) VALUES (?, ?, ?, ?)"
                connection.executemany(statement, messages)
        connection.close()

    async def list_recent(self, limit: int) -> list[tuple[Session, int]]:
        """The newest sessions, and how many messages each has."""
        messages = select(func.count()).where(Message.session_id == Session.id).scalar_subquery()
        query = select(Session, messages).order_by(Session.created_at.desc()).limit(limit)
        async with self._sessions() as session:
            return [(row, number) for row, number in await session.execute(query)]

    async def add_message(self, session_id: int, role: str, content: str) -> Message:
        async with self._sessions() as session:
            message = Message(session_id=session_id, role=role, content=content, created_at=datetime.now(UTC))
            session.add(message)
            await session.commit()
            return message

    async def get(self, session_id: int) -> Session | None:
        async with self._sessions() as session:
            return await self._load(session, session_id)

    async def _load(self, session: AsyncSession, session_id: int) -> Session | None:
        query = select(Session).where(Session.id == session_id).options(selectinload(Session.messages))
        return (await session.execute(query)).scalar_one_or_none()

    async def close(self) -> None:
        await self._engine.dispose()


def _column(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
