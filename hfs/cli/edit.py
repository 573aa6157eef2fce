"""The command that opens a session in the person's own editor."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any, Final

import click

from hfs.cli._completions import complete_session
from hfs.cli._output import FAILED, complain, talk
from hfs.cli._store import open_store
from hfs.display import counted, one_line
from hfs.editor import PrivateCopy
from hfs.errors import CorruptSessionError, HfsError, InvalidDocumentError, SessionNotFoundError
from hfs.persistence import MergedEdit, SessionStore
from hfs.transfer.edit_forms import JSON, MARKDOWN, EditForm, EditMistake, form_of

_MOST_TRIES: Final = 20
"""How often a text with a mistake is shown again: an editor that is no person's would do it forever."""
_AT_ONCE: Final = 0.5
"""In seconds: an editor that took less was closed by nobody."""
_LONGEST: Final = 256 << 20
_HEADER: Final = ("format", "id", "uid", "name", "name_source", "created_at", "updated_at")


@click.command("edit")
@click.argument("session", shell_complete=complete_session)
@click.option("--json", "as_json", is_flag=True, help="As JSON; a damaged session is mended this way.")
@click.option(
    "--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
    help="Go on with a text that could not be stored, or with an export.",
)  # fmt: skip
@click.pass_context
def edit_command(ctx: click.Context, session: str, as_json: bool, source: Path | None) -> None:
    """Edit a session in your own editor.

    That is $VISUAL, $EDITOR, or vi. The session opens as Markdown; what is said in it is stored when you close the
    editor, together with what came in meanwhile. What you take out goes to the trash. Nothing is lost by a mistake: the
    editor opens again, at its line. SESSION is an id, `last`, a part of the name, or the start of a uid.

    \b
    Examples:
      hfs edit last
      hfs edit 12 --json
    """
    with open_store() as store:
        edit = _begin(store, store.resolve(session), as_json, source)
        ctx.exit(edit.run())


def _begin(store: SessionStore, session_id: int, as_json: bool, source: Path | None) -> _Edit:
    text = _read(source) if source is not None else None
    form = form_of(text) if text is not None else JSON if as_json else MARKDOWN
    text = form.taken_back(text) if text is not None else None
    damaged = None
    try:
        base = store.editable(session_id)
        if base is None:
            raise SessionNotFoundError(f"Session {session_id} was just removed.", session=str(session_id))
    except (CorruptSessionError, InvalidDocumentError) as error:
        if form is not JSON:
            raise HfsError(f"{error} `hfs edit {session_id} --json` opens it as it is.") from error
        base, damaged = None, store.damaged_bytes(session_id)
    begun = damaged.decode("utf-8", "surrogateescape") if damaged is not None else form.write(session_id, base or {})
    edit = _Edit(store, session_id, form, base, damaged, text if text is not None else begun, source)
    kept = store.kept_base(source) if source is not None else None
    if base is not None and kept is not None and kept.get("uid") == base["uid"]:
        edit.base = kept
        edit.is_base_known = True
    return edit


def _read(source: Path) -> str:
    try:
        with source.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise HfsError(f"Could not read {source}: {error.strerror or error}.") from error
    if len(data) > _LONGEST:
        raise HfsError(f"{source} is larger than {_LONGEST >> 20} MiB.")
    return data.decode("utf-8", "surrogateescape")


