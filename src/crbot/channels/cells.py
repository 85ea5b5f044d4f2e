"""Cells of a table that a spreadsheet opens: text stays text. What is in them, their tables tell."""

from __future__ import annotations

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """Text that no spreadsheet takes for a formula; several values are parted by "; "."""
    text = "; ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
