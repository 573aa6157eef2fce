"""Fuzzes one target with atheris: ``python -m tests.fuzz.run TARGET SECONDS``."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path


def main() -> None:
    # It has no types, and only the nightly environment has it.
    atheris = importlib.import_module("atheris")

    name, seconds = sys.argv[1], sys.argv[2]
    with atheris.instrument_imports(include=["hfs.persistence"]):
        from tests.fuzz.corpus import seeds
        from tests.fuzz.targets import TARGETS
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds()):
            (Path(folder) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], folder, f"-max_total_time={seconds}", "-max_len=4096"], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
