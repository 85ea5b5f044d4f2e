"""Lines joined to what the wrapping has parted, and parted again where sentences end.

Whose words they are is known by then; where abbreviations end no sentence stands in `words/passages.yaml`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from crbot.triage import shapes
from crbot.triage.lines import Body, Line, Role

MOST_SENTENCES = 2_000  # what a mail that is made to hurt has more of stays in one piece
WRAPPED = 100  # no line is longer than this where a mail is wrapped by hand
SHORT = 42  # a line shorter than this was ended by its author, not by the wrapping


class Sentences:
    """Reads one body whose lines have their roles."""

    def __init__(self, body: Body, is_chat: bool) -> None:
        self._body = body
        self._lines = body.lines
        self._folded = body.folded
        self._text = body.text
        self._words = body.words
        self._is_chat = is_chat  # whose lines are not wrapped
        self._marks = list(shapes.sentence_ends(body.folded))

    def read(self) -> Iterator[tuple[int, int, Role]]:
        """Where each begins and ends, in order."""
        room = MOST_SENTENCES
        for start, end, role in self._runs():
            for first, last in self._split(start, end, room):
                room -= 1
                yield first, last, role

    def _runs(self) -> Iterator[tuple[int, int, Role]]:
        """Stretches of text that may hold several sentences: lines that the wrapping has parted, joined again."""
        widest = max((line.width for line in self._lines), default=0)
        is_wrapped = not self._is_chat and widest <= WRAPPED
        open_line: Line | None = None
        start = 0
        for line in self._lines:
            if line.is_blank:
                if open_line is not None:
                    yield start, open_line.end, open_line.role
                open_line = None
                continue
            if open_line is not None and not self._joins(open_line, line, is_wrapped):
                yield start, open_line.end, open_line.role
                open_line = None
            if open_line is None:
                start = line.start
            open_line = line
        if open_line is not None:
            yield start, open_line.end, open_line.role

    def _joins(self, above: Line, below: Line, is_wrapped: bool) -> bool:
        if above.role is not below.role or above.is_alone or below.is_alone or above.depth or below.depth:
            return False
        if below.is_item or above.is_rule or below.is_rule:
            return False
        if self._body.label(below.start, below.end) or below.folded[-1] == ":" or above.folded[-1] in ".!?:;":
            return False
        begins_low = self._text[below.start].islower()
        if self._body.label(above.start, above.end):
            return begins_low
        if self._is_chat:
            return begins_low and above.folded[-1] == ","
        return begins_low if above.width < SHORT else is_wrapped or begins_low

    def _split(self, start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
        """Where the sentences of a run begin and end; what is over the number goes into the last."""
        text = self._text
        first = start
        for stop, after in self._ends_in(start, end)[: max(0, most)]:
            if not self._ends(text, first, stop, after):
                continue
            yield first, after
            first = after
            while first < end and text[first].isspace():
                first += 1
        if first < end:
            yield first, end

    def _ends_in(self, start: int, end: int) -> list[tuple[int, int]]:
        return self._marks[bisect_left(self._marks, (start, 0)) : bisect_left(self._marks, (end, 0))]

    def _ends(self, text: str, first: int, stop: int, after: int) -> bool:
        """The marks from `stop` to `after` end the sentence that begins at `first`."""
        if text[stop] != "." or (after - stop > 1 and text[stop + 1] != ")"):
            return True
        before = text[max(first, stop - 15) : stop].rsplit(maxsplit=1)
        begin = stop - len(before[-1]) if before and not text[stop - 1].isspace() else stop
        word = self._folded[begin:stop].lstrip("(\"'[/*")
        if begin == first and (word.isdigit() or len(word) == 1):
            return False  # "1." or "a." before an item of a list
        if len(word) == 1 and word.isalpha():
            return word == "i" and self._text[begin:stop] == "i"
        if word in self._words.of("abbreviation_or_end"):
            return self._following(after).isupper() and self._starts_sentence(after)
        return word not in self._words.of("abbreviation")

    def _following(self, offset: int) -> str:
        while offset < len(self._text) and self._text[offset].isspace():
            offset += 1
        return self._text[offset : offset + 1]

    def _starts_sentence(self, offset: int) -> bool:
        word = self._folded[offset : offset + 20].split()[:1]
        return bool(word) and word[0].strip(",'\"") in self._words.of("sentence_opening")
