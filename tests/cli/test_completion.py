"""What a Tab offers, whichever the shell: sessions, in which order, by what name; and what else a parameter takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfs.cli._group import COMMANDS
from hfs.persistence import NewMessage, SessionStore, open_store
from tests.cli.completing import fish, how, values, zsh


@pytest.fixture
def store(home: Path) -> SessionStore:
    with open_store() as opened:
        opened.create("How do I undo a rebase?", messages=[NewMessage("assistant", "So.", model="openai/gpt-5")])
        opened.create("Rebase onto main", messages=[NewMessage("assistant", "So.", model="ollama/llama3")])
        opened.create("Prebaked")
    return opened


def named(*names: str) -> None:
    with open_store() as opened:
        for name in names:
            opened.create(name)


@pytest.mark.usefixtures("store")
def test_nothing_typed_offers_the_newest_sessions_with_their_names_and_last_below() -> None:
    assert zsh("show", "") == [
        ("3", "Prebaked"),
        ("2", "Rebase onto main"),
        ("1", "How do I undo a rebase?"),
        ("last", "the one in which something happened last"),
    ]


def test_of_very_many_sessions_the_newest_fifty_are_offered() -> None:
    named(*(f"Name {number}" for number in range(1, 61)))
    assert values("show", "") == [*map(str, range(60, 10, -1)), "last"]


@pytest.mark.usefixtures("store")
def test_a_part_of_a_name_offers_names_that_begin_so_then_words_then_what_has_it_within() -> None:
    assert values("show", "REB") == ["Rebase onto main", "How do I undo a rebase?", "Prebaked"]


@pytest.mark.usefixtures("store")
def test_a_number_offers_ids_that_begin_so_and_names_only_where_there_are_none() -> None:
    named("2024 taxes")
    assert values("show", "2") == ["2"]
    assert values("show", "2024") == ["2024 taxes"]


@pytest.mark.usefixtures("store")
def test_last_is_offered_as_it_begins() -> None:
    assert values("show", "la") == ["last"]


def test_names_that_do_not_lead_to_one_session_are_offered_by_id() -> None:
    named("Twice", "twice", "7", "last", "six", "seven", "eight")
    assert values("show", "twi") == ["2", "1"]
    assert values("show", "la") == ["4", "last"]
    assert values("show", "7") == ["7"]


@pytest.mark.parametrize(
    "name",
    [
        "with\ttab",
        "with\nline",
        "with\x1b[31mcolour",
        "with\u202eother way",
        "with\u00a0space",
        "with  two",
        "with end ",
    ],
)
def test_a_name_that_cannot_be_typed_safely_is_offered_by_id(home: Path, name: str) -> None:
    named("Plain")
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "name": name}))
    assert values("show", "with") == ["1"]
    [(_, description)] = zsh("show", "with")
    assert description.isprintable()


def test_a_name_that_looks_like_an_option_is_offered_by_id() -> None:
    named("-rf everything")
    assert values("show", "every") == ["1"]


@pytest.mark.parametrize("name", ["emoji 🎉", "שלום עולם", "a:b=c, d", "$(x) `y`", 'say "hi"!', "x" * 255, "ÄÖÜ"])
def test_any_other_name_is_offered_as_it_is(name: str) -> None:
    named(name)
    assert values("show", name[:3].lower()) == [name]


def test_what_stands_on_the_line_already_is_left_out() -> None:
    named("One", "Two", "Three")
    assert values("delete", "2", "three", "") == ["1", "last"]
    assert values("delete", "last", "") == ["3", "2", "1"]
    assert values("tag", "2", "x", "--also", "1", "--also", "") == ["3", "last"]


@pytest.mark.parametrize(
    "words",
    [
        ["ask", "-s"], ["archive"], ["check"], ["delete"], ["edit"], ["export"], ["fork"], ["merge"], ["path"], ["pin"],
        ["rename"], ["search", "--session"], ["show"], ["tag"], ["-r"], ["--resume"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_that_takes_a_session_completes_it(words: list[str]) -> None:
    named("Only one")
    assert values(*words, "onl") == ["Only one"]


def test_what_was_deleted_is_offered_by_id_the_latest_first() -> None:
    named("One", "Two", "Three")
    with open_store() as opened:
        for session_id in (3, 1):
            opened.delete(session_id)
    assert zsh("restore", "") == [("1", "One"), ("3", "Three")]
    assert zsh("trash", "restore", "1", "") == [("3", "Three")]
    assert values("restore", "thr") == ["3"]


def test_tags_are_offered_the_most_used_first_without_those_on_the_line() -> None:
    named("One", "Two", "Three")
    with open_store() as opened:
        opened.tag(1, ["work", "Rust"])
        opened.tag(2, ["work"])
        opened.tag(3, ["alone"])
    assert values("tag", "1", "") == ["work", "alone", "Rust"]
    assert values("tag", "1", "WORK", "r") == ["Rust"]
    assert values("tag", "3", "-r", "") == ["alone"]
    for command in ("list", "search", "stats", "prune"):
        assert values(command, "--tag", "ru") == ["Rust"], command


@pytest.mark.usefixtures("store")
def test_models_that_spoke_and_providers_are_offered() -> None:
    assert values("list", "--model", "") == ["ollama/llama3", "openai/gpt-5"]
    assert values("ask", "-m", "openai/") == ["openai/gpt-5", "openai/"]
    assert how("--model", "openr") == "plain nospace"
    assert values("--model=loc") == ["--model=local"]


def test_stores_are_offered_and_files_after_sqlite(home: Path, tmp_path: Path) -> None:
    (home / "old").mkdir(parents=True)
    (home / "mine.db").touch()
    (home / "other.txt").touch()
    assert values("--store", "") == ["documents", "sqlite", "sqlite:///", "postgresql://"]
    assert how("copy", "--from", "sqlite:") == "plain nospace"
    assert values("copy", "--to", "sqlite:///") == ["sqlite:///mine.db", "sqlite:///old/"]
    assert values("--store", f"sqlite:///{home}/mi") == [f"sqlite:///{home}/mine.db"]


def test_settings_and_their_values_are_offered(home: Path) -> None:
    assert values("config", "set", "store") == ["store", "store_keyring"]
    keys = ["providers.openai.key_env", "providers.openai.key_command", "providers.openai.keyring"]
    assert values("config", "set", "providers.openai.key") == keys
    assert values("config", "set", "providers.opena") == ["providers.openai."]
    assert values("config", "set", "offline", "") == ["true", "false"]
    assert values("config", "set", "store", "doc") == ["documents"]
    assert values("config", "set", "system", "") == []
    assert "store" in values("config", "set-key", "")


def test_moments_choices_and_commands_are_offered() -> None:
    assert [value for value in values("list", "--since", "") if value in ("7d", "yesterday")] == ["yesterday", "7d"]
    assert "30d" in values("trash", "empty", "--older-than", "3")
    assert values("list", "--sort", "c") == ["created"]
    assert values("export", "--format", "js") == ["json", "jsonl"]
    assert values("") == sorted(COMMANDS)
    assert values("trash", "") == ["empty", "list", "restore"]
    assert values("show", "--un") == ["--unfold"]


@pytest.mark.parametrize(
    "words",
    [["import"], ["export", "-o"], ["edit", "1", "--from"], ["models", "add", "./"], ["config", "set", "gguf"]],
    ids=" ".join,
)
def test_paths_are_left_to_the_shell(words: list[str]) -> None:
    assert how(*words, *([] if words[-1] == "./" else [""])) == "file"


def test_a_folder_for_the_home_is_left_to_the_shell() -> None:
    assert how("--home", "") == "dir"


@pytest.mark.usefixtures("store")
def test_fish_is_given_values_with_descriptions_and_the_option_before_them() -> None:
    assert fish("show", '"How do') == ["How do I undo a rebase?\t1"]
    assert fish("list", "--model=op") == ["--model=openai/gpt-5"]


def test_the_home_and_the_store_on_the_line_are_asked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    named("Here")
    with open_store(other) as opened:
        opened.create("There")
    monkeypatch.setenv("ELSEWHERE", str(other))
    assert values("--home", str(other), "show", "he") == ["There"]
    assert values("--home", "$ELSEWHERE", "show", "he") == ["There"]
    with open_store(other, store="sqlite") as opened:
        opened.create("In a database")
    assert values("--home", str(other), "--store", "sqlite", "show", "") == ["1", "last"]
