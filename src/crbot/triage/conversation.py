"""A conversation: what was asked in it, which words of a reply answer what, and which of two statements holds.

How a single message is read is `reading`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crbot.triage.facts import UNKNOWN, Facts, Part, Statement
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Scan, Words, fold
from crbot.triage.policy import MATTERS

TOGETHER = "+"  # joins facts that one question asks for: "investigation+litigation"

# A number that begins an answer: "2)", "Q2:", "2." or a bare "2".
_NUMBER = re.compile(
    r"(?:^|(?<=[\s>(\[*#,;.]))(?:q|a|no\.?|#)?\s?(\d{1,2})([.):\]\-–—]*)\s+(?=\S)", re.IGNORECASE
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
    start: int  # offsets in the body
    end: int


def asked_in(scan: Scan) -> tuple[str, ...]:
    """What a message of ours asks for, question by question, in order; "" for a question about something else."""
    asked = []
    for index, sentence in enumerate(scan.sentences):
        if sentence.is_question and sentence.part is Part.BODY:
            facts = [fact for fact in MATTERS if scan.in_sentence(index, f"{fact}:active")]
            facts += [fact for fact, words in _ASKS if scan.in_sentence(index, words)]
            asked.append(TOGETHER.join(facts))
    return tuple(asked)


def answers(scan: Scan, asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """The answers that a reply gives to what was asked: by number, to all at once, or at its beginning."""
    own = [each for each in scan.sentences if each.part is Part.BODY and each.role is Role.OWN]
    if not asked or not own:
        return ()
    numbered = tuple(_numbered(scan.message.body, own, asked, words))
    if numbered:
        return numbered
    matters = tuple(fact for question in asked for fact in question.split(TOGETHER) if fact in MATTERS)
    for hit in scan.of("answer_no_to_all"):
        if scan.sentence_of(hit) in own and matters:
            return (Answer(matters, "no", hit.start, hit.end),)
    return _bare(own, asked, words)


def _numbered(body: str, own: Sequence[Sentence], asked: Sequence[str], words: Words) -> Iterator[Answer]:
    """Answers that bear the number of their question; what follows a number belongs to it until the next."""
    marks: list[tuple[int, int, int]] = []  # number, where it stands, where its answer begins
    for sentence in own:
        for match in _NUMBER.finditer(body, sentence.start, sentence.end):
            number, before = int(match[1]), marks[-1][0] if marks else 0
            opens = not body[sentence.start : match.start(1)].strip(" >([*#qQaA")
            if number <= len(asked) and (number > before if opens else number == before + 1):
                marks.append((number, match.start(1), match.end()))
    if len(marks) == 1 and len(asked) > 1 and not body[marks[0][1] : marks[0][2]].strip("0123456789 "):
        return  # a number like any other
    ends = [start for _, start, _ in marks[1:]] + [own[-1].end]
    for (number, start, opening), end in zip(marks, ends, strict=False):  # no marks, one end
        facts = tuple(fact for fact in asked[number - 1].split(TOGETHER) if fact)
        yield Answer(facts, short_answer(body[opening:end], words), start, end)


def _bare(own: Sequence[Sentence], asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """A yes or no at the beginning of a reply to one question."""
    questions = [question for question in asked if question]
    first = next((each for each in own if not _is_greeting(each)), None)
    if first is None or len(questions) != 1:
        return ()
    value = short_answer(first.text, words)
    return (Answer(tuple(questions[0].split(TOGETHER)), value, first.start, first.end),) if value else ()


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
    """The facts after a message: what it tells replaces what was told before.

    Of what two different people say the word of the one who heads the agency counts; and "I don't know" takes
    nothing back.
    """
    return before.with_statements(each for each in told if _holds(each, before.statements.get(each.fact)))


def _holds(new: Statement, old: Statement | None) -> bool:
    if old is None or not old.values:
        return True
    if not new.values or new.values == (UNKNOWN,):
        return False
    return not old.by_head or new.by_head or new.speaker == old.speaker or new.fact in _ANYBODYS


# Who asks is not a matter of whose word counts more: the head's own disavowal, or another's lack of consent, is told
# by `people`. What is wanted was joined with what was wanted before.
_ANYBODYS = frozenset(
    {"requester_authority", "services", "topics", "unsupported_costs", "costs_only", "withdrawn"}
)


def asked_in_vain(facts: Facts) -> frozenset[str]:
    """The facts whose question was answered with "I don't know"."""
    return frozenset(
        fact for fact, each in facts.statements.items() if each.values == (UNKNOWN,) and each.evidence
    )
