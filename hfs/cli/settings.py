"""The commands that show and change settings."""

from __future__ import annotations

import os
import sys

import click

from hfs.cli._output import out, talk
from hfs.display import one_line
from hfs.paths import CONFIG, home_folder
from hfs.user_config import load_config, set_value


@click.group("config")
def config_command() -> None:
    """Show and change settings.

    \b
    Example:
      hfs config set model ollama/llama3
    """


@config_command.command("path")
def path() -> None:
    """Print the path of config.toml."""
    out(str(home_folder() / CONFIG))


@config_command.command("show")
def show() -> None:
    """Print the settings; keys are never shown."""
    config = load_config(home_folder())
    model = os.environ.get("HFS_MODEL")
    source = "$HFS_MODEL" if model else "config.toml" if config.model else "default"
    out(f"model = {one_line(model or config.model or 'local')}  ({source})")
    out(f"offline = {str(config.offline).lower()}")
    if config.theme:
        out(f"theme = {one_line(config.theme)}")
    if config.gguf:
        out(f"gguf = {config.gguf}")
    if config.system:
        out(f"system = {one_line(config.system)}")
    for name, provider in config.providers.items():
        out(f"providers.{one_line(name)}.base_url = {one_line(provider.base_url or 'default')}")
        if provider.key_env:
            out(f"providers.{one_line(name)}.key_env = {one_line(provider.key_env)}")
        if provider.key_command:
            out(f"providers.{one_line(name)}.key_command = {one_line(provider.key_command[0])} …")
        if provider.api_key:
            out(f"providers.{one_line(name)}.api_key = ***")
        if provider.keyring:
            out(f"providers.{one_line(name)}.keyring = true")
    for warning in config.warnings:
        talk(warning)


@config_command.command("set")
@click.argument("key")
@click.argument("value")
def set_setting(key: str, value: str) -> None:
    """Change a setting; comments in the file stay.

    \b
    Examples:
      hfs config set model ollama/llama3
      hfs config set providers.openai.key_command 'pass show openai'
    """
    set_value(home_folder(), key, value)
    talk(f"{one_line(key)} is set in {home_folder() / CONFIG}.")


@config_command.command("set-key")
@click.argument("provider")
def set_key(provider: str) -> None:
    """Put a provider's key into the system's keyring; it is asked for, or read from a pipe.

    \b
    Example:
      hfs config set-key openai
    """
    from hfs.models.keys import keep_key

    if sys.stdin.isatty():
        key = click.prompt(f"The key of {provider}", hide_input=True, err=True)
    else:
        key = sys.stdin.readline()
    if not key.strip():
        raise click.UsageError("there is no key: type it, or pipe it in.")
    keep_key(provider, key.strip())
    set_value(home_folder(), f"providers.{provider}.keyring", "true")
    talk(f"The key of {one_line(provider)} is in the keyring.")
