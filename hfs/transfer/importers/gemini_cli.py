"""Chats of Gemini CLI: JSONL, in which later lines change what earlier ones say, and the older single JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import UniqueIds, settle
from hfs.transfer.importers._gemini_messages import MessageReader
from hfs.transfer.importers._kinds import Importer, SourceFile, StreamFormat

_NAME: Final = "gemini-cli"


def _fits(first: Sequence[Any]) -> bool:
    return any(
        isinstance(record, dict) and as_text(record.get("sessionId")) and as_text(record.get("projectHash"))
        for record in first
    )


def _read(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    chat = _Chat()
    for record in records:
        chat.take(record)
    yield chat.conversation(source)


class _Chat:
    """A session, while its lines are read."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._header: dict[str, Any] = {}
        self._records: dict[str, dict[str, Any]] = {}
        """By id: of two with one id the later counts, in the place of the first."""

    def take(self, record: object) -> None:
        """Reads the next line."""
        if not isinstance(record, dict):
            self._tally.unknown["record that is no object"] += 1
        elif "$rewindTo" in record:
            self._rewind(record["$rewindTo"])
        elif isinstance(record.get("$set"), dict):
            self._take_header(record["$set"])
        elif as_name(record.get("id")) is not None:
            self._keep(record)
        elif "sessionId" in record:
            self._take_header(record)
        else:
            self._tally.unknown["record without an id"] += 1

    def _take_header(self, header: dict[str, Any]) -> None:
        self._header.update(header)
        messages = self._header.pop("messages", None)
        if not isinstance(messages, list):
            return
        given = {as_name(as_dict(message).get("id")) for message in messages}
        replaced = sum(key not in given for key in self._records)
        if replaced:
            self._tally.skipped["replaced message"] += replaced
        self._records.clear()
        for message in messages:
            self._keep(as_dict(message))

    def _keep(self, record: dict[str, Any]) -> None:
        name = as_name(record.get("id"))
        if name is not None:
            self._records[name] = record
        elif record:
            self._records[f"\0{len(self._records)}"] = record
        else:
            self._tally.unknown["record that is no object"] += 1

    def _rewind(self, target: object) -> None:
        """Drops a message and all that follow it; everything, where it is not there."""
        wanted = as_name(target)
        found = wanted in self._records
        dropped = 0
        last = None
        while self._records and not (found and last == wanted):
            last, _ = self._records.popitem()
            dropped += 1
        if dropped:
            self._tally.skipped["rewound message"] += dropped

    def conversation(self, source: SourceFile) -> Conversation:
        """All that was read."""
        messages = [] if self._is_of_subagent() else self._messages()
        root = (source.above(".project_root") or b"")[:4096].decode("utf-8", "replace").strip()
        return Conversation(
            _NAME,
            as_name(self._header.get("sessionId")),
            as_name(self._header.get("summary")),
            as_time(self._header.get("startTime")),
            [Branch(messages)] if messages else [],
            {"cwd": root} if root and "\n" not in root else {},
            self._tally,
        )

    def _is_of_subagent(self) -> bool:
        # Its "user" is the agent that sent it: nobody spoke with it.
        if self._header.get("kind") != "subagent":
            return False
        self._tally.skipped["message of a sub-agent"] += len(self._records)
        return True

    def _messages(self) -> list[ForeignMessage]:
        reader, ids = MessageReader(self._tally), UniqueIds()
        found = []
        for record in self._records.values():
            for message in reader.read(record):
                if not settle(message):
                    self._tally.skipped["empty message"] += 1
                    continue
                if message.id is not None:
                    message.id = ids.take(message.id)
                found.append(message)
        return found


FORMATS: Final[tuple[Importer, ...]] = (StreamFormat(_NAME, "Gemini CLI chat", _fits, _read),)
