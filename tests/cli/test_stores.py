"""Every command on a database: it does what it does with files, or says why it can't."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from hfs.cli._group import COMMANDS, cli
from hfs.cli._output import exit_code
from hfs.errors import HfsError
from hfs.persistence import NewMessage, open_store
from tests.cli.conftest import Run
from tests.cli.editing import Editor
from tests.support.model_server import ModelServer

pytest.importorskip("sqlalchemy")

Command = Callable[..., tuple[int, str]]


@dataclass(frozen=True)
class Answer:
    """What a command does on a database with three sessions."""

    line: str
    """Its command line; {names} stand for what differs between tests."""
    said: str
    """A pattern of what it says, on either stream."""
    code: int = 0
    then: str = ""
    """A command that shows what became of it."""
    shows: str = ""
    """A pattern of what that says."""


ANSWERS = {
    "archive": Answer("archive 1", "is archived", then="list --archived", shows="1.*about tea"),
    "ask": Answer("ask -s 1 -m m --base-url {url} hi", "Hello, you", then="show 1", shows="hi[^~]*Hello, you"),
    "check": Answer("check", r"All is well\."),
    "completion": Answer("completion bash", "complete"),
    "config list": Answer("config list", 'store = "sqlite"'),
    "config path": Answer("config path", r"config\.toml"),
    "config set": Answer("config set store sqlite", "store is set"),
    "config set-key": Answer("config set-key store", r"sqlite:///.*has no password", code=2),
    "config show": Answer("config show", r"store = sqlite:///.*sessions\.db  \(\$HFS_STORE\)"),
    "copy": Answer("copy --from sqlite --to sqlite:///other.db", "3 sessions", then="list", shows="about milk"),
    "delete": Answer("delete 1", "is in the trash", then="trash list", shows="1  about tea"),
    "edit": Answer("edit 1", "1 changed", then="show 1", shows="green coffee"),
    "export": Answer("export 1 -f md", "green tea"),
    "fork": Answer("fork 1", "Forked as session 4", then="show 4", shows="green tea"),
    "git-setup": Answer("git-setup", r"works on files, and your sessions are in sqlite:///", code=1),
    "import": Answer("import {export}", "1 new|new: 1", then="show 4", shows="from elsewhere"),
    "list": Answer("list", "3  about milk"),
    "merge": Answer("merge", r"works on files, and your sessions are in sqlite:///", code=1),
    "models": Answer("models", "ready"),
    "models list": Answer("models list nothing", "There is no provider 'nothing'", code=1),
    "models add": Answer("models add nothing.gguf", "nothing.gguf", code=1),
    "path": Answer("path 1", r"works on files, and your sessions are in sqlite:///.*`hfs export", code=1),
    "pin": Answer("pin 1", "is pinned", then="list", shows=r"1  \* about tea"),
    "prune": Answer("prune --older-than now --yes", "Move|in the trash", then="list", shows="no sessions"),
    "rename": Answer("rename 1 other", "renamed to: other", then="list", shows="1  other"),
    "restore": Answer("restore 3", "nothing of a session 3", code=2),
    "search": Answer("search green", "1:1 .*green tea"),
    "show": Answer("show 1", "green tea"),
    "stats": Answer("stats", "3 messages in 3 sessions"),
    "tag": Answer("tag 1 hot", "#hot", then="list --tag hot", shows="about tea"),
    "trash empty": Answer("trash empty --yes", "0 items removed for good"),
    "trash list": Answer("trash list", "The trash is empty"),
    "trash restore": Answer("trash restore 3", "nothing of a session 3", code=2),
}


def command_lines() -> set[str]:
    """Every command, and every one below a group."""
    names = set()
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        below = command.commands if isinstance(command, click.Group) else {}
        names |= {f"{name} {other}" for other in below}
        if not below or (isinstance(command, click.Group) and command.invoke_without_command):
            names.add(name)
    return names


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command line in this process; returns its exit code and what it said on both streams."""
    monkeypatch.setenv("HFS_STORE", "sqlite")
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, arguments)
        if isinstance(result.exception, HfsError):
            return exit_code(result.exception), f"{result.output}hfs: {result.exception}"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return command


