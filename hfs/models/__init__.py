"""Model backends behind one protocol. Nothing here talks to a network until it is told to."""

from __future__ import annotations

from hfs.models.protocol import ModelBackend, ModelChoice, Prompt
from hfs.models.selection import choose_model, open_model

__all__ = ["ModelBackend", "ModelChoice", "Prompt", "choose_model", "open_model"]
