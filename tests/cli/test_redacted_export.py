"""An export that may be shared."""

from __future__ import annotations

from pathlib import Path

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run


def test_an_export_is_masked_everywhere_and_says_what_it_masked(home: Path, hfs: Run) -> None:
    secret = "sk-proj-abcdefghijklmnop"
    with SessionStore(home) as store:
        extra = {"note": {secret: [secret, 1]}}
        store.create(f"{secret} by ann@example.org", messages=[NewMessage("user", f"use {secret}", extra=extra)])
    for form in ("json", "md"):
        done = hfs("export", "1", "-f", form, "--redact")
        assert secret.encode() not in done.stdout
        assert b"ann@" not in done.stdout
        assert b"Masked: " in done.stderr
        assert b"1 e-mail" in done.stderr
    assert secret in (home / "sessions" / "1.json").read_text()
