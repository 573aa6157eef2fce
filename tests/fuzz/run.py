"""Fuzzes one target with atheris: ``python -m tests.fuzz.run TARGET SECONDS``."""

from __future__ import annotations

import importlib
import random
import sys
import tempfile
from pathlib import Path


def main() -> None:
    # It has no types, and only the nightly environment has it.
    atheris = importlib.import_module("atheris")

    name, seconds = sys.argv[1], sys.argv[2]
    with atheris.instrument_imports(include=["hfs.persistence", "hfs.transfer"]):
        from tests.fuzz.corpus import LONGEST, seeds
        from tests.fuzz.mutations import with_other_values
        from tests.fuzz.targets import TARGETS

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chooser = random.Random(seed)
        changed = with_other_values(data, chooser) if chooser.random() < 0.5 else None
        return changed if changed is not None and len(changed) <= most else bytes(atheris.Mutate(data, most))

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}"]
        atheris.Setup([sys.argv[0], folder, *limits], TARGETS[name], custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