@dataclass(slots=True)
class _Edit:
    """An edit from the first opening of the editor to the end."""

    store: SessionStore
    session_id: int
    form: EditForm
    base: dict[str, Any] | None
    """The session as it went into the editor; None for one that is damaged."""
    damaged: bytes | None
    text: str
    """What was in the editor last, without notes."""
    source: Path | None
    is_base_known: bool = field(init=False, default=False)
    """Whether a text from a file comes with the version that it began as."""
    _begun: str = field(init=False, default="")

    def run(self) -> int:
        """Lets the person edit until it is stored, unchanged or given up; returns the exit code."""
        self._begun = self.text
        with PrivateCopy(f"session-{self.session_id}.{self.form.extension}") as copy:
            try:
                return self._rounds(copy)
            except HfsError as error:
                self._give_up(copy, error)
                return FAILED
            except BaseException:
                self._give_up(copy, None)
                raise

    def _rounds(self, copy: PrivateCopy) -> int:
        mistake = self._first_mistake()
        for _ in range(_MOST_TRIES):
            before, began = self.text, time.monotonic()
            self._open(copy, mistake)
            if not self.text.strip():
                self.text = before
                raise HfsError("The text came back empty: nothing was changed.")
            if self.text == before and mistake is not None:
                break
            if self.text == before and self.source is None:
                talk("Nothing changed.")
                if time.monotonic() - began < _AT_ONCE:
                    talk("If your editor opens a window of its own, it must wait: EDITOR='code --wait', for example.")
                return 0
            try:
                self._store()
            except EditMistake as found:
                mistake = found
                continue
            if self.source is not None:
                self.store.discard_edited(self.source)
            return 0
        assert mistake is not None
        raise HfsError(f"Line {mistake.line}: {mistake}. Nothing was changed in session {self.session_id}.")

    def _first_mistake(self) -> EditMistake | None:
        """What is wrong with a text that is known not to be whole: a person sees it at once."""
        if self.damaged is None and self.source is None:
            return None
        try:
            self.form.read(self.text, self._name)
        except EditMistake as found:
            return found
        return None

    @property
    def _name(self) -> str | None:
        return self.base["name"] if self.base is not None else None

    def _open(self, copy: PrivateCopy, mistake: EditMistake | None) -> None:
        shown, line = self.form.shown(self.text, mistake)
        copy.write(shown.encode("utf-8", "surrogateescape"))
        try:
            copy.edit(line)
        finally:
            self.text = self.form.taken_back(copy.read().decode("utf-8", "surrogateescape"))

    def _store(self) -> None:
        edited = self.form.read(self.text, self._name)
        try:
            if self.damaged is not None:
                mended = self.store.mend_edited(self.session_id, self.damaged, edited.document)
                count = counted(mended.message_count, "message")
                talk(f"Session {self.session_id} is whole again ({count}); the damaged file is kept in damaged/.")
                return
            assert self.base is not None
            document, base = edited.document, self.base
            if self.source is not None and not self.is_base_known:
                document, base = _alike(document, base)
            if document == base:
                talk("Nothing changed.")
            else:
                _report(self.session_id, self.store.merge_edited(self.session_id, base, document))
        except InvalidDocumentError as error:
            raise EditMistake(edited.line_of(error.at), str(error).rstrip(".")) from error

    def _give_up(self, copy: PrivateCopy, error: HfsError | None) -> None:
        # First of all: there may be no terminal left on which anything could be said.
        path, unkept = self._keep(copy)
        for failure in filter(None, (error, unkept)):
            complain(failure)
        if path is not None:
            talk(f"Your text is kept as {one_line(str(path), 1000)}")
            talk(f"Go on with it: hfs edit {self.session_id} --from {one_line(quote(str(path)), 1000)}")
        if isinstance(error, SessionNotFoundError):
            talk(f"`hfs restore {self.session_id}` brings the session back; `hfs import` adds your text as one.")

    def _keep(self, copy: PrivateCopy) -> tuple[Path | None, HfsError | None]:
        """Keeps a text that was changed and not stored: in the drafts, or where it is; returns where, and why there."""
        if self.text == self._begun:
            return None, None
        data = self.text.encode("utf-8", "surrogateescape")
        try:
            return self.store.keep_edited(self.session_id, data, self.form.extension, self.base), None
        except HfsError as error:
            copy.stays = True
            return copy.path, error


def _alike(document: dict[str, Any], base: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document of unknown age, and the session without what the document lacks: that came in since, and stays."""
    known = {item["id"]: item for item in base["messages"]}
    found = document.get("messages")
    items = [_aged(item, known) for item in found] if isinstance(found, list) else found
    ids = {item["id"] for item in items or [] if isinstance(item, dict) and type(item.get("id")) is int}
    common = {key: value for key, value in base.items() if key in document or key in _HEADER}
    common["messages"] = [item for item in base["messages"] if item["id"] in ids]
    return {**document, "id": base["id"], "updated_at": base["updated_at"], "messages": items}, common


def _aged(item: Any, known: dict[Any, dict[str, Any]]) -> Any:
    """A message with the note of when it was edited, which came only afterwards."""
    number = item.get("id") if isinstance(item, dict) else None
    edited = known.get(number, {}).get("edited_at") if type(number) is int else None
    return {"edited_at": edited, **item} if edited is not None else item


def _report(session_id: int, edit: MergedEdit) -> None:
    counts = edit.counts
    parts = [
        f"{number:,} {what}"
        for number, what in ((counts.changed, "changed"), (counts.added, "added"), (counts.taken_out, "taken out"))
        if number
    ]
    parts += ["put in another order"] if counts.reordered else []
    parts += ["other details of the session"] if counts.header else []
    if parts:
        talk(f"Session {session_id}: {', '.join(parts)}.")
    if counts.renamed:
        talk(f"Session renamed to: {one_line(edit.session.name, 255)}")
    if counts.taken_out:
        talk(f"`hfs restore {session_id}` brings back what was taken out.")
    if counts.contested:
        talk(f"{counted(counts.contested, 'message')} changed by another program as well: both versions are there.")
    if counts.kept:
        talk(f"{counted(counts.kept, 'message')} taken out here and changed by another program: left in.")
    if not (parts or counts.renamed or counts.contested or counts.kept):
        talk("Nothing changed.")
