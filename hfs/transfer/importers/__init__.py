"""The formats that conversations are imported from: a module per format, this one is their registry.

A format is told by the shape of its data, never by the name of a file. The order counts where two shapes are alike:
the first that fits is taken.
"""

from __future__ import annotations

from typing import Final

from hfs.transfer.importers import (
    aichat,
    aider,
    chatgpt,
    claude_ai,
    claude_code,
    codex,
    elia,
    gemini_cli,
    gptme,
    hfs_json,
    hfs_jsonl,
    hfs_markdown,
    librechat,
    llm,
    mistral_vibe,
    open_webui,
    openai,
    opencode,
    oterm,
    parllama,
    sharegpt,
)
from hfs.transfer.importers._kinds import (
    DatabaseFormat,
    Importer,
    RecordFormat,
    RefusedError,
    SourceFile,
    StreamFormat,
    TextFormat,
)

IMPORTERS: Final[tuple[Importer, ...]] = (
    *hfs_json.FORMATS,
    *hfs_jsonl.FORMATS,
    *hfs_markdown.FORMATS,
    *chatgpt.FORMATS,
    *claude_ai.FORMATS,
    *open_webui.FORMATS,
    *librechat.FORMATS,
    *claude_code.FORMATS,
    *codex.FORMATS,
    *gemini_cli.FORMATS,
    *gptme.FORMATS,
    *mistral_vibe.FORMATS,
    *llm.FORMATS,
    *opencode.FORMATS,
    *parllama.FORMATS,
    *elia.FORMATS,
    *oterm.FORMATS,
    *aichat.FORMATS,
    *aider.FORMATS,
    *sharegpt.FORMATS,
    *openai.FORMATS,
)

__all__ = [
    "IMPORTERS",
    "DatabaseFormat",
    "Importer",
    "RecordFormat",
    "RefusedError",
    "SourceFile",
    "StreamFormat",
    "TextFormat",
]
