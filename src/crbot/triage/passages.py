"""A message cut into sentences, each with whose words they are: own, quoted, forwarded, printed under every mail.

What a sentence tells is read elsewhere; which words open a quotation or a signature stands in `words/passages.yaml`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from crbot.triage import shapes
from crbot.triage.facts import Part
from crbot.triage.message import Channel, Message
from crbot.triage.phrases import Words, fold

# A mail that is made to hurt has tens of thousands of lines or full stops. What lies beyond these is kept, in
# coarser pieces.
MOST_LINES = 2_000
MOST_SENTENCES = 2_000

LONGEST_HEAD = 8  # lines over a quoted mail: From, Sent, To, Cc, Subject, each perhaps broken once
LONGEST_ATTRIBUTION = 5  # lines that "On … wrote:" may be broken into
LONGEST_BLOCK = 20  # lines under a letter
LONGEST_NAME_LINE = 9  # words in a line of a signature
WRAPPED = 100  # no line is longer than this where a mail is wrapped by hand
SHORT = 42  # a line shorter than this was ended by its author, not by the wrapping


class Role(StrEnum):
    """Whose words a sentence holds."""

    OWN = "own"
    QUOTED = "quoted"  # of an earlier message
    FORWARDED = "forwarded"  # of somebody else, which the sender makes their own matter
    SIGNATURE = "signature"
    BOILERPLATE = "boilerplate"
    SALUTATION = "salutation"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, a line of a form or of a signature, with its place."""

    text: str
    start: int  # offset in characters in its part
    end: int
    part: Part
    role: Role
    is_question: bool = False
    label: str = (
        ""  # what stands before the colon of a form's line: "Pending litigation" of "Pending litigation: no"
    )


def cut(message: Message, words: Words) -> tuple[Sentence, ...]:
    """Cut the subject and the body into sentences, in order.

    Every visible character stands in exactly one sentence. Takes time in proportion to the length.
    """
    layout = _Layout(message, words)
    return (*_subject(message, layout), *layout.sentences())


def _subject(message: Message, layout: _Layout) -> Iterator[Sentence]:
    text = message.subject
    start, end = _trim(text, 0, len(text))
    if start == end:
        return
    role = Role.OWN
    if fold(text[start : start + 3]) == "re:":
        role = Role.QUOTED  # the other side may have chosen these words
    elif layout.is_forward:
        role = Role.FORWARDED if layout.adopts else Role.QUOTED
    yield Sentence(text[start:end], start, end, Part.SUBJECT, role, text.rstrip().endswith("?"))


