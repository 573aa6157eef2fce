"""What each extra costs: to download, on the disk, to import, and at each start of hfs.

Run ``python -m bench.extras [--rounds N] [--json] [--write PAGE]``, on a quiet machine with an index of packages. A
wheel of the tree is installed into an environment for each extra, as pip does it: with compiled byte code. Seconds are
medians over rounds in which each has its turn, in fresh processes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import hfs
from bench.append import Times
from bench.processes import Run, in_turn
from bench.scale_report import time_text
from bench.tui import PAINTED, time_to_paint

ROOT: Final = Path(__file__).parents[1]
BASE: Final = "base"
MODULES: Final = {
    BASE: ("hfs.tui.app",),
    "local": ("xllamacpp",),
    "sql": ("sqlalchemy.ext.asyncio", "alembic.command", "aiosqlite", "asyncpg", "tenacity"),
    "keyring": ("keyring",),
}
"""What hfs imports when an extra is used; for the base, what it does to open the chat."""
_BEGINNING: Final = "<!-- tables -->"
_END: Final = "<!-- end of tables -->"


@dataclass(frozen=True)
class Installed:
    """An environment with hfs and an extra."""

    python: Path
    packages: int
    """How many there are, hfs among them."""
    downloaded: int
    """Bytes of all wheels."""
    installed: int
    """Bytes of all files, compiled byte code among them."""


def install(folder: Path, wheel: Path, extra: str) -> Installed:
    """Downloads what an extra needs into a folder, and installs it from there into an environment."""
    what = str(wheel) if extra == BASE else f"{wheel}[{extra}]"
    wheels = folder / "wheels"
    _run(sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", str(wheels), what)
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
    python = folder / "venv" / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"),
        *("--no-index", "--find-links", str(wheels), what),
    )
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    return Installed(
        python,
        sum(1 for _ in packages.glob("*.dist-info")),
        sum(path.stat().st_size for path in wheels.iterdir()),
        sum(path.lstat().st_size for path in packages.rglob("*") if path.is_file()),
    )


def _run(*command: str) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")


def import_times(environments: dict[str, Installed], home: Path, rounds: int) -> dict[str, float]:
    """Seconds that a fresh process takes for its imports, over those of one that imports nothing."""
    runs = {}
    for name, one in environments.items():
        runs[f"{name}, nothing"] = Run([str(one.python), "-c", ""], home)
        runs[name] = Run([str(one.python), "-c", f"import {', '.join(MODULES[name])}"], home)
    times = in_turn(runs, rounds)
    return {
        name: statistics.median(a - b for a, b in zip(times[name], times[f"{name}, nothing"], strict=True))
        for name in environments
    }


def paint_times(environments: dict[str, Installed], folder: Path, rounds: int) -> Times:
    """Seconds until the chat is on the screen for the first time, each time in a new home folder."""
    times: Times = {name: [] for name in environments}
    for turn in range(rounds + 1):
        for name, one in environments.items():
            took = time_to_paint([str(one.python.with_name("hfs"))], folder / f"home-{name}-{turn}", PAINTED)
            if turn:
                times[name].append(took)
    return times


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """All of it: bytes, numbers and seconds by extra, and where and when that was."""
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    environments = {extra: install(folder / extra, wheel, extra) for extra in MODULES}
    lists = {name: Run([str(one.python.with_name("hfs")), "list"], folder) for name, one in environments.items()}
    imports = import_times(environments, folder, rounds)
    listed, painted = in_turn(lists, rounds), paint_times(environments, folder, rounds)
    return {
        "extras": {
            name: {
                "packages": one.packages,
                "downloaded": one.downloaded,
                "installed": one.installed,
                "import": imports[name],
                "list": statistics.median(listed[name]),
                "first screen": statistics.median(painted[name]),
            }
            for name, one in environments.items()
        },
        "setting": {
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "hfs": hfs.__version__,
            "rounds": str(rounds),
        },
    }


def as_markdown(report: dict[str, Any]) -> str:
    """The table: the base as it is, and for each extra what it adds; starts as they are."""
    about, extras = report["setting"], report["extras"]
    lines = [
        f"date {about['date']}, {about['system']}, hfs {about['hfs']}, Python {about['python']}, medians of "
        f"{about['rounds']} rounds.",
        "",
        "| extra | packages | download | on the disk | import | `hfs list` | first screen |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, found in extras.items():
        base, sign = ({}, "") if name == BASE else (extras[BASE], "+")
        sizes = [f"{sign}{(found[key] - base.get(key, 0)) / 1e6:.1f} MB" for key in ("downloaded", "installed")]
        label = "none" if name == BASE else f"`{name}`"
        seconds = [time_text(found[key]) for key in ("import", "list", "first screen")]
        cells = [label, f"{sign}{found['packages'] - base.get('packages', 0)}", *sizes, *seconds]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_table(page: str, report: dict[str, Any]) -> str:
    """A page with the table between its marks."""
    before, _, rest = page.partition(_BEGINNING)
    return f"{before}{_BEGINNING}\n\n{as_markdown(report)}\n\n{_END}{rest.partition(_END)[2]}"


def main() -> None:
    """Runs the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measure(Path(folder), options.rounds)
    print(json.dumps(report, indent=2) if options.json else as_markdown(report))
    if options.write is not None:
        options.write.write_text(with_table(options.write.read_text("utf-8"), report), "utf-8")


if __name__ == "__main__":
    main()
