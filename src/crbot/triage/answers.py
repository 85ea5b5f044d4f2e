"""Which words of a reply answer which of our questions, in whatever layout.

What an answer tells of a fact is `reading`'s, and what was asked `conversation`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crbot.triage.facts import Part
from crbot.triage.message import Message
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan, Words, fold
from crbot.triage.policy import MATTERS

TOGETHER = "+"  # joins facts that one question asks for: "investigation+litigation"

# The number or letter that begins an answer: "2)", "Q2:", "(b)", "*2.*", "Item 2:", "2." or a bare "2".
_NUMBER = re.compile(
    r"(?:^|(?<=[\s>(\[*#,;./]))(?P<named>(?:q|a|no\.?|#|question|item|answer|point|number)?\s?#?)"
    r"(?:(?P<digits>\d{1,2})(?P<mark>[.):\]\-–—*]*)\s+"
    r"|(?:(?<=\()(?P<inner>[a-h])\)|(?:(?<=\n)|^)[ \t>*]{0,4}(?P<letter>[a-h])[.)])\s*)(?=\S)",
    re.IGNORECASE,
)
_ASKS = (
    ("requester_authority", "asks_authority"),
    ("agency_type", "asks_agency"),
    ("agency_state", "asks_state"),
    ("services", "asks_services"),
)
_BLANKS = " \t\r\n*_\"'>-–—.(:"
_REST = -1
_REFERENCES = ("answer_first", "answer_second", "answer_third", "answer_fourth")
_LEADING = 12  # characters of marks before a number: "> *(#"
_SOON = 3  # sentences under a question in which a short answer may come
_MOST = 40  # sentences in which answers are looked for
_LISTED = 1_000  # characters in which a mere "yes, no and no" may stand


@dataclass(frozen=True, slots=True)
class Answer:
    """Words of a reply that answer a question."""

    facts: tuple[str, ...]
    value: str  # "no", "yes", "maybe", "unsure", or "" where only the words themselves tell
    start: int  # offsets in the body
    end: int
    is_plain: bool = True  # a mere yes or no, not "there is no …"


def asked_by(scan: Scan, index: int) -> list[str]:
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
    if len(asked) < 2:
        return message
    body = message.body
    for number, start, _ in numbers_in(body, [(0, len(body))], len(asked)):
        opening = body.rfind(" ", 0, start)
        before = body[body.rfind("\n", 0, start) + 1 : max(opening, 0)]
        if number > 1 and before.strip(" >*(#") and not body[opening:start].strip(" (#*qQaA"):
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
    found = found or tuple(_in_turn(scan.message.body, own, asked, words))
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
                facts = matters if value == "no" or found else tuple(_every(asked))
                return (*found, Answer(facts, value, hit.start, hit.end))
    first = next((each for each in own if not _is_greeting(each)), own[0])
    if not found and len(matters) > 1 and _is_among(first.text, words.of("answer_neither")):
        return (Answer(matters, "no", first.start, first.end),)
    return found or _bare(own, asked, words)


def _every(asked: Sequence[str]) -> Iterator[str]:
    """The facts of all questions, in order, each once."""
    return iter(dict.fromkeys(fact for question in asked for fact in question.split(TOGETHER) if fact))


def _is_among(text: str, phrases: Iterable[str]) -> bool:
    """The text begins with one of the phrases and a mark or its end behind it."""
    folded = fold(text[:80]).strip(_BLANKS)
    return any(folded == each or folded.startswith((f"{each},", f"{each}.", f"{each}!")) for each in phrases)


def _between(scan: Scan, words: Words) -> Iterator[Answer]:
    """What stands under a question that the reply quotes answers it, up to the next one."""
    question: list[str] = []
    said: list[Sentence] = []
    for index, sentence in enumerate(scan.sentences[:_MOST]):
        if sentence.part is not Part.BODY:
            continue
        if sentence.role is Role.OWN:
            said.append(sentence)
        elif sentence.role is Role.QUOTED:
            yield from _under(question, said, words)
            question, said = asked_by(scan, index) if sentence.is_question else [], []
    yield from _under(question, said, words)


def _under(question: Sequence[str], said: Sequence[Sentence], words: Words) -> Iterator[Answer]:
    """The answer that these sentences give: the first of them that is a short one, or what they tell together."""
    if not question or not said:
        return
    short = next((each for each in said[:_SOON] if short_answer(each.text, words)), None)
    if short is None:
        yield Answer(tuple(question), "", said[0].start, said[-1].end)
    else:
        value = short_answer(short.text, words)
        yield Answer(tuple(question), value, short.start, short.end, _is_plain(short.text, value, words))


def numbers_in(body: str, spans: Iterable[tuple[int, int]], count: int) -> list[tuple[int, int, int]]:
    """Numbers of questions, in order: the number, where it stands, where its answer begins."""
    marks: list[tuple[int, int, int]] = []
    for start, end in spans:
        for match in _NUMBER.finditer(body, start, end):
            group = next(name for name in ("digits", "inner", "letter") if match[name])
            number = int(match[group]) if group == "digits" else ord(match[group].lower()) - ord("a") + 1
            place, before = match.start(group), marks[-1][0] if marks else 0
            before_it = body[max(start, place - _LEADING) : place]
            if before_it.split(" ")[-2:-1] == ["to"] and not before_it.endswith("\n"):
                continue  # "yes to 1, no to 2"
            is_first = place - start < _LEADING and not before_it.strip(" >([*#qQaA")
            opens = is_first or before_it.endswith("\n")
            opens = opens or bool(match["named"].strip() and match["mark"])
            if number <= count and (number > before if opens else number == before + 1):
                marks.append((number, place, match.end()))
    return marks


def _numbered(body: str, own: Sequence[Sentence], asked: Sequence[str], words: Words) -> Iterator[Answer]:
    """Answers that bear the number of their question; what follows a number belongs to it until the next."""
    marks = numbers_in(body, _runs(own, body), len(asked))
    if len(marks) == 1 and len(asked) > 1 and not body[marks[0][1] : marks[0][2]].strip("0123456789 "):
        return  # a number like any other
    ends = [start for _, start, _ in marks[1:]] + [own[-1].end]
    value = ""
    for (number, start, opening), end in reversed(list(zip(marks, ends, strict=False))):  # no marks, one end
        facts = _facts(asked[number - 1])
        text = body[opening:end]
        if fold(text).strip(_BLANKS + ",") not in _AND:  # "2 and 3: none"
            text = _without_question(text)
            value = short_answer(text, words)
        yield Answer(facts, value, start, end, is_plain=_is_plain(text, value, words))


def _runs(own: Sequence[Sentence], body: str) -> Iterator[tuple[int, int]]:
    """The stretches of the sender's own sentences with nothing but blanks between them."""
    start = end = own[0].start
    for each in own:
        if body[end : each.start].strip():
            yield start, end
            start = each.start
        end = each.end
    yield start, end


