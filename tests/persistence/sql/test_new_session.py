"""A session that comes in: what is made of it before it has an id."""

from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from hfs.persistence.sql.new_session import NewSession


def test_what_a_document_lacks_is_filled_in_for_the_id_that_it_gets() -> None:
    new = NewSession({"messages": [{"role": "user", "content": "hi", "created_at": "2026-01-01T00:00:00Z"}]})
    seventh, eighth = new.columns(7), new.columns(8)
    assert (seventh["id"], seventh["name"]) == (7, "Session 7")
    assert (eighth["id"], eighth["name"]) == (8, "Session 8")
    assert seventh["uid"] != eighth["uid"]
    assert seventh["created_at"] == eighth["created_at"]
    assert seventh["message_count"] == 1


def test_what_a_document_says_stays_whatever_its_id() -> None:
    new = NewSession({"id": 3, "uid": "u" * 36, "name": "given", "messages": []})
    assert {**new.columns(7), "id": 8} == new.columns(8)
    assert (new.columns(7)["id"], new.columns(7)["name"], new.columns(7)["uid"]) == (7, "given", "u" * 36)


def test_what_json_has_no_form_for_is_refused_before_anything_is_written() -> None:
    with pytest.raises(TypeError):
        NewSession({"mood": {1, 2}, "messages": []})
