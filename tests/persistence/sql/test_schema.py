"""The migrations: they make the tables that the rows describe, also for two at once; newer ones stay."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hfs.errors import StoreError, UnsupportedFormatError
from hfs.persistence.sql import Base, create_db_engine, schema
from hfs.persistence.sql.database import has_tables

MAKE = """
import asyncio, sys
from hfs.persistence.sql import create_db_engine
asyncio.run(create_db_engine(url=sys.argv[1]).dispose())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 'x.db'}"


def differences(connection: Connection) -> list[object]:
    def ours(name: str | None, kind: str, parents: object) -> bool:
        return not (kind == "table" and name is not None and name.startswith(("message_words", "hfs_version")))

    context = MigrationContext.configure(connection, opts={"include_name": ours, "compare_type": True})
    return list(compare_metadata(context, Base.metadata))


async def run(engine: AsyncEngine, statement: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement))


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection:sqlalchemy.exc.SAWarning")
async def test_the_migrations_make_the_tables_of_the_rows(url: str) -> None:
    engine = create_db_engine(url=url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


def test_the_newest_migration_is_the_one_that_this_hfs_knows() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert scripts.get_current_head() == schema.HEAD


async def test_tables_of_a_newer_hfs_are_not_touched(url: str) -> None:
    engine = create_db_engine(url=url)
    await run(engine, "UPDATE hfs_version SET version_num = '9999'")
    await engine.dispose()
    with pytest.raises(UnsupportedFormatError, match=r"9999.*Install a newer hfs") as caught:
        create_db_engine(url=url)
    assert caught.value.version == "9999"


async def test_a_table_of_another_program_in_the_place_of_ours_is_said_to_be_that(url: str) -> None:
    engine = create_async_engine(url)
    await run(engine, "CREATE TABLE sessions (user_id TEXT)")
    await engine.dispose()
    with pytest.raises(StoreError, match=r"nother program.*give hfs a database of its own"):
        create_db_engine(url=url)
    assert not has_tables(url)


async def test_a_program_with_migrations_of_its_own_can_share_a_database(url: str) -> None:
    engine = create_async_engine(url)
    await run(engine, "CREATE TABLE alembic_version (version_num TEXT)")
    await run(engine, "INSERT INTO alembic_version VALUES ('ab12')")
    await engine.dispose()
    engine = create_db_engine(url=url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "ab12"
    await engine.dispose()
    assert has_tables(url)


async def test_opening_again_changes_nothing(url: str) -> None:
    engine = create_db_engine(url=url)
    await run(engine, "UPDATE counters SET next = 42")
    await engine.dispose()
    engine = create_db_engine(url=url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT next FROM counters"))).scalar_one() == 42
    await engine.dispose()


def test_two_processes_that_open_a_new_database_at_once_both_can(url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", MAKE, url], stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    engine = create_db_engine(url=url)
    asyncio.run(engine.dispose())
