"""The titles that a message names, and what each makes of its bearer.

Whose they are is read in `claims`; titles stand in `words/titles.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from crbot.triage.fields import Field, read_fields
from crbot.triage.message import Person
from crbot.triage.phrases import Hit, Scan, Words, fold

_LISTS = ("head_title", "head_title_bare", "other_title")
_RANGED = (
    "chief",
    "director",
    "dir",
    "commissioner",
    "superintendent",
    "officer in charge",
    "officer-in-charge",
    "oic",
)  # of an agency, or of something within
SENDER = -1  # in place of a sentence's index: the sender's name


class Rank(Enum):
    """What a title makes of its bearer."""

    HEAD = auto()
    BARE = auto()  # a head's title of an agency that is not named beside it: "Chief", "Director"
    OTHER = auto()
    PAST = auto()
    FUTURE = auto()


@dataclass(frozen=True, slots=True)
class Title:
    """A title where it stands."""

    rank: Rank
    phrase: str  # folded
    where: Field
    start: int
    end: int

    @property
    def before(self) -> str:
        """What stands before it in its sentence, folded."""
        return fold(self.where.text[self.where.start : self.start])

    @property
    def after(self) -> str:
        return fold(self.where.text[self.end : self.where.end])

    @property
    def is_head(self) -> bool:
        return self.rank in (Rank.HEAD, Rank.BARE)


def read_titles(scan: Scan, words: Words) -> Mapping[int, Sequence[Title]]:
    """The titles by the index of their sentence, in order; those in the sender's name under `SENDER`."""
    ranks = _Ranks(scan.message.sender, words)
    return {where.index: found for where in read_fields(scan, _LISTS) if (found := ranks.titles(where))}


class _Ranks:
    """Tells the rank of the titles of one message."""

    def __init__(self, sender: Person, words: Words) -> None:
        self._words = words
        self._names = word_list(sender.name.split(",")[0].split("(")[0].split(" - ")[0])

    def titles(self, where: Field) -> list[Title]:
        hits = (hit for hit in where.longest(*_LISTS) if not self._is_no_title(where, hit))
        return [Title(self._rank(where, hit), fold(hit.phrase), where, hit.start, hit.end) for hit in hits]

    def _is_no_title(self, where: Field, hit: Hit) -> bool:
        """ "Dean" as the sender's surname; "a 9-officer department"."""
        phrase = fold(hit.phrase)
        is_surname = len(self._names) > 1 and phrase == self._names[-1]
        before = where.before(hit.start, 2)
        is_joined = before[-1:] == "-" and before[:1].isalnum() and len(before) > 1
        return (is_surname and phrase in self._words.of("title_surname")) or is_joined

    def _rank(self, where: Field, hit: Hit) -> Rank:
        rank = {"head_title": Rank.HEAD, "head_title_bare": Rank.BARE, "other_title": Rank.OTHER}[hit.list]
        phrase, of = fold(hit.phrase), self._words.of
        before = word_list(where.before(hit.start, 60))
        after = word_list(fold(where.text[hit.end : where.end]).replace("-", " "))
        last = next((word for word in reversed(before) if word != "the"), "")
        following = after[0] if after else ""
        is_passed = last == "past" and before[-1:] != ["past"]  # "run it past the Chief"
        if (
            (last in of("title_past") and not is_passed)
            or following in of("title_past")
            or after[1:2] in (["ret"], ["retired"])
        ):
            return Rank.PAST
        if last in of("title_future") or (following in of("title_future") and following != "next"):
            return Rank.FUTURE
        if rank is Rank.OTHER:
            return rank
        if last in of("title_lower") and not phrase.startswith(("acting", "interim")):
            return Rank.OTHER
        if rank is Rank.BARE and phrase in of("title_ranged") and before[-1:] == ["a"]:
            return Rank.OTHER  # one of several
        if rank is Rank.BARE and phrase == "chief" and last in ("interim", "acting"):
            return Rank.HEAD
        return self._of_what(after) or rank if rank is Rank.BARE and phrase in _RANGED else rank

    def _of_what(self, after: Sequence[str]) -> Rank | None:
        """ "Chief of …": of police, or of something within."""
        if len(after) < 2 or after[0] not in ("of", "for"):
            return None
        rest = [word for word in after[1:7] if word not in ("the", "our", "your", "a")]
        if not self._words.of("title_of_police").isdisjoint(rest[:5]):
            return Rank.HEAD
        return Rank.OTHER if rest and rest[0] in self._words.of("title_of_part") else None


def word_list(text: str) -> list[str]:
    """The folded words of a text, without the marks around them."""
    return [token for word in fold(text).split() if (token := word.strip('.,;:!?*_()[]<>"|/&-•·@'))]