@pytest.fixture
def three_sessions(run: Command) -> None:
    """A database with three sessions."""
    with open_store() as store:
        for name, text in (("about tea", "green tea"), ("about bread", "rye"), ("about milk", "cold")):
            store.create(name, messages=[NewMessage("user", text)])


def test_every_command_has_an_answer_to_a_database() -> None:
    assert command_lines() == set(ANSWERS)


@pytest.mark.usefixtures("three_sessions")
@pytest.mark.parametrize("name", ANSWERS)
def test_on_a_database_a_command_does_the_same_or_says_why_it_cannot(
    name: str, run: Command, editor: Editor, server: ModelServer, home: Path, tmp_path: Path
) -> None:
    editor("write(text.replace('tea', 'coffee'))")
    export = tmp_path / "export.json"
    export.write_text('[{"role": "user", "content": "from elsewhere"}]')
    answer = ANSWERS[name]
    code, said = run(*answer.line.format(url=server.base_url, export=export).split())
    assert re.search(answer.said, said), said
    assert code == answer.code
    if answer.then:
        assert re.search(answer.shows, run(*answer.then.split())[1])
    assert not (home / "sessions").exists()


@pytest.mark.usefixtures("three_sessions")
def test_what_was_deleted_in_a_database_comes_back(run: Command) -> None:
    run("delete", "1", "2")
    assert "Session restored: about tea" in run("restore", "1")[1]
    assert "Session restored: about bread" in run("trash", "restore", "2")[1]
    assert "green tea" in run("show", "1")[1]
    run("delete", "1")
    assert '"path": null' in run("trash", "list", "--json")[1]
    assert "1 item removed for good" in run("trash", "empty", "--yes")[1]
    assert run("restore", "1")[0] == 2


@pytest.mark.usefixtures("three_sessions")
def test_pruning_a_database_shows_no_sizes(run: Command) -> None:
    assert re.search(r"^3 sessions would go\.$", run("prune", "--older-than", "now", "--dry-run")[1], re.MULTILINE)
    assert '"bytes": null' in run("prune", "--older-than", "now", "--dry-run", "--json")[1]


