"""JSON values with wrong things deep inside, so that tests can show that a reader survives them.

Everything is derived from a seed: a value that broke a reader can be made again.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import Conversation, ForeignMessage
from hfs.transfer.importers import RefusedError

ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 7, 1.5, -2.5e300, 1e308, 2**53 + 1, 10**18, -(2**63), 10**400, 1787938845, 1787938845123,
    "", " ", "x", "null", "[", "12", "1e999", "not a time", "2026-02-30T25:61:00Z", "\x00\x1b[31m\x07", "\ud800",
    "\u202eevil\u2028", "a\n\r\nb", "0" * 5000, "http://[", f"&#{'9' * 5000};",
    f'<details type="tool_calls" name="&#{"9" * 5000};">', "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    [], {}, [[]], [None], [1, "a", None, {}], ["text"], {"type": None},
    {"": ""}, {"type": "text", "text": "x"}, [{"type": "text", "text": 3}], {"text": {"value": []}},
    {"id": "x", "parent": "x", "children": ["x"]}, [[[[[[{"a": [None]}]]]]]],
)  # fmt: skip
"""What a node is replaced by: every type, and values of it that are often forgotten. No NaN, which is no JSON."""


def mutations(value: Any, count: int = 300, seed: int = 0) -> Iterator[Any]:
    """Copies of a value, each with one to six random nodes replaced, deleted, duplicated, moved or renamed.

    The value itself stays an object, or a list with something in it: for the records of a file, give their list.
    """
    for number in range(count):
        yield mutated(value, random.Random(f"{seed}/{number}"))


def mutated(value: Any, chance: random.Random) -> Any:
    """One such copy."""
    result = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        places = list(_places(result))
        if not places:
            break
        _change(*chance.choice(places), places, chance)
    return result


def survive(read: Callable[[Any], Conversation | Iterable[Conversation]], value: Any, count: int = 300) -> None:
    """Asserts that a reader takes each mutation: it gives sound conversations, or refuses, and never raises else.

    Args:
        read: Of one record, ``lambda record: FORMATS[0].read(record, source)``; of a file's records,
            ``lambda records: FORMATS[0].read(iter(records), source)``.
        value: The record, or the list of them.
        count: How many mutations are tried.
    """
    for number, mutation in enumerate(mutations(value, count)):
        try:
            found = read(mutation)
            conversations = [found] if isinstance(found, Conversation) else list(found)
            for conversation in conversations:
                check(conversation)
        except RefusedError as error:
            assert str(error)
        except Exception as error:
            error.add_note(f"mutation {number}: {json.dumps(mutation)[:4000]}")
            raise


def check(conversation: Conversation) -> None:
    """Asserts that everything in a conversation has the type that it is declared with."""
    assert isinstance(conversation.format, str)
    assert conversation.id is None or (isinstance(conversation.id, str) and conversation.id)
    assert conversation.name is None or isinstance(conversation.name, str)
    _check_time(conversation.created_at)
    _check_json(conversation.extra)
    if conversation.document is not None:
        _check_json(conversation.document)
    keys = [branch.key for branch in conversation.branches]
    assert len(keys) == len(set(keys)), keys
    for branch in conversation.branches:
        assert branch.key is None or isinstance(branch.key, str)
        for message in branch.messages:
            _check_message(message)
        ids = [message.id for message in branch.messages if message.id is not None]
        assert len(ids) == len(set(ids)), ids
    for reason, times in (conversation.tally.skipped + conversation.tally.unknown).items():
        assert isinstance(reason, str) and reason and isinstance(times, int)


def _check_message(message: ForeignMessage) -> None:
    assert message.role in ("user", "assistant", "system", "tool"), message.role
    assert isinstance(message.content, str) and isinstance(message.reasoning, str)
    for name in (message.id, message.model, message.status, message.hidden):
        assert name is None or (isinstance(name, str) and name), name
    _check_time(message.created_at)
    for items in (message.tool_calls, message.attachments):
        assert isinstance(items, list) and all(isinstance(item, dict) for item in items)
        _check_json(items)
    _check_json(message.extra)


def _check_time(moment: datetime | None) -> None:
    assert moment is None or (isinstance(moment, datetime) and moment.tzinfo is not None)


def _check_json(value: object) -> None:
    json.dumps(value, allow_nan=False)


def _places(root: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys or indices."""
    stack = [root]
    while stack:
        node = stack.pop()
        keys: Iterable[Any] = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            yield node, key
            stack.append(node[key])


def _change(node: Any, key: Any, places: list[tuple[Any, Any]], chance: random.Random) -> None:
    way = chance.choice(("replace", "replace", "replace", "delete", "duplicate", "move", "rename", "wrap"))
    if way == "delete" and (isinstance(node, dict) or len(node) > 1):
        del node[key]
    elif way == "duplicate" and isinstance(node, list):
        node.insert(chance.randint(0, len(node)), copy.deepcopy(node[key]))
    elif way in ("duplicate", "move"):
        other, other_key = chance.choice(places)
        node[key] = copy.deepcopy(other[other_key])
    elif way == "rename" and isinstance(node, dict):
        node[chance.choice((f"{key}_", "", "type", "id", "content"))] = node.pop(key)
    elif way == "wrap":
        node[key] = chance.choice(([node[key]], {"text": node[key]}, {"content": node[key], "id": 1}))
    else:
        node[key] = copy.deepcopy(chance.choice(ODD))
