"""Counts that can be drawn. How they are counted is `figures`' and `digest`'s; how they are drawn, the channels'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts by category, in one series or several."""

    title: str
    categories: tuple[str, ...]
    series: Mapping[str, tuple[int, ...]]  # name -> a count for each category

    @property
    def is_empty(self) -> bool:
        return not any(any(counts) for counts in self.series.values())

    @property
    def in_words(self) -> str:
        """The same for who does not see it: "received 2, delivery 1"."""
        sums = map(sum, zip(*self.series.values(), strict=True))
        return ", ".join(f"{name} {count}" for name, count in zip(self.categories, sums, strict=True))
