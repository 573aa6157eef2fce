"""What the documents say holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from hfs.persistence import NewMessage, SessionStore, parse_document, render_document

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "reference" / "session.schema.json").read_text())


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL)


def test_the_example_of_the_format_is_canonical_and_fits_the_schema() -> None:
    (example,) = blocks("docs/reference/format.md", "json")
    jsonschema.validate(json.loads(example), SCHEMA)
    assert render_document(12, parse_document(example.encode(), "format.md")) == example.encode()


def test_what_the_store_writes_fits_the_schema(home: Path) -> None:
    with SessionStore(home) as store:
        session = store.create(messages=[NewMessage("user", "two\nlines", extra={"mine": [1]})])
        store.add_message(session.id, "assistant", "x", model="local/x", status="interrupted")
        store.rename(session.id, "x")
    jsonschema.validate(json.loads((home / "sessions" / "1.json").read_bytes()), SCHEMA)


@pytest.mark.parametrize("page", ["docs/how-to/library.md", "README.md"])
def test_the_python_examples_run(page: str, home: Path, tmp_path: Path) -> None:
    examples = blocks(page, "python")
    assert examples
    for code in examples:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path,
            env={**os.environ, "HFS_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
