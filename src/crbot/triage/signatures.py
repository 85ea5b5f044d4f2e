"""What stands around a letter: the greeting, the signature, and what a mail system prints under every mail.

Words that open them stand in `words/passages.yaml`; what is quoted, `quotations` has marked before.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import pairwise

from crbot.triage import shapes
from crbot.triage.lines import MARKS, Body, Line, Role, places
from crbot.triage.phrases import Words
from crbot.triage.quotations import Block

LONGEST_BLOCK = 20  # lines under a letter
LONGEST_NAME_LINE = 9  # words in a line of a signature
LONGEST_GREETING = 4  # words
TOLD = 3  # words written small that make a line with a number the sender's own words
LEAST_SENTENCE = 5  # words of a line under a signature that is taken for a sentence


class Frame:
    """Marks what stands around the letter in one body."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._lines = body.lines
        self._folded = body.folded
        self._text = body.text
        self._words = body.words

    def mark(self, blocks: Sequence[Block]) -> None:
        self._mark_notices()
        self._mark_signatures(blocks)
        self._mark_salutation()

    def _mark_notices(self) -> None:
        """Mark what is printed under every mail, from the sentence that gives it away to the end of its paragraph."""
        starts = self._notice_starts()
        if not starts:
            return
        for start, end in self._body.paragraphs():
            low, high = self._lines[start].start, self._lines[end - 1].end
            here = [each for each in starts if low <= each < high]
            if not here:
                continue
            first = next(i for i in range(start, end) if self._lines[i].end > min(here))
            self._body.set_own(first, end, Role.BOILERPLATE)

    def _notice_starts(self) -> list[int]:
        folded, within = self._folded, self._words.within
        starts = [start for phrase in within("notice", folded) for start in places(folded, phrase)]
        verdicts = [each for phrase in within("notice_verdict", folded) for each in places(folded, phrase)]
        if verdicts:
            for phrase in within("notice_subject", folded):
                found = places(folded, phrase)
                starts += [
                    each for each in found if any(0 <= verdict - each < 250 for verdict in verdicts[:200])
                ]
        return starts

    def _mark_signatures(self, blocks: Sequence[Block]) -> None:
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
            if self._lines[i].folded in ("--", "---", "__", "___") and self._body.has_own(start, i):
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
            if self._takes_leave(line) and self._body.has_own(start, i):
                return i
        return None

    def _takes_leave(self, line: Line) -> bool:
        opening = line.folded.split(maxsplit=1)[:1]
        if opening and opening[0].strip(MARKS) not in _first_words(self._words, "valediction"):
            return False
        tokens = line.tokens
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
            if seen >= LONGEST_BLOCK or not self._is_signature_line(line) or not self._body.has_own(start, i):
                break
            opening, seen, blanks = i, seen + 1, 0
        return opening

    def _is_signature_line(self, line: Line) -> bool:
        text = self._text[line.start : line.end]
        if len(text) > 110 or text.endswith(("?", "!", ":")):
            return False
        tokens = line.tokens
        if not tokens:
            return False
        if line.is_item and not (text[0].isupper() and text[1] == "."):  # "E. Sayre, Chief" is no item "e."
            return False
        if self._words.of("no_signature").intersection(tokens):
            return False
        if shapes.is_contact(text) and len(tokens) <= LONGEST_NAME_LINE + 3:
            return not (self._words.of("speaks").intersection(tokens) or self._tells(text))
        if len(tokens) > LONGEST_NAME_LINE or self._words.of("speaks").intersection(tokens):
            return False
        if self._body.label(line.start, line.end):
            return False
        return self._is_named(text)

    def _tells(self, text: str) -> bool:
        """Words written small that name no line of a telephone: "GBI agents just pulled in. 912-555-0164"."""
        small = self._words.of("name_particle") | self._words.of("contact_word")
        words = [word.strip(".,;:|()") for word in text.split()]
        return sum(word.isalpha() and word.islower() and word not in small for word in words) >= TOLD

    def _speaks(self, line: Line) -> bool:
        """The line may be the sender's own words although it stands under the signature."""
        tokens, of = line.tokens, self._words.of
        if line.folded.startswith(('"', "'", "*")) or not tokens:
            return False
        if tokens[0] in of("postscript") or tokens[0] in of("answer_opening"):
            return True
        text = self._text[line.start : line.end]
        answers = not of("no_signature").isdisjoint(tokens)
        if line.is_item and not (text[0].isupper() and text[1] == "."):
            return answers or text[0].isdigit() or not self._is_named(text)
        if answers and self._body.label(line.start, line.end):
            return True
        if shapes.is_contact(text) and self._tells(text):
            return True
        if answers and (len(tokens) >= 3 or of("no_signature").issuperset(tokens)):
            return not self._is_named(text)
        spoken = of("speaks").intersection(tokens)
        return bool(spoken) and (len(tokens) >= LEAST_SENTENCE or self._is_clause(text, spoken))

    def _is_clause(self, text: str, spoken: Set[str]) -> bool:
        """A short line with a verb written small, no slogan in capitals and no month: "TBI is done"."""
        words = text.split()
        return len(words) >= 3 and any(word in spoken and word.isalpha() for word in words[1:])

    def _is_named(self, text: str) -> bool:
        """Every word of weight begins with a capital or holds a figure: a name, a title, a place."""
        small = self._words.of("name_particle")
        words = text.replace("/", " ").split()
        weighty = [
            word
            for word in words
            if (word.isalnum() or any(map(str.isalnum, word)))
            and word.strip(".,;|()-–—•*").lower() not in small
        ]
        if not weighty or (text.endswith(".") and not text[-4:].count(".") > 1 and len(weighty) > 4):
            return False
        return all(
            word.lstrip("(\"'*_").startswith(tuple("0123456789#@")) or word.lstrip("(\"'*_[")[:1].isupper()
            for word in weighty
        )

    def _mark_salutation(self) -> None:
        for i, line in enumerate(self._lines[:12]):
            if line.is_blank or line.role is not Role.OWN:
                continue
            if self._greets(line) or self._addresses(i):
                line.role = Role.SALUTATION
                line.is_alone = True
            return

    def _greets(self, line: Line) -> bool:
        """ "Dear colleagues,", "Good morning"."""
        tokens = line.tokens
        if len(tokens) > LONGEST_NAME_LINE or not any(
            " ".join(tokens[:n]) in self._words.of("greeting") for n in (1, 2, 3)
        ):
            return False
        if self._says(tokens) or (line.folded[-1] in ".?" and len(tokens) > LONGEST_GREETING):
            return False  # "All investigations are closed.", "hi need training for nine officers"
        if not self._words.of("no_signature").isdisjoint(tokens) or self._has_deed(line):
            return False  # "All lawsuits settled", "Sirs, Feds opened a case"
        return not (_has_inner_end(line.folded) or "from" in tokens or "this is" in line.folded)

    def _has_deed(self, line: Line) -> bool:
        """A word written small that ends like a verb of what happened, behind the first: "Folks, two officers indicted"."""
        words = self._text[line.start : line.end].split()[1:]
        return any(word.islower() and word.rstrip(".!").endswith("ed") for word in words)

    def _addresses(self, i: int) -> bool:
        """A short line before a blank one that ends with a comma: "Counsel, friends,"."""
        line, below = self._lines[i], self._lines[i + 1 : i + 2]
        tokens = line.tokens
        return (
            line.folded.endswith(",")
            and len(tokens) <= LONGEST_GREETING
            and bool(below)
            and below[0].is_blank
            and not self._says(tokens)
        )

    def _says(self, tokens: Sequence[str]) -> bool:
        """There is a word that only a sentence has."""
        return not self._words.of("speaks").isdisjoint(tokens)


@lru_cache(maxsize=8)
def _first_words(words: Words, name: str) -> frozenset[str]:
    """What the phrases of a list begin with; "" too, for what begins with a mark."""
    return frozenset(["", *(phrase.split()[0] for phrase in words.of(name) if phrase.strip())])


def _has_inner_end(folded: str) -> bool:
    return any(folded[i] in ".!?" and folded[i + 1] == " " for i, _ in pairwise(range(len(folded))))
