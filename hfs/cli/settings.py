"""The commands that show and change settings."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from hfs.cli._completions import complete_key_owner, complete_setting, complete_setting_value
from hfs.cli._output import FAILED, complain, out, out_json, talk
from hfs.display import one_line
from hfs.errors import ConfigError
from hfs.paths import CONFIG, home_folder
from hfs.persistence.store_location import parse_store
from hfs.stores import keyring_entry, named_store, require_no_password
from hfs.user_config import SETTINGS, ProviderConfig, load_config, set_value
from hfs.user_config.settings import KINDS, PROVIDERS, TOP_LEVEL

_WIDTH: Final = 79
_STORE: Final = "store"
"""The setting, and what stands for its password in ``set-key``."""


@click.group("config")
def config_command() -> None:
    """Show and change settings.

    They are in config.toml in the home folder. You can edit it by hand.

    \b
    Examples:
      hfs config show
      hfs config set model ollama/llama3
    """


@config_command.command("path")
def path() -> None:
    """Print the path of config.toml.

    The file need not be there.

    \b
    Example:
      $EDITOR "$(hfs config path)"
    """
    out(str(home_folder() / CONFIG))


@config_command.command("show")
@click.pass_context
def show(ctx: click.Context) -> None:
    """Print the settings that hold.

    Keys and passwords are never shown.

    \b
    Example:
      hfs config show
    """
    config = load_config(home_folder())
    model = os.environ.get("HFS_MODEL")
    source = "$HFS_MODEL" if model else "config.toml" if config.model else "default"
    out(f"model = {one_line(model or config.model or 'local')}  ({source})")
    is_store_known = _show_store(ctx)
    for name in TOP_LEVEL:
        value = None if name in ("model", _STORE, PROVIDERS) else getattr(config, name)
        if value is not None and (value is not False or name == "offline"):
            out(f"{name} = {_shown(value)}")
    for name, provider in config.providers.items():
        _show_provider(f"{PROVIDERS}.{one_line(name)}", provider)
    for warning in config.warnings:
        talk(warning)
    if not is_store_known:
        ctx.exit(FAILED)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else one_line(str(value), 1000)


def _show_provider(prefix: str, provider: ProviderConfig) -> None:
    from hfs.models.providers import without_credentials

    out(f"{prefix}.base_url = {one_line(without_credentials(provider.base_url or 'default'), 1000)}")
    if provider.key_env:
        out(f"{prefix}.key_env = {one_line(provider.key_env)}")
    if provider.key_command:
        out(f"{prefix}.key_command = {one_line(provider.key_command[0])} …")
    if provider.api_key:
        out(f"{prefix}.api_key = ***")
    if provider.keyring:
        out(f"{prefix}.keyring = true")


def _show_store(ctx: click.Context) -> bool:
    """Prints the store; says what is wrong with it, and returns False, where it can't be used."""
    try:
        location, source = named_store(home_folder())
    except ConfigError as error:
        complain(error)
        return False
    if ctx.find_root().params.get(_STORE) is not None:
        source = "--store"
    out(f"store = {one_line(location.shown, 1000)}  ({source})")
    return True


@config_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_settings(as_json: bool) -> None:
    """List the settings there are.

    Of each an example, as it stands in config.toml, and what it does. NAME is what you call a provider.

    \b
    Examples:
      hfs config list
      hfs config list --json | jq -r '.[].name'
    """
    if as_json:
        out_json([{**asdict(setting), "kind": KINDS[setting.kind]} for setting in SETTINGS])
        return
    for setting in SETTINGS:
        out(f"{setting.name} = {setting.example}")
        default = f" Without it: {setting.default}." if setting.default else ""
        out(click.wrap_text(setting.help + default, _WIDTH, "    ", "    "))


@config_command.command("set")
@click.argument("key", shell_complete=complete_setting)
@click.argument("value", shell_complete=complete_setting_value)
def set_setting(key: str, value: str) -> None:
    """Change a setting.

    Comments and all else in config.toml stay. `hfs config list` says which settings there are.

    \b
    Examples:
      hfs config set model ollama/llama3
      hfs config set providers.openai.key_command 'pass show openai'
      hfs config set store postgresql://me@db.example.org/team
    """
    if key == _STORE:
        require_no_password(parse_store(value, home_folder()), "what is to be set")
    set_value(home_folder(), key, value)
    talk(f"{one_line(key)} is set in {home_folder() / CONFIG}.")


@config_command.command("set-key")
@click.argument("provider", shell_complete=complete_key_owner)
def set_key(provider: str) -> None:
    """Put a key or password into the system's keyring.

    It is asked for, or read from a pipe. PROVIDER is a provider's name, or `store`: the password of the PostgreSQL
    server that holds your sessions.

    \b
    Examples:
      hfs config set-key openai
      pass show openai | hfs config set-key openai
      hfs config set-key store
    """
    if provider == _STORE:
        _set_password(home_folder())
        return
    from hfs.models.keys import keep_key

    key = _asked(f"The key of {provider}").strip()
    if not key:
        raise click.UsageError("there is no key: type it, or pipe it in.")
    keep_key(provider, key)
    set_value(home_folder(), f"providers.{provider}.keyring", "true")
    talk(f"The key of {one_line(provider)} is in the keyring.")


def _set_password(home: Path) -> None:
    from hfs.user_config.keyring_entries import keep_entry

    location, _ = named_store(home)
    if location.kind != "postgresql":
        raise click.UsageError(f"the store is {location.shown}, which has no password. Name the other one: --store.")
    password = _asked(f"The password of {location.shown}")
    if not password:
        raise click.UsageError("there is no password: type it, or pipe it in.")
    keep_entry(keyring_entry(location), password, f"the password of {location.shown}")
    set_value(home, "store_keyring", "true")
    talk(f"The password of {one_line(location.shown, 1000)} is in the keyring.")


def _asked(prompt: str) -> str:
    """A secret that is typed unseen, or piped in."""
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
