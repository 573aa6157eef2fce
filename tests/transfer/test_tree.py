"""Conversations that branch, as the ways through them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.tree import Node, branches

_START = datetime(2026, 1, 1, tzinfo=UTC)


def _node(id: str, parent: str | None, minute: int | None = None, *, silent: bool = False) -> Node:
    moment = None if minute is None else _START + timedelta(minutes=minute)
    return Node(id, parent, None if silent else ForeignMessage("user", id, id, moment), moment)


def _ways(nodes: list[Node], active: str | None = None) -> list[tuple[str | None, str]]:
    found = branches(nodes, active, Tally())
    return [(branch.key, "".join(message.content for message in branch.messages)) for branch in found]


def test_the_active_branch_comes_first_and_each_is_named_by_the_node_where_it_leaves_an_older_one() -> None:
    nodes = [_node("a", None, 1), _node("b", "a", 2), _node("c", "a", 3), _node("d", "c", 4)]
    assert _ways(nodes, "d") == [("c", "acd"), (None, "ab")]
    assert _ways(nodes, "b") == [(None, "ab"), ("c", "acd")]


@pytest.mark.parametrize("active", [None, "gone"])
def test_without_a_known_active_node_the_newest_leaf_is_it(active: str | None) -> None:
    assert _ways([_node("a", None, 1), _node("b", "a", 9), _node("c", "a", 3)], active) == [("b", "ab"), (None, "ac")]


def test_an_active_answer_that_is_empty_is_no_branch_of_its_own() -> None:
    nodes = [_node("a", None, 1), _node("b", "a", 2), _node("e", "a", 3, silent=True)]
    assert _ways(nodes, "e") == [(None, "ab")]


def test_an_empty_answer_beside_a_real_one_is_no_branch() -> None:
    nodes = [_node("a", None, 1), _node("e", "a", 2, silent=True), _node("b", "a", 3)]
    assert _ways(nodes, "b") == [("b", "ab")]


def test_an_active_node_in_the_middle_stands_for_what_goes_on_from_it() -> None:
    nodes = [_node("a", None, 1), _node("b", "a", 2), _node("c", "b", 3), _node("d", "b", 4)]
    assert _ways(nodes, "b") == [("d", "abd"), (None, "abc")]


def test_nothing_said_is_no_branch() -> None:
    assert _ways([_node("a", None, silent=True), _node("b", "a", silent=True)], "b") == []
    assert _ways([]) == []


def test_what_hangs_on_a_circle_is_read_once_from_where_the_circle_begins() -> None:
    nodes = [_node("d", "b", 4), _node("a", "c", 1), _node("b", "a", 2), _node("c", "b", 3)]
    assert sorted(text for _, text in _ways(nodes)) == ["bca", "bd"]


def test_a_node_that_is_its_own_parent_is_a_root() -> None:
    assert _ways([_node("a", "a", 1), _node("b", "a", 2)]) == [(None, "ab")]


def test_no_link_however_odd_makes_two_branches_of_one_name_or_loses_a_message() -> None:
    chance = random.Random(5)
    for _ in range(3000):
        size = chance.randint(1, 9)
        ids = [*"abcdefghi"[:size], None]
        nodes = [
            _node(id, chance.choice(ids), chance.choice((None, 1, 2, 3)), silent=chance.random() < 0.3)
            for id in "abcdefghi"[:size]
        ]
        found = branches(nodes, chance.choice(ids), Tally())
        keys = [branch.key for branch in found]
        assert len(keys) == len(set(keys)), nodes
        assert {one.id for branch in found for one in branch.messages} == {node.id for node in nodes if node.message}
        ways = [tuple(one.id for one in branch.messages) for branch in found]
        assert not [one for one in ways for other in ways if one != other and other[: len(one)] == one], nodes


def test_a_long_chain_with_a_fork_at_every_message_takes_a_moment_and_counts_what_is_left_out() -> None:
    nodes = [_node("0", None, 0)]
    for number in range(1, 20_000):
        nodes += [_node(str(number), str(number - 1), number), _node(f"x{number}", str(number - 1), number)]
    tally = Tally()
    found = branches(nodes, "19999", tally)
    assert len(found[0].messages) == 20_000
    assert len(found) + tally.skipped["branch beyond the limit"] == 20_000


@pytest.mark.timeout(20)
def test_a_message_with_very_many_silent_answers_takes_a_moment() -> None:
    nodes = [_node("a", None, 1), *(_node(f"x{number}", "a", 2, silent=True) for number in range(50_000))]
    assert _ways(nodes, "x7") == [(None, "a")]
