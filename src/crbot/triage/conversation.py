"""A conversation: what was asked in it, which words of a reply answer what, and which of two statements holds.

How a single message is read is `reading`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crbot.triage.facts import Facts, Part, Statement
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Scan, Words, fold
from crbot.triage.policy import MATTERS

TOGETHER = "+"  # joins facts that one question asks for: "investigation+litigation"

_NUMBER = re.compile(
    r"[\s>(\[*#]*(?:q(?:uestion)?|a|no|nr|point|item)?\s*\.?\s*(\d{1,2})\s*[.):\]\-–—]*\s+(?=\S)",
    re.IGNORECASE,
)
_ASKS = (
    ("requester_authority", "asks_authority"),
    ("agency_type", "asks_agency"),
    ("agency_state", "asks_state"),
    ("services", "asks_services"),
)
_BLANKS = " \t\r\n*_\"'>-–—.("


@dataclass(frozen=True, slots=True)
class Answer:
    """Words of a reply that answer a question."""

    facts: tuple[str, ...]
    value: str  # "no", "yes", "unsure", or "" where only the words themselves tell
    sentences: tuple[int, ...]  # indices in the scan; the first one begins the answer


def asked_in(scan: Scan) -> tuple[str, ...]:
    """The facts that a message of ours asks for, question by question, in order."""
    asked = []
    for index, sentence in enumerate(scan.sentences):
        if sentence.is_question and sentence.part is Part.BODY:
            facts = [fact for fact in MATTERS if scan.in_sentence(index, f"{fact}:active")]
            facts += [fact for fact, words in _ASKS if scan.in_sentence(index, words)]
            if facts:
                asked.append(TOGETHER.join(facts))
    return tuple(asked)


def answers(scan: Scan, asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """The answers that a reply gives to what was asked: by number, to all at once, or at its beginning."""
    own = [i for i, each in enumerate(scan.sentences) if each.part is Part.BODY and each.role is Role.OWN]
    if not asked or not own:
        return ()
    numbered = tuple(_numbered(scan, own, asked, words))
    if numbered:
        return numbered
    matters = tuple(fact for question in asked for fact in question.split(TOGETHER) if fact in MATTERS)
    for hit in scan.of("answer_no_to_all"):
        if hit.sentence in own and matters:
            return (Answer(matters, "no", (hit.sentence,)),)
    return _bare(scan, own, asked, words)


def _numbered(scan: Scan, own: Sequence[int], asked: Sequence[str], words: Words) -> Iterator[Answer]:
    """Answers that bear the number of their question; what follows a number belongs to it until the next."""
    groups: list[tuple[int, list[int], str]] = []
    for index in own:
        text = scan.sentences[index].text
        match = _NUMBER.match(text)
        number = int(match[1]) if match else 0
        if match and 1 <= number <= len(asked) and (not groups or number > groups[-1][0]):
            groups.append((number, [index], text[match.end() :]))
        elif groups:
            groups[-1][1].append(index)
    for number, indices, opening in groups:
        yield Answer(tuple(asked[number - 1].split(TOGETHER)), short_answer(opening, words), tuple(indices))


def _bare(scan: Scan, own: Sequence[int], asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """A yes or no at the beginning of a reply to one question."""
    first = next((i for i in own if not _is_greeting(scan.sentences[i])), None)
    if first is None or len(asked) != 1:
        return ()
    value = short_answer(scan.sentences[first].text, words)
    return (Answer(tuple(asked[0].split(TOGETHER)), value, (first,)),) if value else ()


def _is_greeting(sentence: Sentence) -> bool:
    return len(sentence.text.split()) <= 4 and sentence.text.rstrip().endswith((",", "!", ":"))


def short_answer(text: str, words: Words) -> str:
    """What a text answers at its very beginning: "no", "yes", "unsure", or "" for neither."""
    folded = fold(text[:80]).strip(_BLANKS)
    for value, name, must_end in _SHORT_ANSWERS:
        for phrase in words.of(name):
            rest = folded[len(phrase) :] if folded.startswith(phrase) else None
            if (
                rest is not None
                and not rest[:1].isalnum()
                and (
                    not must_end
                    or not rest.strip()
                    or rest[0] in ".,;:!)-\n\r"
                    or rest.lstrip()[0] in "-–—(\n"
                )
            ):
                return value
    return ""


_SHORT_ANSWERS = (
    ("unsure", "answer_unsure", False),
    ("no", "answer_no_opens", False),
    ("no", "answer_no", True),
    ("yes", "answer_yes", True),
)


def joined(before: Facts, told: Iterable[Statement]) -> Facts:
    """The facts after a message: what it tells replaces what was told before by the same person.

    Of two different people the one who heads the agency counts.
    """
    taken = []
    for statement in told:
        old = before.statements.get(statement.fact)
        if not statement.values:
            if old is None:
                taken.append(statement)
            continue
        if old and old.values and old.by_head and not statement.by_head and old.speaker != statement.speaker:
            continue
        taken.append(statement)
    return before.with_statements(taken)
