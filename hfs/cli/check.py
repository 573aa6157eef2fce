"""The command that reads everything, says what is wrong, and mends it."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from hfs.cli._completions import complete_session
from hfs.cli._output import FAILED, is_on_terminal, out, out_json, talk
from hfs.cli._store import open_store
from hfs.display import one_line
from hfs.paths import home_folder
from hfs.persistence import CheckReport, Finding
from hfs.stores import named_store

if TYPE_CHECKING:
    from hfs.cli._home_parts import HomeParts

_MANY = 2000
_WIDE = 80


@click.command("check")
@click.argument("sessions", nargs=-1, metavar="[SESSION]...", shell_complete=complete_session)
@click.option("--repair", is_flag=True, help="Mend what can be mended; original files are kept in damaged/.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def check_command(ctx: click.Context, sessions: tuple[str, ...], repair: bool, as_json: bool) -> None:
    """Read everything, say what is wrong, and mend it.

    Without --repair nothing is written. With it, what can be mended is, and original files are kept in damaged/. Exits
    with 1 if something should be mended.

    \b
    Examples:
      hfs check
      hfs check 12 --repair
    """
    home = home_folder()
    shown = None
    with open_store() as store:
        if not sessions and store.count() > _MANY:
            talk(f"Reading {store.count()} sessions…")
        chosen = [store.resolve(session) for session in sessions] if sessions else None
        report = store.check(chosen, repair=repair)
        if chosen is None:
            from hfs.cli._home_parts import measure_home

            location, source = named_store(home)
            source = "--store" if ctx.find_root().params.get("store") is not None else source
            shown = measure_home(home, report, location, source, store)
    if as_json:
        out_json(_as_json(report, shown))
    else:
        _print_report(report, shown, repair=repair)
    if not report.is_well:
        ctx.exit(FAILED)


def _as_json(report: CheckReport, shown: HomeParts | None) -> dict[str, object]:
    return {
        "home": report.home,
        "sessions": report.sessions,
        "messages": report.messages,
        "findings": [asdict(finding) for finding in report.findings],
        "well": report.is_well,
        "home_folder": shown.to_json(report) if shown else None,
    }


def _print_report(report: CheckReport, shown: HomeParts | None, *, repair: bool) -> None:
    if shown is not None:
        from hfs.cli._home_parts import lines_of

        width = shutil.get_terminal_size().columns if is_on_terminal() else _WIDE
        for line in lines_of(shown, width):
            out(line)
        out()
    for finding in sorted(report.findings, key=lambda found: ("damage", "problem", "remark").index(found.level)):
        _print_finding(finding)
    left = [finding for finding in report.findings if finding.level != "remark" and not finding.mended]
    mended = sum(finding.mended for finding in report.findings)
    out(f"Read in {report.home}: sessions: {report.sessions}, messages: {report.messages}.")
    verdict = f"{len(left)} to be mended." if left else "All is well."
    hint = " `hfs check --repair` mends what it can, and keeps the originals." if left and not repair else ""
    out((f"{mended} mended. " if mended else "") + verdict + hint)


def _print_finding(finding: Finding) -> None:
    place = f"session {finding.session_id}" if finding.session_id is not None else one_line(finding.path, 500)
    if finding.line:
        place += f", line {finding.line}, column {finding.column}"
    mark = "mended" if finding.mended else finding.level
    out(f"{mark:8}{place}: {one_line(finding.text, 500)}")
    if finding.session_id is not None and finding.level != "remark":
        out(f"        {one_line(finding.path, 500)}")
    if finding.remedy:
        out(f"        {one_line(finding.remedy, 700)}")
