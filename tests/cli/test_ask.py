"""``hfs ask``: the answer to stdout, both sides saved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from hfs.persistence import SessionStore
from tests.cli.conftest import Run
from tests.support.model_server import ModelServer


def said(home: Path, session_id: int = 1) -> list[tuple[str, str, str | None]]:
    with SessionStore(home) as store:
        found = store.get(session_id)
    assert found is not None
    return [(message.role, message.content, message.status) for message in found.messages]


def test_a_piped_question_is_answered_on_stdout_and_saved(hfs: Run, server: ModelServer, home: Path) -> None:
    done = hfs("ask", "--base-url", server.base_url, "-m", "m", "What is this?", stdin=b"some code\n")
    assert done.stdout == b"Hello, you\n"
    assert said(home) == [("user", "What is this?\n\nsome code", None), ("assistant", "Hello, you", None)]
    again = hfs("ask", "-c", "--base-url", server.base_url, "-m", "m", "and then?")
    assert again.returncode == 0
    assert len(said(home)) == 4
    assert server.last_texts[-1] == "and then?"


def test_without_a_question_it_says_how_to_ask(hfs: Run) -> None:
    done = hfs("ask")
    assert done.returncode == 2
    assert b"Example" in done.stderr


def test_a_failing_model_exits_1_and_the_question_stays(hfs: Run, server: ModelServer, home: Path) -> None:
    server.status, server.raw = 401, b"{}"
    done = hfs("ask", "--base-url", server.base_url, "hi")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"refused the key" in done.stderr
    assert said(home) == [("user", "hi", None)]


def test_no_escape_sequence_of_an_answer_gets_out(hfs: Run, server: ModelServer) -> None:
    server.chunks = ("\x1b", "]52;c;aGk=\x07", "\x9b2Jx")
    printed = hfs("ask", "--base-url", server.base_url, "hi").stdout.decode()
    assert not {"\x1b", "\x07", "\x9b"} & set(printed)


def test_ctrl_c_keeps_what_came(server: ModelServer, home: Path) -> None:
    server.hold = threading.Event()
    command = [sys.executable, "-m", "hfs", "ask", "--base-url", server.base_url, "hi"]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that starts the tests in the background lets everything below it ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 5) == b"Hello"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert said(home) == [("user", "hi", None), ("assistant", "Hello", "interrupted")]


def test_a_killed_answer_is_kept_by_the_next_start(server: ModelServer, home: Path, hfs: Run) -> None:
    server.hold = threading.Event()
    command = [sys.executable, "-m", "hfs", "ask", "--base-url", server.base_url, "hi"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert os.read(process.stdout.fileno(), 5) == b"Hello"
        process.kill()
    with SessionStore(home) as store:
        assert [message.content for message in store.save_drafts()] == ["Hello"]
    assert said(home) == [("user", "hi", None), ("assistant", "Hello", "interrupted")]


def test_the_chat_without_a_terminal_says_what_to_use_instead(hfs: Run) -> None:
    done = hfs("-c")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"hfs ask" in done.stderr
