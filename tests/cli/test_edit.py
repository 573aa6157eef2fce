"""A session in the person's own editor: real programs, real files, and whatever may go wrong meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from tests.cli.conftest import Run
from tests.cli.editing import Editor, Openings, drafts, make_session, now, texts


@pytest.fixture(autouse=True)
def _session(home: Path) -> None:
    make_session(home)


def test_what_is_changed_added_and_taken_out_is_stored_and_reported(hfs: Run, editor: Editor, home: Path) -> None:
    before = now(home)
    editor(
        "first, second, third, fourth = re.split('(?=<!-- hfs {.id)', text)\n"
        "write(first + second.replace('\\none\\n', '\\nONE\\n') + fourth + '\\n<!-- hfs assistant -->\\nfour\\n')"
    )
    done = hfs("edit", "last")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"Session 1: 1 changed, 1 added, 1 taken out." in done.stderr
    assert b"`hfs restore 1` brings back what was taken out." in done.stderr
    assert texts(home) == ["ONE", "three", "four"]
    after = now(home)
    assert after.messages[1] == before.messages[2]
    assert (after.messages[0].id, after.messages[0].created_at) == (1, before.messages[0].created_at)
    assert "edited_at" in after.messages[0].extra
    assert (after.messages[2].role, after.messages[2].id) == ("assistant", 4)
    assert hfs("restore", "1").returncode == 0
    assert texts(home) == ["ONE", "two\nlines", "three", "four"]
    assert drafts(home) == []


def test_an_unchanged_text_changes_nothing(hfs: Run, editor: Editor, home: Path) -> None:
    before = (home / "sessions" / "1.json").read_bytes()
    for code in ("", "write(text.replace('\\n', '\\r\\n'))", "write(text.rstrip())", "write(text[text.index('---'):])"):
        editor(code)
        done = hfs("edit", "1")
        assert done.returncode == 0
        assert b"Nothing changed." in done.stderr
    assert (home / "sessions" / "1.json").read_bytes() == before


@pytest.mark.parametrize("old", ['name: "Mine"', "# Mine"], ids=["header", "heading"])
def test_a_session_is_renamed_in_either_place(hfs: Run, editor: Editor, home: Path, old: str) -> None:
    editor(f"write(text.replace({old!r}, {old.replace('Mine', 'Other')!r}))")
    assert b"Session renamed to: Other" in hfs("edit", "1").stderr
    assert (now(home).name, now(home).name_source) == ("Other", "user")


def test_the_copy_is_private_and_gone_afterwards(hfs: Run, editor: Editor, tmp_path: Path) -> None:
    editor(
        f"report = pathlib.Path({str(tmp_path / 'report')!r})\n"
        "report.write_text(f'{path} {path.stat().st_mode & 0o777:o} {path.parent.stat().st_mode & 0o777:o}')"
    )
    assert hfs("edit", "1").returncode == 0
    path, file_mode, folder_mode = (tmp_path / "report").read_text().rsplit(" ", 2)
    assert (Path(path).name, file_mode, folder_mode) == ("session-1.md", "600", "700")
    assert not Path(path).parent.exists()


def test_what_another_program_says_meanwhile_stays(hfs: Run, editor: Editor, home: Path) -> None:
    other = (
        "from hfs.persistence import open_store\n"
        "with open_store() as store: store.add_message(1, 'assistant', 'meanwhile'); store.edit_message(1, 1, 'theirs')"
    )
    editor(
        f"subprocess.run([sys.executable, '-c', {other!r}], check=True)\n"
        "write(text.replace('\\none\\n', '\\nmine\\n') + '\\n<!-- hfs user -->\\nlast\\n')"
    )
    done = hfs("edit", "1")
    assert done.returncode == 0
    assert b"1 message changed by another program as well: both versions are there." in done.stderr
    assert texts(home) == ["theirs", "mine", "two\nlines", "three", "meanwhile", "last"]


def test_a_mistake_opens_the_editor_again_at_its_line_and_is_told_there(
    hfs: Run, editor: Editor, openings: Openings, home: Path
) -> None:
    editor(
        "write(text.replace('<!-- hfs {\"id\": 2', '<!-- hfs {\"id\" 2') if not nth else"
        " text.replace('{\"id\" 2', '{\"id\": 2').replace('\\nthree', '\\nTHREE'))",
        "vim",
    )
    done = hfs("edit", "1")
    assert done.returncode == 0, done.stderr
    assert b"Session 1: 1 changed." in done.stderr
    assert texts(home) == ["one", "two\nlines", "THREE"]
    (first, _), (second, shown) = openings()
    line = int(re.findall(r"'\+(\d+)'", second)[0])
    assert "+" not in first
    lines = shown.split("\n")
    assert lines[line - 1].startswith('<!-- hfs {"id" 2')
    assert lines[line - 2].startswith('<!-- hfs: MISTAKE in the line below: column 16: expected ":"')
    assert shown.count("MISTAKE") == 1


@pytest.mark.parametrize(
    ("code", "line", "reason"),
    [
        pytest.param('text.replace(\'"role": "user"\', \'"role": "me"\', 1)', "## user", "expected", id="role"),
        pytest.param("text.replace('uid: \"', 'uid: \"x')", "uid:", "can't be changed", id="uid"),
        pytest.param("text.replace('name: \"Mine\"', 'name: ')", "name:", "1 to 255", id="no name"),
        pytest.param("text.replace('\"Mine\"', 'a').replace('# Mine', '# b')", "# b", "differ", id="names"),
        pytest.param("text + '\\n<!-- hfs user -->\\n<!-- hfs me -->'", "<!-- hfs me", "expected user", id="new role"),
        pytest.param('text + \'\\n<!-- hfs {"role": "me"} -->\'', '<!-- hfs {"role": "me"}', "no role", id="odd role"),
        pytest.param("text.replace('---', 'x', 1)", "x", "begins the header", id="header"),
    ],
)
def test_who_leaves_a_mistake_gives_up_and_finds_the_text_in_the_drafts(
    hfs: Run, editor: Editor, openings: Openings, home: Path, code: str, line: str, reason: str
) -> None:
    before = (home / "sessions" / "1.json").read_bytes()
    editor(f"write({code} if not nth else text)")
    done = hfs("edit", "1")
    assert done.returncode == 1
    assert len(openings()) == 2
    told = openings()[1][1].split("\n")
    (at,) = [at for at, one in enumerate(told) if "MISTAKE" in one]
    assert reason in told[at]
    assert told[at + 1].startswith(line)
    (kept,) = drafts(home)
    assert b"Line " in done.stderr and b"Nothing was changed in session 1." in done.stderr
    assert f"hfs edit 1 --from {kept}".encode() in done.stderr
    assert "<!-- hfs: " not in kept.read_text()
    assert (home / "sessions" / "1.json").read_bytes() == before


def test_a_kept_text_is_gone_on_from_and_removed_once_it_is_stored(hfs: Run, editor: Editor, home: Path) -> None:
    editor("write(text.replace('one', 'ONE') .replace('-->\\n## ', '-->\\n## x', 1) if not nth else text)")
    assert hfs("edit", "1").returncode == 1
    (kept,) = drafts(home)
    with SessionStore(home) as store:
        store.add_message(1, "assistant", "since then")
    editor("write(text.replace('## xuser', '## user'))")
    done = hfs("edit", "1", "--from", str(kept))
    assert done.returncode == 0, done.stderr
    assert texts(home) == ["ONE", "two\nlines", "three", "since then"]
    assert list((home / "drafts").iterdir()) == []


def test_an_export_is_gone_on_from_and_what_it_lacks_stays(
    hfs: Run, editor: Editor, home: Path, tmp_path: Path
) -> None:
    export = tmp_path / "talk.md"
    export.write_bytes(hfs("export", "1", "-f", "md").stdout.replace(b"\none\n", b"\nONE\n"))
    with SessionStore(home) as store:
        store.add_message(1, "assistant", "since then")
    editor("")
    done = hfs("edit", "1", "--from", str(export))
    assert b"Session 1: 1 changed." in done.stderr
    assert texts(home) == ["ONE", "two\nlines", "three", "since then"]
    assert export.exists()
    assert b"Nothing changed." in hfs("edit", "1", "--from", str(export)).stderr
    with SessionStore(home) as store:
        store.create("Another")
    refused = hfs("edit", "2", "--from", str(export))
    assert refused.returncode == 1
    assert b'"uid" can\'t be changed' in refused.stderr


def test_an_editor_that_makes_another_mistake_each_time_is_stopped(
    hfs: Run, editor: Editor, openings: Openings, home: Path
) -> None:
    editor("write(text + f'\\n<!-- hfs x{nth} -->\\n')")
    done = hfs("edit", "1")
    assert done.returncode == 1
    assert len(openings()) == 20
    assert len(drafts(home)) == 1


def test_an_editor_that_is_missing_or_fails_loses_nothing(
    hfs: Run, editor: Editor, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, words in (
        ("/no/such/editor", b"'/no/such/editor' can't be run: No such file or directory. Set $EDITOR."),
        ("unclosed 'quote", b"can't be run: No closing quotation"),
        ("''", b"can't be run"),
    ):
        monkeypatch.setenv("VISUAL", command)
        done = hfs("edit", "1")
        assert done.returncode == 1
        assert words in done.stderr
    editor("sys.exit(3)")
    assert b"ended with 3" in hfs("edit", "1").stderr
    assert drafts(home) == []
    editor("write(text.replace('one', 'ONE')); sys.exit(3)")
    done = hfs("edit", "1")
    (kept,) = drafts(home)
    assert done.returncode == 1
    assert str(kept).encode() in done.stderr
    assert "\nONE\n" in kept.read_text()
    editor("path.unlink()")
    assert b"can't be read" in hfs("edit", "1").stderr
    assert texts(home) == ["one", "two\nlines", "three"]


def test_an_empty_file_changes_nothing(hfs: Run, editor: Editor, home: Path) -> None:
    editor("write('\\n')")
    done = hfs("edit", "1")
    assert done.returncode == 1
    assert b"The text came back empty" in done.stderr
    assert drafts(home) == []


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        pytest.param("file.unlink()", b"There is no session", id="removed"),
        pytest.param("file.write_text('{,')", b"1.json, line 1, column 2", id="damaged"),
        pytest.param(
            "file.write_text(file.read_text().replace('\"format\": 1', '\"format\": 2'))", b"read-only", id="newer"
        ),
    ],
)
def test_a_session_that_is_gone_or_damaged_meanwhile_leaves_the_text_in_the_drafts(
    hfs: Run, editor: Editor, home: Path, meanwhile: str, words: bytes
) -> None:
    editor(
        f"file = pathlib.Path({str(home / 'sessions' / '1.json')!r})\n{meanwhile}\nwrite(text.replace('one', 'ONE'))"
    )
    done = hfs("edit", "1")
    assert done.returncode == 1
    assert words in done.stderr
    (kept,) = drafts(home)
    assert str(kept).encode() in done.stderr
    assert "\nONE\n" in kept.read_text()


def test_where_no_draft_can_be_kept_the_copy_itself_is_left(hfs: Run, editor: Editor, home: Path) -> None:
    editor("write(text.replace('one', 'ONE')); sys.exit(1)")
    (home / "drafts").write_text("in the way")
    done = hfs("edit", "1")
    (place,) = re.findall(rb"Your text is kept as (\S+)", done.stderr)
    assert "\nONE\n" in Path(place.decode()).read_text()
    shutil.rmtree(Path(place.decode()).parent)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no file that is always full")
def test_the_text_is_kept_where_nothing_can_be_said(editor: Editor, home: Path) -> None:
    editor("write(text.replace('one', 'ONE')); sys.exit(1)")
    subprocess.run(f"{sys.executable} -m hfs edit 1 2>/dev/full", shell=True, check=False)
    (kept,) = drafts(home)
    assert "\nONE\n" in kept.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_ends_hfs_ends_the_editor_and_finds_the_text_in_the_drafts(
    editor: Editor, home: Path, tmp_path: Path, number: int
) -> None:
    editor(
        "write(text.replace('one', 'ONE'))\npath.with_name('.swap').write_text('not saved')\n"
        f"pathlib.Path({str(tmp_path / 'ready')!r}).write_text('')\ntime.sleep(30)"
    )
    with subprocess.Popen([sys.executable, "-m", "hfs", "edit", "1"], stderr=subprocess.PIPE) as process:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    (kept,) = drafts(home)
    assert "\nONE\n" in kept.read_text()
    assert texts(home)[0] == "one"
    (place,) = re.findall(rb"What it left is in (\S+)\.\n", said)
    assert Path(place.decode(), ".swap").read_text() == "not saved"
    shutil.rmtree(place.decode())


def test_ctrl_c_in_the_editor_is_the_editors_own(editor: Editor, home: Path, tmp_path: Path) -> None:
    editor(
        "write(text.replace('one', 'ONE'))\n"
        "import signal; signal.signal(signal.SIGINT, lambda *_: None)\n"
        f"pathlib.Path({str(tmp_path / 'ready')!r}).write_text('')\ntime.sleep(1)"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "hfs", "edit", "1"], stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, b"1 changed" in said) == (0, True), said
    assert texts(home)[0] == "ONE"


def test_an_editor_that_ctrl_c_ends_leaves_the_text_in_the_drafts(editor: Editor, home: Path, tmp_path: Path) -> None:
    editor(
        "write(text.replace('one', 'ONE'))\nimport signal; signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        f"pathlib.Path({str(tmp_path / 'ready')!r}).write_text('')\ntime.sleep(30)"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "hfs", "edit", "1"], stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"Traceback" not in said
    (kept,) = drafts(home)
    assert "\nONE\n" in kept.read_text()
    assert texts(home)[0] == "one"


def test_no_such_session_exits_2(hfs: Run) -> None:
    assert hfs("edit", "7").returncode == 2
    assert hfs("edit", "1", "--from", "/no/such/file").returncode == 2


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("sed -i s/^three$/THREE/", id="sed"),
        pytest.param("vim -es -c %s/^three$/THREE/ -c x", id="vim"),
    ],
)
def test_real_editors_do(hfs: Run, home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    if shutil.which(command.split()[0]) is None:
        pytest.skip("it is not installed")
    monkeypatch.setenv("VISUAL", command)
    done = hfs("edit", "1")
    assert done.returncode == 0, done.stderr
    assert texts(home) == ["one", "two\nlines", "THREE"]


def test_it_explains_itself_with_an_example_and_loads_no_chat(hfs: Run, editor: Editor) -> None:
    assert b"Examples:" in hfs("edit", "--help").stdout
    editor("")
    code = (
        "import sys\nfrom hfs.cli import main\nsys.argv[1:] = ['edit', '1']\n"
        "try:\n    main()\nexcept SystemExit:\n    print('textual' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"
