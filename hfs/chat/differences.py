"""What is different with the messages of a session once somebody else changed it. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from hfs.display import counted
from hfs.persistence import MessageModel


def taken_out(before: Sequence[MessageModel], after: Sequence[MessageModel]) -> list[MessageModel]:
    """The messages that are there no more."""
    present = {message.id for message in after}
    return [message for message in before if message.id not in present]


def only_added(before: Sequence[MessageModel], after: Sequence[MessageModel]) -> list[MessageModel]:
    """The messages that are new, where everything else is as it was; else none."""
    known = {message.id for message in before}
    if [message for message in after if message.id in known] != list(before):
        return []
    return [message for message in after if message.id not in known]


def described(before: Sequence[MessageModel], after: Sequence[MessageModel]) -> str:
    """What differs, in words; empty if nothing does."""
    old, new = ({message.id: message for message in messages} for messages in (before, after))
    changes = {
        "added": len(new.keys() - old.keys()),
        "changed": sum(old[number] != new[number] for number in old.keys() & new.keys()),
        "taken out": len(old.keys() - new.keys()),
    }
    told = [f"{counted(number, 'message')} {what}" for what, number in changes.items() if number]
    if not told and [message.id for message in before] != [message.id for message in after]:
        return "the messages stand in another order"
    return ", ".join(told)
