"""Finds the phrases and lines of the rules in a message: whole words, whatever the case, dash or quote mark.

Which phrases there are stands in the rules; whether one counts where it is found, `context` decides.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

import ahocorasick_rs

from crbot.triage.facts import Part
from crbot.triage.message import Message
from crbot.triage.notation import Atom, Faults, Line, Pieces, meant

if TYPE_CHECKING:
    from crbot.triage.passages import Sentence


T_ = TypeVar("T_")


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


_new_hit = partial(
    tuple.__new__, Hit
)  # takes a quarter of the time that `Hit` itself would; a message has a hundred


# The form in which phrases are searched for: each word that begins has exactly one blank before it, so that
# the search itself tells where words begin.

_BLANKS = str.maketrans("\t\n\v\f\r", "     ")
_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"  # characters without width, which may stand inside a word
_BEFORE_WORD = re.compile(rf"[^\w\s@{_UNSEEN}](?=\w)(?<!\w')")
_RUN = re.compile(rf"[ >]{{2,}}|[{_UNSEEN}]+")
_ASCII_RUN = re.compile("[ >][ >]+")  # the same where nothing is unseen, in a third of the time
_AFTER_WORD = " .,;:!?"  # what mostly stands behind a word
_REST_OF_WORD = re.compile(r"[\w']*")


class _Spaced:
    """A folded text in the form in which it is searched, and the way back to its offsets."""

    __slots__ = ("_breaks", "_origins", "_shifts", "_spaces", "text")

    def __init__(self, folded: str) -> None:
        plain = _BEFORE_WORD.sub(" ", folded.translate(_BLANKS))
        pieces, self._breaks, self._shifts, self._origins = [" "], [0], [-1], [-1]
        last, length = 0, 1
        for run in (_ASCII_RUN if plain.isascii() else _RUN).finditer(plain):
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
        after = bisect_right(self._origins, offset)
        found = max(offset - self._shifts[after - 1], self._breaks[after - 1])
        if after < len(self._breaks):
            return min(found, self._breaks[after])  # what lies in a run of blanks stands after it
        return found

    def hit(self, start: int, end: int, name: str, line: Line, sentence: int) -> Hit:
        """A hit by its place in the searched form."""
        breaks, shifts, spaces, last = self._breaks, self._shifts, self._spaces or self.spaces, end - 1
        place = bisect_right(breaks, start)
        shift = shifts[place - 1]
        is_unbroken = place == len(breaks) or last < breaks[place]
        end_shift = shift if is_unbroken else shifts[bisect_right(breaks, last) - 1]
        return _new_hit((
            start + shift,
            end + end_shift,
            line.text,
            name,
            line.where,
            sentence,
            bisect_right(spaces, start),
            bisect_right(spaces, last),
        ))  # fmt: skip

    @property
    def spaces(self) -> list[int]:
        """Where the blanks stand: as many as there are up to an offset, that is the number of its word."""
        if self._spaces is None:
            self._spaces = [match.start() for match in re.finditer(" ", self.text)]
        return self._spaces


class _Piece(NamedTuple):
    """A piece of lines: one of these patterns, told by their numbers."""

    patterns: frozenset[int]
    length: int  # of the shortest


class _Row(NamedTuple):
    """A line of several pieces, one after the other."""

    number: int
    pieces: tuple[frozenset[int], ...]
    gaps: tuple[int, ...]
    longest: frozenset[int]  # the piece whose shortest phrase is the longest
    cue: str
    line: Line


class _Rows:
    """The lines of several pieces; tells which may stand in a sentence without looking at each of them.

    A set of rows is a number with a bit for each; those with the most pieces come first. Of every pattern one number
    tells where it stands: first the rows that have it as their first piece, then those that have it as their second,
    and so on, so that looking at a pattern once tells all.
    """

    __slots__ = ("_all", "_every", "_having", "_steps")

    def __init__(self, rows: Iterable[_Row], patterns: int) -> None:
        self._all = sorted(rows, key=lambda row: -len(row.pieces))
        most = len(self._all[0].pieces) if self._all else 0
        counts = [sum(len(row.pieces) > place for row in self._all) for place in range(most)]
        starts = [sum(counts[:place]) for place in range(most)]
        self._every = (1 << len(self._all)) - 1
        # where the bits of a place begin, and the rows that have no such piece
        self._steps = [
            (start, self._every >> count << count) for start, count in zip(starts, counts, strict=True)
        ]
        by_piece: dict[frozenset[int], int] = {}
        for bit, row in enumerate(self._all):
            for start, piece in zip(starts, row.pieces, strict=False):
                by_piece[piece] = by_piece.get(piece, 0) | 1 << start + bit
        filled: list[tuple[int, ...]] = [()] * patterns  # by pattern, the pieces that it fills
        for place, piece in enumerate(by_piece):
            for number in piece:
                filled[number] += (place,)
        bits = list(by_piece.values())
        # one number for all that fill the same
        alike = {places: reduce(or_, [bits[place] for place in places], 0) for places in set(filled)}
        self._having = [alike[places] for places in filled]

    def among(self, patterns: Iterable[int]) -> list[_Row]:
        """The rows of which every piece is among these patterns, told by their numbers."""
        having = reduce(or_, map(self._having.__getitem__, patterns), 0)
        left = self._every
        for start, shorter in self._steps:
            left &= having >> start | shorter
            if not left:
                return []
        rows = []
        while left > 0:
            lowest = left & -left
            left ^= lowest
            rows.append(self._all[lowest.bit_length() - 1])
        return rows


class _Sentences:
    """The sentences of a part of a message, where they lie in the searched form."""

    __slots__ = ("_ends", "_indexes", "_starts", "spaced")

    def __init__(self, text: str, places: Sequence[_Place]) -> None:
        self.spaced = spaced = _Spaced(fold(text))
        self._starts = [spaced.searched(start) for start, _, _ in places]
        self._ends = [spaced.searched(end - 1) + 1 for _, end, _ in places]
        self._indexes = [index for _, _, index in places]

    def around(self, offset: int) -> tuple[int, int, int, int]:
        """The sentence that begins last before an offset: its index, its start and end, and the start of the next."""
        after = bisect_right(self._starts, offset)
        following = self._starts[after] if after < len(self._starts) else len(self.spaced.text) + 1
        if not after:
            return -1, 0, 0, following  # nothing ends by 0
        return self._indexes[after - 1], self._starts[after - 1], self._ends[after - 1], following


class _Asked:
    """The lists and cues that somebody has ever asked a scan for; most are but pieces of lines, or never looked up."""

    __slots__ = ("by_pattern", "names")

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self.by_pattern: dict[int, tuple[str, ...]] = {}

    def add(self, name: str, patterns: Iterable[int]) -> None:
        for number in patterns:
            self.by_pattern[number] = (*self.by_pattern.get(number, ()), name)
        self.names |= {name}  # last, and as a new set: a scan that is at work knows nothing of it


MOST_IN_SENTENCE = 100  # hits of one list; a sentence that holds more was not written by a person

_Match = tuple[int, int, int]  # start and end in the searched form, number of the pattern
_Place = tuple[int, int, int]  # start, end and index of a sentence
_Patterns = Mapping[int, Sequence[_Match]]  # what was found in one sentence, by the pattern's number


class Phrases:
    """All phrases of the rules in one automaton: a search takes one pass, however many there are.

    What is searched for are patterns, told by their numbers: the phrases in the form in which they are searched.
    """

    def __init__(
        self, lists: Mapping[str, Sequence[Line]], cues: Mapping[str, Sequence[Pieces]], faults: Faults
    ) -> None:
        """Compile word lists (name -> phrases) and cues ("fact:value" -> lines); what is wrong goes to `faults`."""
        self._lists = lists
        self._faults = faults
        self._numbers: dict[tuple[str, bool], int] = {}  # by searched form, and whether the word may go on
        self._lengths: list[int] = []
        self._by_phrase: dict[str, int | None] = {}
        self._members: dict[str, dict[int, Line]] = {}  # of each list and cue, with the line of the rules
        self._pieces: dict[Atom, _Piece] = {}
        rows: list[_Row] = []
        for name, lines in lists.items():
            members = self._members[name] = {}
            for line in lines:
                number = self._pattern(line.text)
                if number is not None:
                    members.setdefault(number, line)
        for cue, cue_lines in cues.items():
            for pieces in cue_lines:
                self._add_line(cue, pieces, rows)
        self._automaton = ahocorasick_rs.AhoCorasick(
            [text for text, _ in self._numbers], matchkind=ahocorasick_rs.MatchKind.Standard
        )
        self._prefixes = bytes([is_prefix for _, is_prefix in self._numbers])
        self._lists_of: dict[int, tuple[str, ...]] = {}  # by pattern, as they are met
        self._rows = _Rows(rows, len(self._numbers))
        self._asked = _Asked()
        self._latest: tuple[str, tuple[Hit, ...]] = ("", ())

    def find(self, folded: str) -> Sequence[Hit]:
        """The phrases of all word lists in a folded text, overlapping ones too, in the order of their ends.

        The latest text is remembered: it is asked for twice.
        """
        remembered, hits = self._latest
        if remembered != folded:
            spaced = _Spaced(folded)
            hits = tuple(
                spaced.hit(start, end, name, self._members[name][number], -1)
                for start, end, number in self.search(spaced)
                for name in self._lists_with(number)
            )
            self._latest = (folded, hits)
        return hits

    def lists_in(self, folded: str) -> frozenset[str]:
        """The word lists of which a phrase stands in a folded text."""
        found = self.search(_Spaced(folded))
        return frozenset([name for _, _, number in found for name in self._lists_with(number)])

    def scan(self, message: Message, sentences: Sequence[Sentence]) -> Scan:
        """Find every phrase and line in the sentences of a message; none reaches over the end of a sentence."""
        return Scan(message, tuple(sentences), self, self._asked)

    def search(self, spaced: _Spaced) -> list[_Match]:
        """The patterns in a text, whole words only, in the order of their ends."""
        text, prefixes, found = f"{spaced.text} ", self._prefixes, []
        for number, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if text[end] not in _AFTER_WORD and text[end - 1].isalnum() and _goes_on(text, end):
                if not prefixes[number]:
                    continue
                end = _REST_OF_WORD.match(text, end).end()  # type: ignore[union-attr]  # noqa: PLW2901  # it matches nothing, too
            found.append(
                (start + (text[start] == " "), end, number)
            )  # most begin with the blank before a word
        return found

    def rows_of(self, here: _Patterns) -> list[_Row]:
        """The lines of which every piece is found here."""
        return self._rows.among(here)

    def lines(self, name: str) -> Mapping[int, Line]:
        """The patterns of a list or cue, those of one piece, with the lines of the rules that they are found for."""
        return self._members.get(name, {})

    def ask(self, name: str) -> None:
        """Have every scan to come file this list or cue."""
        self._asked.add(name, self.lines(name))

    def _lists_with(self, number: int) -> tuple[str, ...]:
        """The word lists that a pattern belongs to."""
        if number not in self._lists_of:
            self._lists_of[number] = tuple([name for name in self._lists if number in self.lines(name)])
        return self._lists_of[number]

    # -- compiling

    def _add_line(self, cue: str, pieces: Pieces, rows: list[_Row]) -> None:
        if len(pieces.atoms) == 1:
            members = self._members.setdefault(cue, {})
            for number in self._patterns_of(pieces.atoms[0], pieces.line):
                members.setdefault(number, pieces.line)
            return
        filled = [self._piece(atom, pieces.line) for atom in pieces.atoms]
        each = tuple([piece.patterns for piece in filled])
        longest = max(filled, key=lambda piece: piece.length).patterns
        rows.append(_Row(len(rows), each, pieces.gaps, longest, cue, pieces.line))

    def _piece(self, atom: Atom, line: Line) -> _Piece:
        """The patterns that can fill a piece; pieces that are written alike share them."""
        if atom not in self._pieces:
            patterns = self._patterns_of(atom, line)
            length = min([self._lengths[number] for number in patterns], default=0)
            self._pieces[atom] = _Piece(frozenset(patterns), length)
        return self._pieces[atom]

    def _patterns_of(self, atom: Atom, line: Line) -> list[int]:
        patterns = [number for phrase in atom.phrases if (number := self._pattern(phrase)) is not None]
        for name in atom.lists:
            patterns += self.lines(name)
            if name not in self._lists:
                self._faults.add(line.where, f"{{{name}}} is no list of words; {meant(name, self._lists)}")
        return patterns

    def _pattern(self, phrase: str) -> int | None:
        """The pattern of a phrase; None for a phrase without a letter."""
        if phrase not in self._by_phrase:
            form, length, is_prefix = _searched_form(phrase)
            if not form:
                self._by_phrase[phrase] = None
                return None
            number = self._by_phrase[phrase] = self._numbers.setdefault((form, is_prefix), len(self._lengths))
            if number == len(self._lengths):
                self._lengths.append(length)
        return self._by_phrase[phrase]


def _searched_form(phrase: str) -> tuple[str, int, bool]:
    """What is searched for a phrase, "" for nothing; how long it is; and whether its last word may go on."""
    folded = fold(phrase).strip()
    if folded.isascii() and folded.replace(" ", "").isalnum() and "  " not in folded:
        return f" {folded}", len(folded) + 1, False  # plain words, as most are
    is_prefix = folded.endswith("*")
    folded = folded.removesuffix("*").strip()
    text = _Spaced(folded).text
    if not text.strip():
        return "", 0, is_prefix
    if folded[0] == "'" and folded[1:2].isalpha():  # the end of a word: "'s back"
        text = " '" + text.lstrip()
    return (
        text if text[1].isalnum() else text[1:],
        len(text),
        is_prefix,
    )  # a comma follows its word without a blank


def _goes_on(text: str, end: int) -> bool:
    """The word goes on behind this offset: "can" in "canvas", in "can't", in an address."""
    return text[end].isalnum() or text[end] in "_@" or text.startswith("'t", end)


def _in_order(row: _Row, here: _Patterns, spaces: Sequence[int]) -> list[tuple[int, int]]:
    """Where the pieces of a row follow one another within its gaps, in the order of their ends.

    Looks at each found phrase once: of several beginnings that lead to a phrase, the nearest is kept.
    """
    reached = _filling(row.pieces[0], here)
    for piece, gap in zip(row.pieces[1:], row.gaps, strict=True):
        further = []
        for end, start in _filling(piece, here):
            nearest = bisect_right(reached, (start, start)) - 1  # that ends before this begins
            if nearest >= 0:
                before, first = reached[nearest]
                beyond = bisect_left(spaces, before) + gap + 1  # the blank up to which this must begin
                if beyond >= len(spaces) or spaces[beyond] > start:
                    further.append((end, first))
        if not further:
            return []
        further.sort()
        reached = further
    return [(start, end) for end, start in reached]


def _filling(piece: frozenset[int], here: _Patterns) -> list[tuple[int, int]]:
    """What fills a piece, in order: each by its end, and where it begins."""
    return sorted([(end, start) for number in piece.intersection(here) for start, end, _ in here[number]])


class _Here:
    """What was found in one sentence; hits are made of it when somebody asks for them."""

    __slots__ = ("hits", "names", "patterns", "rows", "sentence", "spaced")

    def __init__(self, sentence: int, spaced: _Spaced) -> None:
        self.sentence = sentence  # its index
        self.spaced = spaced
        self.patterns: dict[int, list[_Match]] = {}
        self.names: dict[str, list[_Match]] = {}  # by list or cue
        self.rows: dict[str, list[_Row]] = {}  # by cue, those of which all pieces are here
        self.hits: dict[str, tuple[Hit, ...]] = {}  # by list or cue, once asked for

    def made(self, name: str, lines: Mapping[int, Line]) -> tuple[Hit, ...]:
        """The hits of a list or cue, those of lines of several pieces first."""
        make, sentence = self.spaced.hit, self.sentence
        hits = self._of_rows(name) if name in self.rows else []
        for start, end, number in self.names.get(name, ())[:MOST_IN_SENTENCE]:
            hits.append(make(start, end, name, lines[number], sentence))
        return tuple(hits)

    def _of_rows(self, cue: str) -> list[Hit]:
        found: list[tuple[int, int, list[Hit]]] = []
        for row in self.rows[cue]:
            places = _in_order(row, self.patterns, self.spaced.spaces)
            if places:
                order = next(i for i, number in enumerate(self.patterns) if number in row.longest)
                hits = [self.spaced.hit(start, end, cue, row.line, self.sentence) for start, end in places]
                found.append((order, row.number, hits))
        return [hit for _, _, hits in sorted(found) for hit in hits][:MOST_IN_SENTENCE]


class Scan:
    """A message cut into sentences, with every phrase and line of the rules that was found in them."""

    __slots__ = ("_asked", "_here", "_made_once", "_parts", "_where", "message", "phrases", "sentences")

    def __init__(
        self, message: Message, sentences: tuple[Sentence, ...], phrases: Phrases, asked: _Asked
    ) -> None:
        self.message = message
        self.sentences = sentences
        self.phrases = phrases
        self._asked = asked.names
        self._made_once: dict[object, object] = {}
        self._here: dict[int, _Here] = {}  # by sentence
        # by list or cue, the sentences that may hold something of it
        self._where: defaultdict[str, list[int]] = defaultdict(list)
        self._parts = [
            _Sentences(text, places)
            for part, text in ((Part.BODY, message.body), (Part.SUBJECT, message.subject))
            if (places := sorted([(s.start, s.end, i) for i, s in enumerate(sentences) if s.part is part]))
        ]
        for part in self._parts:
            self._here |= self._file(part, asked.by_pattern)
        for index, here in self._here.items():
            for row in phrases.rows_of(here.patterns):
                here.rows.setdefault(row.cue, []).append(row)
                self._where[row.cue].append(index)

    def _file(self, part: _Sentences, names: Mapping[int, Sequence[str]]) -> dict[int, _Here]:
        """File what is found under the names that its pattern has by its number; returns it by the sentence.

        What reaches over the end of a sentence is left out, and what is found in one more often than is looked at.
        """
        where, spaced = self._where, part.spaced
        by_sentence: dict[int, _Here] = {}
        patterns: dict[int, list[_Match]] = {}
        named: dict[str, list[_Match]] = {}
        sentence = low = limit = high = -1
        for match in self.phrases.search(part.spaced):
            start, end, number = match
            if not low <= start < high:
                sentence, low, limit, high = part.around(start)
                if sentence not in by_sentence:
                    by_sentence[sentence] = _Here(sentence, spaced)
                patterns, named = by_sentence[sentence].patterns, by_sentence[sentence].names
            if end > limit:
                continue
            if number not in patterns:
                patterns[number] = [match]
            elif len(patterns[number]) < MOST_IN_SENTENCE:
                patterns[number].append(match)
            else:
                continue
            for name in names.get(number, ()):
                if name in named:
                    named[name].append(match)
                else:
                    named[name] = [match]
                    where[name].append(sentence)
        return by_sentence

    def _catch_up(self, name: str) -> None:
        """File a list or cue that nobody has asked for before."""
        names = dict.fromkeys(self.phrases.lines(name), (name,))
        for part in self._parts:
            for index, late in self._file(part, names).items():
                self._here.setdefault(index, late).names.update(late.names)
        self.phrases.ask(name)
        self._asked |= {name}

    def held(self, names: Iterable[str]) -> list[str]:
        """Those of these lists and cues of which something may have been found; asked for all at once, this is cheap."""
        where, asked = self._where, self._asked
        return [name for name in names if name in where or name not in asked]

    def of(self, name: str) -> tuple[Hit, ...]:
        """All hits of a word list, or of a cue by "fact:value", in the order of the sentences."""
        return tuple(
            [hit for index in self.sentences_with(name) for hit in self._in(self._here[index], name)]
        )

    def each(self, name: str) -> Iterator[Hit]:
        """The same one by one, for those who may not look at all of them."""
        for index in self.sentences_with(name):
            yield from self._in(self._here[index], name)

    def sentences_with(self, name: str) -> Sequence[int]:
        """The indexes of the sentences that may hold something of a list or cue, in order."""
        if name not in self._asked:
            self._catch_up(name)
        where = self._where.get(name, ())
        return where if len(where) < 2 else sorted(set(where))

    def in_sentence(self, sentence: Sentence | int, name: str) -> tuple[Hit, ...]:
        """The hits of a word list or cue in one sentence, told by itself or by its index."""
        if name not in self._asked:
            self._catch_up(name)
        if name not in self._where:
            return ()
        here = self._here.get(sentence if isinstance(sentence, int) else self.sentences.index(sentence))
        return self._in(here, name) if here is not None else ()

    def _in(self, here: _Here, name: str) -> tuple[Hit, ...]:
        if name in here.hits:
            return here.hits[name]
        if name not in here.names and name not in here.rows:
            return ()
        hits = here.hits[name] = here.made(name, self.phrases.lines(name))
        return hits

    def once(self, make: Callable[[Scan], T_]) -> T_:
        """What this makes of the scan; made when it is first asked for, for all who read the scan."""
        if make not in self._made_once:
            self._made_once[make] = make(self)
        return cast("T_", self._made_once[make])

    def sentence_of(self, hit: Hit) -> Sentence:
        return self.sentences[hit.sentence]

    def text(self, sentence: int) -> str:
        """The whole text of the part that a sentence stands in; offsets count in it."""
        return self.message.subject if self.sentences[sentence].part is Part.SUBJECT else self.message.body

    def text_of(self, hit: Hit) -> str:
        """The words found, as the sender wrote them."""
        return self.text(hit.sentence)[hit.start : hit.end]


@dataclass(frozen=True, eq=False, slots=True)  # compared by identity, so that what follows can be remembered
class Words:
    """The word lists of the rules, for those who read a text by themselves."""

    lists: Mapping[str, Sequence[Line]]
    phrases: Phrases
    # The folded phrases of a list; empty where the rules have no such list. No method, for it is called so often.
    of: Callable[[str], frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", _Folded(self.lists).__getitem__)

    def within(self, name: str, folded: str) -> list[str]:
        """Those folded phrases of a list that stand in a folded text, be it inside of words."""
        phrases, automaton = _automaton_of(self, name)
        found = automaton.find_matches_as_indexes(folded, overlapping=True)
        return [phrases[number] for number in dict.fromkeys([number for number, _, _ in found])]


class _Folded(dict[str, frozenset[str]]):
    """Lists with their phrases folded; filled as they are asked for."""

    def __init__(self, lists: Mapping[str, Sequence[Line]]) -> None:
        self._lists = lists

    def __missing__(self, name: str) -> frozenset[str]:
        self[name] = frozenset([fold(line.text) for line in self._lists.get(name, ())])
        return self[name]


@lru_cache(maxsize=64)
def _automaton_of(words: Words, name: str) -> tuple[list[str], ahocorasick_rs.AhoCorasick]:
    phrases = sorted(words.of(name))
    return phrases, ahocorasick_rs.AhoCorasick(phrases)
