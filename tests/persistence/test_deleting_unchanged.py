"""A session that goes to the trash only if nothing happened in it since it was shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore, open_repository


def _break(store: SessionStore) -> None:
    (store.home / "sessions" / "1.json").write_text("{")


def _replace(store: SessionStore) -> None:
    path = store.home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes().replace(b'"uid": "', b'"uid": "x'))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda store: store.add_message(1, "user", "more"), id="a message"),
        pytest.param(lambda store: store.rename(1, "other"), id="a name"),
        pytest.param(lambda store: store.tag(1, ["work"]), id="a tag"),
        pytest.param(lambda store: store.pin(1), id="a pin"),
        pytest.param(lambda store: store.archive(1), id="archived"),
        pytest.param(_break, id="broken"),
        pytest.param(_replace, id="another session"),
    ],
)
def test_a_session_in_which_something_happened_stays(home: Path, change: Callable[[SessionStore], object]) -> None:
    with SessionStore(home) as store, SessionStore(home) as other:
        store.create("one", messages=[NewMessage("user", "x")])
        (shown,) = store.list_recent()
        change(other)
        assert store.delete_unchanged(shown) is False
        assert store.path(1) is not None
        assert store.list_trash() == []


async def test_the_repository_does_the_same(home: Path) -> None:
    async with open_repository(home) as repo:
        await repo.create("one", messages=[NewMessage("user", "x")])
        (shown,) = await repo.list_recent()
        assert await repo.delete_unchanged(shown) is True
