"""Writes the generated pages, or says which of them are not what the code gives."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from docs.generate.pages import DOCS, current, outdated


def main() -> int:
    """Does what the command line says.

    Returns:
        1 where pages are old and were only looked at.
    """
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="Write nothing; exit with 1 if a page is old.")
    only_check = parser.parse_args().check
    old = outdated(current())
    for path, text in old.items():
        print(f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}", file=sys.stderr)
        if only_check:
            continue
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if old and only_check:
        print(f"These pages of {DOCS.name}/ are not what the code gives: python -m docs.generate", file=sys.stderr)
    return int(bool(old) and only_check)


if __name__ == "__main__":
    sys.exit(main())
