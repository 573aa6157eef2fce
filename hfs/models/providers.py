"""The servers that hfs knows by name, their addresses and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from hfs.errors import ConfigError, MissingKeyError
from hfs.models.keys import find_key
from hfs.user_config import LOOPBACK, Config, ProviderConfig, Secret

LOCAL: Final = "local"
_CREDENTIALS: Final = re.compile(r"(?<=//)[^/?#]*@")


@dataclass(frozen=True, slots=True)
class _Known:
    base_url: str
    key_env: str | None = None
    url_env: str | None = None
    start: str | None = None
    """What starts the server on this machine."""


_PROVIDERS: Final = {
    "openai": _Known("https://api.openai.com/v1", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    "openrouter": _Known("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "ollama": _Known("http://127.0.0.1:11434/v1", start="ollama serve"),
    "lmstudio": _Known("http://127.0.0.1:1234/v1", start="lms server start"),
    "llamacpp": _Known("http://127.0.0.1:8080/v1", start="llama-server -m FILE.gguf"),
    "vllm": _Known("http://127.0.0.1:8000/v1", start="vllm serve MODEL"),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a provider's models are, and the key that goes there."""

    provider: str
    base_url: str
    key: Secret | None

    @property
    def host(self) -> str:
        """The host, with its port where it has one."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    @property
    def shown(self) -> str:
        """The address, for a person to read."""
        return without_credentials(self.base_url)

    @property
    def is_loopback(self) -> bool:
        """Whether text sent there stays on this machine."""
        return urlsplit(self.base_url).hostname in LOOPBACK


def provider_names(config: Config | None = None) -> list[str]:
    """The providers of models on servers: those that hfs knows without being told, and those of the settings."""
    return sorted({*_PROVIDERS, *(config.providers if config else ())})


def endpoint(
    provider: str,
    config: Config,
    environ: Mapping[str, str],
    base_url: str | None = None,
    *,
    ask_for_key: bool = True,
) -> Endpoint:
    """Where to find a provider.

    Args:
        provider: Its name.
        config: The settings.
        environ: The environment: keys, and addresses where a provider's own tools read them there.
        base_url: An address to use instead.
        ask_for_key: Whether a command that gives the key is run, or the keyring asked; if not, they count as giving
            one, and the key that is returned is empty.

    Raises:
        ConfigError: There is no such provider, or its address is no URL.
        MissingKeyError: It needs a key and there is none.
    """
    known = _PROVIDERS.get(provider)
    own = config.providers.get(provider, ProviderConfig())
    address = _checked_address(provider, base_url or own.base_url or _address(provider, known, environ), config)
    variable = own.key_env or (known.key_env if known else None)
    if (own.key_command or own.keyring) and not ask_for_key and not environ.get(variable or ""):
        key: Secret | None = Secret()
    else:
        key = find_key(provider, variable, own, environ)
    found = Endpoint(provider, address.rstrip("/"), key)
    if key is None and known is not None and known.key_env and not (base_url or own.base_url):
        raise MissingKeyError(
            f"{provider} needs a key and there is none. Set {known.key_env} in the environment, or "
            f"providers.{provider}.key_command in {config.path}, then try again."
        )
    return found


def _checked_address(provider: str, address: str | None, config: Config) -> str:
    if address is None:
        names = ", ".join(sorted({LOCAL, *provider_names(config)}))
        raise ConfigError(
            f"There is no provider {provider!r}: expected one of {names}. Set providers.{provider}.base_url in "
            f"{config.path}, or give --base-url."
        )
    if not _is_address(address):
        raise ConfigError(
            f"{without_credentials(address)!r} is no address of a server: expected http://host:port/v1 or "
            "https://host/v1."
        )
    return address


def _address(provider: str, known: _Known | None, environ: Mapping[str, str]) -> str | None:
    if known is None:
        return None
    if provider == "ollama" and environ.get("OLLAMA_HOST"):
        return _ollama(environ["OLLAMA_HOST"])
    return environ.get(known.url_env or "") or known.base_url


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # Only who asks for the port hears that it is none.
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def without_credentials(address: str) -> str:
    """An address without the name and the password that may stand in it, for a person to read."""
    return _CREDENTIALS.sub("", address)


def _ollama(host: str) -> str:
    """``$OLLAMA_HOST`` as Ollama reads it: a host, ``host:port``, ``:port`` or a URL."""
    url = host if "://" in host else f"http://{host if not host.startswith(':') else '127.0.0.1' + host}"
    if not _is_address(url):
        return url
    parts = urlsplit(url)
    name = parts.hostname or "127.0.0.1"
    name = "127.0.0.1" if name == "0.0.0.0" else f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{name}:{parts.port or 11434}/v1"


def key_variable(provider: str, config: Config) -> str | None:
    """The environment variable that holds a provider's key, where it is known."""
    own = config.providers.get(provider)
    known = _PROVIDERS.get(provider)
    return (own.key_env if own else None) or (known.key_env if known else None)


def start_command(provider: str) -> str | None:
    """What starts a provider's server on this machine, where it is known."""
    known = _PROVIDERS.get(provider)
    return known.start if known else None
