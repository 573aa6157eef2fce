"""Any sequence of what hfs and other programs may do to a session: nothing that was saved is lost."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hfs.errors import CorruptSessionError
from hfs.persistence import NewMessage, SessionStore, _time

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["\n", "\r\n", "\x85\u2028", "a\nb", "\0", '"', "\\", "]\n}\n", "\u202e"]
)


class Clock(datetime):
    """A wall clock that somebody sets."""

    offset = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        """The moment that it shows."""
        moment = datetime.now(tz) + cls.offset
        return cls.combine(moment.date(), moment.timetz())


class Sessions(RuleBasedStateMachine):
    """One session, a model of what it must hold, and everybody who writes to its file."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name) / "home"
        self.path = self.home / "sessions" / "1.json"
        self.texts: list[str] = []
        self.name = ""
        self.copies = 0
        self.clock = Clock
        Clock.offset = timedelta()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(_time, "datetime", Clock)
        self.backup: tuple[bytes, list[str], str] | None = None

    @initialize(first=TEXTS, threshold=st.sampled_from([0.0, 400.0, float("inf")]))
    def begin(self, first: str, threshold: float) -> None:
        self.threshold = threshold
        self.store = SessionStore(self.home, threshold=threshold)
        self.name = self.store.create("name", messages=[NewMessage("user", first)]).name
        self.texts = [first]

    @rule(text=TEXTS)
    def append(self, text: str) -> None:
        message = self.store.add_message(1, "assistant", text)
        assert message.content == text
        self.texts.append(text)

    @rule(name=st.text("abc \u202e[]", min_size=1).filter(str.strip))
    def rename(self, name: str) -> None:
        renamed = self.store.rename(1, name)
        assert renamed is not None
        self.name = renamed.name

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = SessionStore(self.home, threshold=self.threshold)

    @rule()
    def delete_and_restore(self) -> None:
        assert self.store.delete(1)
        assert self.store.get(1) is None
        assert self.store.restore(1) is not None

    @rule(indent=st.sampled_from([None, 2, 4]), ascii_only=st.booleans())
    def reformat(self, indent: int | None, ascii_only: bool) -> None:
        document = json.loads(self.path.read_bytes())
        self.path.write_bytes(json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode())

    @rule(at=st.integers(0, 100), text=TEXTS)
    def edit_a_message_by_hand(self, at: int, text: str) -> None:
        document = json.loads(self.path.read_bytes())
        at %= len(self.texts)
        document["messages"][at]["content"] = text
        document["note"] = {"kept": at}
        self.path.write_bytes(json.dumps(document).encode())
        self.texts[at] = text

    @rule()
    def save_with_windows_line_ends(self) -> None:
        self.path.write_bytes(self.path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    @rule()
    def save_with_a_byte_order_mark(self) -> None:
        self.path.write_bytes(b"\xef\xbb\xbf" + self.path.read_bytes().removeprefix(b"\xef\xbb\xbf"))

    @rule(text=TEXTS)
    def break_and_mend(self, text: str) -> None:
        whole = self.path.read_bytes()
        broken = b"{" + whole
        self.path.write_bytes(broken)
        try:
            self.store.add_message(1, "user", text)
        except CorruptSessionError as error:
            assert str(self.path) in str(error)
        else:
            raise AssertionError("a broken file was written to")
        assert self.path.read_bytes() == broken
        self.path.write_bytes(whole)

    @precondition(lambda self: self.threshold == 0 and self.store.get(1) is not None)
    @rule(cut=st.integers(1, 40), text=TEXTS)
    def tear(self, cut: int, text: str) -> None:
        self.store.rename(1, self.name)
        torn = self.path.read_bytes()[:-7] + (b',\n    {"id": 900, "role": "user", "created_at": "x"')[:cut]
        self.path.write_bytes(torn)
        self.append(text)

    @rule()
    def make_a_conflict_copy(self) -> None:
        self.copies += 1
        name = f"1.sync-conflict-20260101-00000{self.copies % 10}-ABCDEFG.json"
        self.path.with_name(name).write_bytes(self.path.read_bytes())

    @precondition(lambda self: self.copies > 0)
    @rule()
    def merge_the_conflict_copies(self) -> None:
        for session_id, path in self.store.conflict_copies():
            assert self.store.merge_copy(session_id, path).outcome == "merged"
        found = self.store.get(1)
        assert found is not None
        merged = [message.content for message in found.messages]
        left = iter(merged)
        assert all(text in left for text in self.texts), "what the session held is gone, or stands in another order"
        self.texts, self.name, self.copies = merged, found.name, 0

    @rule(seconds=st.sampled_from([-86400.0 * 400, -5.0, 3600.0]))
    def the_clock_jumps(self, seconds: float) -> None:
        self.clock.offset += timedelta(seconds=seconds)

    @rule()
    def back_up(self) -> None:
        self.backup = (self.path.read_bytes(), list(self.texts), self.name)

    @precondition(lambda self: self.backup is not None)
    @rule()
    def bring_an_old_file_back_while_hfs_is_closed(self) -> None:
        assert self.backup is not None
        self.store.close()
        data, texts, self.name = self.backup
        self.texts = list(texts)
        self.path.write_bytes(data)
        self.store = SessionStore(self.home, threshold=self.threshold)

    @invariant()
    def everything_that_was_saved_is_there(self) -> None:
        if not self.texts:
            return
        found = self.store.get(1)
        assert found is not None
        assert [message.content for message in found.messages] == self.texts
        assert found.name == self.name
        assert len({message.id for message in found.messages}) == len(self.texts)
        listed: list[Any] = self.store.list_recent(None)
        assert [(summary.id, summary.message_count) for summary in listed] == [(1, len(self.texts))]

    def teardown(self) -> None:
        if self.texts:
            self.store.close()
        self.patch.undo()
        self.folder.cleanup()


Sessions.TestCase.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
TestAnySequence = Sessions.TestCase
