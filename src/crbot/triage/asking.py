"""Which of the sender's sentences ask for something, and what is said not to be wanted.

What is asked for is `wants`' affair.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from crbot.triage.facts import Part
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan

_SPOKEN = frozenset({Role.OWN, Role.FORWARDED})
MOST = 20  # phrases of one kind that are looked at in one sentence: no sentence of a person holds more
_REACH = 8  # words over which "we don't want" denies what follows
_CLAUSE_ENDS = ",;:"
_BULLETS = "-*•·–—▪◦"
_MARK = 4  # characters that the mark of a list item takes at most
_LONGEST_NUMBER = 3  # characters that a number before an item stays below, unless it is a Roman one
_ROMAN = frozenset("ivx")
_COUNTS = frozenset("a an one two three four five six seven eight nine ten twelve twenty several".split())
_HEADING = 8  # words that a heading above a list has at most


@dataclass(frozen=True)
class Asking:
    """The sentences of a message in their standing to what is asked for; sentences are told by their index."""

    scan: Scan

    @cached_property
    def own(self) -> tuple[int, ...]:
        """The sentences that are the sender's words, the subject first."""
        return tuple(i for i, each in enumerate(self.scan.sentences) if each.role in _SPOKEN)

    @cached_property
    def _own(self) -> frozenset[int]:
        return frozenset(self.own)

    def is_own(self, sentence: int) -> bool:
        return sentence in self._own

    @cached_property
    def subject(self) -> tuple[int, ...]:
        return tuple(i for i in self.own if self.scan.sentences[i].part is Part.SUBJECT)

    @cached_property
    def body(self) -> tuple[int, ...]:
        return tuple(i for i in self.own if self.scan.sentences[i].part is Part.BODY)

    @cached_property
    def items(self) -> frozenset[int]:
        """The items of lists whose heading asks: "We would like: (1) … (2) …"."""
        return frozenset(i for i, is_listed, _ in self._read if is_listed)

    @cached_property
    def sentences(self) -> frozenset[int]:
        """The sentences of the body that ask, list items and continuations with them."""
        return frozenset(i for i, _, asks in self._read if asks)

    @cached_property
    def _read(self) -> tuple[tuple[int, bool, bool], ...]:
        """Each sentence of the body, whether it is an item of a list that asks, and whether it asks."""
        read = []
        under_heading = asked_before = False
        for i in self.body:
            sentence = self.scan.sentences[i]
            is_item = self._is_item(sentence) or (under_heading and _is_counted(sentence))
            is_listed = is_item and under_heading
            wants = self._wants(i) or self._is_headed(i, sentence)
            asked_before = wants or is_listed or (asked_before and self._begins_with(i, "goes_on"))
            read.append((i, is_listed, asked_before))
            under_heading = self._opens_list(i, sentence, wants) or (under_heading and is_item)
        return tuple(read)

    def _wants(self, i: int) -> bool:
        denied = self.scan.in_sentence(i, "unwanted")[:MOST]
        return self._begins_with(i, "bid") or any(
            not any(no.start <= want.start < no.end for no in denied)
            for want in self.scan.in_sentence(i, "want")[:MOST]
        )

    def _is_headed(self, i: int, sentence: Sentence) -> bool:
        """The label before the colon says that what follows is wanted: "Assistance requested: …"."""
        label, colon, _ = sentence.text.partition(":")
        limit = sentence.start + len(label) + 1
        return bool(colon) and any(hit.end <= limit for hit in self.scan.in_sentence(i, "want_heading"))

    def _begins_with(self, i: int, name: str) -> bool:
        """The sentence begins with a phrase of a list: with one that asks, or that goes on with the one before."""
        sentence = self.scan.sentences[i]
        opening = sentence.start + len(sentence.text) - len(sentence.text.lstrip(" \t\r\n(*-•"))
        return any(hit.start <= opening for hit in self.scan.in_sentence(i, name))

    def _opens_list(self, i: int, sentence: Sentence, wants: bool) -> bool:
        if not wants and not self.scan.in_sentence(i, "want_heading"):
            return False
        words = sentence.text.split()
        if len(words) < _HEADING:
            return True
        return words[-2 if _is_mark(words[-1]) else -1].endswith((":", "-"))

    def _is_item(self, sentence: Sentence) -> bool:
        """The line that the sentence stands in begins with a bullet or a number, or a number stands before it."""
        if _is_mark(sentence.text.split(maxsplit=1)[0]):
            return True
        body = self.scan.message.body
        line = body[body.rfind("\n", 0, sentence.start + 1) + 1 : sentence.end].lstrip()
        if _is_mark(line[:_MARK].split(maxsplit=1)[0] if line.strip() else ""):
            return True
        before = body[max(0, sentence.start - 2 * _MARK) : sentence.start].split()
        return len(before) > 1 and _is_mark(before[-1]) and before[-2][-1] in ".,;:"

    def is_unwanted(self, hit: Hit) -> bool:
        """Tells whether "we don't want", "instead of" and the like stand in the hit, or before it in its clause."""
        return any(
            (
                hit.start < trigger.start
                and trigger.end < hit.end
                and not self._turns(trigger.end, hit.end, hit)
            )
            or (
                trigger.end <= hit.start + 1
                and hit.first_word - trigger.last_word <= _REACH
                and not self._turns(trigger.end, hit.start, hit)
            )
            for trigger in self.scan.in_sentence(hit.sentence, "unwanted")[:MOST]
        )

    def _turns(self, start: int, end: int, hit: Hit) -> bool:
        """Between a denial and what it might deny something else begins."""
        between = self.scan.text(hit.sentence)[start:end]
        return any(mark in between for mark in _CLAUSE_ENDS) or any(
            start <= turn.start < end
            for turn in self.scan.in_sentence(hit.sentence, "wanted_after_all")[:MOST]
        )

    def around(self, reach: tuple[int, int]) -> Iterator[int]:
        """The subject, and the sentences that stand so many before and after one that asks."""
        near = {asked + step for asked in self.sentences for step in range(reach[0], reach[1] + 1)}
        return (i for i in self.own if i in near or i in self.subject)


def _is_counted(sentence: Sentence) -> bool:
    """A short line that begins with a number: "1 - Tahoe", "Two patrol rifles"."""
    words = sentence.text.split()
    first = words[0].strip("-–*•.,").lower()
    is_line = len(words) <= _HEADING and not words[-1].endswith(".")
    return is_line and (first.rstrip("x").isdigit() or first in _COUNTS)


def _is_mark(word: str) -> bool:
    """A bullet, or a number or letter as it stands before an item: "-", "1.", "(b)"."""
    number = word.strip("().:")
    is_number = number.isalnum() and (len(number) < _LONGEST_NUMBER or _ROMAN.issuperset(number.lower()))
    return word[:1] in _BULLETS or (word[-1:] in ").:" and is_number)
