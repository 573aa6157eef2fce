"""The user's settings, in ``config.toml``."""

from __future__ import annotations

from hfs.user_config.loader import load_config, set_value
from hfs.user_config.models import Config, ProviderConfig, Secret

__all__ = ["Config", "ProviderConfig", "Secret", "load_config", "set_value"]
