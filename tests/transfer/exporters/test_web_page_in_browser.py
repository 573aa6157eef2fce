"""The page that stands alone, in a real browser, where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import escape
from pathlib import Path

import pytest

from hfs.transfer.exporters.web_page import EXPORTER
from tests.transfer.exporters.sample import sample

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PHONE = 390
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"),
)
WIDE = (
    f"`{'x' * 300}` {'y' * 300} https://example.org/{'z' * 300}\n\n```\n{'code ' * 100}\n```\n\n"
    f"|{'a|' * 30}\n|{'-|' * 30}\n|{'cell|' * 30}\n\n> {'quoted' * 60}\n\n- {'item' * 90}\n"
)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
def test_nothing_is_wider_than_a_phone(tmp_path: Path) -> None:
    session = sample()
    session.name = "n" * 200
    session.messages[6].content = WIDE
    session.messages[6].model = "m" * 200
    session.messages[7].content = WIDE
    # What is drawn only when it comes into view is clipped, and so never too wide.
    page = escape(EXPORTER.render(session).decode().replace("content-visibility: auto", "content-visibility: visible"))
    wrapper = tmp_path / "wrapper.html"
    # A page given as text may be measured by the one around it; from a file of its own it may not.
    wrapper.write_text(
        f'<iframe srcdoc="{page}" style="width:{PHONE}px;height:800px;border:0" '
        "onload=\"document.title = this.contentDocument.documentElement.scrollWidth + ' px'\"></iframe>"
    )
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", wrapper.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    found = re.search(r"<title>(\d+) px</title>", done.stdout)
    assert found is not None, done.stdout[-500:]
    assert int(found[1]) <= PHONE