@dataclass(slots=True)
class _Line:
    """A line of the body; `start` and `end` leave out the blanks around it."""

    start: int
    end: int
    folded: str  # without blanks around it, and without the marks of quotation
    depth: int  # how often it is marked as quoted
    indent: int
    role: Role = Role.OWN
    is_alone: bool = False  # never joined with its neighbours

    @property
    def is_blank(self) -> bool:
        return self.start == self.end

    @property
    def width(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that somebody else wrote: where they begin, with the lines over them, and where they end."""

    start: int
    first: int  # the first line after the head
    end: int
    is_forward: bool
    is_marked: bool  # with ">" in front


class _Layout:
    """The lines of one body, each with its role."""

    def __init__(self, message: Message, words: Words) -> None:
        self._message = message
        self._words = words
        self._body = message.body
        self._folded = fold(message.body)
        self._lines = list(_lines(message.body, self._folded))
        self._marks = list(shapes.sentence_ends(self._folded))
        self._is_chat = message.channel is Channel.SLACK
        self.is_forward = (
            fold(message.subject).lstrip().startswith(("fw:", "fwd:", "fw ", "tr:", "wg:", "rv:"))
        )
        self.adopts = False
        self._mark()

    def sentences(self) -> Iterator[Sentence]:
        room = MOST_SENTENCES
        for start, end, role in self._runs():
            for first, last in self._split(start, end, room):
                room -= 1
                yield self._sentence(first, last, role)

    # -- roles of lines

    def _mark(self) -> None:
        blocks = list(self._blocks())
        for block in blocks:
            self._set(block.start, block.end, Role.QUOTED)
        self._mark_notices()
        self._mark_signatures(blocks)
        self._mark_salutation()
        self._adopt(blocks)

    def _set(self, start: int, end: int, role: Role) -> None:
        for line in self._lines[start:end]:
            line.role = role

    def _blocks(self) -> Iterator[_Block]:
        """What is quoted or forwarded, from the top."""
        lines, i = self._lines, 0
        has_own = False
        while i < len(lines):
            block = None if lines[i].is_blank else self._block_at(i, has_own)
            if block is None:
                has_own = has_own or not (lines[i].is_blank or self._is_rule(lines[i]))
                i += 1
                continue
            yield block
            i = block.end

    def _block_at(self, i: int, has_own: bool) -> _Block | None:
        line = self._lines[i]
        if line.depth:
            return self._marked(i, i)
        if self._is_rule(line) and line.width >= 5:  # "________" over a head
            below = self._next_visible(i + 1)
            block = (
                self._block_at(below, has_own)
                if below is not None and not self._is_rule(self._lines[below])
                else None
            )
            return replace(block, start=i) if block is not None and not block.is_marked else None
        if (head := self._marker(i)) is not None:
            first, is_forward = head
        elif (end := self._header(i)) is not None:
            first, is_forward = end, self.is_forward
            if not has_own and not is_forward and not self._has_sent(i, end):
                return None  # a memorandum begins like this
        elif (end := self._attribution(i)) is not None:
            first, is_forward = end, False
        else:
            return None
        quoted = self._next_visible(first)
        if quoted is not None and self._lines[quoted].depth:
            return self._marked(i, quoted, is_forward)
        return _Block(i, first, self._end_of_foreign(first), is_forward, False)

    def _marked(self, start: int, first: int, is_forward: bool = False) -> _Block:
        """A block of lines with ">" in front; blank lines within it belong to it."""
        lines = self._lines
        end = last = first
        while end < len(lines) and (lines[end].depth or lines[end].is_blank):
            last = end if lines[end].depth else last
            end += 1
        first_text = self._next_visible(first)
        if first_text is not None and not is_forward:
            marker = self._marker(first_text)
            is_forward = (marker is not None and marker[1]) or self._header(first_text) is not None
        return _Block(start, first, last + 1, is_forward, True)

    def _end_of_foreign(self, first: int) -> int:
        """Where a quotation without marks ends: at the end of the body, unless it says where."""
        for i in range(first, len(self._lines)):
            if _bare(self._lines[i].folded) in self._words.of("forward_end"):
                return i + 1
            if i > first and (self._header(i) is not None or self._marker(i) is not None):
                return i
        return len(self._lines)

    def _marker(self, i: int) -> tuple[int, bool] | None:
        """The line after "----- Original Message -----" and its head, and whether it says "forwarded"."""
        folded = self._lines[i].folded
        if len(folded) > 120 or not folded or folded[0].isdigit():
            return None
        bare = _bare(folded)
        if bare in self._words.of("original_marker"):
            is_forward = self.is_forward
        elif bare in self._words.of("forward_marker") or (
            folded[0] in "-_=*" and any(bare.startswith(each) for each in self._words.of("forward_marker"))
        ):
            is_forward = True
        else:
            return None
        after = self._next_visible(i + 1)
        end = self._header(after, fewest=2) if after is not None else None
        return (end if end is not None else i + 1), is_forward

    def _header(self, i: int, fewest: int = 3) -> int | None:
        """The line after "From: …, Sent: …, To: …", if such a head begins here."""
        if _key(self._lines[i].folded) not in self._words.of("header_from"):
            return None
        keys, last, others = 1, i, self._words.of("header_other")
        for j in range(i + 1, min(i + 1 + LONGEST_HEAD, len(self._lines))):
            line = self._lines[j]
            if line.is_blank and keys > 1:
                break
            if _key(line.folded) in others:
                keys, last = keys + 1, j
        return last + 1 if keys >= fewest or (keys == 2 and self._lines[i].depth) else None

    def _has_sent(self, start: int, end: int) -> bool:
        return any(
            _key(line.folded) in ("sent", "gesendet", "envoyé", "enviado") for line in self._lines[start:end]
        )

    def _attribution(self, i: int) -> int | None:
        """The line after "On … wrote:", if such a line begins here; it may be broken into several."""
        lines, words = self._lines, self._words
        first = lines[i].folded
        opens = first.split(" ", 1)[0] in words.of("wrote_opens")
        if not (opens or first[:1].isdigit() or "<" in first or "@" in first or _has_digit(first)):
            return None
        endings = tuple(words.of("wrote"))
        length = 0
        for j in range(i, min(i + LONGEST_ATTRIBUTION, len(lines))):
            length += len(lines[j].folded)
            if lines[j].is_blank or length > 400 or lines[j].depth != lines[i].depth:
                return None
            if lines[j].folded.endswith(endings):
                whole = self._folded[lines[i].start : lines[j].end]
                after = self._next_visible(j + 1)
                marked = after is not None and lines[after].depth > lines[i].depth
                return j + 1 if (marked and _has_digit(whole)) or _is_mailish(whole) else None
            if j == i and not opens and "<" not in first:
                return None
        return None

    # -- what is adopted

    def _adopt(self, blocks: Sequence[_Block]) -> None:
        """Make those quotations the sender's own matter to which the sender points."""
        if not blocks:
            return
        own = " ".join(line.folded for line in self._lines if line.role is Role.OWN and not line.is_blank)
        is_bare = self._says_nothing(own)
        if self._says(own, "answers_inline"):
            self._take(blocks)
            return
        points_to_it = self._says(own, "adopts")
        self.adopts = points_to_it and not self._says(own, "disowns")
        for block in blocks:
            if self._is_from_addressee(block):
                continue
            if not (self.adopts or (is_bare and (block.is_forward or self._is_all(block)))):
                continue
            self.adopts = True
            if block.is_marked and not (block.is_forward or self.is_forward or points_to_it):
                continue
            self._take([block])
            if not self._says_nothing(self._text(block)):
                return

    def _says(self, folded: str, name: str) -> bool:
        return any(_places(folded, phrase) for phrase in self._words.of(name))

    def _is_all(self, block: _Block) -> bool:
        """Nothing stands before the quotation, and the message does not call itself an answer."""
        return not fold(self._message.subject).startswith("re:") and all(
            line.is_blank for line in self._lines[: block.start]
        )

    def _take(self, blocks: Iterable[_Block]) -> None:
        for block in blocks:
            for line in self._lines[block.first : block.end]:
                if line.role is Role.QUOTED:
                    line.role = Role.FORWARDED

    def _text(self, block: _Block) -> str:
        return " ".join(line.folded for line in self._lines[block.first : block.end] if not line.is_blank)

    def _says_nothing(self, folded: str) -> bool:
        bare = _bare(folded)
        return not bare or bare in self._words.of("nothing_of_own")

    def _is_from_addressee(self, block: _Block) -> bool:
        """The quotation is of what the Response Center wrote itself."""
        head = self._folded[
            self._lines[block.start].start : self._lines[max(block.start, block.first - 1)].end
        ]
        writer = next(
            (line for line in head.split("\n") if _key(line) in self._words.of("header_from")), head
        )
        told = (fold(part) for person in self._message.to for part in (person.address, person.name) if part)
        return any(part in writer for part in told) or self._says(writer, "center_name")

    # -- notices, signatures, salutations

    def _mark_notices(self) -> None:
        """Mark what is printed under every mail, from the sentence that gives it away to the end of its paragraph."""
        starts = self._notice_starts()
        if not starts:
            return
        for start, end in self._paragraphs():
            low, high = self._lines[start].start, self._lines[end - 1].end
            here = [each for each in starts if low <= each < high]
            if not here:
                continue
            first = next(i for i in range(start, end) if self._lines[i].end > min(here))
            self._set_own(first, end, Role.BOILERPLATE)

    def _notice_starts(self) -> list[int]:
        starts = [start for phrase in self._words.of("notice") for start in _places(self._folded, phrase)]
        verdicts = [
            each for phrase in self._words.of("notice_verdict") for each in _places(self._folded, phrase)
        ]
        if verdicts:
            for phrase in self._words.of("notice_subject"):
                found = _places(self._folded, phrase)
                starts += [
                    each for each in found if any(0 <= verdict - each < 250 for verdict in verdicts[:200])
                ]
        return starts

    def _set_own(self, start: int, end: int, role: Role) -> None:
        for line in self._lines[start:end]:
            if line.role is Role.OWN:
                line.role = role

    def _mark_signatures(self, blocks: Sequence[_Block]) -> None:
        """Mark the block under the letter: over a quotation that is not answered line by line, and at the end."""
        ends = [len(self._lines)]
        if (blocks and not blocks[0].is_marked) or (
            len(blocks) == 1 and self._lines[blocks[0].start].start > 0
        ):
            ends.insert(0, blocks[0].start)
        for end in dict.fromkeys(ends):
            self._mark_signature(self._segment_start(end), end)

    def _segment_start(self, end: int) -> int:
        start = end
        while start > 0 and self._lines[start - 1].role in (Role.OWN, Role.BOILERPLATE):
            start -= 1
        return start

    def _mark_signature(self, start: int, end: int) -> None:
        opening = self._delimiter(start, end)
        if opening is None:
            opening = self._valediction(start, end)
        if opening is None:
            opening = self._closing_block(start, end)
        for line in self._lines[opening:end]:
            if line.role is Role.OWN and not line.is_blank and not self._speaks(line):
                line.role = Role.SIGNATURE
                line.is_alone = True

    def _delimiter(self, start: int, end: int) -> int | None:
        for i in range(start, end):
            if self._lines[i].folded in ("--", "---", "__", "___") and self._has_own(start, i):
                return i
        return None

    def _valediction(self, start: int, end: int) -> int | None:
        """The last line that takes leave, if it stands near the end."""
        visible = 0
        for i in range(end - 1, start - 1, -1):
            line = self._lines[i]
            if line.is_blank or line.role is not Role.OWN:
                continue
            visible += 1
            if visible > LONGEST_BLOCK:
                return None
            if self._takes_leave(line) and self._has_own(start, i):
                return i
        return None

    def _takes_leave(self, line: _Line) -> bool:
        tokens = _tokens(line.folded)
        if not 0 < len(tokens) <= 7 or line.folded.endswith("?"):
            return False
        whole = " ".join(tokens)
        valedictions = self._words.of("valediction")
        if whole in valedictions:
            return True
        return line.folded.endswith(",") and any(
            " ".join(tokens[:n]) in valedictions for n in range(1, len(tokens))
        )

    def _closing_block(self, start: int, end: int) -> int:
        """The lines at the end that hold a name, a title, an agency, a place, a number."""
        opening, seen, blanks = end, 0, 0
        for i in range(end - 1, start - 1, -1):
            line = self._lines[i]
            if line.is_blank or line.role is Role.BOILERPLATE:
                blanks += 1
                if blanks > 2 and seen:
                    break
                continue
            if seen >= LONGEST_BLOCK or not self._is_signature_line(line) or not self._has_own(start, i):
                break
            opening, seen, blanks = i, seen + 1, 0
        return opening

    def _has_own(self, start: int, end: int) -> bool:
        return any(line.role is Role.OWN and not line.is_blank for line in self._lines[start:end])

    def _is_signature_line(self, line: _Line) -> bool:
        tokens = _tokens(line.folded)
        text = self._body[line.start : line.end]
        if not tokens or len(text) > 110 or text.endswith(("?", "!", ":")):
            return False
        if self._is_item(line) and not (
            text[0].isupper() and text[1] == "."
        ):  # "E. Sayre, Chief" is no item "e."
            return False
        if self._words.of("no_signature").intersection(tokens):
            return False
        if shapes.is_contact(text) and len(tokens) <= LONGEST_NAME_LINE + 3:
            return not self._words.of("speaks").intersection(tokens)
        if len(tokens) > LONGEST_NAME_LINE or self._words.of("speaks").intersection(tokens):
            return False
        if self._label(line.start, line.end):
            return False
        return _is_named(text)

    def _speaks(self, line: _Line) -> bool:
        """The line may be the sender's own words although it stands under the signature."""
        tokens = _tokens(line.folded)
        if line.folded.startswith(('"', "'", "*")):
            return False
        if tokens and tokens[0] in self._words.of("postscript"):
            return True
        if self._label(line.start, line.end) and self._words.of("no_signature").intersection(tokens):
            return True
        if self._words.of("no_signature").intersection(tokens) and len(tokens) >= 3:
            return not _is_named(self._body[line.start : line.end])
        return len(tokens) >= 6 and not self._words.of("speaks").isdisjoint(tokens)

    def _mark_salutation(self) -> None:
        for line in self._lines[:12]:
            if line.is_blank or line.role is not Role.OWN:
                continue
            tokens = _tokens(line.folded)
            greetings = self._words.of("greeting")
            if len(tokens) > 9 or not any(" ".join(tokens[:n]) in greetings for n in (1, 2, 3)):
                return
            if _has_inner_end(line.folded) or "from" in tokens or "this is" in line.folded:
                return
            line.role = Role.SALUTATION
            line.is_alone = True
            return

    # -- lines into runs, runs into sentences

    def _paragraphs(self) -> Iterator[tuple[int, int]]:
        start = None
        for i, line in enumerate(self._lines):
            if line.is_blank:
                if start is not None:
                    yield start, i
                start = None
            elif start is None:
                start = i
        if start is not None:
            yield start, len(self._lines)

    def _runs(self) -> Iterator[tuple[int, int, Role]]:
        """Stretches of text that may hold several sentences: lines that the wrapping has parted, joined again."""
        widest = max((line.width for line in self._lines), default=0)
        is_wrapped = not self._is_chat and widest <= WRAPPED
        open_line: _Line | None = None
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

    def _joins(self, above: _Line, below: _Line, is_wrapped: bool) -> bool:
        if above.role is not below.role or above.is_alone or below.is_alone or above.depth or below.depth:
            return False
        if self._is_item(below) or self._is_rule(above) or self._is_rule(below):
            return False
        if self._label(below.start, below.end) or below.folded[-1] == ":" or above.folded[-1] in ".!?:;":
            return False
        begins_low = self._body[below.start].islower()
        if self._label(above.start, above.end):
            return begins_low
        if self._is_chat:
            return begins_low and above.folded[-1] == ","
        return begins_low if above.width < SHORT else is_wrapped or begins_low

    def _is_item(self, line: _Line) -> bool:
        """The line is one of a list: "1)", "(a)", "-", "•"."""
        return shapes.is_list_item(line.folded)

    def _is_rule(self, line: _Line) -> bool:
        return bool(line.folded) and not any(char.isalnum() for char in line.folded[:200])

    def _split(self, start: int, end: int, most: int) -> Iterator[tuple[int, int]]:
        """Where the sentences of a run begin and end; what is over the number goes into the last."""
        text = self._body
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
        begin = stop
        while begin > first and stop - begin < 15 and not text[begin - 1].isspace():
            begin -= 1
        word = self._folded[begin:stop].lstrip("(\"'[/*")
        if begin == first and (word.isdigit() or len(word) == 1):
            return False  # "1." or "a." before an item of a list
        if len(word) == 1 and word.isalpha():
            return word == "i" and self._body[begin:stop] == "i"
        following = self._following(after)
        if word in self._words.of("abbreviation_or_end"):
            return following.isupper() and self._starts_sentence(after)
        return word not in self._words.of("abbreviation")

    def _following(self, offset: int) -> str:
        while offset < len(self._body) and self._body[offset].isspace():
            offset += 1
        return self._body[offset : offset + 1]

    def _starts_sentence(self, offset: int) -> bool:
        word = self._folded[offset : offset + 20].split()[:1]
        return bool(word) and word[0].strip(",'\"") in _STARTERS

    def _sentence(self, start: int, end: int, role: Role) -> Sentence:
        text = self._body[start:end]
        is_question = text.rstrip("\"'”’)]* ").endswith("?")
        label = self._label(start, end) if role is not Role.QUOTED else ""
        return Sentence(text, start, end, Part.BODY, role, is_question, label)

    def _label(self, start: int, end: int) -> str:
        """What stands before the colon, if this has the form of an answer: "Pending litigation: no"."""
        colon = self._body.find(":", start, min(end, start + 60))
        if colon < 0 or colon + 1 >= end or not self._body[colon + 1].isspace():
            return ""
        label = shapes.without_item_mark(self._body[start:colon]).strip(" *_\t")
        tokens = label.split()
        if not 0 < len(tokens) <= 6 or not label[0].isalpha() or any(mark in label for mark in ".!?;,"):
            return ""
        return label

    def _next_visible(self, i: int) -> int | None:
        return next((j for j in range(i, min(i + 4, len(self._lines))) if not self._lines[j].is_blank), None)


_STARTERS = frozenset({
    "the", "we", "i", "our", "this", "that", "there", "it", "he", "she", "they", "my", "no", "not",
    "nothing", "nobody", "please", "if", "in", "on", "as", "for", "what", "who", "how", "is", "are", "do",
    "does", "can", "could", "would", "will", "any", "one", "an", "these", "those", "his", "her", "their",
    "you", "your", "at", "after", "since", "when", "thank", "thanks",
})  # fmt: skip


def _places(folded: str, phrase: str) -> list[int]:
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


def _lines(body: str, folded: str) -> Iterator[_Line]:
    offset = 0
    pieces = body.splitlines(keepends=True)
    if len(pieces) > MOST_LINES:
        rest = len("".join(pieces[:MOST_LINES]))
        pieces = [*pieces[:MOST_LINES], *(body[i : i + 4_000] for i in range(rest, len(body), 4_000))]
    for piece in pieces:
        start, end = _trim(body, offset, offset + len(piece))
        text, depth = folded[start:end], 0
        while text.startswith(">"):
            depth += 1
            text = text[1:].lstrip()
            if depth == 50:
                text = text.lstrip("> ")
        yield _Line(start, end, text, depth, start - offset)
        offset += len(piece)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    return (left, end - len(piece) + len(piece.rstrip())) if left < end else (end, end)


def _tokens(folded: str) -> list[str]:
    return [token for word in folded.split() if (token := word.strip('.,;:!?*_()[]<>"|'))]


def _bare(folded: str) -> str:
    return folded.strip("-_=*#<>[]. :!~")


def _key(folded: str) -> str:
    """What stands before the first colon, as a header names it: "*From:* x" -> "from"."""
    head, colon, _ = folded[:30].partition(":")
    return head.strip("* ") if colon else ""


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text[:400])


