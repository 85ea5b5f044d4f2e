"""A message as the stretches of text in which titles, agencies and states are looked for, with what was found there.

What they mean is read in `states`, `names`, `agency` and `people`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from crbot.triage.facts import Evidence, Part
from crbot.triage.passages import Role
from crbot.triage.phrases import Hit, Scan, fold

# Who writes stands at the beginning or at the end of a message. What is made to hurt is read no further than this.
HEAD_SENTENCES = 60
TAIL_SENTENCES = 60
LONGEST_FIELD = 1_200  # characters
MOST_HITS = 12  # of one kind in one sentence
LONGEST_SENDER = 200  # characters of the sender's name

_SHORT = frozenset(
    {"st", "ft", "mt", "univ", "dept", "co", "twp", "ste", "pt", "no", "so"}
)  # written with a stop
_EDGES = ".,;:!?*_()[]<>\"'“”|/&-–—#@•"


@dataclass(slots=True)  # not frozen, which would take eight times as long to make; there are many
class Token:
    """A word with its place."""

    start: int
    end: int
    raw: str
    core: str  # folded, without the marks around it

    @property
    def is_capital(self) -> bool:
        letters = self.raw.lstrip("(\"'“‘[*_")
        return letters[:1].isupper() or letters[:1].isdigit()

    @property
    def stops(self) -> bool:
        """A mark after the word ends a name."""
        is_short = self.raw[-1] == "." and (len(self.core) <= 2 or self.core in _SHORT)
        return self.raw[-1] in '.;:!?)]"”' and not is_short

    @property
    def is_comma(self) -> bool:
        return self.raw[-1] == ","

    @property
    def word(self) -> str:
        """As it stands in a name."""
        return self.raw.strip(",()") if self.core in _SHORT else self.raw.strip(_EDGES)

    @property
    def word_end(self) -> int:
        return self.start + len(self.raw.rstrip(_EDGES))


@dataclass(slots=True)
class Field:
    """A sentence, or the sender's name."""

    text: str  # of the whole part of the message
    start: int
    end: int
    part: Part
    role: Role
    index: int = -1  # of the sentence; -1 for the sender's name
    rank: int = 0  # how many of the sender's own sentences of some length stand before it
    label: str = ""  # folded
    found: dict[str, list[Hit]] = field(default_factory=dict)
    _tokens: list[Token] | None = None
    _ends: list[int] | None = None  # of the tokens

    def hits(self, *lists: str) -> list[Hit]:
        """The phrases of these word lists that stand here; the first of each."""
        found = self.found
        return [hit for name in lists if name in found for hit in found[name][:MOST_HITS]] if found else []

    def longest(self, *lists: str) -> list[Hit]:
        """The phrases of these lists that lie in no longer one, from the left."""
        hits = self.hits(*lists)
        if len(hits) < 2:  # nothing to compare
            return hits
        kept: list[Hit] = []
        for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
            if not kept or hit.start >= kept[-1].end:
                kept.append(hit)
        return kept

    @property
    def tokens(self) -> list[Token]:
        if self._tokens is None:
            self._tokens = list(_tokens(self.text, self.start, self.end))
        return self._tokens

    def token_at(self, offset: int) -> int:
        """The number of the word that the offset lies in or before."""
        if self._ends is None:
            self._ends = [token.end for token in self.tokens]
        return bisect_right(self._ends, offset)

    def evidence(self, start: int, end: int) -> Evidence:
        return Evidence(self.text[start:end], self.part, start, end)

    def before(self, offset: int, length: int) -> str:
        """The folded characters right before an offset."""
        return fold(self.text[max(self.start, offset - length) : offset])

    @property
    def is_said(self) -> bool:
        """The sender's words, or words that the sender makes their own."""
        return self.role not in (Role.QUOTED, Role.BOILERPLATE)

    @property
    def is_prose(self) -> bool:
        return self.role is Role.OWN and self.part is Part.BODY

    @property
    def is_low(self) -> bool:
        """Written without capitals."""
        return not any(token.is_capital for token in self.tokens)

    @property
    def is_shouted(self) -> bool:
        """Written in capitals."""
        words = [token for token in self.tokens if len(token.core) > 2]
        return len(words) > 2 and sum(token.raw.isupper() for token in words) * 2 > len(words)


def read_fields(scan: Scan, lists: Iterable[str]) -> list[Field]:
    """The sentences at both ends of the message, in order, and the sender's name, with the hits of the lists."""
    made = scan.once(_Fields)
    made.find(lists)
    return made.fields


class _Fields:
    """The fields of one message; what is found in them is added as it is asked for."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._of_sentences = {each.index: each for each in _sentences(scan)}
        self._found: set[str] = set()
        self.fields = [*self._of_sentences.values(), *_sender(scan)]

    def find(self, lists: Iterable[str]) -> None:
        new = [name for name in lists if name not in self._found]
        self._found.update(new)
        for name in self._scan.held(new):
            for index in self._scan.sentences_with(name):
                where = self._of_sentences.get(index)
                found = self._scan.in_sentence(index, name) if where else ()
                here = [hit for hit in found if where and hit.end <= where.end]
                if where and here:
                    where.found[name] = here


def both_ends(count: int) -> Sequence[int]:
    """Which of so many sentences are looked at."""
    if count <= HEAD_SENTENCES + TAIL_SENTENCES:
        return range(count)
    return [*range(HEAD_SENTENCES), *range(count - TAIL_SENTENCES, count)]


def _sentences(scan: Scan) -> Iterator[Field]:
    message, sentences = scan.message, scan.sentences
    rank = 0
    for index in both_ends(len(sentences)):
        each = sentences[index]
        text = message.subject if each.part is Part.SUBJECT else message.body
        end = min(each.end, each.start + LONGEST_FIELD)
        yield Field(
            text, each.start, end, each.part, each.role, index, rank, fold(each.label) if each.label else ""
        )
        rank += each.role is Role.OWN and each.part is Part.BODY and each.end - each.start > 25


def _sender(scan: Scan) -> Iterator[Field]:
    name = scan.message.sender.name[:LONGEST_SENDER]
    if not name:
        return
    where = Field(name, 0, len(name), Part.SENDER, Role.SIGNATURE)
    for hit in scan.phrases.find(fold(name).replace("_", " ")):  # "chief_rowe"
        where.found.setdefault(hit.list, []).append(hit)
    yield where


def _tokens(text: str, start: int, end: int) -> Iterator[Token]:
    offset, folded = start, fold(text[start:end])
    for raw in text[start:end].split():
        at = text.index(raw, offset)
        offset = at + len(raw)
        if "/" not in raw and "|" not in raw:
            yield Token(at, offset, raw, folded[at - start : offset - start].strip(_EDGES))
            continue
        for begin, piece in _parted(raw, at):
            yield Token(begin, begin + len(piece), piece, fold(piece).strip(_EDGES))


def _parted(raw: str, at: int) -> Iterator[tuple[int, str]]:
    """A word, cut at slashes and bars: "City/State", "PD|Ohio"; no address of the web."""
    if "//" in raw:
        yield at, raw
        return
    begin = 0
    for i, char in enumerate(f"{raw}/"):
        if char in "/|":
            if i > begin:
                yield at + begin, raw[begin:i]
            begin = i + 1