def test_the_option_comes_before_the_environment(hfs: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HFS_STORE", "documents")
    done = hfs("--store", "sqlite:///mine.db", "config", "show")
    assert f"store = sqlite:///{home}/mine.db  (--store)".encode() in done.stdout
    done = hfs("--store", "sqlite:///mine.db", "list")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (home / "mine.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("store", "said"),
    [
        pytest.param("sqllite", b"Did you mean sqlite?", id="misspelt"),
        pytest.param("postgresql://me:Sw0rdf1sh@h/d", b"There is a password in --store", id="with a password"),
    ],
)
def test_a_store_that_cannot_be_named_so_is_bad_usage(hfs: Run, store: str, said: bytes) -> None:
    done = hfs("--store", store, "list")
    assert done.returncode == 2
    assert said in done.stderr
    assert b"Sw0rdf1sh" not in done.stdout + done.stderr


def test_a_password_is_not_set_in_the_settings(hfs: Run, home: Path) -> None:
    done = hfs("config", "set", "store", "postgresql://me:Sw0rdf1sh@h/d")
    assert done.returncode == 1
    assert b"$HFS_STORE_PASSWORD" in done.stderr
    assert b"Sw0rdf1sh" not in done.stderr
    assert not (home / "config.toml").exists()


def test_the_settings_are_shown_also_where_the_store_is_none(hfs: Run, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('store = "postgresql://me:Sw0rdf1sh@h/d"\ntheme = "hfs-light"\n')
    done = hfs("config", "show")
    assert done.returncode == 1
    assert b"theme = hfs-light" in done.stdout
    assert b"There is a password in `store`" in done.stderr
    assert b"Sw0rdf1sh" not in done.stdout + done.stderr


def test_the_password_of_a_server_is_put_into_the_keyring(
    hfs: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    server = ("--store", "postgresql://me@db.example.org/team")
    assert hfs(*server, "config", "set-key", "store", stdin=b"\n").returncode == 2
    done = hfs(*server, "config", "set-key", "store", stdin=b" Sw0rdf1sh \r\n")
    assert done.stderr == b"The password of postgresql://me@db.example.org/team is in the keyring.\n"
    assert b"store_keyring = true" in hfs("config", "show").stdout
    code = (
        "from pathlib import Path; import os; from hfs.stores import chosen_store; "
        "print(repr(chosen_store(Path(os.environ['HFS_HOME'])).password))"
    )
    monkeypatch.setenv("HFS_STORE", server[1])
    assert _python(code) == "' Sw0rdf1sh '"


def _python(code: str) -> str:
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("store", "hides", "package"),
    [
        pytest.param("sqlite", ("sqlalchemy", "aiosqlite", "asyncpg", "alembic"), "hfs-chat[sql]", id="all of it"),
        pytest.param("postgresql://me@127.0.0.1/team", ("sqlalchemy", "alembic"), "hfs-chat[sql]", id="the engine"),
        pytest.param("postgresql://me@127.0.0.1/team", ("asyncpg",), "hfs-chat[sql]", id="a driver"),
        pytest.param("postgresql+psycopg://me@127.0.0.1/team", ("psycopg",), "psycopg[binary]", id="another driver"),
    ],
)
def test_without_its_packages_a_database_says_what_to_install(
    hfs: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, hides: tuple[str, ...], package: str
) -> None:
    hidden = tmp_path / "hidden"
    for name in hides:
        (hidden / name).mkdir(parents=True)
        (hidden / name / "__init__.py").write_text(
            "raise ModuleNotFoundError(f'No module named {__name__!r}', name=__name__)"
        )
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    for command in (("--store", store, "list"), ("copy", "--dry-run", "--from", "documents", "--to", store)):
        done = hfs(*command)
        assert done.returncode == 1
        assert f"python3 -m pip install '{package}'".encode() in done.stderr
        assert done.stderr.count(b"\n") == 1


@pytest.fixture
def refusing(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A server that refuses the password."""
    monkeypatch.delenv("PGPASSWORD", raising=False)
    return postgres_url


@pytest.mark.parametrize("where", ["HFS_STORE", "HFS_STORE_PASSWORD", "PGPASSWORD"])
def test_a_password_that_the_server_refuses_is_not_shown(
    hfs: Run, refusing: str, where: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HFS_STORE", refusing)
    if where == "HFS_STORE":
        monkeypatch.setenv(where, refusing.replace("@", ":Sw0rdf1sh@", 1))
    else:
        monkeypatch.setenv(where, "Sw0rdf1sh")
    for command in ("list", "check", "config show"):
        done = hfs(*command.split())
        assert b"Sw0rdf1sh" not in done.stdout + done.stderr
        if command != "config show":
            assert done.returncode == 1
            assert b"password" in done.stderr
            assert done.stderr.count(b"\n") == 1
    kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not any(b"Sw0rdf1sh" in data for data in kept)


def test_the_password_of_the_variable_opens_the_store(
    hfs: Run, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HFS_STORE_PASSWORD", os.environ["PGPASSWORD"])
    monkeypatch.delenv("PGPASSWORD")
    done = hfs("--store", postgres_url, "list")
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    with open_store(store=postgres_url) as store:
        assert store.count() == 0
    done = hfs("--store", postgres_url, "check")
    assert b"All is well" in done.stdout
    assert os.environ["HFS_STORE_PASSWORD"].encode() not in done.stdout + done.stderr