def _without_question(text: str) -> str:
    """The text behind our question, where the answer repeats it."""
    question, mark, answer = text.rpartition("?")
    return answer if mark and answer.strip() and len(question.split()) > 3 else text


def _referred(scan: Scan, own: Sequence[Sentence], asked: Sequence[str]) -> Iterator[Answer]:
    """Answers that name their question: "yes to the first, no to the other two", "as to the second: none"."""
    open_ones = list(range(len(asked)))
    for index, sentence in enumerate(scan.sentences[:_MOST]):
        if sentence not in own:
            continue
        for value, named in _pairs(scan.message.body, _tokens(scan, index, asked)):
            for number in [*open_ones] if _REST in named else sorted(named):
                if number in open_ones:
                    open_ones.remove(number)
                    yield Answer(_facts(asked[number]), value, sentence.start, sentence.end)


def _pairs(body: str, tokens: Sequence[_Token]) -> Iterator[tuple[str, set[int]]]:
    """Each answer with the questions that it belongs to: those that follow it, else those before it."""
    i = 0
    while i < len(tokens):
        first = i + 1 if tokens[i].is_answer else i
        last = first
        while last < len(tokens) and not tokens[last].is_answer:
            leads = last == first
            if (leads and tokens[i].is_answer and not _leads(body, tokens[i], tokens[last])) or (
                not leads and not _joins(body, tokens[last - 1], tokens[last])
            ):
                break
            last += 1
        named = tokens[first:last]
        if tokens[i].is_answer:
            yield tokens[i].value, {each.number for each in named}
        elif last < len(tokens) and tokens[last].is_answer and _is_near(body, tokens[last - 1], tokens[last]):
            is_named = not any(each.is_topic for each in named)  # "a suit, no doubt" is no answer,
            if is_named and (len(named) > 1 or not named[0].is_digit):  # nor is "1 suit, no more"
                yield tokens[last].value, {each.number for each in named}
            last += 1
        i = max(last, i + 1)


def _facts(question: str) -> tuple[str, ...]:
    return tuple(fact for fact in question.split(TOGETHER) if fact)


@dataclass(frozen=True, slots=True)
class _Token:
    """An answer, or a word that names a question, in a sentence."""

    start: int
    end: int
    value: str = ""  # of an answer
    number: int = 0  # of a question, from 0; `_REST`: those not yet answered
    is_digit: bool = False
    is_topic: bool = False  # named by what it asks about: "the one about lawsuits"

    @property
    def is_answer(self) -> bool:
        return bool(self.value)