def _is_mailish(text: str) -> bool:
    """Speaks of an address, or of a year and a time of the day: a mail program wrote this, not a person."""
    return (
        "@" in text
        or "<" in text
        or ("you wrote:" in text)
        or (shapes.has_clock(text) and shapes.has_year(text))
    )


def _has_inner_end(folded: str) -> bool:
    return any(folded[i] in ".!?" and folded[i + 1] == " " for i, _ in pairwise(range(len(folded))))


_SMALL = frozenset({
    "she", "her", "he", "him", "his", "they", "them", "of", "the", "and", "for", "de", "del", "la", "las",
    "los", "y", "du", "von", "van", "der", "da", "e", "o's", "to", "&", "at", "in", "a",
})  # fmt: skip


def _is_named(text: str) -> bool:
    """Every word of weight begins with a capital or holds a figure: a name, a title, a place."""
    weighty = [
        word for word in text.replace("/", " ").split() if word.strip(".,;|()-–—•*").lower() not in _SMALL
    ]
    weighty = [word for word in weighty if any(char.isalnum() for char in word)]
    if not weighty or (text.endswith(".") and not text[-4:].count(".") > 1 and len(weighty) > 4):
        return False
    return all(
        word.lstrip("(\"'*_").startswith(tuple("0123456789#@")) or word.lstrip("(\"'*_[")[:1].isupper()
        for word in weighty
    )
