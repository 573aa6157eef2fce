"""Reads every session of a database, says what is wrong, and mends what can be mended."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from hfs.errors import HfsError
from hfs.persistence.check import CheckReport, Finding
from hfs.persistence.sql.documents import whole
from hfs.persistence.sql.mapping import document_from, session_columns
from hfs.persistence.sql.rows import MessageRow, SessionRow
from hfs.persistence.sql.transactions import Transactions
from hfs.persistence.sql.words import kept_words, searchable, words_to_keep, write_words

_DERIVED = (
    *("message_count", "updated_at", "active_at", "tags", "models", "pinned", "archived"),
    *("folded_name", "folded_tags", "spoken_by", "activity"),
)


def check_database(transactions: Transactions, session_ids: Sequence[int] | None, *, repair: bool) -> CheckReport:
    """Reads sessions, and says what lists would show wrongly, or searches would not find.

    Args:
        transactions: The database.
        session_ids: Only these sessions; all, and the database's own check, where it is None.
        repair: Whether to mend what can be mended.
    """
    report = CheckReport(transactions.place)
    if session_ids is None:
        _check_whole(transactions, report)
        every = select(SessionRow.id).where(SessionRow.deleted_at.is_(None)).order_by(SessionRow.id)
        session_ids = list(transactions.read(lambda session: session.scalars(every).all()))
    for session_id in session_ids:
        _check_session(transactions, session_id, report, repair=repair)
    return report


def _check_whole(transactions: Transactions, report: CheckReport) -> None:
    """What SQLite's own check says; PostgreSQL has none that everybody may run."""
    if not transactions.is_sqlite:
        return
    lines = transactions.read(lambda session: session.scalars(text("PRAGMA integrity_check(10)")).all())
    for line in lines:
        if line != "ok":
            report.findings.append(
                Finding(
                    "damaged",
                    "damage",
                    f"SQLite says: {line}",
                    transactions.place,
                    remedy="`hfs copy --from … --to …` brings what can be read into another store",
                )
            )


def _check_session(transactions: Transactions, session_id: int, report: CheckReport, *, repair: bool) -> None:
    # Of one moment: what is said meanwhile is no damage.
    row, kept = transactions.read(lambda session: (whole(session, session_id), kept_words(session, session_id)))
    if row is None:
        return
    document = document_from(row)
    report.add_session(len(row.messages), document.get("created_at"))
    expected = session_columns(row.id, document)
    wrong = [name for name in _DERIVED if getattr(row, name) != expected[name]]
    if [message.position for message in row.messages] != list(range(len(row.messages))):
        wrong.append("position")
    words = searchable({message.id: message.content for message in row.messages})
    unfound = kept != words_to_keep(words, is_sqlite=transactions.is_sqlite)
    if not wrong and not unfound:
        return
    what = "lists show it wrongly" if wrong else "searches don't find all of it"
    finding = Finding(
        "wrong-columns",
        "problem",
        f"a row was changed by another program, and {what}",
        transactions.place,
        session_id,
        remedy="`hfs check --repair` makes these columns again",
    )
    report.findings.append(finding)
    if repair:
        try:
            transactions.write(lambda session: _mend(session, session_id))
            finding.mended = True
        except HfsError as error:
            finding.remedy = f"not mended: {error}"


def _mend(session: Session, session_id: int) -> None:
    row = session.get(SessionRow, session_id, with_for_update=True)
    if row is None:
        return
    for at, message in enumerate(row.messages):
        message.position = at
    columns = session_columns(row.id, document_from(row))
    for name in _DERIVED:
        setattr(row, name, columns[name])
    messages = session.execute(select(MessageRow.id, MessageRow.content).where(MessageRow.session_id == session_id))
    write_words(session, searchable({row.id: row.content for row in messages}))
