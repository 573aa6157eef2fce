"""The command that brings conflict copies together, also as git's merge driver."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hfs.cli._completions import complete_session
from hfs.cli._output import FAILED, out, out_json, talk
from hfs.cli._store import open_store, require_files
from hfs.display import one_line
from hfs.persistence import merge_files


@click.command("merge")
@click.argument("arguments", nargs=-1, metavar="[SESSION]...", shell_complete=complete_session)
@click.option("--driver", is_flag=True, help="As git's merge driver, with %O %A %B %P; see `hfs git-setup`.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def merge_command(ctx: click.Context, arguments: tuple[str, ...], driver: bool, as_json: bool) -> None:
    """Bring the conflict copies of sync programs together.

    Both sides' words survive; where both changed one message, both versions stay. The copies go to the trash. Without a
    SESSION, all that have a copy are merged.

    \b
    Examples:
      hfs merge
      hfs merge 12
    """
    if driver:
        ctx.exit(_drive(arguments))
    require_files("merge", "Sync programs leave no copies beside them.")
    with open_store() as store:
        chosen = {store.resolve(session) for session in arguments}
        copies = [copy for copy in store.conflict_copies() if not chosen or copy[0] in chosen]
        results = [store.merge_copy(*copy) for copy in copies]
    if as_json:
        out_json([asdict(result) for result in results])
    else:
        for result in results:
            out(one_line(result.text, 700))
        if not results:
            talk("There are no conflict copies.")
    if any(result.outcome == "failed" for result in results):
        ctx.exit(FAILED)


def _drive(arguments: tuple[str, ...]) -> int:
    if len(arguments) != 4:
        raise click.UsageError("--driver needs four arguments: %O %A %B %P.")
    base, ours, theirs, name = map(Path, arguments)
    try:
        return _merge_for_git(base, ours, theirs, name)
    except OSError as error:
        # git takes any other exit code than 0 for a conflict, and keeps both versions.
        talk(f"{one_line(str(name))}: not merged: {one_line(str(error), 700)}.")
        return FAILED


def _merge_for_git(base: Path, ours: Path, theirs: Path, name: Path) -> int:
    merged, other = merge_files(base.read_bytes(), ours.read_bytes(), theirs.read_bytes(), name.stem)
    if merged is None:
        talk(f"{one_line(str(name))}: one side is no session document; mend it by hand.")
        return FAILED
    ours.write_bytes(merged)
    if other is not None:
        # The two are different sessions that got one number on two machines: neither may replace the other.
        copy = name.with_name(f"{name.stem} (of another machine).json")
        number = 2
        while copy.exists():
            copy, number = name.with_name(f"{name.stem} (of another machine {number}).json"), number + 1
        copy.write_bytes(other)
        talk(f"{one_line(str(name))}: two sessions have this number. The other is {copy.name}; run `hfs merge`.")
    return 0
