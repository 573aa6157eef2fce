"""The model that answers, and what the screen says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hfs.chat import CurrentModel
from hfs.errors import HfsError, ModelError
from hfs.models import ModelBackend
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.status import StatusBar
from hfs.user_config import Config, load_config

if TYPE_CHECKING:
    from hfs.persistence import MessageModel


class ModelSwitch:
    """Opens models, exchanges them, and keeps the status bar true.

    Args:
        home: The folder that holds the settings and local weights.
        options: What the user asked for at the start.
        status: Where the model's name stands.
        say: Says what went wrong.
        say_trouble: Says why no model can answer.
        in_background: Runs what need not be waited for.
    """

    def __init__(
        self,
        home: Path,
        options: ChatOptions,
        status: StatusBar,
        say: Callable[[str], Awaitable[None]],
        say_trouble: Callable[[str], Awaitable[None]],
        in_background: Callable[[Awaitable[None]], object],
    ) -> None:
        self._home = home
        self._model = CurrentModel(home, options.model, options.base_url)
        self._status = status
        self._say = say
        self._say_trouble = say_trouble
        self._in_background = in_background

    @property
    def config(self) -> Config:
        """The settings."""
        return self._model.config

    @property
    def backend(self) -> ModelBackend | None:
        """The model, or None where none could be opened."""
        return self._model.backend

    @property
    def name(self) -> str:
        """The model's name, or what to do where there is none."""
        return self.backend.name if self.backend else "none: `hfs models` lists what can be used"

    @property
    def chosen(self) -> str:
        """The name of the model that was asked for, or of the default, whether it can be used or not."""
        return self._model.chosen

    @property
    def base_url(self) -> str | None:
        """The address that it is asked at, where the user gave one."""
        return self._model.base_url

    @property
    def destination(self) -> str:
        """Where text goes: ``local``, a host, or nowhere where there is no model."""
        return self.backend.destination if self.backend else ""

    async def load_config(self) -> None:
        """Reads the settings, and says what is wrong with them."""
        try:
            self._model.config = load_config(self._home)
            for warning in self._model.config.warnings:
                await self._say(warning)
        except HfsError as error:
            await self._say(str(error))

    async def open(self, messages: Sequence[MessageModel]) -> None:
        """Opens the model for a conversation; says why, where that is another one than before, or none."""
        try:
            self._use(await self._model.open(messages))
            if self._model.instead:
                await self._say(self._model.instead)
        except HfsError as error:
            self._status.model = "no model"
            await self._say_trouble(str(error))

    async def change(self, name: str) -> None:
        """Lets another model answer.

        Raises:
            HfsError: There is no such model, or it can't be used; the present one stays.
        """
        self._use(await self._model.change(name))

    async def close(self) -> None:
        """Gives back what the model holds."""
        await self._model.close()

    def show(self) -> None:
        """Says which model is asked."""
        if self.backend is not None:
            self._status.model = f"{self.name} @ {self.destination}"

    def _use(self, model: ModelBackend) -> None:
        self.show()
        self._in_background(self._warm_up(model))

    async def _warm_up(self, model: ModelBackend) -> None:
        try:
            await model.start()
        except ModelError as error:
            self._status.model = "no model"
            await self._say_trouble(str(error))
        else:
            self.show()
