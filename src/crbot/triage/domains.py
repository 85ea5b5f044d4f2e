"""What the labels of a mail domain say of a place; which place a message means, `names` decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crbot.triage.phrases import Words
from crbot.triage.states import CODES, is_state_name


def stems_in(labels: Sequence[str], words: Words, shortest: int) -> Iterator[str]:
    """What a place's name may be in the labels of a domain, as letters: "cityofhollow-mt", "hollowpd" → "hollow"."""
    for label in labels:
        stem = without_state(label, words)
        for opening in words.of("domain_opening"):
            stem = stem.removeprefix(opening)
        for ending in words.of("domain_ending"):
            stem = stem.removesuffix(ending)
        for each in (without_state(label, words), stem):
            letters = "".join(char for char in each if char.isalnum())
            if len(letters) >= shortest:
                yield letters


def without_state(label: str, words: Words) -> str:
    """A label without the state at its end: "hollow-mt" → "hollow"."""
    head, _, tail = label.rpartition("-")
    return head if head and (tail in CODES or is_state_name(tail, words)) else label
