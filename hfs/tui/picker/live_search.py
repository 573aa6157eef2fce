"""What a person looks for, listed while it is typed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from hfs.errors import BadQueryError, HfsError
from hfs.tui.picker.finder import Listing, SessionFinder

_PAUSE: Final = 0.15
"""How long typing must pause before words that were said are looked for, in seconds."""
_PATIENCE: Final = 1.0
"""How long a list may be waited for without a word, in seconds."""


class LiveSearch:
    """Lists what is wanted, one question at a time: what is typed meanwhile takes the place of what was before.

    Args:
        finder: What is asked.
        words: What to look for at first.
        show: Shows what was found; called again where more is.
        open_first: Opens the first that was found.
        say: Says what failed, or that it takes long.
    """

    def __init__(
        self,
        finder: SessionFinder,
        words: str,
        show: Callable[[Listing], None],
        open_first: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self._finder = finder
        self._show = show
        self._open_first = open_first
        self._say = say
        self._wanted = asyncio.Event()
        self._is_listed = False
        self.words = words
        """What is looked for; nothing lists the sessions used last."""
        self.archived = False
        """Whether archived sessions are listed too."""
        self.is_looking = True
        """Whether what is listed is not yet what was typed last."""
        self.opens_first = False
        """Whether the first that is found is opened."""

    def look_for(self, words: str) -> None:
        """Looks for other words."""
        self.words = words
        self.opens_first, self.is_looking = False, True
        self._wanted.set()

    def look_again(self) -> None:
        """Lists the same once more."""
        self._wanted.set()

    async def run(self) -> None:
        """Answers until it is cancelled."""
        self._wanted.set()
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            # A server that is away is waited for: that is said where nothing is listed yet.
            waiting = asyncio.get_running_loop().call_later(_PATIENCE, self._say_waiting)
            try:
                await self._list(self.words)
            except HfsError as error:
                self._say(str(error))
            finally:
                waiting.cancel()
            if not self._wanted.is_set():
                self.is_looking = self.opens_first = False

    def _say_waiting(self) -> None:
        if not self._is_listed:
            self._say("Waiting for the sessions…")

    async def _list(self, words: str) -> None:
        if not words.strip():
            self._found(await self._finder.newest(archived=self.archived))
            return
        named = await self._finder.named(words, archived=self.archived)
        if self._wanted.is_set():
            return
        self._found(named)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _PAUSE)
            return
        with contextlib.suppress(BadQueryError):
            named += await self._finder.said(words, archived=self.archived)
        if not self._wanted.is_set():
            self._found(named)

    def _found(self, listing: Listing) -> None:
        self._is_listed = bool(listing.rows)
        self._show(listing)
        if listing.rows:
            self.is_looking = False
            if self.opens_first:
                self._open_first()
