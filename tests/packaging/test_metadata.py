"""What an index and an installer are told."""

from __future__ import annotations

import email
import re
import zipfile
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path

import pytest

import hfs
from tests.packaging.conftest import ROOT, Distributions, run


@pytest.fixture
def metadata(built: Distributions) -> Message:
    """The wheel's."""
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


class _Leading(HTMLParser):
    """Collects where a page leads, and what stands in it."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.tags: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids |= {value or "" for name, value in attrs if name == "id"}
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "srcset"}]


def test_twine_finds_nothing_to_complain_of(built: Distributions) -> None:
    said = run("python", "-m", "twine", "--no-color", "check", "--strict", built.sdist, built.wheel)
    assert said.count("PASSED") == 2


def test_the_version_is_that_of_the_package(metadata: Message, built: Distributions) -> None:
    assert metadata["Version"] == hfs.__version__
    assert {built.sdist.name, built.wheel.name} == {
        f"hfs_chat-{hfs.__version__}.tar.gz",
        f"hfs_chat-{hfs.__version__}-py3-none-any.whl",
    }


def test_the_version_is_written_in_one_place() -> None:
    places = [ROOT / "pyproject.toml", ROOT / "tox.ini", *(ROOT / "docs").rglob("*.py"), *(ROOT / "hfs").rglob("*.py")]
    own = re.compile(rf"(?<![\d.]){re.escape(hfs.__version__)}(?![\d.]*\d)")
    found = [str(place.relative_to(ROOT)) for place in places if own.search(place.read_text("utf-8"))]
    assert found == ["hfs/__init__.py"]


def test_the_page_of_an_index_leads_nowhere_that_is_not_there(metadata: Message, tmp_path: Path) -> None:
    payload = metadata.get_payload(decode=True)
    assert isinstance(payload, bytes)
    source = tmp_path / "page.md"
    source.write_bytes(payload)
    leading = _Leading()
    leading.feed(run("python", "-m", "readme_renderer", source))
    assert {"h1", "h2", "code", "pre"} <= leading.tags
    here = {f"#{name}" for name in leading.ids}
    assert [target for target in leading.targets if target not in here and not target.startswith("https://")] == []


def test_the_pythons_that_are_named_are_those_that_are_tested(metadata: Message) -> None:
    named = set(re.findall(r"Python :: (3\.\d+)", "\n".join(metadata.get_all("Classifier", []))))
    (tested,) = re.findall(r"py\{([\d,]+)\}", (ROOT / "tox.ini").read_text())
    assert named <= {f"3.{number[1:]}" for number in tested.split(",")}
    assert metadata["Requires-Python"] == f">={min(named, key=lambda text: int(text[2:]))}"


def test_each_extra_is_described_where_it_is_installed(metadata: Message) -> None:
    page = (ROOT / "docs" / "how-to" / "install.md").read_text()
    for extra in metadata.get_all("Provides-Extra", []):
        assert f"| `{extra}` |" in page


def test_the_license_goes_with_it(built: Distributions) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert archive.read(name) == Path(ROOT / "LICENSE").read_bytes()
