"""The model that answers now: chosen, opened, exchanged, closed. No UI."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from hfs.errors import HfsError
from hfs.models import ModelBackend, choose_model, open_model
from hfs.persistence import MessageModel
from hfs.user_config import Config


class CurrentModel:
    """One model at a time, or none where none could be opened.

    Args:
        home: The folder that holds local weights.
        flag: The model that the user asked for at the start.
        base_url: The address of an OpenAI-compatible server for it.
    """

    def __init__(self, home: Path, flag: str | None = None, base_url: str | None = None) -> None:
        self._home = home
        self._flag = flag
        self.base_url = base_url
        """The address that it is asked at, where the user gave one."""
        self.config = Config(home)
        self.backend: ModelBackend | None = None
        self.instead: str | None = None
        """Why it is not the model that spoke last in the session."""

    @property
    def chosen(self) -> str:
        """The name of the model that was asked for, or of the default."""
        return choose_model(self._flag, None, self.config, os.environ).name

    async def open(self, messages: Sequence[MessageModel] = ()) -> ModelBackend:
        """Opens the model that was asked for, or the one that spoke last, or the default.

        Raises:
            HfsError: It can't be used.
        """
        spoke = [message.model for message in messages if message.model]
        choice = choose_model(self._flag, spoke[-1] if spoke else None, self.config, os.environ)
        self.instead = None
        try:
            return await self._exchange(choice.name, self.base_url)
        except HfsError as error:
            usual = self.chosen
            if usual == choice.name:
                raise
            # An imported session, or one from another machine, may name a model that can't be had here.
            opened = await self._exchange(usual, self.base_url)
            self.instead = f"{choice.name}, which spoke last here, can't be used: {error} {opened.name} answers now."
            return opened

    async def change(self, name: str) -> ModelBackend:
        """Lets another model answer; the present one stays if that can't be opened.

        Raises:
            HfsError: There is no such model, or it can't be used.
        """
        return await self._exchange(name, None)

    async def _exchange(self, name: str, base_url: str | None) -> ModelBackend:
        opened = await asyncio.to_thread(open_model, name, self.config, home=self._home, base_url=base_url)
        await self.close()
        self.backend = opened
        return opened

    async def close(self) -> None:
        """Gives back what the model holds."""
        if self.backend is not None:
            backend, self.backend = self.backend, None
            await backend.aclose()
