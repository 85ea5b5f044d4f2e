"""What a body quotes of other messages, and which of it the sender makes their own matter.

What such a quotation looks like in mail programs of several languages stands in `words/passages.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from crbot.triage import shapes
from crbot.triage.lines import Body, Role, bare, key_of, places
from crbot.triage.message import Message
from crbot.triage.phrases import fold

LONGEST_HEAD = 8  # lines over a quoted mail: From, Sent, To, Cc, Subject, each perhaps broken once
LONGEST_COVER = 60  # words above a letter of somebody else that say no more than whose it is
LONGEST_ATTRIBUTION = 5  # lines that "On … wrote:" may be broken into


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that somebody else wrote: where they begin, with the lines over them, and where they end."""

    start: int
    first: int  # the first line after the head
    end: int
    is_forward: bool
    is_marked: bool  # with ">" in front


class Quotations:
    """The quotations of one body; their lines are marked at once, `adopt` comes when the signature is known."""

    def __init__(self, body: Body, message: Message) -> None:
        self._body = body
        self._lines = body.lines
        self._folded = body.folded
        self._words = body.words
        self._message = message
        self.is_forward = (
            fold(message.subject).lstrip().startswith(("fw:", "fwd:", "fw ", "tr:", "wg:", "rv:"))
        )
        self._endings = tuple(body.words.of("wrote"))
        self.adopts = False  # the sender makes something of it their own matter
        self.blocks = tuple(self._blocks())
        for block in self.blocks:
            body.set(block.start, block.end, Role.QUOTED)

    def adopt(self) -> None:
        """Make those quotations the sender's own matter to which the sender points."""
        blocks = self.blocks
        if not blocks:
            return
        own = " ".join(line.folded for line in self._lines if line.role is Role.OWN and not line.is_blank)
        is_bare = self._says_nothing(own)
        if self._says(own, "answers_inline"):
            self._take(blocks)
            return
        points_to_it = self._says(own, "adopts") or self._passes_on(own)
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
            if not self._says_nothing(self._content(block)):
                return

    # -- where they stand

    def _blocks(self) -> Iterator[Block]:
        """What is quoted or forwarded, from the top."""
        lines, i = self._lines, 0
        has_own = False
        while i < len(lines):
            block = None if lines[i].is_blank else self._block_at(i, has_own)
            if block is None:
                has_own = has_own or not (lines[i].is_blank or lines[i].is_rule)
                i += 1
                continue
            yield block
            i = block.end

    def _block_at(self, i: int, has_own: bool) -> Block | None:
        line = self._lines[i]
        if line.depth:
            return self._marked(i, i)
        if line.is_rule and line.width >= 5:  # "________" over a head
            below = self._body.next_visible(i + 1)
            block = (
                self._block_at(below, has_own)
                if below is not None and not self._lines[below].is_rule
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
        quoted = self._body.next_visible(first)
        if quoted is not None and self._lines[quoted].depth:
            return self._marked(i, quoted, is_forward)
        return Block(i, first, self._end_of_foreign(first), is_forward, False)

    def _marked(self, start: int, first: int, is_forward: bool = False) -> Block:
        """A block of lines with ">" in front; blank lines within it belong to it."""
        lines = self._lines
        end = last = first
        while end < len(lines) and (lines[end].depth or lines[end].is_blank):
            last = end if lines[end].depth else last
            end += 1
        first_text = self._body.next_visible(first)
        if first_text is not None and not is_forward:
            marker = self._marker(first_text)
            is_forward = (marker is not None and marker[1]) or self._header(first_text) is not None
        return Block(start, first, last + 1, is_forward, True)

    def _end_of_foreign(self, first: int) -> int:
        """Where a quotation without marks ends: at the end of the body, unless it says where."""
        for i in range(first, len(self._lines)):
            if bare(self._lines[i].folded) in self._words.of("forward_end"):
                return i + 1
            if i > first and (self._header(i) is not None or self._marker(i) is not None):
                return i
        return len(self._lines)

    def _marker(self, i: int) -> tuple[int, bool] | None:
        """The line after "----- Original Message -----" and its head, and whether it says "forwarded"."""
        folded = self._lines[i].folded
        if len(folded) > 120 or not folded or folded[0].isdigit():
            return None
        plain = bare(folded)
        if plain in self._words.of("original_marker"):
            is_forward = self.is_forward
        elif plain in self._words.of("forward_marker") or (
            folded[0] in "-_=*" and any(plain.startswith(each) for each in self._words.of("forward_marker"))
        ):
            is_forward = True
        else:
            return None
        after = self._body.next_visible(i + 1)
        end = self._header(after, fewest=2) if after is not None else None
        return (end if end is not None else i + 1), is_forward

    def _header(self, i: int, fewest: int = 3) -> int | None:
        """The line after "From: …, Sent: …, To: …", if such a head begins here."""
        if self._lines[i].key not in self._words.of("header_from"):
            return None
        keys, last, others = 1, i, self._words.of("header_other")
        for j in range(i + 1, min(i + 1 + LONGEST_HEAD, len(self._lines))):
            line = self._lines[j]
            if line.is_blank and keys > 1:
                break
            if line.key in others:
                keys, last = keys + 1, j
        return last + 1 if keys >= fewest or (keys == 2 and self._lines[i].depth) else None

    def _has_sent(self, start: int, end: int) -> bool:
        return any(line.key in ("sent", "gesendet", "envoyé", "enviado") for line in self._lines[start:end])

    def _attribution(self, i: int) -> int | None:
        """The line after "On … wrote:", if such a line begins here; it may be broken into several."""
        lines, words = self._lines, self._words
        first = lines[i].folded
        opens = first.split(" ", 1)[0] in words.of("wrote_opens")
        endings = self._endings
        if not (opens or "<" in first or first.endswith(endings)):
            return None
        if not (opens or first[:1].isdigit() or "<" in first or "@" in first or _has_digit(first)):
            return None
        length = 0
        for j in range(i, min(i + LONGEST_ATTRIBUTION, len(lines))):
            length += len(lines[j].folded)
            if lines[j].is_blank or length > 400 or lines[j].depth != lines[i].depth:
                return None
            if lines[j].folded.endswith(endings):
                whole = self._folded[lines[i].start : lines[j].end]
                after = self._body.next_visible(j + 1)
                marked = after is not None and lines[after].depth > lines[i].depth
                return j + 1 if (marked and _has_digit(whole)) or _is_mailish(whole) else None
            if j == i and not opens and "<" not in first:
                return None
        return None

    # -- what is adopted

    def _says(self, folded: str, name: str) -> bool:
        return any(places(folded, phrase) for phrase in self._words.within(name, folded))

    def _passes_on(self, own: str) -> bool:
        """A few words that speak of the agency's head and of what that person wrote: "per the Sheriff, see his email"."""
        return (
            own.count(" ") < LONGEST_COVER
            and self._says(own, "letter_writer")
            and self._says(own, "letter_words")
        )

    def _is_all(self, block: Block) -> bool:
        """Nothing stands before the quotation, and the message does not call itself an answer."""
        return not fold(self._message.subject).startswith("re:") and all(
            line.is_blank for line in self._lines[: block.start]
        )

    def _take(self, blocks: Iterable[Block]) -> None:
        for block in blocks:
            for line in self._lines[block.first : block.end]:
                if line.role is Role.QUOTED:
                    line.role = Role.FORWARDED

    def _content(self, block: Block) -> str:
        return " ".join(line.folded for line in self._lines[block.first : block.end] if not line.is_blank)

    def _says_nothing(self, folded: str) -> bool:
        plain = bare(folded)
        return not plain or plain in self._words.of("nothing_of_own")

    def _is_from_addressee(self, block: Block) -> bool:
        """The quotation is of what the Response Center wrote itself."""
        head = self._folded[
            self._lines[block.start].start : self._lines[max(block.start, block.first - 1)].end
        ]
        writer = next(
            (line for line in head.split("\n") if key_of(line) in self._words.of("header_from")), head
        )
        told = (fold(part) for person in self._message.to for part in (person.address, person.name) if part)
        return any(part in writer for part in told) or self._says(writer, "center_name")


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text[:400]))


def _is_mailish(text: str) -> bool:
    """Speaks of an address, or of a year and a time of the day: a mail program wrote this, not a person."""
    return (
        "@" in text
        or "<" in text
        or ("you wrote:" in text)
        or (shapes.has_clock(text) and shapes.has_year(text))
    )
