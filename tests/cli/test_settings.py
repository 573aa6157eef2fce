"""Settings by the command line: which there are, and which hold."""

from __future__ import annotations

import json

from hfs.user_config import SETTINGS
from tests.cli.conftest import Run


def test_the_list_of_settings_has_them_all(hfs: Run) -> None:
    said = hfs("config", "list").stdout.decode()
    for setting in SETTINGS:
        assert f"{setting.name} = {setting.example}\n" in said
    assert max(map(len, said.splitlines())) < 80
    names = [one["name"] for one in json.loads(hfs("config", "list", "--json").stdout)]
    assert names == [setting.name for setting in SETTINGS]


def test_what_is_set_is_shown(hfs: Run) -> None:
    for key, value in (("context_length", "8192"), ("theme", "hfs-light"), ("system", "Be brief.")):
        assert hfs("config", "set", key, value).returncode == 0
    said = hfs("config", "show").stdout.decode().splitlines()
    assert {"context_length = 8192", "theme = hfs-light", "system = Be brief.", "offline = false"} <= set(said)
