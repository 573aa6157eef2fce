"""Which models can answer now, why the others can't, and what changes that.

Only servers on this machine are asked, all at once and not for long. What is on another machine is never asked here:
whether a key works is found out when it is used.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
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
    is_offline,
    key_variable,
    provider_names,
    start_command,
)
from hfs.user_config import Config

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


async def find_available(config: Config, environ: Mapping[str, str], home: Path) -> list[Availability]:
    """Every provider that hfs knows; those that can answer now come first, and of these the model that runs here.

    Args:
        config: The settings.
        environ: The environment, for keys and addresses.
        home: The folder that holds local weights.
    """
    asked = (_of_server(name, config, environ) for name in provider_names(config))
    found = [_of_local(config, home), *await asyncio.gather(*asked)]
    # Models that are known are of more use than a key that nobody has tried.
    return sorted(found, key=lambda one: (not one.is_ready, one.provider != LOCAL, not one.models))


async def availability_of(name: str, config: Config, environ: Mapping[str, str], home: Path) -> Availability:
    """Whether one model can answer now.

    Args:
        name: The model, as ``provider/name``, or a provider.
        config: The settings.
        environ: The environment, for keys and addresses.
        home: The folder that holds local weights.
    """
    provider, _, _ = name.partition("/")
    return _of_local(config, home) if provider == LOCAL else await _of_server(provider, config, environ)


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
            return Availability(LOCAL, LOCAL, False, (), "no weights yet", ADD_WEIGHTS)
        case False, True:
            return Availability(LOCAL, LOCAL, False, names, "a package is missing", install)
        case _:
            reason = "a package and weights are missing"
            return Availability(LOCAL, LOCAL, False, (), reason, f"{install}, then {ADD_WEIGHTS}")


async def _of_server(provider: str, config: Config, environ: Mapping[str, str]) -> Availability:
    try:
        place = endpoint(provider, config, environ, ask_for_key=False)
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
        return Availability(provider, host, False, (), f"nothing answers at {host}", remedy)
    except RefusedError as error:
        if error.status in (401, 403):
            wants = "another key" if place.key else "a key"
            return Availability(
                provider, host, False, (), f"{host} wants {wants}", f"set providers.{provider}.key_command"
            )
        return Availability(provider, host, False, (), f"what answers at {host} is no model server", set_address)
    except HfsError as error:
        return Availability(provider, host, False, (), str(error), set_address)
    finally:
        await model.aclose()
    if not found:
        return Availability(provider, host, False, (), f"{host} has no models", "add one there")
    return Availability(provider, host, True, tuple(f"{provider}/{name}" for name in found))
