"""Whether hfs may talk to other machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hfs.user_config.models import Config

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
"""The names of this machine: what goes there stays here."""


def is_offline(config: Config, environ: Mapping[str, str]) -> bool:
    """Whether nothing but this machine may be talked to.

    Args:
        config: The settings.
        environ: The environment, for ``$HFS_OFFLINE``, which ``--offline`` sets.
    """
    return config.offline or environ.get("HFS_OFFLINE", "") not in ("", "0")
