"""Where a message names a state or a territory: by name, by postal code, by the sender's domain.

Which of them is the agency's, `agency` decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

from crbot.triage import shapes
from crbot.triage.facts import Part
from crbot.triage.fields import Field
from crbot.triage.phrases import Hit, Words, fold

CODES = frozenset({
    "al", "ak", "az", "ar", "ca", "co", "ct", "de", "dc", "fl", "ga", "hi", "id", "il", "in", "ia", "ks", "ky", "la",
    "me", "md", "ma", "mi", "mn", "ms", "mo", "mt", "ne", "nv", "nh", "nj", "nm", "ny", "nc", "nd", "oh", "ok", "or",
    "pa", "ri", "sc", "sd", "tn", "tx", "ut", "vt", "va", "wa", "wv", "wi", "wy", "pr", "gu", "vi", "as", "mp",
})  # fmt: skip
TERRITORIES = frozenset({"pr", "gu", "vi", "as", "mp"})

# Codes that are words, too: read as states only where a place or a comma stands before them.
_WORDLIKE = frozenset({
    "in", "or", "me", "ok", "hi", "oh", "as", "id", "pa", "la", "ma", "co", "de", "al", "mo", "ms", "mi", "ne",
})  # fmt: skip
_MOST_CODES = 200
_DIRECTIONS = ("northern", "southern", "eastern", "western", "central", "rural")
_BEFORE_STATE = frozenset(
    {"", "in", "of", "here in", "up in", "down in", *(f"in {each}" for each in _DIRECTIONS)}
)


@dataclass(frozen=True, slots=True)
class Place:
    """A state, where it is named."""

    code: str
    start: int
    end: int


class States:
    """The states that are named in the fields of a message."""

    def __init__(self, fields: Sequence[Field], words: Words) -> None:
        self._words = words
        codes = _codes(fields)
        self._places = {each.index: self._read(each, codes.get(each.index, [])) for each in fields}

    def within(self, where: Field) -> list[Place]:
        return self._places.get(where.index, [])

    def ending(self, where: Field, end: int) -> Place | None:
        """The state whose name ends here, or a mark before."""
        return next((each for each in self.within(where) if 0 <= end - each.end <= 2), None)

    def starting(self, where: Field, start: int) -> Place | None:
        """The state whose name begins here, or after a bracket."""
        return next((each for each in self.within(where) if 0 <= each.start - start <= 1), None)

    def after(self, where: Field, end: int) -> Place | None:
        """The state that follows a name: ", Ohio", "(OH)", "in northern Ohio"."""
        for place in self.within(where):
            gap = fold(where.text[end : place.start]).strip(" ,(-.")
            if 0 <= place.start - end <= 24 and gap in _BEFORE_STATE:
                return place
        return None

    def code(self, hit: Hit, kind: str) -> str:
        """The state in whose list a phrase stands; `kind` is the beginning of the lists' names."""
        return _codes_of(self._words, kind).get(fold(hit.phrase), "")

    def named(self, text: str) -> Iterator[tuple[str, str, Hit]]:
        """What in a folded name tells a state: the kind of list, the state, the hit."""
        for hit in self._words.phrases.find(text):
            kind, _, code = hit.list.partition("_")
            if kind in ("place", "state") and code in CODES and not self._is_part_of_name(text, hit.end):
                yield kind, code, hit

    def _read(self, where: Field, codes: list[Place]) -> list[Place]:
        found = [
            Place(self.code(hit, "state"), hit.start, hit.end) for hit in where.hits("any_state")
        ] + codes
        if not found:
            return found
        kept: list[Place] = []
        for place in sorted(found, key=lambda each: (each.start, -each.end)):
            if kept and place.start < kept[-1].end:
                continue
            if not self._is_part_of_name(where.text, place.end):
                kept.append(place)
        return kept

    def _is_part_of_name(self, text: str, end: int) -> bool:
        """The state's name goes on as another: "Oklahoma City", "Delaware County"."""
        if text[end : end + 1] != " ":
            return False
        following = fold(text[end + 1 : end + 16]).split(" ", 1)[0].strip(".,;:!?)'")
        return following in self._words.of("not_a_state_after")


@lru_cache(maxsize=8)
def _codes_of(words: Words, kind: str) -> Mapping[str, str]:
    """The state in whose list each phrase stands, the phrases folded."""
    return {phrase: code for code in CODES for phrase in words.of(f"{kind}_{code}")}


def _codes(fields: Sequence[Field]) -> dict[int, list[Place]]:
    """Postal codes, by the field that they stand in."""
    found: dict[int, list[Place]] = {}
    for part in (Part.SUBJECT, Part.BODY, Part.SENDER):
        here = [each for each in fields if each.part is part]
        if not here:
            continue
        starts, text = [each.start for each in here], here[0].text
        for start, end in islice(chain(shapes.codes(text), shapes.low_codes(fold(text))), _MOST_CODES):
            where = here[max(0, bisect_right(starts, start) - 1)]
            if where.start <= start < where.end and _is_code(where, start, end):
                found.setdefault(where.index, []).append(Place(fold(text[start:end]), start, end))
    return found


def _is_code(where: Field, start: int, end: int) -> bool:
    """Two letters are the code of a state, not a word."""
    raw = where.text[start:end]
    core = fold(raw)
    if core not in CODES or fold(where.text[end : end + 2]) == "'d":  # "OK'd"
        return False
    if start == where.start:
        return bool(where.label)
    before = where.text[where.start : start].rstrip()
    has_zip = where.text[end : end + 7].lstrip(" .,")[:5].isdigit() and len(where.text) >= end + 6
    if has_zip:
        return True
    if raw.islower():
        return core not in _WORDLIKE or before.endswith("(")
    if core == "ia" and where.text[end : end + 2].strip()[:1].islower():
        return False  # internal affairs
    if before.endswith((",", "(")):
        return True
    if core not in _WORDLIKE:
        return True
    last = before.split()[-1:] or [""]
    is_after_name = last[0].lstrip("(\"'“")[:1].isupper() or not any(char.isupper() for char in before)
    return is_after_name and not where.is_shouted


def domain_state(labels: Sequence[str], words: Words) -> str | None:
    """The state in the labels of a domain: "ci.town.oh.us", "police.town-ma.gov", "town-iowa.gov"."""
    if labels and labels[-1] in TERRITORIES:
        return labels[-1]
    for i, label in enumerate(labels[:-1]):
        if i > 0 and label in CODES and ("us" in labels[i + 1 :] or "gov" in labels[i + 1 :]):
            return label
        head, _, tail = label.rpartition("-")
        if head and tail in CODES:
            return tail
        if head and tail and (code := _named(tail, words)) is not None:
            return code
    return None


def is_state_name(letters: str, words: Words) -> bool:
    """The letters are those of a state's name, blanks left out."""
    return _named(letters, words) is not None


def _named(letters: str, words: Words) -> str | None:
    for code in CODES:
        if any(letters == phrase.replace(" ", "") for phrase in words.of(f"state_{code}")):
            return code
    return None
