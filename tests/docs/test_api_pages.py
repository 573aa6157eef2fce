"""The pages of the API: every public name once."""

from __future__ import annotations

import re
from collections import Counter

import hfs.persistence
from tests.docs.pages import DOCS


def test_every_public_name_stands_in_exactly_one_page_and_no_other_name_does() -> None:
    pages = [path.read_text() for path in sorted((DOCS / "reference").glob("api*.md"))]
    documented = Counter(
        name for page in pages for name in re.findall(r"^\.\. auto\w+:: hfs\.persistence\.(\S+)$", page, re.M)
    )
    assert documented == Counter(hfs.persistence.__all__)


def test_the_front_page_of_the_api_leads_to_each_of_its_pages() -> None:
    front = (DOCS / "reference" / "api.md").read_text()
    for path in (DOCS / "reference").glob("api-*.md"):
        assert f"]({path.name})" in front and f"\n{path.stem}\n" in front
