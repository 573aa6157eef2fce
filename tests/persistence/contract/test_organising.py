"""Tags, pins and the archive in every engine: plain fields of the document."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hfs.errors import InvalidDocumentError, UnsupportedFormatError
from hfs.persistence import ListQuery, SessionFilter, SessionModel, SessionStore
from tests.persistence.contract.places import Place, found, ids, put, rendered


def test_tags_keep_their_spelling_and_order_and_are_told_without_case(
    store: SessionStore, session: SessionModel, place: Place
) -> None:
    store.tag(session.id, ["Work", "  to \n read "])
    tagged = store.tag(session.id, ["WORK", "größe", "## home"])
    assert tagged is not None
    assert tagged.tags == ("Work", "to read", "größe", "home")
    with place.open() as other:
        assert found(other, session.id) == tagged
        assert other.list_recent()[0].tags == tagged.tags
        untagged = other.tag(session.id, remove=["GRÖSSE", "#work", "never there"])
    assert untagged is not None
    assert untagged.tags == ("to read", "home")
    assert untagged.updated_at == session.updated_at


def test_what_is_taken_off_again_leaves_no_trace(store: SessionStore, session: SessionModel) -> None:
    before = rendered(store, session.id)
    store.tag(session.id, "work")
    store.pin(session.id)
    marked = store.archive(session.id)
    assert marked is not None
    assert (marked.tags, marked.pinned, marked.archived) == (("work",), True, True)
    (summary,) = store.list_recent()
    assert (summary.tags, summary.pinned, summary.archived) == (("work",), True, True)
    store.tag(session.id, remove=["work"])
    store.pin(session.id, False)
    store.archive(session.id, False)
    assert rendered(store, session.id) == before
    (summary,) = store.list_recent()
    assert (summary.tags, summary.pinned, summary.archived) == ((), False, False)


def test_nothing_is_written_where_nothing_changes(store: SessionStore, session: SessionModel) -> None:
    store.tag(session.id, ["work"])
    store.pin(session.id)
    revision = store.revision(session.id)
    store.tag(session.id, ["WORK"], ["other"])
    store.tag(session.id)
    store.pin(session.id)
    store.archive(session.id, False)
    assert store.revision(session.id) == revision


def test_tags_are_counted_whatever_their_case(store: SessionStore) -> None:
    for tags in (["Work", "a"], ["work"], ["work", "ÄPFEL"], ["äpfel"]):
        store.tag(store.create().id, tags)
    gone = store.create()
    store.tag(gone.id, ["gone", "work"])
    store.delete(gone.id)
    assert list(store.tags().items()) == [("work", 3), ("äpfel", 2), ("a", 1)]


def test_what_is_no_tag_is_refused(store: SessionStore, session: SessionModel) -> None:
    for tag in ["", "#", "x" * 51, "a,b", "-x", "\ud800"]:
        revision = store.revision(session.id)
        with pytest.raises(InvalidDocumentError):
            store.tag(session.id, ["fine", tag])
        assert store.revision(session.id) == revision


def test_what_is_not_there_is_not_put_in_order(store: SessionStore) -> None:
    for session_id in [9, 0, -1, 10**18]:
        assert store.tag(session_id, ["x"]) is None
        assert store.pin(session_id) is None
        assert store.archive(session_id) is None


def test_tags_that_are_no_list_are_refused_and_texts_among_others_are_seen(store: SessionStore) -> None:
    odd = put(store, {"uid": "a", "tags": "work", "messages": []})
    with pytest.raises(InvalidDocumentError, match='The "tags" '):
        store.tag(odd, ["x"])
    mixed = put(store, {"uid": "b", "tags": [1, "Work", None, "work", " b "], "messages": []})
    assert found(store, mixed).tags == ("Work", "b")
    tagged = store.tag(mixed, ["c"], ["work"])
    assert tagged is not None
    assert tagged.extra["tags"] == [1, None, " b ", "c"]
    assert store.tags() == {"b": 1, "c": 1}


def test_marks_that_are_not_true_are_none(store: SessionStore) -> None:
    number = put(store, {"uid": "a", "pinned": 1, "archived": "yes", "messages": []})
    session = found(store, number)
    assert (session.pinned, session.archived) == (False, False)
    (summary,) = store.list_recent()
    assert (summary.pinned, summary.archived) == (False, False)
    pinned = store.pin(number)
    assert pinned is not None
    assert pinned.extra == {"pinned": True, "archived": "yes"}


def test_a_newer_format_is_not_put_in_order(store: SessionStore) -> None:
    number = put(store, {"format": 2, "uid": "newer", "messages": []})
    works: list[Callable[[], object]] = [
        lambda: store.tag(number, ["x"]),
        lambda: store.pin(number),
        lambda: store.archive(number),
    ]
    for work in works:
        with pytest.raises(UnsupportedFormatError):
            work()


def test_archived_sessions_are_left_out_of_lists_that_ask_for_it(store: SessionStore) -> None:
    one, two = store.create("one"), store.create("two")
    store.archive(one.id)
    page = store.list_sessions(ListQuery(SessionFilter(archived=False)))
    assert (ids(page.sessions), page.matching, page.total, page.archived) == ([two.id], 1, 2, 1)
    assert ids(store.list_recent()) == [two.id, one.id]
