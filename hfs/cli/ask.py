"""The command that asks one question."""

from __future__ import annotations

import os
import sys

import click

from hfs.cli._completions import complete_model, complete_session
from hfs.cli._output import FAILED, INTERRUPTED, out, talk
from hfs.display import one_line
from hfs.persistence import SessionRepository


@click.command("ask")
@click.argument("text", nargs=-1, metavar="[TEXT]...")
@click.option("-c", "--continue", "continue_last", is_flag=True, help="Go on with the last session.")
@click.option(
    "-s",
    "--session",
    metavar="SESSION",
    shell_complete=complete_session,
    help="Go on with this session: an id, a part of the name, the start of a uid.",
)
@click.option(
    "-m", "--model", metavar="MODEL", shell_complete=complete_model, help="The model to talk to, as provider/name."
)
@click.option("--base-url", metavar="URL", help="The address of an OpenAI-compatible server.")
@click.pass_context
def ask_command(
    ctx: click.Context,
    text: tuple[str, ...],
    continue_last: bool,
    session: str | None,
    model: str | None,
    base_url: str | None,
) -> None:
    """Ask one question; the answer goes to stdout.

    The question is TEXT, or what is piped in, or both. The answer is printed as it comes, and both are saved in a
    session: a new one, or the one that -c or -s names. Ctrl-C stops the answer; what came is saved.

    \b
    Examples:
      hfs ask "How do I undo a rebase?"
      git diff | hfs ask "What does this change?"
      hfs ask -c "And then?"
    """
    question = _question(text)
    if not question:
        raise click.UsageError('There is no question: give TEXT, or pipe it in. Example: hfs ask "Why?"')
    if continue_last and session:
        raise click.UsageError("Give -c or -s, not both.")
    import asyncio

    try:
        code = asyncio.run(_ask(question, "last" if continue_last else session, model, base_url))
    except KeyboardInterrupt:
        code = INTERRUPTED
    ctx.exit(code)


def _question(text: tuple[str, ...]) -> str:
    parts = [" ".join(text)]
    if not sys.stdin.isatty():
        parts.append(sys.stdin.buffer.read().decode("utf-8", "replace").strip("\n"))
    return "\n\n".join(part for part in parts if part.strip())


async def _ask(question: str, session: str | None, model: str | None, base_url: str | None) -> int:
    from hfs.chat import Conversation
    from hfs.cli._store import open_repository
    from hfs.models import choose_model, open_model
    from hfs.paths import home_folder
    from hfs.user_config import load_config

    async with open_repository(on_notice=lambda notice: talk(notice.text)) as repo:
        session_id = await repo.resolve(session) if session else None
        config = load_config(home_folder())
        for warning in config.warnings:
            talk(warning)
        choice = choose_model(model, await _last_model(repo, session_id), config, os.environ)
        backend = open_model(choice.name, config, home=home_folder(), base_url=base_url)
        try:
            return await _stream(Conversation(repo, backend, session_id=session_id, system=config.system), question)
        finally:
            await backend.aclose()


async def _last_model(repo: SessionRepository, session_id: int | None) -> str | None:
    session = await repo.get(session_id) if session_id is not None else None
    models = [message.model for message in session.messages if message.model] if session else []
    return models[-1] if models else None


async def _stream(conversation: object, question: str) -> int:
    from hfs.chat import Conversation
    from hfs.chat.events import AnswerChunk, AnswerFailed, ConversationTrimmed, MessageNotSaved

    assert isinstance(conversation, Conversation)
    code = 0
    answered = False
    async for event in conversation.say(question):
        if isinstance(event, AnswerChunk):
            out(event.text, newline=False)
            answered = True
        elif isinstance(event, ConversationTrimmed):
            talk(f"The {event.dropped} oldest messages don't fit into the model's context and were left out.")
        elif isinstance(event, MessageNotSaved):
            kept = "kept in drafts" if event.draft else "and kept nowhere"
            talk(f"not saved, {kept}: {one_line(str(event.error), 2000)}")
            code = FAILED
        elif isinstance(event, AnswerFailed):
            if answered:
                out()
            talk(f"hfs: {one_line(str(event.error), 2000)}")
            return FAILED
    if answered:
        out()
    return code
