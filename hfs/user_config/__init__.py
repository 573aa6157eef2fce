"""The user's settings, in ``config.toml``."""

from __future__ import annotations

from hfs.user_config.changing import set_value
from hfs.user_config.loader import load_config
from hfs.user_config.models import Config, ProviderConfig, Secret
from hfs.user_config.offline import LOOPBACK, is_offline
from hfs.user_config.settings import SETTINGS, Setting

__all__ = [
    "LOOPBACK",
    "SETTINGS",
    "Config",
    "ProviderConfig",
    "Secret",
    "Setting",
    "is_offline",
    "load_config",
    "set_value",
]
