"""The example programs, as modules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.fixture(scope="session")
def picker() -> ModuleType:
    """The picker, imported from its file."""
    found = importlib.util.spec_from_file_location("picker", EXAMPLES / "picker.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
