"""Words looked up by databases: found where looking at every text finds them, and where files have them."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hfs.errors import BadQueryError
from hfs.persistence import SearchHit, SearchOptions, SearchResult, SessionFilter
from hfs.persistence._engine import Index
from tests.persistence.sql.indexes import (
    START,
    WORDS,
    Documents,
    Indexes,
    documents,
    moments,
    phrases,
    plain,
    quickly,
    require_same,
)

words = st.sampled_from(WORDS)
terms = st.builds(
    lambda sign, word, star: f"{sign}{word}{star}",
    st.sampled_from(("", "", "", "-")),
    words | words.map(lambda word: word[:2]) | phrases.map(lambda text: '"' + text.replace('"', "") + '"'),
    st.sampled_from(("", "", "*")),
)
queries = st.lists(terms, min_size=1, max_size=3).map(" ".join)
options = st.builds(
    SearchOptions,
    role=st.sampled_from((None, None, "user", "assistant", "name", "narrator", "\0")),
    session_id=st.sampled_from((None, None, None, 1, 2, 99, 10**30, -1)),
    since=st.none() | moments,
    sessions=st.sampled_from((SessionFilter(), SessionFilter(archived=False), SessionFilter(tag="work"))),
    per_session=st.sampled_from((None, None, 1, 2)),
    as_typed=st.booleans(),
)
limits = st.sampled_from((None, None, 0, 1, 3, 10**30))
PATTERNS = ("re.ase", "(?i)GR", "字", "^x", "a$", r"\d+", r"un_\w", "[🎉]", "x\n", "é|é", "nowhere")


def said(*texts: str, name: str = "Talk", **fields: Any) -> dict[str, Any]:
    messages = [
        {"id": at, "role": "user", "created_at": (START + timedelta(days=at)).isoformat(), "content": text}
        for at, text in enumerate(texts, 1)
    ]
    header = {"uid": f"0-{name}-{len(texts)}", "name": name, "created_at": START.isoformat()}
    return {**header, **fields, "messages": messages}


def answer(index: Index, query: str, limit: int | None, wanted: SearchOptions) -> SearchResult | str:
    try:
        return index.search(query, limit, wanted)
    except BadQueryError as error:
        return str(error)


def places(index: Index, query: str, **wanted: Any) -> list[tuple[int, int | None]]:
    return [(hit.session_id, hit.message_id) for hit in index.search(query, None, SearchOptions(**wanted))]


def hits(found: SearchResult | str) -> list[SearchHit] | str:
    return found if isinstance(found, str) else found.hits


@quickly
@given(sessions=documents, asked=st.lists(st.tuples(queries, limits, options), min_size=3, max_size=6))
def test_words_are_found_where_looking_at_every_text_finds_them(
    indexes: Indexes, sessions: Documents, asked: list[tuple[str, int | None, SearchOptions]]
) -> None:
    expected, databases = plain(sessions), indexes.databases(sessions)
    with indexes.files(sessions) as files:
        for query, limit, wanted in asked:
            right = answer(expected, query, limit, wanted)
            require_same(right, databases, lambda index: answer(index, query, limit, wanted))  # noqa: B023
            if wanted.is_told_by_places:
                assert hits(answer(files, query, limit, wanted)) == hits(right)


@quickly
@given(sessions=documents, pattern=st.sampled_from(PATTERNS), limit=limits, wanted=options)
def test_a_pattern_finds_what_looking_at_every_text_finds(
    indexes: Indexes, sessions: Documents, pattern: str, limit: int | None, wanted: SearchOptions
) -> None:
    options = SearchOptions(
        wanted.role, wanted.session_id, wanted.since, wanted.sessions, wanted.per_session, regex=True
    )
    expected = answer(plain(sessions), pattern, limit, options)
    require_same(expected, indexes.databases(sessions), lambda index: answer(index, pattern, limit, options))
    with indexes.files(sessions) as files:
        assert hits(answer(files, pattern, limit, options)) == hits(expected)


@quickly
@given(typed=st.text() | st.text("ab-\"*()^:{}&|!<>\0 \\[?+'漢"), as_typed=st.booleans(), regex=st.booleans())
def test_any_query_is_answered_or_told(indexes: Indexes, typed: str, as_typed: bool, regex: bool) -> None:
    for index in indexes.databases([said("a b", "ab")]).values():
        with contextlib.suppress(BadQueryError):
            index.search(typed, 5, SearchOptions(as_typed=as_typed, regex=regex))


LONG = [f"word{at}" for at in range(4100)]
CHINESE = "".join(map(chr, range(0x4E00, 0x4E00 + 2100)))


WHERE = {
    "once": ("word1", [1]),
    "words far apart": ("word1 word4099", [1]),
    "a phrase at the border of a part": ('"word1999 word2000"', [1]),
    "a long phrase there": (f'"{" ".join(LONG[1990:2030])}"', [1]),
    "words that are no phrase": ('"word1998 word2000"', []),
    "a long phrase that ends in another way": (f'"{" ".join(LONG[1990:2030])} nothing"', []),
    "another part has what is excluded": ("word4099 -word1", []),
    "another part has the phrase that is excluded": ('word1 -"word2000 word2001"', []),
    "nothing has what is excluded": ("word1 -rebase", [1]),
    "a beginning": ("word409*", [1]),
    "a beginning in a word of its own": ("word409", [1]),
    "signs at the border": (f'"{CHINESE[1995:2005]}"', [2]),
    "signs in another order": (f'"{CHINESE[2005:1995:-1]}"', []),
    "after the same word very often": ('"echo end"', [3]),
    "the same word more often than that": ('"start echo echo end"', []),
    "a very long word": ("y" * 600, [4]),
    "the beginning of it": ("y" * 599, [4]),
    "another long word that begins the same": ("y" * 550 + "z", []),
    "without that one": ("short -" + "y" * 550 + "z", [4]),
    "without the very long word": ("short -" + "y" * 600, []),
}


def test_a_long_text_is_found_by_all_its_words(indexes: Indexes) -> None:
    texts = [" ".join(LONG), CHINESE, "start " + "echo " * 1000 + "end", "short " + "y" * 600]
    sessions = [said(*texts)]
    for name, index in {"plain": plain(sessions), **indexes.databases(sessions)}.items():
        found = {what: [number for _, number in places(index, query)] for what, (query, _) in WHERE.items()}
        assert found == {what: numbers for what, (_, numbers) in WHERE.items()}, name


def test_what_is_not_shown_is_counted_as_it_is(indexes: Indexes) -> None:
    """What is shown is looked at once more, which would hide it if too much were found."""
    filler = " filler" * 300
    sessions = [said(*[f"word {at}{end}" for at in range(4) for end in ("", filler, " out", f" out{filler}")])]
    for name, index in {"plain": plain(sessions), **indexes.databases(sessions)}.items():
        for query, total in (("word -out", 8), ("word out", 8), (f"{'y' * 510} word", 0), (f"word -{'y' * 510}", 16)):
            assert index.search(query, 1, SearchOptions()).total == total, (name, query)
    longer = [said("y" * 600, "y" * 510, "y" * 600)]
    for index in indexes.databases(longer).values():
        assert index.search("y" * 600, 1, SearchOptions()).total == 2


def test_names_with_the_words_side_by_side_come_first(indexes: Indexes) -> None:
    sessions = [said(name="blue moon"), said("late", name="moon is blue")]
    for index in [plain(sessions), *indexes.databases(sessions).values()]:
        assert places(index, "blue moon") == [(1, None), (2, None)]


def test_words_of_which_a_vector_could_not_hold_as_many_are_kept(indexes: Indexes) -> None:
    texts = " ".join(chr(0x10400 + at) * 490 + str(at) for at in range(0, 600))
    for index in indexes.databases([said(texts)]).values():
        assert places(index, f'"{chr(0x10428 + 3) * 490}3*"') == [(1, 1)]


def test_what_is_deleted_and_what_was_said_before_an_edit_is_not_found(indexes: Indexes) -> None:
    sessions = [said("rebase", name="rebase"), said("other rebase", name="Other", uid="0-other")]
    for name, index in indexes.databases(sessions).items():
        store = indexes.store(name)
        store.edit_message(2, 1, "bisect")
        assert places(index, "rebase") == [(1, None), (1, 1)]
        store.delete(1)
        assert places(index, "rebase") == []
        assert (index.count(), [summary.id for summary in index.recent(None)]) == (1, [2])
        assert not index.search("reb.se", 5, SearchOptions(regex=True)).hits


def test_of_very_many_places_some_are_looked_at_and_the_others_counted(indexes: Indexes) -> None:
    sessions = [
        said("other", name="The word again", created_at="2020-01-01T00:00:00Z"),
        said("the word again", *["a word"] * 30),
        said("word, again", *["again a word"] * 2500),
    ]
    for index in indexes.databases(sessions).values():
        result = index.search("word again", 3, SearchOptions(per_session=1))
        assert [(hit.session_id, hit.message_id) for hit in result] == [(1, None), (3, 1), (2, 1)]
        assert (result.total, result.exact, result.in_session) == (2503, False, {1: 1, 2: 1, 3: 2501})
        assert index.search("word again", None, SearchOptions()).total == 2503
        assert index.search("word again", 3, SearchOptions(session_id=2)).exact
        assert places(index, "word", since=START + timedelta(days=2500)) == [(3, 2500), (3, 2501)]
        found = index.search("w.rd", 3, SearchOptions(per_session=1, regex=True))
        assert (len(found), found.in_session) == (3, {3: 2501, 2: 31, 1: 1})


def test_a_session_with_more_places_than_are_looked_at_hides_no_other(indexes: Indexes) -> None:
    late = (START + timedelta(days=9000)).isoformat()
    sessions = [said("word", name="Few"), said(*["word"] * 2100, name="Full", updated_at=late)]
    for index in indexes.databases(sessions).values():
        assert places(index, "word", per_session=1) == [(2, 1), (1, 1)]
        result = index.search("word", 2, SearchOptions(per_session=1))
        assert [(hit.session_id, hit.message_id) for hit in result] == [(2, 1), (1, 1)]


@example(texts=["one\ntwo\r\n\tthree"], query="three")
@example(texts=["x" * 400 + " needle " + "y" * 400], query="needle")
@quickly
@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"))), query=queries)
def test_the_line_and_the_marks_are_those_of_the_text(indexes: Indexes, texts: list[str], query: str) -> None:
    sessions = [said(*texts)]
    right = answer(plain(sessions), query, None, SearchOptions())
    require_same(right, indexes.databases(sessions), lambda index: answer(index, query, None, SearchOptions()))


def test_a_hit_is_as_the_document_has_it_where_a_database_could_not_hold_it(indexes: Indexes) -> None:
    document = said("nul \0 word", "word \ud800", name="Odd")
    document["messages"].append({"id": 1, "role": "user", "content": [{"text": "word in a block"}], "hidden": "tool"})
    expected = plain([document]).search("word", None, SearchOptions()).hits
    assert [hit.message_id for hit in expected] == [1, 2, 3]
    for index in indexes.databases([document]).values():
        assert index.search("word", None, SearchOptions()).hits == expected


def test_moments_are_compared_to_the_microsecond(indexes: Indexes) -> None:
    moment = datetime.fromisoformat("2026-01-02T00:00:00.000001+00:00")
    document = said("word")
    document["messages"][0]["created_at"] = moment.isoformat()
    for index in indexes.databases([document]).values():
        assert places(index, "word", since=moment) == [(1, 1)]
        assert places(index, "word", since=moment + timedelta(microseconds=1)) == []
