"""The commands that show and change settings."""

from __future__ import annotations

import os

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
    for warning in config.warnings:
        talk(warning)


@config_command.command("set")
@click.argument("key")
@click.argument("value")
def set_key(key: str, value: str) -> None:
    """Change a setting; comments in the file stay."""
    set_value(home_folder(), key, value)
    talk(f"{one_line(key)} is set in {home_folder() / CONFIG}.")
