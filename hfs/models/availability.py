"""Which models can answer now, why the others can't, and what changes that.

Only servers on this machine are asked, all at once and not for long. What is on another machine is never asked here:
whether a key works is found out when it is used.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hfs.errors import ConfigError, HfsError, MissingKeyError, RefusedError, UnreachableError
from hfs.extras import install_command
from hfs.models import weights
from hfs.models.openai_wire import OpenAIModel
from hfs.models.providers import (
    LOCAL,
    Endpoint,
    endpoint,
    key_variable,
    provider_names,
    start_command,
)
from hfs.user_config import Config, is_offline

PATIENCE: Final = 0.5
"""How long a server on this machine is waited for, in seconds."""
ADD_WEIGHTS: Final = "hfs models add smollm2"


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a provider's models can answer now."""

    provider: str
    """Its name: ``local``, ``ollama``."""
    place: str
    """Where text would go: ``local``, or a host."""
    is_ready: bool
    models: tuple[str, ...] = ()
    """The names that are known, as ``provider/name``."""
    reason: str = ""
    """Why it isn't ready, or what isn't known of it, as a phrase."""
    remedy: str = ""
    """What changes that: a command, or what to set."""
    is_command: bool = False
    """Whether what changes that is typed in a terminal."""
    may_answer: bool = False
    """Whether it may answer though it isn't ready: something is there, and gives no list of its models."""


async def find_available(
    config: Config, environ: Mapping[str, str], home: Path, *, ask: bool = True
) -> list[Availability]:
    """Every provider that hfs knows; those that can answer now come first, and of these the model that runs here.

    Args:
        config: The settings.
        environ: The environment, for keys and addresses.
        home: The folder that holds local weights.
        ask: Whether servers on this machine are asked; if not, they are left out.
    """
    asked = (_of_server(name, config, environ) for name in _to_look_at(config, environ, ask=ask))
    found = [_of_local(config, home), *await asyncio.gather(*asked)]
    # Models that are known are of more use than a key that nobody has tried.
    return sorted(found, key=lambda one: (not one.is_ready, one.provider != LOCAL, not one.models))


def _to_look_at(config: Config, environ: Mapping[str, str], *, ask: bool) -> Iterator[str]:
    for name in provider_names(config):
        with contextlib.suppress(ConfigError, MissingKeyError):
            if not ask and endpoint(name, config, environ, ask_for_key=False).is_loopback:
                continue
        yield name


async def availability_of(
    name: str, config: Config, environ: Mapping[str, str], home: Path, base_url: str | None = None
) -> Availability:
    """Whether one model can answer now.

    Args:
        name: The model, as ``provider/name``, or a provider.
        config: The settings.
        environ: The environment, for keys and addresses.
        home: The folder that holds local weights.
        base_url: The address of an OpenAI-compatible server that has it.
    """
    provider, _, _ = name.partition("/")
    if base_url is not None and provider not in config.providers:
        return await _of_server("custom", config, {}, base_url)
    if provider == LOCAL and base_url is None:
        return _of_local(config, home)
    return await _of_server(provider, config, environ, base_url)


def _of_local(config: Config, home: Path) -> Availability:
    found = weights.find(home, config)
    has_package = weights.why_not_local() is None
    if found is not None and not found.is_file():
        return Availability(LOCAL, LOCAL, False, (), f"{found} is not there", f"set gguf in {config.path.name}")
    install = install_command(LOCAL)
    names = () if found is None else (f"{LOCAL}/{weights.model_name(found)}",)
    match has_package, found is not None:
        case True, True:
            return Availability(LOCAL, LOCAL, True, names)
        case True, False:
            return Availability(LOCAL, LOCAL, False, (), "there is none on this machine yet", ADD_WEIGHTS, True)
        case False, True:
            return Availability(LOCAL, LOCAL, False, names, "a package is missing", install, True)
        case _:
            reason = "a package and the model are missing"
            return Availability(LOCAL, LOCAL, False, (), reason, f"{install}, then {ADD_WEIGHTS}", True)


async def _of_server(
    provider: str, config: Config, environ: Mapping[str, str], base_url: str | None = None
) -> Availability:
    try:
        place = endpoint(provider, config, environ, base_url, ask_for_key=False)
    except MissingKeyError:
        return Availability(provider, "", False, (), "no key", f"set {key_variable(provider, config)}")
    except ConfigError:
        return Availability(provider, "", False, (), "its address is no URL", f"set providers.{provider}.base_url")
    if place.is_loopback:
        return await _ask(place)
    if is_offline(config, environ):
        remedy = "hfs config set offline false" if config.offline else "leave out --offline"
        return Availability(provider, place.host, False, (), "another machine, and hfs is offline", remedy)
    has = "no key is set" if place.key is None else "has a key"
    return Availability(provider, place.host, True, (), f"{has}; not asked", f"hfs models {provider}")


async def _ask(place: Endpoint) -> Availability:
    """Asks a server on this machine for its models."""
    provider, host = place.provider, place.host
    model = OpenAIModel(place, "")
    set_address = f"set providers.{provider}.base_url"
    try:
        async with asyncio.timeout(PATIENCE):
            found = await model.model_names()
    except (UnreachableError, TimeoutError):
        remedy = start_command(provider) or set_address
        return Availability(provider, host, False, (), f"nothing answers at {host}", remedy, remedy != set_address)
    except RefusedError as error:
        if error.status in (401, 403):
            wants = "another key" if place.key else "a key"
            return Availability(
                provider, host, False, (), f"{host} wants {wants}", f"set providers.{provider}.key_command"
            )
        reason = f"what answers at {host} is no model server"
        return Availability(provider, host, False, (), reason, set_address, may_answer=True)
    except HfsError as error:
        return Availability(provider, host, False, (), str(error), set_address)
    finally:
        await model.aclose()
    if not found:
        return Availability(provider, host, False, (), f"{host} has no models", "add one there")
    return Availability(provider, host, True, tuple(f"{provider}/{name}" for name in found))
