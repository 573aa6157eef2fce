"""A program that runs one PostgreSQL server for as long as the process that started it lives.

    python postgres_supervisor.py BINARIES

Its standard input carries the password in the first line, then one command a line: `start`, `stop fast`,
`stop immediate`. Each line is answered by a line of JSON; an answer with `error` says what failed. When its input ends,
also because the process at the other end was killed, the server is stopped and its folder is removed.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

SETTINGS: Final = {
    "shared_buffers": "16MB",
    "max_connections": "80",
    "autovacuum": "off",
    "io_method": "sync",
    "max_worker_processes": "0",
    "max_parallel_workers": "0",
    "max_wal_senders": "0",
    "listen_addresses": "127.0.0.1",
}
SIGNALS: Final = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
PATIENCE: Final = 60.0
"""Seconds that a server may take to start or to stop."""


class Account(NamedTuple):
    """The system account that the server runs as; None is the present one."""

    user: int | None = None
    group: int | None = None

    @property
    def groups(self) -> list[int] | None:
        """Its further groups."""
        return None if self.user is None else []


def server_account() -> Account:
    """An account that PostgreSQL accepts: it refuses to run as root."""
    if os.geteuid() != 0:
        return Account()
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


class Server:
    """A server in a folder of its own, on a port that stays the same while it is stopped."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._log = folder / "log"
        self._account = server_account()
        self._process: subprocess.Popen[bytes] | None = None
        self._reservation: socket.socket | None = None
        self._reserve_port(0)
        if self._account.user is not None and self._account.group is not None:
            os.chown(folder, self._account.user, self._account.group)
        self._binaries = binaries
        if not self._starts():
            self._binaries = self._copy(binaries)

    def create(self, password: str) -> None:
        """Makes the data folder; the superuser is `postgres`, and every connection needs a password."""
        passwords = self._folder / "password"
        passwords.write_text(password + "\n")
        authentication = ["--username=postgres", f"--pwfile={passwords}", "--auth=scram-sha-256", "--no-sync"]
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            if self._account.user is not None and self._account.group is not None:
                os.chown(passwords, self._account.user, self._account.group)
            self._start_program("initdb", "-D", str(self._data), *authentication, *locale).wait(PATIENCE)
        finally:
            passwords.unlink()
        if not (self._data / "global" / "pg_control").exists():
            raise RuntimeError(f"initdb failed: {self._last_words()}")

    def start(self) -> None:
        """Starts the server, unless it runs; it takes connections afterwards."""
        if self._process is not None and self._process.poll() is None:
            return
        if self._reservation is not None:
            self._reservation.close()
            self._reservation = None
        settings = {**SETTINGS, "port": str(self.port), "unix_socket_directories": str(self._folder)}
        options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        self._process = self._start_program("postgres", "-D", str(self._data), *options)
        end = time.monotonic() + PATIENCE
        while not self._takes_connections():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server doesn't start: {self._last_words()}")
            time.sleep(0.005)

    def stop(self, mode: str) -> None:
        """Stops the server, unless it is stopped; connections to its port are refused afterwards."""
        if self._process is None:
            return
        self._process.send_signal(SIGNALS[mode])
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise RuntimeError(f"the server doesn't stop: {self._last_words()}") from None
        self._process = None
        self._reserve_port(self.port)

    def _reserve_port(self, port: int) -> None:
        """Takes the port without listening, so that no other program gets it and everyone is refused."""
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind(("127.0.0.1", port))
        self.port: int = self._reservation.getsockname()[1]

    def _takes_connections(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        process = self._process
        return process is not None and len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready"

    def _start_program(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        account = self._account
        with open(self._log, "ab") as log:
            return subprocess.Popen(
                [self._binaries / name, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                user=account.user,
                group=account.group,
                extra_groups=account.groups,
            )

    def _starts(self) -> bool:
        """Whether the account of the server can run the binaries: it can't look into the home of root."""
        try:
            return self._start_program("postgres", "--version").wait(PATIENCE) == 0
        except PermissionError:
            return False

    def _copy(self, binaries: Path) -> Path:
        """Copies the installation, and the wheel's shared libraries beside it, to where everyone may read."""
        package = binaries.parent.parent
        libraries = package.with_name(f"{package.name}.libs")
        installed = self._folder / "installed"
        copied = installed / package.name / binaries.parent.name
        shutil.copytree(binaries.parent, copied, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, installed / libraries.name)
        for path in (installed, *installed.rglob("*")):
            path.chmod(0o755)
        return copied / binaries.name

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for a server, in `/tmp`: the path of a unix socket must be short."""
    folder = Path(tempfile.mkdtemp(prefix="hfs-postgres-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answer(**values: object) -> None:
    """Prints an answer."""
    print(json.dumps(values), flush=True)


def leave(_signal: int, _frame: FrameType | None) -> None:
    """Ends as when the input ends."""
    sys.exit(1)


def main() -> None:
    """Serves commands until the input ends."""
    signal.signal(signal.SIGTERM, leave)
    password = sys.stdin.readline().rstrip("\n")
    with server_folder() as folder:
        server = Server(Path(sys.argv[1]), folder)
        try:
            server.create(password)
            answer(port=server.port, folder=str(folder))
            for line in sys.stdin:
                command, *arguments = line.split()
                if command == "start":
                    server.start()
                else:
                    server.stop(*arguments)
                answer()
        except RuntimeError as error:
            answer(error=str(error))
        finally:
            server.stop("immediate")


if __name__ == "__main__":
    main()
