"""The command that reads everything, says what is wrong, and mends it."""

from __future__ import annotations

from dataclasses import asdict

import click

from hfs.cli._output import out, out_json, talk
from hfs.cli._store import open_store
from hfs.display import one_line
from hfs.persistence import CheckReport, Finding

_MANY = 2000


@click.command("check")
@click.argument("sessions", nargs=-1, metavar="[SESSION]...")
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
    with open_store() as store:
        if not sessions and store.count() > _MANY:
            talk(f"Reading {store.count()} sessions…")
        chosen = [store.resolve(session) for session in sessions] if sessions else None
        report = store.check(chosen, repair=repair)
    if as_json:
        out_json({**asdict(report), "well": report.is_well})
    else:
        _print_report(report)
    if not report.is_well:
        ctx.exit(1)


def _print_report(report: CheckReport) -> None:
    for finding in sorted(report.findings, key=lambda found: ("damage", "problem", "remark").index(found.level)):
        _print_finding(finding)
    left = [finding for finding in report.findings if finding.level != "remark" and not finding.mended]
    mended = sum(finding.mended for finding in report.findings)
    out(f"Read in {report.home}: sessions: {report.sessions}, messages: {report.messages}.")
    out((f"{mended} mended. " if mended else "") + (f"{len(left)} to be mended." if left else "All is well."))


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
