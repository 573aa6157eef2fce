"""Runs the test suite of the installed TinyDB against DocumentDB.

The suite comes from TinyDB's source distribution, which pip downloads. Its ``db`` fixture is replaced by one
that opens a DocumentDB; with ``--two-handles`` calls alternate between two of them on one folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

NOT_APPLICABLE: Final = {
    "tests/test_tables.py::test_table_repr": "expects the class names of TinyDB's own two storages in the text",
}
FIXTURE: Final = """
@pytest.fixture
def db(tmp_path):
    from tests_of_hfs import open_database

    db_ = open_database(tmp_path / "test.db")
    db_.drop_tables()
    db_.insert_multiple({"int": 1, "char": c} for c in "abc")
    yield db_
    db_.close()


"""
ONE_HANDLE: Final = """
from hfs.persistence import DocumentDB as open_database
"""
TWO_HANDLES: Final = """
from hfs.persistence import DocumentDB


class Alternating:
    def __init__(self, path):
        self._handles = [DocumentDB(path), DocumentDB(path)]

    def _next(self):
        self._handles.reverse()
        return self._handles[0]

    def __getattr__(self, name):
        return getattr(self._next(), name)

    def __len__(self):
        return len(self._next())

    def __iter__(self):
        return iter(self._next())

    def __repr__(self):
        return repr(self._next())

    def close(self):
        for handle in self._handles:
            handle.close()


open_database = Alternating
"""
OF_ONE_HANDLE: Final = {
    "tests/test_tables.py::test_caching": "expects the same table object from both calls",
    "tests/test_tables.py::test_query_cache": "looks into the query cache of a table object",
    "tests/test_tinydb.py::test_search": "looks into the query cache of a table object",
    "tests/test_tinydb.py::test_search_path": "looks into the query cache of a table object",
}


def fetch(folder: Path) -> Path:
    """Downloads TinyDB's source distribution and unpacks it."""
    name = f"tinydb=={version('tinydb')}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", name]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    (archive,) = folder.glob("tinydb-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def prepare(source: Path, database: str) -> None:
    """Replaces the suite's fixture."""
    conftest = source / "tests" / "conftest.py"
    text = conftest.read_text()
    start, end = text.index("@pytest.fixture(params="), text.index("@pytest.fixture\ndef storage")
    conftest.write_text(text[:start] + FIXTURE.lstrip() + text[end:])
    (source / "tests_of_hfs.py").write_text(database)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--two-handles", action="store_true", help="alternate between two handles on one folder")
    options = parser.parse_args()
    left_out = NOT_APPLICABLE | (OF_ONE_HANDLE if options.two_handles else {})
    with tempfile.TemporaryDirectory() as folder:
        source = fetch(Path(folder))
        prepare(source, TWO_HANDLES if options.two_handles else ONE_HANDLE)
        for test, reason in left_out.items():
            print(f"left out: {test}: {reason}")
        chosen = [f"--deselect={test}" for test in left_out]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *chosen]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        return subprocess.run(
            [
                *command,
                "-c",
                os.devnull,
                "--rootdir",
                ".",
                "-o",
                "asyncio_default_fixture_loop_scope=function",
                "tests",
            ],
            cwd=source,
            env=environment,
            check=False,
        ).returncode


if __name__ == "__main__":
    raise SystemExit(main())
