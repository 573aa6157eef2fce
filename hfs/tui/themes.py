"""The colours of hfs: one theme for dark terminals, one for light ones."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = Theme(
    name="hfs-dark",
    primary="#6CA6E0",
    secondary="#8FB8A8",
    accent="#E0B56C",
    warning="#E0B56C",
    error="#E07A7A",
    success="#8FBF7F",
    foreground="#D8DEE6",
    background="#14181D",
    surface="#1A2027",
    panel="#222A33",
    dark=True,
)
LIGHT: Final = Theme(
    name="hfs-light",
    primary="#1F5FA8",
    secondary="#2F6F5E",
    accent="#8A5A00",
    warning="#8A5A00",
    error="#A82A2A",
    success="#2F6F2F",
    foreground="#20262E",
    background="#FAFAF7",
    surface="#F1F1EC",
    panel="#E4E5DF",
    dark=False,
)
