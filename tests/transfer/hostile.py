"""What must hold of every import, whatever the file is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from hfs.display import display
from hfs.persistence import SessionStore, render_json
from hfs.transfer.importing.report import ImportReport
from tests.transfer.bringing import bring, bytes_of

_OF_PROGRAMS: Final = re.compile(
    r"Traceback|Error\b|Exception|NoneType|<class|object at 0x|unhashable|codec can't|set_int"
)
"""What nobody should have to read in a reason."""


def bring_hostile(home: Path, path: Path, *, again: bool = True, **options: Any) -> ImportReport:
    """Imports a file, and asserts what must hold, whatever it is.

    What came in is sound and shown safely, what did not is said with a reason, and the same import once more changes
    nothing.

    Args:
        home: The home folder.
        path: The file.
        again: Whether to import it once more.
        options: As ``ImportOptions`` has them.
    """
    report = bring(home, path, **options)
    require_sound(home, report, path)
    if again:
        files = bytes_of(home)
        second = bring(home, path, **options)
        require_sound(home, second, path)
        assert bytes_of(home) == files
        assert not second.count("added", "updated"), list(second.lines())
        assert second.count("failed") == report.count("failed"), list(second.lines())
        assert second.succeeded == report.succeeded
    return report


def require_sound(home: Path, report: ImportReport, path: Path) -> None:
    """Asserts that all sessions are sound, and that the report is one that a person can read."""
    with SessionStore(home) as store:
        findings = store.check().findings
        assert findings == [], findings
    for name, data in bytes_of(home).items():
        text = data.decode()
        assert display(text) == text, name
    for line in report.lines():
        assert display(line) == line
        assert "\n" not in line
    written = render_json(report.to_json()).decode()
    assert display(written) == written
    assert [file.file for file in report.files] == [str(path)]
    assert {one.file for one in report.conversations} <= {str(path)}
    failed = [one.reason for one in report.conversations if one.outcome == "failed"]
    problems = [file.problem for file in report.files if file.problem]
    for reason in failed + problems:
        assert reason.strip()
        assert not _OF_PROGRAMS.search(reason), reason
    lost = failed or problems or any(file.left_out for file in report.files)
    assert not (report.succeeded and lost)


STEERING: Final = "\x1b]0;x\x07\x1b[31m\x9b31m\x00\x7f\u202e\u2066\u2028\ud800\r\n\t"
"""Everything that steers a terminal or turns text around, half a surrogate pair, and spaces."""


def deep(depth: int, *, objects: bool = False) -> str:
    """JSON that is so many lists or objects in each other."""
    return '{"a":' * depth + "1" + "}" * depth if objects else "[" * depth + "]" * depth


def turns(*texts: str) -> list[dict[str, Any]]:
    """Messages as OpenAI's API has them, of user and assistant by turns."""
    return [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(texts)]


def as_bytes(value: object, **replaced: str) -> bytes:
    """JSON, with some of its texts replaced by JSON that Python would not write."""
    text = json.dumps(value)
    for placeholder, literal in replaced.items():
        assert f'"{placeholder}"' in text
        text = text.replace(f'"{placeholder}"', literal)
    return text.encode()
