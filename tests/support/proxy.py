"""A real TCP proxy in front of a PostgreSQL server, which loses answers, connections, or everything, as told."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_COMPLETE: Final = b"C"
_WRITES: Final = (b"INSERT", b"UPDATE", b"DELETE")


class PostgresProxy:
    """What it does with the connections through it.

    Args:
        host: Where the server is.
        port: Its port.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._armed = False
        self._at_once = False
        self._away_once_cut = False
        self._away = False
        self._passes = threading.Event()
        self._passes.set()
        self.was_cut = threading.Event()
        """Set once an acknowledgement was lost."""
        self._run(self._accept)

    def lose_next_commit(self, *, at_once: bool = False, then_away: bool = False) -> None:
        """Cuts the connection of the next transaction that wrote anything, once the server said that it is committed.

        Args:
            at_once: Cut it as soon as the server was told to commit, which may take it a while.
            then_away: Whether nobody gets through any more from then on.
        """
        self.was_cut.clear()
        self._at_once, self._away_once_cut, self._armed = at_once, then_away, True

    def go_away(self) -> None:
        """Cuts every connection, and lets nobody through until ``come_back``."""
        self._away = True
        self._cut_all()

    def come_back(self) -> None:
        """Lets connections through, and bytes again."""
        self._away = False
        self._passes.set()

    def swallow(self) -> None:
        """Passes on nothing and cuts nothing, as a network that lost its way, until ``come_back``."""
        self._passes.clear()

    def close(self) -> None:
        """Ends it."""
        self._closed = True
        self.come_back()
        # Who accepts is not woken by a close.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut_all()
        for thread in self._threads:
            thread.join()

    def _run(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, name="postgres-proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._away or self._closed:
                    raise ConnectionRefusedError
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._sockets |= {client, server}
            has_written = threading.Event()
            self._run(self._forward, client, server, has_written)
            self._run(self._watch, server, client, has_written)

    def _forward(self, client: socket.socket, server: socket.socket, has_written: threading.Event) -> None:
        for data in _received(client):
            self._passes.wait()
            if not _sent(server, data):
                break
            if b"COMMIT" in data and has_written.is_set() and self._armed and self._at_once:
                self._lose(client, server)
                return
        self._cut(client, server)

    def _watch(self, server: socket.socket, client: socket.socket, has_written: threading.Event) -> None:
        """Passes on what the server says, message by message."""
        waiting = b""
        # A server without TLS answers the question for it with one letter.
        is_plain = False
        for data in _received(server):
            self._passes.wait()
            waiting += data
            passed = b""
            if not is_plain and waiting[:1] in b"NS":
                passed, waiting = waiting[:1], waiting[1:]
            is_plain = True
            while len(waiting) >= 5:
                length = 1 + struct.unpack("!I", waiting[1:5])[0]
                if len(waiting) < length:
                    break
                message, waiting = waiting[:length], waiting[length:]
                if message[:1] == _COMPLETE:
                    tag = message[5:]
                    if tag.startswith(_WRITES):
                        has_written.set()
                    elif tag.startswith(b"COMMIT") and has_written.is_set() and self._armed:
                        self._lose(client, server)
                        return
                    elif tag.startswith((b"COMMIT", b"ROLLBACK")):
                        has_written.clear()
                passed += message
            if not _sent(client, passed):
                break
        self._cut(client, server)

    def _lose(self, client: socket.socket, server: socket.socket) -> None:
        self._armed = False
        if self._away_once_cut:
            self.go_away()
        self._cut(client, server)
        self.was_cut.set()

    def _cut_all(self) -> None:
        with self._lock:
            present = list(self._sockets)
        self._cut(*present)

    def _cut(self, *ends: socket.socket) -> None:
        with self._lock:
            self._sockets -= set(ends)
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _received(end: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            data = end.recv(65536)
        except OSError:
            return
        if not data:
            return
        yield data


def _sent(end: socket.socket, data: bytes) -> bool:
    try:
        end.sendall(data)
    except OSError:
        return False
    return True


@contextmanager
def postgres_proxy(host: str, port: int) -> Iterator[PostgresProxy]:
    """A proxy on a free port of loopback."""
    running = PostgresProxy(host, port)
    try:
        yield running
    finally:
        running.close()
