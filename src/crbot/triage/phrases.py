"""Finds the phrases and lines of the rules in a message: whole words, whatever the case, dash or quote mark.

Which phrases there are stands in the rules; whether one counts where it is found, `context` decides.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import ahocorasick_rs

from crbot.triage.facts import Part
from crbot.triage.message import Message
from crbot.triage.notation import Atom, Faults, Line, Pieces, meant

if TYPE_CHECKING:
    from crbot.triage.passages import Sentence


class _FoldTable(dict[int, str]):
    """Case, quote marks, dashes and blanks, one character for one; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        lower = chr(code).lower()
        self[code] = lower if len(lower) == 1 else chr(code)  # "İ" would become two characters
        return self[code]


_FOLD = _FoldTable(
    {
        **{ord(mark): "'" for mark in "‘’‚‛′`´ʼ＇"},
        **{ord(mark): '"' for mark in "“”„‟″«»＂"},
        **{ord(mark): "-" for mark in "‐‑‒–—―−﹘﹣－"},
        **{ord(mark): " " for mark in "\u00a0\u1680\u202f\u205f\u3000"},
        **dict.fromkeys(range(8192, 8203), " "),
    }
)


def fold(text: str) -> str:
    """Return the text with case, quote marks, dashes and blanks made equal; every character keeps its place."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


class Hit(NamedTuple):
    """A phrase or line of the rules, found."""

    start: int  # offset in characters in its part of the message
    end: int
    phrase: str  # as the rules have it
    list: str  # the word list, or "fact:value" of the cue
    where: str  # "words/titles.yaml:12"
    sentence: int = -1  # index in `Scan.sentences`
    first_word: int = 0  # words counted from the beginning of the part, for distances
    last_word: int = 0


# The form in which phrases are searched for: each word that begins has exactly one blank before it, so that
# the search itself tells where words begin.

_BLANKS = str.maketrans("\t\n\v\f\r", "     ")
_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"  # characters without width, which may stand inside a word
_BEFORE_WORD = re.compile(rf"(?:(?<!\w)'|[^\w\s'@{_UNSEEN}])(?=\w)")
_RUN = re.compile(rf"[ >]{{2,}}|[{_UNSEEN}]+")
_REST_OF_WORD = re.compile(r"[\w']*")


class _Spaced:
    """A folded text in the form in which it is searched, and the way back to its offsets."""

    __slots__ = ("_breaks", "_origins", "_shifts", "_spaces", "text")

    def __init__(self, folded: str) -> None:
        plain = _BEFORE_WORD.sub(" ", folded.translate(_BLANKS))
        pieces, self._breaks, self._shifts, self._origins = [" "], [0], [-1], [-1]
        last, length = 0, 1
        for run in _RUN.finditer(plain):
            start, end = run.span()
            kept = " " if " " in run[0] or ">" in run[0] else ""
            pieces += (plain[last:start], kept)
            length += start - last + len(kept)
            self._breaks.append(length)
            self._shifts.append(end - length)
            self._origins.append(end)
            last = end
        pieces.append(plain[last:])
        self.text = "".join(pieces)
        self._spaces: list[int] | None = None

    def searched(self, offset: int) -> int:
        """Where a character of the folded text stands in the searched form."""
        place = bisect_right(self._origins, offset) - 1
        found = max(offset - self._shifts[place], self._breaks[place])
        return min(
            [found, *self._breaks[place + 1 : place + 2]]
        )  # what lies in a run of blanks stands after it

    def hit(self, start: int, end: int, name: str, line: Line, sentence: int) -> Hit:
        """A hit by its place in the searched form."""
        return Hit(
            self.original(start),
            self.original(end - 1) + 1,
            line.text,
            name,
            line.where,
            sentence,
            self.word(start),
            self.word(end - 1),
        )

    def original(self, offset: int) -> int:
        return offset + self._shifts[bisect_right(self._breaks, offset) - 1]

    def word(self, offset: int) -> int:
        """The number of the word that this offset lies in."""
        if self._spaces is None:
            self._spaces = [match.start() for match in re.finditer(" ", self.text)]
        return bisect_right(self._spaces, offset)


class _Pattern:
    """A phrase that is searched for, and what it belongs to."""

    __slots__ = ("is_piece", "is_prefix", "lists", "number", "rows", "skips")

    def __init__(self, number: int, is_prefix: bool, skips: int) -> None:
        self.number = number
        self.is_prefix = is_prefix
        self.skips = skips  # 1 where it begins with the blank before its first word
        self.lists: dict[str, Line] = {}  # list or cue that it is found for -> the line of the rules
        self.is_piece = False  # of a line of several pieces
        self.rows: list[_Row] = []  # such lines, where it stands for their seldomest piece


class _Row(NamedTuple):
    """A line of several pieces: the patterns that can fill each, one after the other."""

    number: int
    atoms: tuple[frozenset[int], ...]
    gaps: tuple[int, ...]
    cue: str
    line: Line


MOST_IN_SENTENCE = 100  # hits of one list; a sentence that holds more was not written by a person

_Found = tuple[int, int, _Pattern]  # start and end in the searched form


class Phrases:
    """All phrases of the rules in one automaton: a search takes one pass, however many there are."""

    def __init__(
        self, lists: Mapping[str, Sequence[Line]], cues: Mapping[str, Sequence[Pieces]], faults: Faults
    ) -> None:
        """Compile word lists (name -> phrases) and cues ("fact:value" -> lines); what is wrong goes to `faults`."""
        self._lists = lists
        self._faults = faults
        self._patterns: dict[tuple[str, bool], _Pattern] = {}
        self._ordered: list[_Pattern] = []
        self._atoms: dict[Atom, frozenset[int]] = {}
        self._lengths: dict[frozenset[int], int] = {}  # of a piece's shortest phrase
        self._row_count = 0
        for name, lines in lists.items():
            for line in lines:
                self._add_to_list(name, line.text, line)
        for cue, cue_lines in cues.items():
            for pieces in cue_lines:
                self._add_line(cue, pieces)
        self._automaton = ahocorasick_rs.AhoCorasick(
            [text for text, _ in self._patterns], matchkind=ahocorasick_rs.MatchKind.Standard
        )
        self._latest: tuple[str, _Spaced, list[_Found]] = ("", _Spaced(""), [])

    def find(self, folded: str) -> list[Hit]:
        """The phrases of all word lists in a folded text, overlapping ones too, in the order of their ends."""
        spaced, found = self._search(folded)
        return [
            spaced.hit(start, end, name, line, -1)
            for start, end, pattern in found
            for name, line in pattern.lists.items()
            if name in self._lists
        ]

    def scan(self, message: Message, sentences: Sequence[Sentence]) -> Scan:
        """Find every phrase and line in the sentences of a message; none reaches over the end of a sentence."""
        scan = Scan(message, tuple(sentences), self)
        for part, text in ((Part.BODY, message.body), (Part.SUBJECT, message.subject)):
            order = sorted((each.start, each.end, i) for i, each in enumerate(sentences) if each.part is part)
            if order:
                spaced, found = self._search(fold(text))
                self._distribute(scan, spaced, found, order)
        return scan

    def _search(self, folded: str) -> tuple[_Spaced, list[_Found]]:
        """Every phrase in a text, whole words only. The latest text is remembered: it is asked for twice."""
        remembered, spaced, found = self._latest
        if remembered == folded:
            return spaced, found
        spaced, found = _Spaced(folded), []
        text, length, ordered = spaced.text, len(spaced.text), self._ordered
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            pattern = ordered[index]
            if end < length and text[end] != " " and text[end - 1].isalnum() and _goes_on(text, end):
                if not pattern.is_prefix:
                    continue
                end = _REST_OF_WORD.match(text, end).end()  # type: ignore[union-attr]  # noqa: PLW2901  # it matches nothing, too
            found.append((start + pattern.skips, end, pattern))
        self._latest = (folded, spaced, found)
        return spaced, found

    def _distribute(
        self, scan: Scan, spaced: _Spaced, found: list[_Found], order: list[tuple[int, int, int]]
    ) -> None:
        """Give every sentence what was found in it, and the lines that this makes."""
        starts = [spaced.searched(start) for start, _, _ in order]
        ends = [spaced.searched(end - 1) + 1 for _, end, _ in order]
        pieces: dict[int, dict[int, list[_Found]]] = {}
        candidates: dict[int, dict[int, _Row]] = {}
        for each in found:
            place = bisect_right(starts, each[0]) - 1
            if place < 0 or each[1] > ends[place]:
                continue
            sentence, pattern = order[place][2], each[2]
            if pattern.lists:
                scan.note(sentence, spaced, each)
            if pattern.is_piece:
                same = pieces.setdefault(sentence, {}).setdefault(pattern.number, [])
                if len(same) < MOST_IN_SENTENCE:
                    same.append(each)
            if pattern.rows:
                rows = candidates.setdefault(sentence, {})
                for row in pattern.rows:
                    rows[row.number] = row
        for sentence, rows in candidates.items():
            present = pieces[sentence]
            for row in rows.values():
                if not any(atom.isdisjoint(present) for atom in row.atoms):
                    scan.add(_in_order(row, present, sentence, spaced))

    # -- compiling

    def _add_line(self, cue: str, pieces: Pieces) -> None:
        if len(pieces.atoms) == 1:
            for phrase in self._phrases_of(pieces.atoms[0], pieces.line):
                self._add_to_list(cue, phrase, pieces.line)
            return
        atoms = tuple(self._atom(atom, pieces.line) for atom in pieces.atoms)
        row = _Row(self._row_count, atoms, pieces.gaps, cue, pieces.line)
        self._row_count += 1
        for number in max(atoms, key=lambda atom: self._lengths[atom]):  # the longer, the seldomer it is met
            self._ordered[number].rows.append(row)

    def _add_to_list(self, name: str, phrase: str, line: Line) -> None:
        pattern = self._pattern(phrase)
        if pattern is not None:
            pattern[0].lists.setdefault(name, line)

    def _atom(self, atom: Atom, line: Line) -> frozenset[int]:
        """The patterns that can fill a piece; pieces that are written alike share them."""
        if atom not in self._atoms:
            patterns = [found for phrase in self._phrases_of(atom, line) if (found := self._pattern(phrase))]
            for pattern, _ in patterns:
                pattern.is_piece = True
            numbers = self._atoms[atom] = frozenset(pattern.number for pattern, _ in patterns)
            self._lengths[numbers] = min((length for _, length in patterns), default=0)
        return self._atoms[atom]

    def _phrases_of(self, atom: Atom, line: Line) -> Iterable[str]:
        yield from atom.phrases
        for name in atom.lists:
            if name in self._lists:
                yield from (each.text for each in self._lists[name])
            else:
                self._faults.add(line.where, f"{{{name}}} is no list of words; {meant(name, self._lists)}")

    def _pattern(self, phrase: str) -> tuple[_Pattern, int] | None:
        """The pattern of a phrase, with its length; None for a phrase without a letter."""
        is_prefix = phrase.endswith("*")
        folded = fold(phrase.removesuffix("*").strip())
        text = _Spaced(folded).text
        if not text.strip():
            return None
        if folded[0] == "'" and folded[1:2].isalpha():  # the end of a word: "'s back"
            text = " '" + text.lstrip()
        skips = int(text[1].isalnum())  # a comma follows its word without a blank
        key = (text[1 - skips :], is_prefix)
        if key not in self._patterns:
            self._patterns[key] = _Pattern(len(self._ordered), is_prefix, skips)
            self._ordered.append(self._patterns[key])
        return self._patterns[key], len(text)


def _goes_on(text: str, end: int) -> bool:
    """The word goes on behind this offset: "can" in "canvas", in "can't", in an address."""
    return text[end].isalnum() or text[end] in "_@" or text.startswith("'t", end)


def _in_order(row: _Row, present: Mapping[int, list[_Found]], sentence: int, spaced: _Spaced) -> list[Hit]:
    """The places where the pieces of a row follow one another within its gaps.

    Looks at each found phrase once: of several beginnings that lead to a phrase, the nearest is kept.
    """
    stages = [
        [each for number, same in present.items() if number in atom for each in same] for atom in row.atoms
    ]
    word = spaced.word
    reached = sorted((word(end - 1), end, start) for start, end, _ in stages[0])
    for stage, gap in zip(stages[1:], row.gaps, strict=True):
        further = []
        for start, end, _ in stage:
            first = word(start)
            nearest = bisect_right(reached, (first, start, start)) - 1  # that ends before this begins
            if nearest >= 0 and first - reached[nearest][0] - 1 <= gap:
                further.append((word(end - 1), end, reached[nearest][2]))
        if not further:
            return []
        reached = sorted(further)
    return [spaced.hit(start, end, row.cue, row.line, sentence) for _, end, start in reached]


class Scan:
    """A message cut into sentences, with every phrase and line of the rules that was found in them."""

    __slots__ = ("_hits", "_noted", "_sentences_of", "message", "phrases", "sentences")

    def __init__(self, message: Message, sentences: tuple[Sentence, ...], phrases: Phrases) -> None:
        self.message = message
        self.sentences = sentences
        self.phrases = phrases
        self._noted: dict[tuple[int, str], list[tuple[_Found, _Spaced]]] = {}  # made into hits when asked for
        self._hits: dict[tuple[int, str], tuple[Hit, ...]] = {}
        self._sentences_of: dict[str, set[int]] = {}  # list or cue -> the sentences that hold it

    def note(self, sentence: int, spaced: _Spaced, found: _Found) -> None:
        """Keep a phrase that was found, under each list and cue that it belongs to."""
        for name in found[2].lists:
            noted = self._noted.get((sentence, name))
            if noted is None:
                self._noted[sentence, name] = [(found, spaced)]
                self._sentences_of.setdefault(name, set()).add(sentence)
            elif len(noted) < MOST_IN_SENTENCE:
                noted.append((found, spaced))

    def add(self, hits: Sequence[Hit]) -> None:
        """Add the hits of one line in one sentence."""
        if hits:
            key = (hits[0].sentence, hits[0].list)
            self._hits[key] = (*self._hits.get(key, ()), *hits)[:MOST_IN_SENTENCE]
            self._sentences_of.setdefault(hits[0].list, set()).add(hits[0].sentence)

    def of(self, name: str) -> tuple[Hit, ...]:
        """All hits of a word list, or of a cue by "fact:value", in the order of the sentences."""
        sentences = self._sentences_of.get(name)
        if not sentences:
            return ()
        return tuple(hit for sentence in sorted(sentences) for hit in self.in_sentence(sentence, name))

    def in_sentence(self, sentence: Sentence | int, name: str) -> tuple[Hit, ...]:
        """The hits of a word list or cue in one sentence, told by itself or by its index."""
        if name not in self._sentences_of:
            return ()
        index = sentence if isinstance(sentence, int) else self.sentences.index(sentence)
        key = (index, name)
        noted = self._noted.pop(key, None)
        if noted:
            made = tuple(
                spaced.hit(start, end, name, pattern.lists[name], index)
                for (start, end, pattern), spaced in noted
            )
            self._hits[key] = (*self._hits.get(key, ()), *made)
        return self._hits.get(key, ())

    def sentence_of(self, hit: Hit) -> Sentence:
        return self.sentences[hit.sentence]

    def text(self, sentence: int) -> str:
        """The whole text of the part that a sentence stands in; offsets count in it."""
        return self.message.subject if self.sentences[sentence].part is Part.SUBJECT else self.message.body

    def text_of(self, hit: Hit) -> str:
        """The words found, as the sender wrote them."""
        return self.text(hit.sentence)[hit.start : hit.end]


@dataclass(frozen=True, slots=True)
class Words:
    """The word lists of the rules, for those who read a text by themselves."""

    lists: Mapping[str, tuple[str, ...]]  # name -> phrases as the rules have them
    phrases: Phrases
    folded: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the same, folded

    def of(self, name: str) -> frozenset[str]:
        """The folded phrases of a list; empty where the rules have no such list."""
        return self.folded.get(name, frozenset())
