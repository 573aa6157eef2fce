"""Any sequence of what two stores and other programs do: lists and searches are what the files say."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from hfs.errors import StoreError
from hfs.persistence import NewMessage, SessionStore
from tests.persistence.index.plain import require_right_list, require_right_words, write_session
from tests.support.engines import files_of

WHICH = st.integers(0, 1)
NUMBERS = st.integers(0, 30)


class Homes(RuleBasedStateMachine):
    """Two stores on one home, and everybody who writes to its files."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.home = Path(self.folder.name) / "home"
        self.words: list[str] = []

    @initialize(below=st.sampled_from([0, 3, 2000]), threshold=st.sampled_from([0.0, 400.0, float("inf")]))
    def begin(self, below: int, threshold: float) -> None:
        self.below, self.threshold = below, threshold
        write_session(self.home, 1, [self.word()])
        self.stores = [self.opened(), self.opened()]

    def opened(self) -> SessionStore:
        return SessionStore(self.home, threshold=self.threshold, always_below=self.below)

    def word(self) -> str:
        """One that stands nowhere yet."""
        self.words.append(f"w{len(self.words):05}")
        return self.words[-1]

    def file(self, number: int) -> Path | None:
        """One of the files."""
        files = sorted((self.home / "sessions").glob("[1-9]*.json"), key=lambda path: int(path.stem))
        return files[number % len(files)] if files else None

    # What the stores do

    @rule(which=WHICH)
    def create(self, which: int) -> None:
        self.stores[which].create(messages=[NewMessage("user", self.word())])

    @rule(which=WHICH, number=NUMBERS, count=st.integers(1, 3))
    def append(self, which: int, number: int, count: int) -> None:
        path = self.file(number)
        if path is not None:
            for _ in range(count):
                try:
                    self.stores[which].add_message(int(path.stem), "assistant", self.word(), model="m/x")
                except StoreError:
                    break

    @rule(which=WHICH, number=NUMBERS)
    def rename(self, which: int, number: int) -> None:
        path = self.file(number)
        if path is not None:
            try:
                self.stores[which].rename(int(path.stem), self.word())
            except StoreError:
                return

    @rule(which=WHICH, number=NUMBERS)
    def delete(self, which: int, number: int) -> None:
        path = self.file(number)
        if path is not None:
            self.stores[which].delete(int(path.stem))

    @rule(which=WHICH)
    def restore(self, which: int) -> None:
        for trashed in self.stores[which].list_trash()[:1]:
            self.stores[which].restore(trashed.id)

    @rule(which=WHICH, count=st.integers(1, 4))
    def bring_in(self, which: int, count: int) -> None:
        with self.stores[which].begin_import() as target:
            for _ in range(count):
                uid = SessionStore.__name__ + self.word()
                document = {"uid": uid, "name": self.word(), "created_at": "2026-02-01T00:00:00Z", "messages": []}
                target.add(target.reserve(uid), document)

    @rule(which=WHICH)
    def reopen(self, which: int) -> None:
        self.stores[which].close()
        self.stores[which] = self.opened()

    @rule(which=WHICH)
    def write_notes_down(self, which: int) -> None:
        files_of(self.stores[which]).index._notes.flush()

    # What others do

    @rule(number=st.integers(1, 40))
    def copy_in(self, number: int) -> None:
        write_session(self.home, number, [self.word()], tags=[self.word()])

    @rule(number=NUMBERS)
    def edit_in_place(self, number: int) -> None:
        path = self.file(number)
        if path is not None and self.words:
            text = path.read_text()
            path.write_text(text.replace(random.Random(number).choice(self.words), self.word()))

    @rule(number=NUMBERS, new=st.integers(1, 40))
    def move(self, number: int, new: int) -> None:
        path = self.file(number)
        if path is not None:
            path.replace(path.with_name(f"{new}.json"))

    @rule(number=NUMBERS)
    def remove(self, number: int) -> None:
        path = self.file(number)
        if path is not None:
            path.unlink()

    @rule(number=NUMBERS, back=st.booleans())
    def reformat(self, number: int, back: bool) -> None:
        path = self.file(number)
        try:
            text = json.dumps(json.loads(path.read_bytes()), indent=4) if path else ""
        except ValueError:
            return
        if path is not None:
            status = path.stat()
            path.with_suffix(".new").write_text(text)
            path.with_suffix(".new").replace(path)
            if back:
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    @rule(number=NUMBERS)
    def break_and_mend_it(self, number: int) -> None:
        path = self.file(number)
        if path is not None:
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2])
            os.utime(path, (1, 1))
            self.stores[0].list_recent(3)
            path.write_bytes(whole)

    # What becomes of the index

    @rule(seed=st.integers(0, 1000))
    def spoil_the_index(self, seed: int) -> None:
        chooser = random.Random(seed)
        path = self.home / "index" / "sessions.db"
        if path.exists() and path.stat().st_size:
            with open(path, "r+b") as file:
                file.seek(chooser.randrange(path.stat().st_size))
                file.write(chooser.randbytes(chooser.choice([1, 50, 2000])))

    @rule()
    def remove_the_index(self) -> None:
        shutil.rmtree(self.home / "index", ignore_errors=True)

    # What must be so

    @rule(which=WHICH, limit=st.integers(1, 60))
    def list_them(self, which: int, limit: int) -> None:
        # Among very many sessions only those that are shown are looked at: then all of them are.
        require_right_list(self.stores[which], self.home, limit if self.below else 100)

    @rule(which=WHICH)
    def search_them(self, which: int) -> None:
        self.stores[which].list_recent(None)
        require_right_words(self.stores[which], self.home, gone=self.words[-5:], most=6)

    def teardown(self) -> None:
        if hasattr(self, "stores"):
            for which in range(2):
                require_right_list(self.stores[which], self.home, 100)
            require_right_words(self.stores[0], self.home, gone=self.words[-10:])
            for store in self.stores:
                store.close()
        self.folder.cleanup()


Homes.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestAnySequence = Homes.TestCase
