"""Importing a large export: speed and memory, against reading and writing alone, all in one run.

Run ``python -m bench.imports [--megabytes N] [--json]``. The corpus has the shape of a ChatGPT export and is made from
a seed; the home folder lies in the system's temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.append import compile_hfs
from hfs.transfer.files.json_stream import records

_WORDS: Final = 5000
_MODELS: Final = ("model-a", "model-b")
_BARE: Final = 2000
"""How many files the bare protocol writes."""


def conversations(seed: int = 1) -> Iterator[str]:
    """Conversations without end, each as JSON."""
    chooser = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chooser.choices(letters, k=chooser.randint(2, 10))) for _ in range(_WORDS)]
    words += ["Belém", "日本", "—", "ação", "naïve"]
    number = 0
    while True:
        yield json.dumps(_conversation(number, chooser, words), ensure_ascii=number % 2 == 0)
        number += 1


def _conversation(number: int, chooser: random.Random, words: list[str]) -> dict[str, Any]:
    begun = 1.7e9 + number * 1000
    root = f"{number}-root"
    mapping: dict[str, Any] = {root: {"id": root, "parent": None, "children": [], "message": None}}
    above = root
    for turn in range(chooser.randint(4, 40)):
        node = f"{number:08x}-{turn:04x}-4000-8000-{chooser.getrandbits(48):012x}"
        asked = turn % 2 == 0
        text = " ".join(chooser.choices(words, k=chooser.randint(5, 60) if asked else chooser.randint(40, 400)))
        message = {
            "id": node,
            "author": {"role": "user" if asked else "assistant", "name": None, "metadata": {}},
            "create_time": begun + turn * 20 + chooser.random(),
            "update_time": None,
            "content": {"content_type": "text", "parts": [text.replace(". ", ".\n\n")]},
            "status": "finished_successfully",
            "end_turn": True,
            "weight": 1.0,
            "recipient": "all",
            "metadata": {
                "model_slug": chooser.choice(_MODELS),
                "citations": [],
                "content_references": [],
                "request_id": f"{chooser.getrandbits(64):016x}",
                "message_source": None,
                "timestamp_": "absolute",
                "parent_id": above,
                "turn_exchange_id": f"{chooser.getrandbits(64):016x}",
            },
            "channel": None,
        }
        mapping[node] = {"id": node, "parent": above, "children": [], "message": message}
        mapping[above]["children"].append(node)
        above = node
    return {
        "id": f"c{number}",
        "conversation_id": f"c{number}",
        "title": " ".join(chooser.choices(words, k=4)),
        "create_time": begun,
        "update_time": begun + 3600,
        "mapping": mapping,
        "current_node": above,
        "default_model_slug": _MODELS[0],
        "is_archived": False,
        "moderation_results": [],
    }


def write_corpus(path: Path, size: int) -> int:
    """Writes an export of about so many bytes; returns how many conversations it has."""
    count = written = 0
    with path.open("w", encoding="utf-8") as file:
        for text in conversations():
            written += file.write(("," if count else "[") + text)
            count += 1
            if written >= size:
                break
        file.write("]")
    return count


def timed_import(home: Path, export: Path) -> tuple[float, int, dict[str, Any]]:
    """Runs the program; returns seconds, its highest memory in KiB, and the total of its report."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom hfs.cli import main\n"
        f"sys.argv[1:] = ['--home', {str(home)!r}, 'import', '--json', {str(export)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n"
        "    print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0], file=sys.stderr)"
    )
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return time.perf_counter() - begun, int(done.stderr.split()[-1]), json.loads(done.stdout)["total"]


def reading_alone(export: Path) -> float:
    """Seconds to read every record and do nothing with it."""
    begun = time.perf_counter()
    with export.open("rb") as file:
        for _ in records(file, 1 << 30):
            pass
    return time.perf_counter() - begun


def writing_alone(folder: Path, size: int) -> float:
    """Seconds to make one new file of that size durable: written, synced, linked, its folder synced."""
    data = b"x" * size
    begun = time.perf_counter()
    for number in range(_BARE):
        temporary, path = folder / f".{number}.tmp", folder / f"{number}.json"
        fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(fd, data)
        os.fsync(fd)
        os.link(temporary, path)
        os.unlink(temporary)
        above = os.open(folder, os.O_RDONLY)
        os.fsync(above)
        os.close(above)
        os.close(fd)
    return (time.perf_counter() - begun) / _BARE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2000, help="Size of the export.")
    parser.add_argument("--json", action="store_true", help="Figures for programs.")
    options = parser.parse_args()
    compile_hfs()
    folder = Path(tempfile.mkdtemp(prefix="hfs-bench-"))
    try:
        figures = measure(folder, options.megabytes)
    finally:
        shutil.rmtree(folder)
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:<58} {value:>10,}")


def measure(folder: Path, megabytes: int) -> dict[str, float]:
    """Every figure of one run."""
    export = folder / "conversations.json"
    count = write_corpus(export, megabytes * 1_000_000)
    size = export.stat().st_size / 1e6
    reading = reading_alone(export)
    (folder / "bare").mkdir()
    writing = writing_alone(folder / "bare", int(size * 1e6 / count * 0.6))
    first, memory, total = timed_import(folder / "home", export)
    again, memory_again, total_again = timed_import(folder / "home", export)
    assert (total["added"], total_again["present"]) == (count, count)
    return {
        "export, MB": round(size),
        "conversations": count,
        "import, MB/s (goal: 50)": round(size / first, 1),
        "import, highest memory, MB (goal: 300)": round(memory / 1024),
        "the same export again, MB/s": round(size / again, 1),
        "the same export again, highest memory, MB": round(memory_again / 1024),
        "reading every record alone, MB/s": round(size / reading, 1),
        "bare durable writes of as many files, MB/s": round(size / (writing * count), 1),
        "import / (reading alone + bare writes)": round(first / (reading + writing * count), 2),
    }


if __name__ == "__main__":
    main()
