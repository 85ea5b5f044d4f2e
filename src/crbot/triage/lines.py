"""The lines of a body, with whose words each holds: what the readers of quotations and signatures work on.

What is quoted `quotations` tells, what is signed `signatures`; `sentences` joins lines that belong together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from crbot.triage import shapes
from crbot.triage.phrases import Words, fold

# A mail that is made to hurt has tens of thousands of lines. What lies beyond these is kept, in coarser pieces.
MOST_LINES = 2_000

MARKS = '.,;:!?*_()[]<>"|'  # what may stand around a word


class Role(StrEnum):
    """Whose words a sentence holds."""

    OWN = "own"
    QUOTED = "quoted"  # of an earlier message
    FORWARDED = "forwarded"  # of somebody else, which the sender makes their own matter
    SIGNATURE = "signature"
    BOILERPLATE = "boilerplate"
    SALUTATION = "salutation"


@dataclass(slots=True)
class Line:
    """A line of the body; `start` and `end` leave out the blanks around it."""

    start: int
    end: int
    folded: str  # without blanks around it, and without the marks of quotation
    depth: int  # how often it is marked as quoted
    indent: int
    role: Role = Role.OWN
    is_alone: bool = False  # never joined with its neighbours
    _tokens: list[str] | None = None
    _key: str | None = None

    @property
    def tokens(self) -> list[str]:
        """The words of the line, folded, without the marks around them."""
        if self._tokens is None:
            self._tokens = [token for word in self.folded.split() if (token := word.strip(MARKS))]
        return self._tokens

    @property
    def key(self) -> str:
        """What stands before the first colon, as in `key_of`."""
        if self._key is None:
            self._key = key_of(self.folded)
        return self._key

    @property
    def is_blank(self) -> bool:
        return self.start == self.end

    @property
    def width(self) -> int:
        return self.end - self.start

    @property
    def is_item(self) -> bool:
        """One of a list: "1)", "(a)", "-", "•"."""
        return shapes.is_list_item(self.folded)

    @property
    def is_rule(self) -> bool:
        """Drawn, not written: "________"."""
        return bool(self.folded) and not (
            self.folded[0].isalnum() or any(map(str.isalnum, self.folded[:200]))
        )


class Body:
    """The lines of one body; their roles are set one after the other."""

    def __init__(self, text: str, words: Words) -> None:
        self.text = text
        self.folded = fold(text)
        self.words = words
        self.lines = list(_lines(text, self.folded))

    def set(self, start: int, end: int, role: Role) -> None:
        for line in self.lines[start:end]:
            line.role = role

    def set_own(self, start: int, end: int, role: Role) -> None:
        """Set the role of those lines that nothing else is known of."""
        for line in self.lines[start:end]:
            if line.role is Role.OWN:
                line.role = role

    def has_own(self, start: int, end: int) -> bool:
        return any(line.role is Role.OWN and not line.is_blank for line in self.lines[start:end])

    def next_visible(self, i: int) -> int | None:
        """The first line from `i` on that is not blank, if one is near."""
        return next((j for j in range(i, min(i + 4, len(self.lines))) if not self.lines[j].is_blank), None)

    def paragraphs(self) -> Iterator[tuple[int, int]]:
        """Where the stretches between blank lines begin and end."""
        start = None
        for i, line in enumerate(self.lines):
            if line.is_blank:
                if start is not None:
                    yield start, i
                start = None
            elif start is None:
                start = i
        if start is not None:
            yield start, len(self.lines)

    def label(self, start: int, end: int) -> str:
        """What stands before the colon, if this has the form of an answer: "Pending litigation: no"."""
        colon = self.text.find(":", start, min(end, start + 60))
        if colon < 0 or colon + 1 >= end or not self.text[colon + 1].isspace():
            return ""
        label = shapes.without_item_mark(self.text[start:colon]).strip(" *_\t")
        tokens = label.split()
        if not 0 < len(tokens) <= 6 or not label[0].isalpha() or any(mark in label for mark in ".!?;,"):
            return ""
        return label


def _lines(body: str, folded: str) -> Iterator[Line]:
    offset = 0
    pieces = body.splitlines(keepends=True)
    if len(pieces) > MOST_LINES:
        rest = len("".join(pieces[:MOST_LINES]))
        pieces = [*pieces[:MOST_LINES], *(body[i : i + 4_000] for i in range(rest, len(body), 4_000))]
    for piece in pieces:
        start, end = trim(body, offset, offset + len(piece))
        text, depth = folded[start:end], 0
        while text.startswith(">"):
            depth += 1
            text = text[1:].lstrip()
            if depth == 50:
                text = text.lstrip("> ")
        yield Line(start, end, text, depth, start - offset)
        offset += len(piece)


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds without the blanks at both ends."""
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    return (left, end - len(piece) + len(piece.rstrip())) if left < end else (end, end)


def bare(folded: str) -> str:
    """A line without what is drawn around it."""
    return folded.strip("-_=*#<>[]. :!~")


def key_of(folded: str) -> str:
    """What stands before the first colon, as a header names it: "*From:* x" -> "from"."""
    head, colon, _ = folded[:30].partition(":")
    return head.strip("* ") if colon else ""


def places(folded: str, phrase: str) -> list[int]:
    """Where the phrase stands as whole words; the first dozen."""
    found: list[int] = []
    start = folded.find(phrase)
    while start >= 0 and len(found) < 12:
        end = start + len(phrase)
        if (
            not (folded[start - 1 : start].isalnum() and phrase[0].isalnum())
            and not folded[end : end + 1].isalnum()
        ):
            found.append(start)
        start = folded.find(phrase, end)
    return found
