"""The Markdown pages of the project, and the shell blocks in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
DOCS: Final = ROOT / "docs"
_BLOCK: Final = re.compile(
    r"^(?:(?P<skipped><!-- not run: [^\n]+ -->\n)?```sh\n(?P<code>.*?)^```|<!-- run: (?P<hidden>[^\n]+) -->)$",
    re.MULTILINE | re.DOTALL,
)
_ELSEWHERE: Final = re.compile(r"^<!-- run by (\S+) -->$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the project."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def run_by(self) -> str | None:
        """The test that runs its blocks, where they are not for a shell alone."""
        found = _ELSEWHERE.search(self.text)
        return found[1] if found else None

    @property
    def script(self) -> str:
        """Its shell blocks that can be run, each line on the line that it has in the page; empty if there are none."""
        lines = [""] * (self.text.count("\n") + 1)
        for block in _BLOCK.finditer(self.text):
            if block["skipped"] is None:
                part = "hidden" if block["hidden"] else "code"
                first = self.text.count("\n", 0, block.start(part))
                code = block[part].splitlines()
                lines[first : first + len(code)] = code
        return "\n".join(lines) if any(lines) else ""


def all_pages() -> list[Page]:
    """Every page that people read."""
    return [*map(Page, sorted(ROOT.glob("*.md"))), *map(Page, sorted(DOCS.rglob("*.md")))]


def pages_to_do() -> list[Page]:
    """Those that say what to type: tutorials, how-tos, the README."""
    folders = (DOCS / "tutorials", DOCS / "how-to")
    return [page for page in all_pages() if page.path.parent in folders or page.name == "README.md"]
