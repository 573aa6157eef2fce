"""Several processes in one place at once, in every engine that can be shared: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.persistence.contract import workers
from tests.persistence.contract.places import Place, found, ids, users


@pytest.fixture(scope="module")
def processes() -> Iterator[workers.Workers]:
    """Processes of their own."""
    with workers.running_workers() as running:
        yield running


def test_four_processes_append_to_one_session(shared_place: Place, processes: workers.Workers) -> None:
    with shared_place.open() as store:
        made = store.create("one", messages=users("first"))
        saved = processes.together(shared_place, made.id, *4 * [workers.append_fifty])
        messages = found(store, made.id).messages[1:]
    assert [message.id for message in messages] == list(range(2, 202))
    for me, numbers in enumerate(saved):
        mine = [message for message in messages if message.content.startswith(f"{me} ")]
        assert [message.content for message in mine] == [f"{me} {number}" for number in range(50)]
        assert [message.id for message in mine] == numbers


def test_sessions_that_are_created_at_once_have_ids_of_their_own(
    shared_place: Place, processes: workers.Workers
) -> None:
    with shared_place.open() as store:
        made = processes.together(shared_place, 0, *4 * [workers.create_eight])
        every = [number for numbers in made for number in numbers]
        assert sorted(every) == sorted(ids(store.list_recent(None))) == sorted(set(every))
        for me, numbers in enumerate(made):
            assert [found(store, number).name for number in numbers] == [f"{me} {number}" for number in range(8)]


def test_changes_in_a_race_lose_nothing(shared_place: Place, processes: workers.Workers) -> None:
    works = (workers.tag, workers.edit, workers.rename, workers.append_eight)
    with shared_place.open() as store:
        made = store.create("one", messages=users("a", "b", "c", "d"))
        processes.together(shared_place, made.id, *works)
        session = found(store, made.id)
        assert store.search("added").total == 8
        assert store.search("edited").total == 4
    assert session.tags == tuple(f"tag {number}" for number in range(8))
    assert session.name == "name 7"
    assert [message.content for message in session.messages] == [
        *(f"edited {number}" for number in range(4, 8)),
        *(f"added {number}" for number in range(8)),
    ]
    assert [message.id for message in session.messages] == list(range(1, 13))


def test_what_is_appended_while_a_session_is_deleted_is_in_it_or_refused(
    shared_place: Place, processes: workers.Workers
) -> None:
    append = workers.append_while_it_is_there
    with shared_place.open() as store:
        made = store.create("one")
        *saved, deleted = processes.together(shared_place, made.id, append, append, workers.delete_soon)
        assert deleted == [True]
        assert store.get(made.id) is None
        restored = store.restore(made.id)
    assert restored is not None
    assert [(message.id, message.content) for message in restored.messages] == sorted(saved[0] + saved[1])
    assert [message.id for message in restored.messages] == list(range(1, restored.message_count + 1))


def test_an_import_in_two_processes_brings_each_session_in_once(
    shared_place: Place, processes: workers.Workers
) -> None:
    with shared_place.open() as store:
        one, other = processes.together(shared_place, 0, workers.bring_in, workers.bring_in)
        assert sorted(summary.uid for summary in store.list_recent(None)) == [f"u{number}" for number in range(6)]
    assert [sorted(pair) for pair in zip(one, other, strict=True)] == 6 * [[False, True]]
