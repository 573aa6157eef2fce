"""How long a server has been away, so that not everything that is asked of it waits as if it had just left."""

from __future__ import annotations

import time
from typing import Final

_LEAST: Final = 0.5
"""For how long it is tried at least, in seconds: connections of before are of no use once it is back."""
_FORGOTTEN: Final = 30.0
"""After how many seconds, in which nothing was asked of it, nobody knows how long it was away."""


class Outage:
    """The time in which a server can't be reached, as far as it was tried."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._seen = 0.0

    def is_seen(self) -> None:
        """Notes that it could not be reached just now."""
        moment = time.monotonic()
        if self._since is None or moment - self._seen > _FORGOTTEN:
            self._since = moment
        self._seen = moment

    def is_over(self) -> None:
        """Notes that it answered."""
        self._since = None

    def left_of(self, patience: float) -> float:
        """For how long it is waited for from now on, in seconds.

        Args:
            patience: For how long it would be if it went away now.
        """
        moment = time.monotonic()
        if self._since is None or moment - self._seen > _FORGOTTEN:
            return patience
        return min(patience, max(_LEAST, patience - (moment - self._since)))
