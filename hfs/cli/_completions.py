"""What stands in the place of a parameter, for the shell that completes it. A command names one of these as the
``shell_complete`` of a parameter; nothing else is imported until somebody presses Tab.

Each returns ``CompletionItem``s. Beside its value and help, an item may have ``instead`` (a value to take where the
first can't be quoted safely), ``shown`` (what a list shows for it) and ``nospace`` (more may follow).
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Items = list[CompletionItem[str]]
_MODEL_FILES: Final = "smollm2"


def complete_session(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Sessions: the newest, those whose id begins so, or those that have that in their names."""
    from hfs.cli._session_items import session_items

    return session_items(_sessions(ctx), incomplete, _given(ctx, param), with_last=True)


def complete_session_of_source(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The same, of the store that ``--from`` names."""
    from hfs.cli._session_items import session_items
    from hfs.persistence.glance import glance

    home = _home(ctx)
    source = ctx.params.get("source")
    found = glance(_located(ctx, source, home), home) if source else _sessions(ctx)
    return session_items(found, incomplete, _given(ctx, param), with_last=True)


def complete_deleted(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Ids of what is in the trash, the latest first."""
    from hfs.cli._session_items import deleted_items
    from hfs.persistence.glance import glance_at_trash

    home = _home(ctx)
    return deleted_items(glance_at_trash(_store(ctx, home), home), incomplete, _given(ctx, param))


def complete_tag(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Tags that sessions have, the most used first."""
    from hfs.cli._session_items import tag_items

    return tag_items(_sessions(ctx).sessions, incomplete, _given(ctx, param))


def complete_tag_of_session(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Tags of the session that is named on the line; of all, where it isn't known."""
    from hfs.cli._session_items import called, tag_items

    sessions = _sessions(ctx).sessions
    named = [glimpse for glimpse in sessions if called(glimpse, _texts(ctx.params.get("session")))]
    return tag_items(named or sessions, incomplete, _given(ctx, param))


def complete_model_heard(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Models that spoke in sessions, the latest first."""
    models = dict.fromkeys(model for glimpse in _sessions(ctx).sessions for model in glimpse.models)
    return _beginning(list(models), incomplete)


def complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Models to talk to: that of the settings, those that spoke in sessions, and the providers there are."""
    from hfs.models.providers import LOCAL, provider_names
    from hfs.user_config import load_config

    config = load_config(_home(ctx))
    names = dict.fromkeys([config.model] if config.model else [])
    # Without sessions, models are still to be chosen.
    with contextlib.suppress(Exception):
        names |= dict.fromkeys(model for glimpse in _sessions(ctx).sessions for model in glimpse.models)
    names[LOCAL] = None
    items = _beginning([name for name in names if "/" in name or name == LOCAL], incomplete)
    providers = [f"{name}/" for name in provider_names(config)]
    return items + _beginning(providers, incomplete, nospace=True)


def complete_store(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Stores: those that need no address, the one that is chosen, and files after ``sqlite:///``."""
    from hfs.stores import named_store

    home = _home(ctx)
    if incomplete.startswith("sqlite:///"):
        return _sqlite_files(home, incomplete)
    items = _beginning(["documents", "sqlite"], incomplete)
    # A store that is set wrongly is no reason not to name another.
    with contextlib.suppress(Exception):
        items += _beginning([named_store(home)[0].shown], incomplete)
    items += _beginning(["sqlite:///", "postgresql://"], incomplete, nospace=True)
    return list({item.value: item for item in items}.values())


def complete_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Files and folders, as the shell itself completes them."""
    return [_item(incomplete, type="file")]


def complete_folder(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Folders, as the shell itself completes them."""
    return [_item(incomplete, type="dir")]


def complete_weights(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """The model that hfs fetches by name; files, where that isn't what is typed."""
    if _MODEL_FILES.startswith(incomplete):
        return [_item(_MODEL_FILES, help="a tiny model, 93 MB")]
    return complete_file(ctx, param, incomplete)


def complete_setting(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of settings; those of a provider once its table is typed."""
    from hfs.models.providers import provider_names
    from hfs.user_config import SETTINGS, load_config

    plain = [_item(one.name, help=one.help) for one in SETTINGS if "." not in one.name]
    tables = [f"providers.{name}." for name in provider_names(load_config(_home(ctx)))]
    open_table = next((table for table in tables if incomplete.startswith(table)), None)
    if open_table is not None:
        keys = [(one.name.replace("providers.NAME.", open_table), one.help) for one in SETTINGS if "." in one.name]
        return [_item(name, help=text) for name, text in keys if name.startswith(incomplete)]
    return [item for item in plain if item.value.startswith(incomplete)] + _beginning(tables, incomplete, nospace=True)


def complete_setting_value(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Values of the setting that is named on the line, where they are known."""
    from hfs.user_config.settings import kind_of

    key = str(ctx.params.get("key"))
    if key in ("model", "store"):
        return (complete_model if key == "model" else complete_store)(ctx, param, incomplete)
    if key == "gguf":
        return complete_file(ctx, param, incomplete)
    if key == "theme":
        return _beginning(["hfs-dark", "hfs-light"], incomplete)
    return _beginning(["true", "false"] if kind_of(key) is bool else [], incomplete)


def complete_key_owner(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Who can have a key in the keyring: providers, and the store."""
    from hfs.models.providers import provider_names
    from hfs.user_config import load_config

    return _beginning([*provider_names(load_config(_home(ctx))), "store"], incomplete)


def _item(value: str, **more: Any) -> CompletionItem[str]:
    from click.shell_completion import CompletionItem

    return CompletionItem(value, **more)


def _beginning(values: list[str], incomplete: str, *, nospace: bool = False) -> Items:
    return [_item(value, nospace=nospace) for value in values if value.startswith(incomplete)]


def _sqlite_files(home: Path, incomplete: str) -> Items:
    """Folders and databases; a relative name is in the home folder, as the store itself takes it."""
    typed = incomplete.removeprefix("sqlite:///")
    folder, _, beginning = typed.rpartition("/")
    start = incomplete[: len(incomplete) - len(beginning)]
    place = Path("/") if typed.startswith("/") and not folder else home / Path(folder).expanduser()
    items: Items = []
    with os.scandir(place) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not entry.name.startswith(beginning) or (entry.name.startswith(".") and not beginning):
                continue
            if entry.is_dir():
                items.append(_item(f"{start}{entry.name}/", nospace=True))
            elif entry.name.endswith((".db", ".sqlite", ".sqlite3")):
                items.append(_item(start + entry.name))
    return items


def _given(ctx: click.Context, param: click.Parameter) -> list[str]:
    """What stands on the line for the parameter already, and for the session it goes with."""
    beside = ctx.params.get("session") if param.name == "also" else None
    value = ctx.params.get(param.name or "") if param.nargs == -1 or getattr(param, "multiple", False) else None
    return _texts(value) + _texts(beside)


def _texts(value: Any) -> list[str]:
    if isinstance(value, (tuple, list)):
        return [str(one) for one in value]
    return [] if value is None else [str(value)]


def _home(ctx: click.Context) -> Path:
    from hfs.paths import home_folder

    named = ctx.find_root().params.get("home")
    return home_folder(os.path.expandvars(named) if named else None)


def _sessions(ctx: click.Context) -> Any:
    from hfs.persistence.glance import glance

    home = _home(ctx)
    return glance(_store(ctx, home), home)


def _store(ctx: click.Context, home: Path) -> Any:
    """The store that is chosen, on the line first, with its password where the environment has it."""
    from hfs.stores import named_store

    named = ctx.find_root().params.get("store")
    return _located(ctx, named or named_store(home)[0].shown, home)


def _located(ctx: click.Context, text: str, home: Path) -> Any:
    """A store that a text names. The keyring isn't asked: it may have to ask a person."""
    from hfs.persistence.store_location import parse_store
    from hfs.stores import PASSWORD_VARIABLE, require_allowed

    if ctx.find_root().params.get("offline"):
        os.environ["HFS_OFFLINE"] = "1"
    location = parse_store(os.path.expandvars(text), home, os.environ.get(PASSWORD_VARIABLE))
    require_allowed(location, home)
    return location
