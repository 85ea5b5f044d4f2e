"""A conversation: what was asked in it, which words of a reply answer what, and which of two statements holds.

How a single message is read is `reading`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crbot.triage.facts import UNKNOWN, Facts, Part, Statement
from crbot.triage.message import Message
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Scan, Words, fold
from crbot.triage.policy import MATTERS

TOGETHER = "+"  # joins facts that one question asks for: "investigation+litigation"

# The number or letter that begins an answer: "2)", "Q2:", "(b)", "*2.*", "Item 2:", "2." or a bare "2".
_NUMBER = re.compile(
    r"(?:^|(?<=[\s>(\[*#,;./]))(?:q|a|no\.?|#|question|item|answer|point|number)?\s?#?"
    r"(?:(\d{1,2})([.):\]\-–—*]*)\s+|(?:(?<=\()([a-h])\)|(?:(?<=\n)|^)[ \t>*]{0,4}([a-h])[.)])\s*)(?=\S)",
    re.IGNORECASE,
)
_ASKS = (
    ("requester_authority", "asks_authority"),
    ("agency_type", "asks_agency"),
    ("agency_state", "asks_state"),
    ("services", "asks_services"),
)
_BLANKS = " \t\r\n*_\"'>-–—.(:"
_REFERENCES = ("answer_first", "answer_second", "answer_third", "answer_fourth")
_MOST = 40  # sentences in which answers are looked for
_LISTED = 1_000  # characters in which a mere "yes, no and no" may stand


@dataclass(frozen=True, slots=True)
class Answer:
    """Words of a reply that answer a question."""

    facts: tuple[str, ...]
    value: str  # "no", "yes", "unsure", or "" where only the words themselves tell
    start: int  # offsets in the body
    end: int


def asked_in(scan: Scan) -> tuple[str, ...]:
    """What a message of ours asks for, question by question, in order; "" for a question about something else.

    The sentences under one number are one question.
    """
    asked: list[list[str]] = []
    body, before, asked_at = scan.message.body, 0, 0
    for index, sentence in enumerate(scan.sentences[:_MOST]):
        if not sentence.is_question or sentence.part is not Part.BODY:
            continue
        facts = _asked_by(scan, index)
        numbers = [match for match in _NUMBER.finditer(body, before, sentence.start + 6)]
        goes_on = asked and not numbers and _is_numbered(body, asked_at)
        if goes_on:
            asked[-1] += [fact for fact in facts if fact not in asked[-1]]
        else:
            asked.append(facts)
            asked_at = sentence.start
        before = sentence.end
    return tuple(TOGETHER.join(facts) for facts in asked)


def _is_numbered(body: str, start: int) -> bool:
    match = _NUMBER.match(body, max(0, start - 1), start + 8) or _NUMBER.match(body, start, start + 8)
    line = body[body.rfind("\n", 0, start) + 1 : start + 4].lstrip(" >*(#")
    return match is not None or line[:1].isdigit()


def _asked_by(scan: Scan, index: int) -> list[str]:
    """The facts that a question asks for."""
    facts = [
        fact
        for fact in MATTERS
        if scan.in_sentence(index, f"{fact}:active") or scan.in_sentence(index, f"{fact}:active:weak")
    ]
    return facts + [fact for fact, words in _ASKS if scan.in_sentence(index, words)]


def one_answer_a_line(message: Message, asked: Sequence[str]) -> Message:
    """The message with a line break for the blank before each numbered answer, so that "2 - no 3 - a firm wrote us"
    is read as two statements. Every character keeps its place.
    """
    if len(asked) < 2:  # noqa: PLR2004  (one question needs no numbers)
        return message
    body = message.body
    for number, start, _ in _marks(body, [(0, len(body))], len(asked)):
        opening = body.rfind(" ", 0, start)
        if number > 1 and opening >= 0 and not body[opening:start].strip(" (#*qQaA"):
            body = body[:opening] + "\n" + body[opening + 1 :]
    return message if body == message.body else replace(message, body=body)


def answers(scan: Scan, asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """The answers that a reply gives to what was asked: between the questions that it quotes, by number, by words
    such as "the first", to all at once, one after the other, or at its beginning.
    """
    own = [each for each in scan.sentences if each.part is Part.BODY and each.role is Role.OWN][:_MOST]
    if not asked or not own:
        return ()
    found = (
        tuple(_between(scan, words))
        or tuple(_numbered(scan.message.body, own, asked, words))
        or tuple(_referred(scan, own, asked))
    )
    told = {fact for answer in found for fact in answer.facts}
    matters = tuple(
        fact
        for question in asked
        for fact in question.split(TOGETHER)
        if fact in MATTERS and fact not in told
    )
    for value, name in (("no", "answer_no_to_all"), ("yes", "answer_yes_to_all")):
        for hit in scan.of(name):
            if scan.sentence_of(hit) in own and matters:
                return (*found, Answer(matters, value, hit.start, hit.end))
    return found or tuple(_in_turn(scan.message.body, own, asked, words)) or _bare(own, asked, words)


def _between(scan: Scan, words: Words) -> Iterator[Answer]:
    """What stands under a question that the reply quotes answers it."""
    question: list[str] = []
    for index, sentence in enumerate(scan.sentences[:_MOST]):
        if sentence.part is not Part.BODY:
            continue
        if sentence.role is Role.QUOTED:
            question = _asked_by(scan, index) if sentence.is_question else []
        elif sentence.role is Role.OWN and question:
            value = short_answer(sentence.text, words)
            yield Answer(tuple(question), value, sentence.start, sentence.end)
            question = []


def _marks(body: str, spans: Iterable[tuple[int, int]], count: int) -> list[tuple[int, int, int]]:
    """Numbers of questions, in order: the number, where it stands, where its answer begins."""
    marks: list[tuple[int, int, int]] = []
    for start, end in spans:
        for match in _NUMBER.finditer(body, start, end):
            letter = match[3] or match[4]
            number, before = int(match[1] or ord(letter.lower()) - 96), marks[-1][0] if marks else 0
            place = match.start(1) if match[1] else match.start(3) if match[3] else match.start(4)
            opens = not body[start:place].strip(" >([*#qQaA") or body[start:place].endswith("\n")
            if number <= count and (number > before if opens else number == before + 1):
                marks.append((number, place, match.end()))
    return marks


def _numbered(body: str, own: Sequence[Sentence], asked: Sequence[str], words: Words) -> Iterator[Answer]:
    """Answers that bear the number of their question; what follows a number belongs to it until the next."""
    marks = _marks(body, [(each.start, each.end) for each in own], len(asked))
    if len(marks) == 1 and len(asked) > 1 and not body[marks[0][1] : marks[0][2]].strip("0123456789 "):
        return  # a number like any other
    ends = [start for _, start, _ in marks[1:]] + [own[-1].end]
    for (number, start, opening), end in zip(marks, ends, strict=False):  # no marks, one end
        facts = tuple(fact for fact in asked[number - 1].split(TOGETHER) if fact)
        value = short_answer(_without_question(body[opening:end]), words)
        yield Answer(facts, value, start, end)


def _without_question(text: str) -> str:
    """The text behind our question, where the answer repeats it."""
    question, mark, answer = text.rpartition("?")
    return answer if mark and answer.strip() and len(question.split()) > 3 else text  # noqa: PLR2004


def _referred(scan: Scan, own: Sequence[Sentence], asked: Sequence[str]) -> Iterator[Answer]:
    """Answers that name their question: "yes to the first, no to the other two", "as to the second: none"."""
    rest = set(range(len(asked)))
    for index, sentence in enumerate(scan.sentences[:_MOST]):
        if sentence not in own:
            continue
        tokens = _tokens(scan, index)
        body, i = scan.message.body, 0
        while i < len(tokens):
            j = i + 1
            if tokens[i].is_answer:
                while (
                    j < len(tokens)
                    and not tokens[j].is_answer
                    and _joins(body, tokens[j - 1], tokens[j], j == i + 1)
                ):
                    j += 1
                value, named = tokens[i].value, tokens[i + 1 : j]
            else:
                while (
                    j < len(tokens)
                    and not tokens[j].is_answer
                    and _joins(body, tokens[j - 1], tokens[j], False)
                ):
                    j += 1
                follows = j < len(tokens) and tokens[j].is_answer and _is_near(body, tokens[j - 1], tokens[j])
                named = tokens[i:j] if follows and not all(each.is_digit for each in tokens[i:j][:1]) else []
                named = tokens[i:j] if follows and (named or j - i > 1) else named
                value = tokens[j].value if follows else ""
                j += follows
            for each in named:
                numbers = sorted(rest) if each.number < 0 else [each.number]
                for number in numbers:
                    if number in rest:
                        rest.discard(number)
                        facts = tuple(fact for fact in asked[number].split(TOGETHER) if fact)
                        yield Answer(facts, value, sentence.start, sentence.end)
            i = j


@dataclass(frozen=True, slots=True)
class _Token:
    """An answer, or a word that names a question, in a sentence."""

    start: int
    end: int
    value: str = ""  # of an answer
    number: int = 0  # of a question, from 0; -1: those not yet answered
    is_digit: bool = False

    @property
    def is_answer(self) -> bool:
        return bool(self.value)


def _tokens(scan: Scan, index: int) -> list[_Token]:
    found = [
        _Token(hit.start, hit.end, value)
        for value, name, _ in _SHORT_ANSWERS
        for hit in scan.in_sentence(index, name)
    ]
    for number, name in (*enumerate(_REFERENCES), (-1, "answer_rest")):
        for hit in scan.in_sentence(index, name):
            found.append(_Token(hit.start, hit.end, "", number, scan.text_of(hit).strip("#").isdigit()))
    kept: list[_Token] = []
    for each in sorted(found, key=lambda token: (token.start, -token.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _joins(body: str, before: _Token, token: _Token, is_first: bool) -> bool:
    """Nothing stands between two tokens but what leads from an answer to its question, or to a further one."""
    between = fold(body[before.end : token.start]).replace(",", " ").split()
    return set(between) <= (_LEADS if is_first else _AND) and (bool(between) or not is_first)


def _is_near(body: str, before: _Token, token: _Token) -> bool:
    between = body[before.end : token.start]
    return len(between.split()) <= 3 and "." not in between  # noqa: PLR2004


_LEADS = frozenset(
    {"to", "on", "for", "as", "regarding", "your", "the", "question", "questions", "number", "numbers"}
)
_AND = frozenset({"and", "&", "or", "to", "the", "your"})


def _in_turn(body: str, own: Sequence[Sentence], asked: Sequence[str], words: Words) -> Iterator[Answer]:
    """As many answers as questions, one after the other, and nothing between them: "Yes, no and no"."""
    start = next((each.start for each in own if not _is_greeting(each)), own[-1].end)
    place, pieces = start, []
    for match in _BREAK.finditer(body, start, min(own[-1].end, start + _LISTED)):
        pieces.append((place, match.start()))
        place = match.end()
    pieces.append((place, own[-1].end))
    values = []
    for first, last in pieces:
        if not body[first:last].strip(_BLANKS):
            continue
        value = short_answer(body[first:last], words)
        if not value:
            break
        values.append((value, first, last))
    if len(values) == len(asked) > 1:
        for question, (value, first, last) in zip(asked, values, strict=True):
            yield Answer(tuple(fact for fact in question.split(TOGETHER) if fact), value, first, last)


_BREAK = re.compile(r"[,;/\n&]|\.(?=\s)|\band\b", re.IGNORECASE)


def _bare(own: Sequence[Sentence], asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """A yes or no at the beginning of a reply to one question."""
    questions = [question for question in asked if question]
    first = next((each for each in own if not _is_greeting(each)), None)
    if first is None or len(questions) != 1:
        return ()
    value = short_answer(first.text, words)
    return (Answer(tuple(questions[0].split(TOGETHER)), value, first.start, first.end),) if value else ()


def answered_authority(replies: Iterable[Answer]) -> tuple[str, Answer] | None:
    """Whether the agency's head stands behind the request, as a plain yes or no to our question tells it."""
    for reply in replies:
        if "requester_authority" in reply.facts and reply.value in _CONSENT:
            return _CONSENT[reply.value], reply
    return None


_CONSENT = {"yes": "authorized", "no": "not_authorized"}


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
