"""Tags, pins and the archive: plain fields of the document, written only where something changes."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.errors import InvalidDocumentError, UnsupportedFormatError
from hfs.persistence import ListQuery, NewMessage, SessionStore, open_repository
from hfs.persistence.models import tags_of
from hfs.persistence.sessions.organiser import folded_tag, retag


def file_of(home: Path, session_id: int = 1) -> Path:
    return home / "sessions" / f"{session_id}.json"


def written(home: Path, session_id: int = 1) -> dict[str, Any]:
    document = json.loads(file_of(home, session_id).read_bytes())
    assert isinstance(document, dict)
    return document


def edit(home: Path, **fields: Any) -> None:
    """Changes the file as a person would, in a layout of their own."""
    file_of(home).write_text(json.dumps({**written(home), **fields}, indent=3), "utf-8")


@pytest.fixture
def opened(home: Path) -> Any:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "hi")])
        yield store


def test_tags_keep_their_spelling_and_order_and_are_told_without_case(opened: SessionStore, home: Path) -> None:
    opened.tag(1, ["Work", "  to \n read "])
    session = opened.tag(1, ["WORK", "größe", "## home"])
    assert session is not None
    assert session.tags == ("Work", "to read", "größe", "home")
    assert written(home)["tags"] == list(session.tags)
    session = opened.tag(1, remove=["GRÖSSE", "#work", "never there"])
    assert session is not None
    assert session.tags == ("to read", "home")


def test_a_field_that_is_empty_or_off_is_gone_again(opened: SessionStore, home: Path) -> None:
    before = file_of(home).read_bytes()
    opened.tag(1, ["work"])
    opened.pin(1)
    session = opened.archive(1)
    assert session is not None
    assert (session.pinned, session.archived) == (True, True)
    assert (written(home)["pinned"], written(home)["archived"]) == (True, True)
    opened.tag(1, remove=["work"])
    opened.pin(1, False)
    opened.archive(1, False)
    assert file_of(home).read_bytes() == before


def test_nothing_is_written_where_nothing_changes(opened: SessionStore, home: Path) -> None:
    opened.tag(1, ["work"])
    opened.pin(1)
    edit(home, mine=1)
    before = file_of(home).stat()
    opened.tag(1, ["WORK"], ["other"])
    opened.tag(1)
    opened.pin(1)
    opened.archive(1, False)
    after = file_of(home).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_session_is_no_newer_for_its_tags(opened: SessionStore, home: Path) -> None:
    opened.create("Newer", messages=[NewMessage("user", "hi")])
    before = opened.get(1)
    assert before is not None
    opened.tag(1, ["work"])
    opened.pin(1)
    opened.archive(1)
    after = opened.get(1)
    assert after is not None
    assert (after.updated_at, written(home)["updated_at"]) == (before.updated_at, None)
    listed = opened.list_sessions(ListQuery(sort="updated")).sessions
    assert [summary.id for summary in listed] == [2, 1]
    assert opened.resolve("last") == 2


@pytest.mark.parametrize(
    "tag",
    ["", "  ", "#", "x" * 51, "a,b", "-old", "\ud800"],
    ids=["empty", "blank", "a mark alone", "long", "comma", "hyphen", "surrogate"],
)
def test_what_is_no_tag_is_refused_before_anything_is_written(opened: SessionStore, home: Path, tag: str) -> None:
    before = file_of(home).read_bytes()
    with pytest.raises(InvalidDocumentError):
        opened.tag(1, ["work", tag])
    assert file_of(home).read_bytes() == before


def test_odd_values_survive_where_they_are_not_touched(opened: SessionStore, home: Path) -> None:
    edit(home, tags=[2026, "#Home", "home", "", {"x": 1}, "work"], pinned="yes", archived=0)
    session = opened.get(1)
    assert session is not None
    assert (session.tags, session.pinned, session.archived) == (("Home", "work"), False, False)
    session = opened.tag(1, ["new"], ["HOME"])
    assert session is not None
    assert session.tags == ("work", "new")
    opened.pin(1, False)
    found = written(home)
    assert (found["tags"], found["pinned"], found["archived"]) == ([2026, "", {"x": 1}, "work", "new"], "yes", 0)


def test_tags_that_are_no_list_stay_and_the_error_says_what_to_write(opened: SessionStore, home: Path) -> None:
    edit(home, tags="work\x1b")
    with pytest.raises(InvalidDocumentError, match=r'file of session 1 are .*such as \["work"\]') as caught:
        opened.tag(1, ["home"])
    assert "\x1b" not in str(caught.value)
    assert written(home)["tags"] == "work\x1b"
    edit(home, tags=None)
    session = opened.tag(1, ["home"])
    assert session is not None
    assert session.tags == ("home",)


def test_a_fork_takes_over_the_tags_and_is_neither_pinned_nor_archived(opened: SessionStore) -> None:
    opened.tag(1, ["work"])
    opened.pin(1)
    opened.archive(1)
    made = opened.fork(1)
    assert (made.tags, made.pinned, made.archived) == (("work",), False, False)


def test_a_session_of_a_newer_format_is_not_tagged(opened: SessionStore, home: Path) -> None:
    edit(home, format=9)
    before = file_of(home).read_bytes()
    with pytest.raises(UnsupportedFormatError):
        opened.tag(1, ["work"])
    assert file_of(home).read_bytes() == before


def test_tags_from_many_threads_are_all_there(opened: SessionStore, home: Path) -> None:
    def work(number: int) -> None:
        with SessionStore(home) as store:
            for at in range(5):
                store.tag(1, [f"{number}-{at}"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session = opened.get(1)
    assert session is not None
    assert sorted(session.tags) == sorted(f"{number}-{at}" for number in range(4) for at in range(5))


async def test_the_same_from_asyncio(home: Path) -> None:
    async with open_repository(home) as repo:
        session = await repo.create("x")
        await repo.tag(session.id, ["work"])
        await repo.pin(session.id)
        archived = await repo.archive(session.id)
        assert archived is not None
        assert (archived.tags, archived.pinned, archived.archived) == (("work",), True, True)
        assert await repo.tags() == {"work": 1}


TAGS = st.lists(
    st.text(st.characters(exclude_characters=",#", exclude_categories=("Cs", "Z", "C")), min_size=1), max_size=5
)
ODD = st.one_of(st.none(), st.integers(), st.booleans(), st.lists(st.integers(), max_size=2))


@given(st.lists(st.one_of(st.text(max_size=5), ODD), max_size=6), TAGS, TAGS)
def test_what_was_tagged_has_the_tag_and_everything_else_stays(
    before: list[Any], add: list[str], gone: list[str]
) -> None:
    document = {"tags": list(before)} if before else {}
    removed = {folded_tag(tag) for tag in gone}
    changed = retag(1, document, add, removed)
    after = document.get("tags", [])
    assert changed == (after != before)
    folded = [tag.casefold() for tag in tags_of(after)]
    assert len(folded) == len(set(folded))
    assert {folded_tag(tag) for tag in add} <= set(folded)
    assert not (set(folded) - {folded_tag(tag) for tag in add}) & removed
    kept = [tag for tag in before if not (isinstance(tag, str) and folded_tag(tag) in removed)]
    assert after[: len(kept)] == kept
    assert not retag(1, document, add, set())
