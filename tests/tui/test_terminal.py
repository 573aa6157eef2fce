"""The real program in a real terminal."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pexpect

from hfs.persistence import NewMessage, SessionStore
from tests.support.large_home import COUNT, indexing_elsewhere, write_large_sessions
from tests.support.model_server import ModelServer
from tests.support.terminal import terminal


def test_a_conversation_with_the_embedded_model_is_there_after_a_restart(home: Path, model_cache: Path) -> None:
    (home / "models").mkdir(parents=True)
    (home / "models" / "smollm2.gguf").hardlink_to(model_cache / "smollm2.gguf")
    path = home / "sessions" / "1.json"
    with terminal(home) as first:
        first.wait_for("local/smollm2")
        first.type("Say hello in one word.")
        deadline = time.monotonic() + 60
        while not path.exists() or len(json.loads(path.read_bytes())["messages"]) < 2:
            assert time.monotonic() < deadline
            first.wait_for("local/smollm2")
            time.sleep(0.1)
        first.quit()
    question, answer = json.loads(path.read_bytes())["messages"]
    assert question["content"] == "Say hello in one word."
    assert answer["model"] == "local/smollm2"
    before = path.read_bytes()
    with terminal(home) as second:
        second.wait_for("local/smollm2")
        second.type("/sessions")
        second.wait_for("Say hello in one word")
        second.type("/resume 1")
        second.wait_for("Resumed session: Say hello in one word")
        text = answer["content"] if isinstance(answer["content"], str) else answer["content"][0]
        second.wait_for(text[:40].strip())
        second.quit()
    assert path.read_bytes() == before


def test_no_escape_sequence_of_names_and_messages_reaches_the_terminal(home: Path, server: ModelServer) -> None:
    hostile = "\x1b]52;c;aGFja2Vk\x07\x1b]0;owned\x07\x1bP1$r\x1b\\\x9b31m\u202eevil[@click=app.quit]x[/]"
    server.chunks = ("answer \x1b", "]52;c;aGFja2Vk\x07 \x1b]0;ow", "ned\x07 done")
    with SessionStore(home) as store:
        store.create(hostile, messages=[NewMessage("user", hostile), NewMessage("assistant", hostile, model=hostile)])
    with terminal(home, "-r", "1", "-m", "m", "--base-url", server.base_url) as opened:
        opened.wait_for("evil[@click=app.quit]x[/]")
        opened.type("/sessions")
        opened.wait_for("(current)")
        opened.type("hello there")
        opened.wait_for("done")
        opened.quit()
    for payload in (b"\x1b]52", b"owned\x07", b"\x1bP1", "\x9b".encode(), "\u202e".encode()):
        assert payload not in opened.received


PAYLOADS = {
    "clipboard": "\x1b]52;c;aGk=\x1b\\",
    "title": "\x1b]0;owned\x07",
    "clear": "\x1b[2J",
    "leave the screen": "\x1b[?1049l",
    "ask for the cursor": "\x1b[6n",
    "link": "\x1b]8;;http://evil.invalid\x1b\\",
    "device control": "\x1bP1$r\x1b\\",
    "C1": "\x9b31m\x9d0;x\x9c",
    "bidi": "\u202e\u2066",
    "delete and back": "\x7f\x08\r\x07",
}


def test_no_payload_reaches_the_terminal_from_any_place(home: Path, server: ModelServer) -> None:
    hostile = "".join(f"{payload}MARK" for payload in PAYLOADS.values())
    server.chunks = (*hostile, " end of it")
    with SessionStore(home) as store:
        store.create(hostile, messages=[NewMessage("user", hostile), NewMessage("assistant", hostile, model=hostile)])
        store.create("other")
    (home / "config.toml").write_text('"wrong\\u001b[6nMARK" = 1\n')
    with terminal(home, "-r", "1", "-m", "m", "--base-url", server.base_url) as opened:
        opened.wait_for("MARK")
        opened.type("speak")
        opened.wait_for("end of it")
        server.status, server.content_type = 400, "application/json"
        server.raw = json.dumps({"error": {"message": hostile + " refused"}}).encode()
        opened.type("fail")
        opened.wait_for("refused")
        (home / "sessions" / "3.json").write_text(f'{{"name": "{json.dumps(hostile)[1:-1]}", x')
        opened.type("/sessions")
        opened.wait_for("damaged")
        opened.type("/import nowhere.json")
        opened.wait_for("nowhere.json")
        opened.quit()
    for name, payload in PAYLOADS.items():
        assert f"{payload}MARK".encode() not in opened.received, name


def test_no_payload_in_the_name_of_a_file_reaches_the_terminal(home: Path, server: ModelServer, tmp_path: Path) -> None:
    hostile = "".join(f"{payload}MARK" for name, payload in PAYLOADS.items() if name != "link")
    with SessionStore(home) as store:
        store.create("name", messages=[NewMessage("user", "hi")])
    (home / "sessions" / f"1 ({hostile}).json").write_text("{")
    strange = tmp_path / f"{hostile.replace('/', '')}.json"
    strange.write_text("{")
    received = b""
    for arguments in (["check"], ["merge"], ["import", str(strange)], ["export", "1", "-o", str(strange)]):
        with terminal(home, *arguments) as opened:
            opened.process.expect(pexpect.EOF)
            assert b"MARK" in opened.process.before, arguments
            received += opened.process.before
    with terminal(home, "-m", "m", "--base-url", server.base_url) as opened:
        opened.wait_for("hfs merge")
        opened.process.send(f"/import {tmp_path}/\u202enowhere.json\r")
        opened.wait_for("could not be read whole")
        opened.quit()
        received += opened.received
    for name, payload in PAYLOADS.items():
        assert f"{payload}MARK".encode() not in received, name
    assert "\u202e".encode() not in received


def test_nobody_must_wait_until_sessions_are_indexed(home: Path, server: ModelServer) -> None:
    write_large_sessions(home)
    with indexing_elsewhere(home), terminal(home, "-c", "-m", "m", "--base-url", server.base_url) as opened:
        opened.wait_for(f"Indexing 0 of {COUNT} … Esc: don't wait")
        opened.process.send("\x1b")
        opened.wait_for("A new session begins with your next message")
        opened.type("meanwhile")
        opened.wait_for("Hello, you")
        opened.process.send("\x0f")
        opened.wait_for("Type a part of a name")
        opened.process.send("\x1b")
        opened.wait_for("Type a part of a name", gone=True)
        opened.quit()
    assert json.loads((home / "sessions" / f"{COUNT + 1}.json").read_bytes())["messages"][0]["content"] == "meanwhile"