def _tokens(scan: Scan, index: int, asked: Sequence[str]) -> list[_Token]:
    found = [
        _Token(hit.start, hit.end, value)
        for value, name, opens in _SHORT_ANSWERS
        if opens or value in ("unsure", "maybe")
        for hit in scan.in_sentence(index, name)
    ]
    for number, name in (*enumerate(_REFERENCES), (_REST, "answer_rest")):
        found.extend(
            _Token(hit.start, hit.end, "", number, _is_mere_digit(scan, hit))
            for hit in scan.in_sentence(index, name)
            if not _ABOUT.match(scan.message.body, hit.end)
        )
    for number, fact in enumerate(asked):
        if fact in MATTERS:
            topics = scan.in_sentence(index, f"{fact}:active:weak")
            found.extend(_Token(hit.start, hit.end, "", number, is_topic=True) for hit in topics)
    kept: list[_Token] = []
    for each in sorted(found, key=lambda token: (token.start, -token.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _is_mere_digit(scan: Scan, hit: Hit) -> bool:
    """A digit that nothing shows to be a question's: not "on 1"."""
    before = fold(scan.text(hit.sentence)[max(0, hit.start - _LEADING) : hit.start]).split()[-1:]
    return scan.text_of(hit).strip("#").isdigit() and before not in (["on"], ["to"], ["for"], ["re"])


def _leads(body: str, answer: _Token, reference: _Token) -> bool:
    """Only "to the", "on" and the like lead from the answer to its question."""
    between = fold(body[answer.end : reference.start]).split()
    return bool(between) and set(between) <= _LEADS


def _joins(body: str, before: _Token, reference: _Token) -> bool:
    return set(fold(body[before.end : reference.start]).replace(",", " ").split()) <= _AND


def _is_near(body: str, before: _Token, token: _Token) -> bool:
    between = body[before.end : token.start]
    return len(between.split()) <= 3 and "." not in between


_LEADS = frozenset(
    "to on for as regarding about your the any that question questions number numbers one ones".split()
)
_ABOUT = re.compile(r" (?:about|on|regarding) ", re.IGNORECASE)  # "the one about …" is no first question
_AND = frozenset({"and", "&", "or", "to", "the", "your"})


def _in_turn(body: str, own: Sequence[Sentence], asked: Sequence[str], words: Words) -> Iterator[Answer]:
    """As many answers as questions, one after the other, and nothing between them: "Yes, no and no"."""
    start = next((each.start for each in own if not _is_greeting(each)), own[-1].end)
    place, pieces = start, []
    for match in _BREAK.finditer(body, start, min(own[-1].end, start + _LISTED)):
        pieces.append((place, match.start()))
        place = match.end()
    pieces.append((place, own[-1].end))
    told = [(first, last) for first, last in pieces if body[first:last].strip(_BLANKS)]
    values = [short_answer(body[first:last], words) for first, last in told[: len(asked)]]
    if len(values) < len(asked) or len(asked) < 2:
        return
    facts = [_facts(question) for question in asked]
    if all(value or _OPEN.issuperset(each) for value, each in zip(values, facts, strict=True)):
        for each, value, (first, last) in zip(facts, values, told, strict=False):
            if value:
                yield Answer(each, value, first, last)


_OPEN = frozenset(
    {"agency_type", "agency_state", "services"}
)  # asked for in questions that take no yes or no
_BREAK = re.compile(r"[,;/\n&]|\.(?=\s)|\band\b", re.IGNORECASE)


def _bare(own: Sequence[Sentence], asked: Sequence[str], words: Words) -> tuple[Answer, ...]:
    """A yes or no at the beginning of a reply to one question."""
    questions = [question for question in asked if question]
    first = next((each for each in own if not _is_greeting(each)), None)
    if first is None or len(questions) != 1:
        return ()
    value = short_answer(first.text, words)
    end = first.end if value else own[-1].end
    is_plain = _is_plain(first.text, value, words)
    return (Answer(_facts(questions[0]), value, first.start, end, is_plain),)


def answered_authority(replies: Iterable[Answer]) -> tuple[str, Answer] | None:
    """Whether the agency's head stands behind the request, as a plain yes or no to our question tells it."""
    for reply in replies:
        if "requester_authority" in reply.facts and reply.is_plain and reply.value in _CONSENT:
            return _CONSENT[reply.value], reply
    return None


_CONSENT = {"yes": "authorized", "no": "not_authorized"}


def _is_greeting(sentence: Sentence) -> bool:
    return len(sentence.text.split()) <= 4 and sentence.text.rstrip().endswith((",", "!", ":"))


def _is_plain(text: str, value: str, words: Words) -> bool:
    return value != "no" or not _opens_with(fold(text[:80]).strip(_BLANKS), words.of("answer_no_opens"))


def _opens_with(folded: str, phrases: Iterable[str]) -> bool:
    return any(
        folded.startswith(each) and not folded[len(each) : len(each) + 1].isalnum() for each in phrases
    )


def short_answer(text: str, words: Words) -> str:
    """What a text answers at its very beginning: "no", "yes", "maybe", "unsure", or "" for none."""
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
    ("maybe", "answer_maybe", False),
    ("no", "answer_no_opens", False),
    ("no", "answer_no", True),
    ("yes", "answer_yes", True),
)
