"""Notes on the command line. Each note is a JSON file in ``notebook/notes``.

python notes.py add "Buy milk"
python notes.py find milk
python notes.py done 1
python notes.py list
"""

from __future__ import annotations

import re

import click
from tinydb import where
from tinydb.table import Document

from hfs.persistence import DocumentDB, DocumentTable, Layout

LAYOUTS = {"notes": Layout(text_fields=frozenset({"text"}))}


@click.group()
@click.option("--folder", default="notebook", show_default=True, help="Where the notes are kept.")
@click.pass_context
def notebook(context: click.Context, folder: str) -> None:
    """Keep notes as JSON files."""
    context.obj = context.with_resource(DocumentDB(folder, layouts=LAYOUTS)).table("notes")


@notebook.command()
@click.argument("text")
@click.pass_obj
def add(notes: DocumentTable, text: str) -> None:
    """Write a note down."""
    click.echo(notes.insert({"text": text, "done": False}))


def show(notes: list[Document]) -> None:
    for note in notes:
        click.echo(f"{note.doc_id:>4}  [{'x' if note['done'] else ' '}]  {note['text'].replace(chr(10), ' / ')}")


@notebook.command("list")
@click.pass_obj
def list_notes(notes: DocumentTable) -> None:
    """Show every note."""
    show(notes.all())


@notebook.command()
@click.argument("words")
@click.pass_obj
def find(notes: DocumentTable, words: str) -> None:
    """Show the notes that hold these words."""
    show(notes.search(where("text").search(re.escape(words), re.IGNORECASE)))


@notebook.command()
@click.argument("number", type=int)
@click.pass_obj
def done(notes: DocumentTable, number: int) -> None:
    """Mark a note as done."""
    if not notes.contains(doc_id=number):
        raise click.ClickException(f"There is no note {number}.")
    notes.update({"done": True}, doc_ids=[number])


if __name__ == "__main__":
    notebook()
