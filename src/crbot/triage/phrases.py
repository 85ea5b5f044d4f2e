"""Finds the phrases and lines of the rules in a message: whole words, whatever the case, dash or quote mark.

Which phrases there are stands in the rules; whether one counts where it is found, `context` decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
_BEFORE_WORD = re.compile(r"(?:(?<!\w)'|[^\w\s'@])(?=\w)")
_RUN = re.compile("[ >]{2,}|[\u00ad\u200b-\u200d\u2060\ufeff]+")
_REST_OF_WORD = re.compile(r"[\w']*")


class _Spaced:
    """A folded text in the form in which it is searched, and the way back to its offsets."""

    __slots__ = ("_breaks", "_shifts", "_spaces", "text")

    def __init__(self, folded: str) -> None:
        plain = _BEFORE_WORD.sub(" ", folded.translate(_BLANKS))
        pieces, self._breaks, self._shifts = [" "], [0], [-1]
        last, length = 0, 1
        for run in _RUN.finditer(plain):
            start, end = run.span()
            kept = " " if " " in run[0] or ">" in run[0] else ""
            pieces += (plain[last:start], kept)
            length += start - last + len(kept)
            self._breaks.append(length)
            self._shifts.append(end - length)
            last = end
        pieces.append(plain[last:])
        self.text = "".join(pieces)
        self._spaces: list[int] | None = None

    def original(self, offset: int) -> int:
        return offset + self._shifts[bisect_right(self._breaks, offset) - 1]

    def word(self, offset: int) -> int:
        """The number of the word that this offset lies in."""
        if self._spaces is None:
            self._spaces = [match.start() for match in re.finditer(" ", self.text)]
        return bisect_right(self._spaces, offset)


def _goes_on(text: str, end: int) -> bool:
    """The word goes on behind this offset: "can" in "canvas", in "can't", in an address."""
    return text[end].isalnum() or text[end] in "_@" or text.startswith("'t", end)


class _Pattern(NamedTuple):
    """A phrase that is searched for, and the atoms that it belongs to."""

    phrase: str
    is_prefix: bool
    skips: int  # 1 where it begins with the blank before its first word
    atoms: dict[int, str]  # atom -> where in the rules the phrase stands


class _Row(NamedTuple):
    """A line of a cue: which atoms it wants, one after the other."""

    atoms: tuple[int, ...]
    gaps: tuple[int, ...]
    cue: str
    line: Line


class _Found(NamedTuple):
    """A phrase found; words are counted from the beginning of the part."""

    start: int
    end: int
    first_word: int
    last_word: int
    pattern: _Pattern


class Phrases:
    """All phrases of the rules in one automaton: a search takes one pass, however many there are."""

    def __init__(
        self, lists: Mapping[str, Sequence[Line]], cues: Mapping[str, Sequence[Pieces]], faults: Faults
    ) -> None:
        """Compile word lists (name -> phrases) and cues ("fact:value" -> lines); what is wrong goes to `faults`."""
        self._lists = lists
        self._faults = faults
        self._patterns: dict[tuple[str, bool], _Pattern] = {}
        self._list_atoms: dict[str, int] = {}
        self._lengths: list[int] = []  # of each atom's shortest phrase: the longer, the seldomer it is met
        self._rows: dict[int, list[_Row]] = {}  # by their seldomest atom
        for name in lists:
            self._atom_of_list(name, Line("", ""))
        self._named = {atom: name for name, atom in self._list_atoms.items()}
        for cue, lines in cues.items():
            for pieces in lines:
                self._add_row(cue, pieces)
        self._ordered = list(self._patterns.values())
        self._automaton = ahocorasick_rs.AhoCorasick(
            [text for text, _ in self._patterns], matchkind=ahocorasick_rs.MatchKind.Standard
        )

    def find(self, folded: str) -> list[Hit]:
        """The phrases of all word lists in a folded text, overlapping ones too, in the order of their ends."""
        return [
            Hit(
                found.start, found.end, found.pattern.phrase, name, found.pattern.atoms[atom], -1, *found[2:4]
            )
            for found in self._search(folded)
            for atom in found.pattern.atoms
            if (name := self._named.get(atom)) is not None
        ]

    def scan(self, message: Message, sentences: Sequence[Sentence]) -> Scan:
        """Find every phrase and line in the sentences of a message; none reaches over the end of a sentence."""
        atoms: dict[tuple[int, int], list[_Found]] = {}
        for part, text in ((Part.SUBJECT, message.subject), (Part.BODY, message.body)):
            order = sorted((each.start, each.end, i) for i, each in enumerate(sentences) if each.part is part)
            starts = [start for start, _, _ in order]
            for found in self._search(fold(text)) if order else ():
                place = bisect_right(starts, found.start) - 1
                if place < 0 or found.end > order[place][1]:
                    continue
                for atom in found.pattern.atoms:
                    atoms.setdefault((atom, order[place][2]), []).append(found)
        return Scan(message, tuple(sentences), self, self._hits(atoms))

    def _search(self, folded: str) -> Iterator[_Found]:
        spaced = _Spaced(folded)
        text, length = spaced.text, len(spaced.text)
        for index, before, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            pattern = self._ordered[index]
            last = end
            if end < length and text[end - 1].isalnum() and _goes_on(text, end):
                if not pattern.is_prefix:
                    continue
                last = _REST_OF_WORD.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing, too
            first = before + pattern.skips
            yield _Found(
                spaced.original(first),
                spaced.original(last - 1) + 1,
                spaced.word(first),
                spaced.word(last - 1),
                pattern,
            )

    def _hits(self, atoms: Mapping[tuple[int, int], list[_Found]]) -> dict[str, dict[int, list[Hit]]]:
        """Hits by list or cue, and by sentence."""
        hits: dict[str, dict[int, list[Hit]]] = {}
        for (atom, sentence), founds in atoms.items():
            name = self._named.get(atom)
            if name is not None:
                hits.setdefault(name, {})[sentence] = [
                    Hit(
                        each.start,
                        each.end,
                        each.pattern.phrase,
                        name,
                        each.pattern.atoms[atom],
                        sentence,
                        *each[2:4],
                    )
                    for each in founds
                ]
            for row in self._rows.get(atom, ()):
                stages = [atoms.get((wanted, sentence)) for wanted in row.atoms]
                if all(stages):
                    found = _in_order([stage for stage in stages if stage], row, sentence)
                    if found:
                        hits.setdefault(row.cue, {}).setdefault(sentence, []).extend(found)
        return hits

    def _add_row(self, cue: str, pieces: Pieces) -> None:
        atoms = tuple(self._atom(atom, pieces.line) for atom in pieces.atoms)
        anchor = max(atoms, key=lambda atom: self._lengths[atom])
        self._rows.setdefault(anchor, []).append(_Row(atoms, pieces.gaps, cue, pieces.line))

    def _atom(self, atom: Atom, line: Line) -> int:
        if not atom.phrases and len(atom.lists) == 1:
            return self._atom_of_list(atom.lists[0], line)
        number = self._new_atom()
        self._fill(number, [Line(phrase, line.where) for phrase in atom.phrases])
        for name in atom.lists:
            self._fill(number, self._phrases_of(name, line))
        return number

    def _atom_of_list(self, name: str, line: Line) -> int:
        if name not in self._list_atoms:
            number = self._new_atom()
            self._list_atoms[name] = number
            self._fill(number, self._phrases_of(name, line))
        return self._list_atoms[name]

    def _new_atom(self) -> int:
        self._lengths.append(1_000)
        return len(self._lengths) - 1

    def _phrases_of(self, name: str, line: Line) -> Sequence[Line]:
        if name in self._lists:
            return self._lists[name]
        self._faults.add(line.where, f"{{{name}}} is no list of words; {meant(name, self._lists)}")
        return ()

    def _fill(self, atom: int, phrases: Iterable[Line]) -> None:
        for line in phrases:
            is_prefix = line.text.endswith("*")
            text = _Spaced(fold(line.text.removesuffix("*"))).text
            if not text.strip():
                continue
            skips = int(text[1].isalnum())  # a comma follows its word without a blank
            pattern = self._patterns.setdefault(
                (text[1 - skips :], is_prefix), _Pattern(line.text, is_prefix, skips, {})
            )
            pattern.atoms[atom] = line.where
            self._lengths[atom] = min(self._lengths[atom], len(text))


def _in_order(stages: list[list[_Found]], row: _Row, sentence: int) -> list[Hit]:
    """The places where one of each stage follows the one before, within the gaps of the row.

    Looks at each found phrase once: of several beginnings that lead to a phrase, the nearest is kept.
    """
    reached = [(each.last_word, each.start, each.first_word, each) for each in stages[0]]
    for stage, gap in zip(stages[1:], row.gaps, strict=True):
        reached.sort(key=lambda step: step[0])
        ends = [step[0] for step in reached]
        further = []
        for each in stage:
            nearest = bisect_left(ends, each.first_word) - 1
            if nearest >= 0 and each.first_word - ends[nearest] - 1 <= gap:
                before = reached[nearest]
                further.append((each.last_word, before[1], before[2], each))
        reached = further
    return [
        Hit(start, last.end, row.line.text, row.cue, row.line.where, sentence, first_word, last_word)
        for last_word, start, first_word, last in reached
    ]


@dataclass(frozen=True, slots=True)
class Scan:
    """A message cut into sentences, with every phrase and line of the rules that was found in them."""

    message: Message
    sentences: tuple[Sentence, ...]
    phrases: Phrases
    _hits: Mapping[str, Mapping[int, Sequence[Hit]]]  # list or cue -> index of the sentence -> hits

    def of(self, name: str) -> tuple[Hit, ...]:
        """All hits of a word list, or of a cue by "fact:value", in the order of the sentences."""
        by_sentence = self._hits.get(name, {})
        return tuple(hit for sentence in sorted(by_sentence) for hit in by_sentence[sentence])

    def in_sentence(self, sentence: Sentence | int, name: str) -> tuple[Hit, ...]:
        """The hits of a word list or cue in one sentence, told by itself or by its index."""
        index = sentence if isinstance(sentence, int) else self.sentences.index(sentence)
        return tuple(self._hits.get(name, {}).get(index, ()))

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

    def find(self, folded: str, name: str) -> tuple[Hit, ...]:
        """The phrases of one list in a folded text."""
        return tuple(hit for hit in self.phrases.find(folded) if hit.list == name)
