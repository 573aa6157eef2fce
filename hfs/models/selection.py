"""Which model answers, and the backend for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hfs.errors import ConfigError
from hfs.models.protocol import ModelBackend, ModelChoice
from hfs.models.providers import LOCAL, endpoint
from hfs.user_config import Config, is_offline


def choose_model(
    flag: str | None, session_model: str | None, config: Config, environ: Mapping[str, str]
) -> ModelChoice:
    """The model to talk to. A key in the environment makes a provider available, and never chooses it.

    Args:
        flag: ``--model``.
        session_model: The model of the conversation that is resumed.
        config: The settings.
        environ: The environment, for ``$HFS_MODEL``.
    """
    candidates = (
        (flag, "--model"),
        (session_model, "the session"),
        (environ.get("HFS_MODEL"), "$HFS_MODEL"),
        (config.model, str(config.path)),
    )
    return next((ModelChoice(name, source) for name, source in candidates if name), ModelChoice(LOCAL, "default"))


def open_model(
    name: str,
    config: Config,
    *,
    home: Path,
    base_url: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> ModelBackend:
    """The backend for a model. Nothing is started or asked yet.

    Args:
        name: ``local``, or ``provider/name``; with ``base_url`` the bare name of a model there.
        config: The settings.
        home: The folder that holds local weights.
        base_url: The address of an OpenAI-compatible server.
        environ: The environment.

    Raises:
        ConfigError: The name or address can't be used.
        MissingKeyError: The provider needs a key and there is none.
    """
    environ = os.environ if environ is None else environ
    provider, _, model = name.partition("/")
    offline = is_offline(config, environ)
    if base_url is None and provider == LOCAL:
        from hfs.models.local import LocalModel

        return LocalModel(home, config)
    from hfs.models.openai_wire import OpenAIModel

    if base_url is not None and provider not in config.providers:
        place = endpoint("custom", config, {}, base_url)
        return OpenAIModel(place, name.removeprefix("custom/"), offline=offline)
    if not model:
        raise ConfigError(f"{name!r} names no model: expected provider/model, such as ollama/llama3.2, or local.")
    return OpenAIModel(endpoint(provider, config, environ, base_url), model, offline=offline)
