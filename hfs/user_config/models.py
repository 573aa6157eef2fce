"""What can be set. No input, no output."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class Secret(str):
    """A key or token, which no traceback and no log shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """A server that speaks the OpenAI chat completions format."""

    base_url: str | None = None
    """Its address up to and with ``/v1``; the provider's own, where it is None."""
    key_env: str | None = None
    """The environment variable that holds the key."""
    api_key: Secret | None = None
    key_command: tuple[str, ...] | None = None
    """A command and its arguments that prints the key, such as a password manager's; no shell is involved."""
    keyring: bool = False
    """Whether the key is in the system's keyring, where ``hfs config set-key`` puts it."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings, with their defaults."""

    path: Path
    """The file, which need not exist."""
    model: str | None = None
    """As ``provider/name``."""
    system: str | None = None
    """A prompt that every conversation begins with."""
    theme: str | None = None
    """The colours of the chat."""
    offline: bool = False
    """Refuse to talk to anything but this machine."""
    gguf: Path | None = None
    """Weights for the local model."""
    context_length: int | None = None
    """In tokens, for the local model."""
    store: str | None = None
    """Where the sessions are: ``documents``, ``sqlite``, ``postgresql://USER@HOST/DATABASE``."""
    store_keyring: bool = False
    """Whether the password of a server is in the system's keyring, where ``hfs config set-key store`` puts it."""
    providers: dict[str, ProviderConfig] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    """What a person should be told about the file."""
