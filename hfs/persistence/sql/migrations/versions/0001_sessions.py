"""The first tables: sessions, messages, what was taken out, numbers, and the words that searches look up."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

revision = "0001"
down_revision = None

_TOKENS = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'"


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(JSONB(), "postgresql")


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_sessions()
    _index_sessions()
    _make_messages()
    op.create_table(
        "kept_messages",
        sa.Column("id", _number(), primary_key=True),
        sa.Column("session_id", _number(), nullable=False, index=True),
        sa.Column("kept_at", _moment(), nullable=False),
        sa.Column("messages", sa.LargeBinary(), nullable=False),
        sa.Column("write_key", sa.Text(), nullable=False, unique=True),
    )
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("next", _number(), nullable=False),
    )
    op.bulk_insert(counters, [{"name": "sessions", "next": 1}])
    _make_words()


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _number(), primary_key=True, autoincrement=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_source", sa.Text(), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("changed_at", _moment()),
        sa.Column("extra", _json(), nullable=False),
        sa.Column("exact", sa.LargeBinary()),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("deleted_at", _moment()),
        sa.Column("last_number", _number(), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("updated_at", _moment()),
        sa.Column("active_at", _moment(), nullable=False),
        sa.Column("tags", _json(), nullable=False),
        sa.Column("models", _json(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("archived", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("folded_tags", sa.Text(), nullable=False),
        sa.Column("spoken_by", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
    )


def _index_sessions() -> None:
    op.create_index("ix_sessions_created", "sessions", ["created_at", "id"])
    op.create_index("ix_sessions_active", "sessions", ["active_at", "id"])
    op.create_index(
        "ix_sessions_uid",
        "sessions",
        ["uid"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_sessions_listed",
        "sessions",
        ["pinned", "created_at", "id", "archived"],
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )


def _make_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", _number(), primary_key=True),
        sa.Column("session_id", _number(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", _number(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        sa.Column("model", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("extra", _json(), nullable=False),
        sa.Column("exact", sa.LargeBinary()),
        sa.Column("write_key", sa.Text(), nullable=False, unique=True),
    )
    op.create_index("ix_messages_session", "messages", ["session_id", "position"])


def _make_words() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f'CREATE VIRTUAL TABLE message_words USING fts5(words, tokenize="{_TOKENS}")')
        # Also of those that go with their session.
        op.execute(
            "CREATE TRIGGER message_words_gone AFTER DELETE ON messages "
            "BEGIN DELETE FROM message_words WHERE rowid = old.id; END"
        )
    else:
        op.create_table(
            "message_words",
            sa.Column("message_id", _number(), sa.ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
            sa.Column("part", sa.Integer(), primary_key=True),
            sa.Column("words", TSVECTOR(), nullable=False),
        )
        # Where several parts make a message its words are looked for one by one: these are few.
        for name, parts in (("ix_message_words", "part = 0"), ("ix_message_words_long", "part > 0")):
            op.create_index(name, "message_words", ["words"], postgresql_using="gin", postgresql_where=sa.text(parts))
