"""Sentences and cues become facts, each with its evidence.

Who asks is read in `people`, which agency in `agency`, whether a mention counts in `context`; answers to our
questions in `answers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from crbot.triage.agency import read_agency
from crbot.triage.answers import Answer, answered_authority, answers, short_answer
from crbot.triage.context import Context, Contexts, Standing
from crbot.triage.facts import NEW, UNKNOWN, Evidence, Known, Part, Statement
from crbot.triage.message import Message
from crbot.triage.passages import Role, Sentence
from crbot.triage.people import FACT as AUTHORITY
from crbot.triage.people import read_authority
from crbot.triage.phrases import Hit, Scan, fold
from crbot.triage.policy import MATTERS, Policy
from crbot.triage.wants import WANTS, read_wants

_GRAVITY = ("active", "potential", "none", UNKNOWN)  # of a matter's values, the gravest first
_GRAVE = ("active", "potential")
_ANSWERED = {"no": "none", "yes": "active", "unsure": UNKNOWN}
_DENIAL_IN = {
    Context.SUPPOSED: "",
    Context.ASKED: "",
    Context.EXCEPTED: "active",
}  # what a cue of "none" tells
_WEAK = ":weak"  # the block of the cues that only hint
_MENTION = "mention"  # the value of a cue that names what may be, and claims nothing
_SPOKEN = frozenset({Role.OWN, Role.FORWARDED})
_MOST = 60  # mentions of a fact in one sentence that are looked at; nobody writes so many
_EXCERPT = 240  # characters; of a longer sentence only the words around the mention are evidence


@dataclass(frozen=True, slots=True)
class Mention:
    """A cue found in words that count, with the value that it stands for."""

    value: str
    hit: Hit
    is_weak: bool = False  # it only hints: a plain denial outweighs it

    @property
    def is_closing(self) -> bool:
        """Only ends what was named before: "nothing since"."""
        return self.is_weak and self.value == "none"


@dataclass(frozen=True, slots=True)
class Reader:
    """What the readers of facts share: the scan, its contexts, and the rules."""

    scan: Scan
    contexts: Contexts
    policy: Policy

    def mentions(self, fact: str) -> Iterator[Mention]:
        """The cues of a fact in the sender's words, without those that lie inside a longer one."""
        file = self.policy.cues.get(fact)
        by_sentence: dict[int, list[Mention]] = {}
        for value in file.values if file else ():
            for block in ("", _WEAK):
                for hit in self.scan.of(f"{fact}:{value}{block}"):
                    by_sentence.setdefault(hit.sentence, []).append(Mention(value, hit, block == _WEAK))
        for index in sorted(by_sentence):
            if self.scan.sentences[index].role in _SPOKEN:
                yield from self._outermost(fact, index, by_sentence[index][:_MOST])

    def _outermost(self, fact: str, index: int, mentions: list[Mention]) -> Iterator[Mention]:
        barred = self.scan.in_sentence(index, f"{fact}:not")[:_MOST]
        own_bars = {
            value: (*barred, *self.scan.in_sentence(index, f"{fact}:{value}:not")[:_MOST])
            for value in {each.value for each in mentions}
        }
        free = [
            each
            for each in mentions
            if (each.value != "none" or not self.contexts.breaks(each.hit))
            and not any(_bars(bar, each.hit) for bar in own_bars[each.value])
        ]
        tellers = [each for each in free if not each.is_closing]
        for mention in free:
            if mention.is_closing or not any(
                _covers(each.hit, mention.hit) and _longer(each.hit, mention.hit) for each in tellers
            ):
                yield mention

    def evidence(self, hit: Hit, standing: Standing | None = None) -> Evidence:
        """The sentence of a hit as the sender wrote it, or the words around it where it is long."""
        sentence = self.scan.sentences[hit.sentence]
        text = self.scan.text(hit.sentence)
        start, end = _excerpt(text, sentence, hit)
        context = standing.explained(self.policy.context.titles) if standing else ""
        return Evidence(text[start:end], sentence.part, start, end, hit.phrase, hit.where, context)

    def answer_evidence(self, reply: Answer) -> Evidence:
        """The sentence that answers a question of ours."""
        text = self.scan.message.body[reply.start : min(reply.end, reply.start + _EXCERPT)].rstrip()
        return Evidence(
            text,
            Part.BODY,
            reply.start,
            reply.start + len(text),
            context=f"answers our question: {reply.value}",
        )

    def statement(
        self, fact: str, values: Iterable[str], evidence: Iterable[Evidence], lost: Iterable[Evidence] = ()
    ) -> Statement:
        speaker = self.scan.message.sender.key
        return Statement(fact, tuple(values), _one_a_place(evidence), speaker, False, tuple(lost))


def _one_a_place(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The same words prove a fact once, however many cues found them; the first stands for all."""
    by_place: dict[tuple[Part, int, int], Evidence] = {}
    for each in evidence:
        by_place.setdefault((each.part, each.start, each.end), each)
    return tuple(by_place.values())


def _covers(outer: Hit, inner: Hit) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _bars(bar: Hit, hit: Hit) -> bool:
    """Covers the hit, or takes the words that it begins with: "district (attorney ... letter)"."""
    return _covers(bar, hit) or bar.start < hit.start < bar.end


def _longer(outer: Hit, inner: Hit) -> bool:
    return outer.end - outer.start > inner.end - inner.start


def _excerpt(text: str, sentence: Sentence, hit: Hit) -> tuple[int, int]:
    start, end = sentence.start, sentence.end
    if end - start > _EXCERPT:
        margin = max(0, (_EXCERPT - (hit.end - hit.start)) // 2)
        start, end = max(start, hit.start - margin), min(end, hit.end + margin)
        while start > sentence.start and start < hit.start and not text[start - 1].isspace():
            start += 1
        while end < sentence.end and end > hit.end and not text[end].isspace():
            end -= 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def read(scan: Scan, known: Known, policy: Policy) -> tuple[Statement, ...]:
    """Every fact that the message tells. What a form says outranks what its words say."""
    reader = Reader(scan, Contexts(scan, policy.context), policy)
    replies = answers(scan, known.asked, policy.words)
    agency = read_agency(scan, known, policy.words)
    authority = read_authority(scan, known, policy.words, agency) or read_consent(reader, replies)
    told = [
        *(read_matter(fact, reader, replies) for fact in MATTERS),
        read_withdrawal(reader),
        *agency,
        authority,
        *read_wants(scan, policy, known.facts),
        *read_form(scan.message, policy),
    ]
    statements = [each for each in told if each is not None]
    by_head = _is_heads(statements, known, scan.message.sender.key)
    return tuple(each if each.by_head == by_head else replace(each, by_head=by_head) for each in statements)


def _is_heads(told: Iterable[Statement], known: Known, speaker: str) -> bool:
    """The speaker heads the agency: says so here, in words or in a form, or said so before."""
    said = {AUTHORITY: known.facts.statements.get(AUTHORITY), **{each.fact: each for each in told}}
    authority = said[AUTHORITY]
    return authority is not None and authority.values == ("chief_executive",) and authority.speaker == speaker


def read_fact(fact: str, scan: Scan, policy: Policy) -> Statement | None:
    """What `read` finds of one fact in a message that begins a conversation, at a fraction of the cost."""
    if fact in WANTS:
        statements = read_wants(scan, policy)
    elif fact in MATTERS:
        return read_matter(fact, Reader(scan, Contexts(scan, policy.context), policy))
    elif fact == AUTHORITY:
        return read_authority(scan, NEW, policy.words)
    else:
        statements = read(scan, NEW, policy)
    return next((each for each in statements if each.fact == fact), None)


def read_consent(reader: Reader, replies: Iterable[Answer]) -> Statement | None:
    """Whether the agency's head stands behind the request, from a plain yes or no to our question."""
    answered = answered_authority(replies)
    if answered is None:
        return None
    value, reply = answered
    return reader.statement(AUTHORITY, (value,), (reader.answer_evidence(reply),))


def read_form(message: Message, policy: Policy) -> Iterator[Statement]:
    """What the sender chose in a form, or staff corrected; a value that its fact doesn't have is left out."""
    for fact, text in message.answers.items():
        rule = policy.facts.get(fact)
        if rule is None:
            continue
        chosen = [each.strip() for each in text.split(",")] if rule.is_several else [text.strip()]
        values = tuple(each for each in chosen if each and (each in rule.labels or not rule.labels))
        if values:
            evidence = Evidence(text, Part.ANSWER, 0, len(text), context="answered in a form")
            yield Statement(fact, values, (evidence,), message.sender.key)


def read_withdrawal(reader: Reader) -> Statement | None:
    """The agency takes its request back."""
    for mention in reader.mentions("withdrawn"):
        standing = reader.contexts.of_whole(mention.hit)
        if standing.context not in (Context.SUPPOSED, Context.DENIED):
            return reader.statement("withdrawn", (mention.value,), (reader.evidence(mention.hit, standing),))
    return None


def read_matter(fact: str, reader: Reader, replies: Iterable[Answer] = ()) -> Statement | None:
    """An investigation or a lawsuit: each mention in its context, and the answers to our question.

    The gravest counts.
    """
    told = _Told()
    _take_mentions(fact, reader, told)
    answered = [each for each in replies if fact in each.facts]
    _take_answers(fact, answered, reader, told)
    for value in _GRAVITY:
        if value in told.values:
            others = [each for other in told.values if other != value for each in told.values[other]]
            return reader.statement(fact, (value,), told.values[value], (*others, *told.lost))
    return reader.statement(fact, (), (), told.lost) if told.lost else None


@dataclass(slots=True)
class _Told:
    """What a message tells of a matter, value by value, with the words that say so."""

    values: dict[str, list[Evidence]] = field(default_factory=dict)
    hints: dict[str, list[Evidence]] = field(default_factory=dict)
    lost: list[Evidence] = field(default_factory=list)
    is_denied: bool = False  # of any matter whatever

    def add(self, value: str, *evidence: Evidence) -> None:
        self.values.setdefault(value, []).extend(evidence)


def _take_mentions(fact: str, reader: Reader, told: _Told) -> None:
    views = [_View(mention, *_meaning(fact, mention, reader)) for mention in reader.mentions(fact)]
    closed, closing = _stories(fact, views, reader)
    for i, (mention, meant, standing) in enumerate(views):
        if mention.is_closing and i not in closing:
            continue  # "Nothing since": of what?
        is_asserted = standing.context is Context.ASSERTED
        is_told = i in closed or (
            "none" in told.values and is_asserted and _is_known_one(mention.hit, reader)
        )
        value = "" if is_told else meant  # "The suit was settled. The suit taught us much."
        evidence = reader.evidence(mention.hit, standing)
        if value in _GRAVE and mention.is_weak and is_asserted and not reader.contexts.contrasts(mention.hit):
            told.hints.setdefault(value, []).append(evidence)
        elif value:
            told.add(value, evidence)
            told.is_denied |= value == "none" and _is_plain_denial(mention, standing, reader)
        else:
            told.lost.append(evidence)


def _take_answers(fact: str, replies: Iterable[Answer], reader: Reader, told: _Told) -> None:
    """What is answered; the hints that no answer or denial outweighs; what answers without yes or no tell."""
    expected = reader.policy.means[fact, Context.EXPECTED] or UNKNOWN
    unclear = []
    for reply in replies:
        value = _ANSWERED.get(reply.value, expected) if reply.value else ""
        if not value:
            unclear.append(reply)
        elif value == "none" or told.values.keys().isdisjoint(_GRAVE):  # beside a yes the words say more
            told.add(value, reader.answer_evidence(reply))
            told.is_denied |= value == "none"
    for value, hints in told.hints.items():
        if told.is_denied or "potential" in told.values:  # a suit that is spoken of is none that is filed
            told.lost += hints
        else:
            told.add(value, *hints)
    for reply in unclear:
        value = _told_in_answer(fact, reply, reader) if not told.values else ""
        if value:
            told.add(value, reader.answer_evidence(reply))


def _told_in_answer(fact: str, reply: Answer, reader: Reader) -> str:
    """What an answer tells that is neither yes nor no and does not name the thing: "They settled", "Served in May"."""
    standing = reader.contexts.within(reply.start, reply.end)
    if standing.context is not Context.ASSERTED:
        meant = reader.policy.means[fact, standing.context]
        return "active" if meant == "as told" else meant
    is_filed = any(
        hit.start < reply.end and reply.start < hit.end
        for hit in reader.scan.of("answer_filed")
        if reader.scan.sentences[hit.sentence].part is Part.BODY
    )
    return "active" if fact == "litigation" and is_filed else ""


class _View(NamedTuple):
    """A mention, what it tells, and its context."""

    mention: Mention
    value: str
    standing: Standing


_CLOSES_WITHIN = 2  # sentences after a mention in which its end may be told
_MOST_ENDS = 8  # of one sentence that are looked at
_CLOSING = (Context.ASSERTED, Context.ENDED, Context.DENIED)
_OPEN_ENDED = (Context.ASSERTED, Context.EXPECTED)


def _stories(fact: str, views: Sequence[_View], reader: Reader) -> tuple[set[int], set[int]]:
    """Which mentions are of a matter whose end is told after it, and which tell that end.

    "The family sued. The jury found for us."
    """
    ends: dict[int, list[int]] = {}
    for i, view in enumerate(views):
        if view.value == "none":
            ends.setdefault(view.mention.hit.sentence, []).append(i)
    closed, closing = set(), set()
    for i, view in enumerate(views):
        first = view.mention.hit.sentence
        for sentence in range(first, first + _CLOSES_WITHIN + 1):
            found = [j for j in ends.get(sentence, ())[:_MOST_ENDS] if _closes(fact, views[j], view, reader)]
            if found:
                closed.add(i)
                closing.update(found)
    return closed, closing


def _closes(fact: str, later: _View, view: _View, reader: Reader) -> bool:
    """A later mention tells the end of what an earlier one named, and of nothing else."""
    first, last = view.mention.hit, later.mention.hit
    if view.value not in _GRAVE and view.mention.value != _MENTION:
        return False
    if view.standing.context not in _OPEN_ENDED or last.start < first.end:
        return False
    if later.mention.value != "none" and not (
        later.standing.context is Context.ENDED
        and (first.phrase == last.phrase or _is_known_one(last, reader))
    ):
        return False
    if not later.mention.is_closing and reader.contexts.denies(last):
        return False
    if reader.scan.in_sentence(last.sentence, "matter_other"):
        return False
    if fact == "litigation" and reader.scan.in_sentence(last.sentence, "matter_investigator"):
        return False
    bodies, others = (
        {
            fold(reader.scan.text_of(hit))
            for hit in reader.scan.in_sentence(each.sentence, "matter_investigator")
        }
        for each in (first, last)
    )
    return not bodies or not others or not bodies.isdisjoint(others)


def _is_plain_denial(mention: Mention, standing: Standing, reader: Reader) -> bool:
    """Says of any matter whatever that there is none: "nobody is investigating us", not "the DA isn't"."""
    if standing.context not in (Context.DENIED, Context.ASSERTED):
        return False
    return not reader.scan.in_sentence(mention.hit.sentence, "matter_investigator")


def _is_known_one(hit: Hit, reader: Reader) -> bool:
    """A single word behind "the" or "that", which speaks of what was named before."""
    before = fold(reader.scan.text(hit.sentence)[max(0, hit.start - _ARTICLE) : hit.start])
    return " " not in hit.phrase and before.split()[-1:] in (["the"], ["that"])


def _meaning(fact: str, mention: Mention, reader: Reader) -> tuple[str, Standing]:
    """What a mention tells of a matter; "" for nothing."""
    claimed = "active" if mention.value == _MENTION else mention.value
    answer = _answer_to(mention.hit, reader)
    if answer is not None:
        expected = reader.policy.means[fact, Context.EXPECTED]
        told = {"no": "none", "yes": claimed, "expected": expected, "maybe": expected}
        return told.get(answer, ""), Standing(Context.ASSERTED)
    if mention.is_closing:
        standing = reader.contexts.of(mention.hit)
        return "none" if standing.context in _CLOSING else "", standing
    if mention.value == "none":
        cancelled = reader.contexts.cancelled(mention.hit) or reader.contexts.goes_on(mention.hit)
        if cancelled:
            return "active", Standing(Context.ONGOING, cancelled)
        foretold = reader.contexts.foretold(mention.hit)
        if foretold:
            return reader.policy.means[fact, Context.EXPECTED] or "none", Standing(Context.EXPECTED, foretold)
        standing = reader.contexts.of(mention.hit)
        if standing.context is Context.ONGOING and _goes_beyond(mention.hit, standing.trigger, reader):
            return "active", standing
        return _DENIAL_IN.get(standing.context, "none"), standing
    standing = reader.contexts.of(mention.hit)
    if mention.value == _MENTION and standing.context is Context.ASSERTED:
        return "", standing
    if fact == "litigation" and _is_offenders(mention.hit, reader):
        return "", standing
    if standing.context is Context.ANOTHERS and _is_of_the_event(fact, mention.hit, reader):
        return claimed, standing
    meant = reader.policy.means[fact, standing.context]
    return (claimed if meant == "as told" else meant), standing


def _goes_beyond(hit: Hit, trigger: Hit | None, reader: Reader) -> bool:
    """What goes on is the very thing whose end is told, or what is left of it.

    "The DA has not (yet) closed it", "the judge threw out half of it, and the rest goes on".
    """
    if trigger is None:
        return False
    follows = trigger.sentence > hit.sentence or trigger.start >= hit.end
    is_rest = follows and bool(reader.scan.in_sentence(trigger.sentence, "matter_other"))
    return is_rest or _covers(hit, trigger)


def _is_of_the_event(fact: str, hit: Hit, reader: Reader) -> bool:
    """An inquiry into an event, which counts whoever its target: "the FBI has the bombing, that is theirs"."""
    return (
        fact == "investigation"
        and bool(reader.scan.in_sentence(hit.sentence, "inq_event"))
        and not reader.contexts.is_elsewhere(hit)
    )


def _is_offenders(hit: Hit, reader: Reader) -> bool:
    """A trial or an appeal of one who did a crime, told here or shortly before: "He goes to trial in May"."""
    scan = reader.scan
    if not any(_overlap(each, hit) for each in scan.in_sentence(hit.sentence, "suit_trial")):
        return False
    before = fold(scan.text(hit.sentence)[scan.sentences[hit.sentence].start : hit.start]).split()
    goes_back = _GOES_BACK if _OURS.isdisjoint(before) else 0
    near = range(max(0, hit.sentence - goes_back), hit.sentence + 1)
    if any(scan.in_sentence(index, "suit_party") for index in near):
        return False
    return any(scan.in_sentence(index, "suit_offender") for index in near)


def _overlap(one: Hit, other: Hit) -> bool:
    return one.start < other.end and other.start < one.end


def _answer_to(hit: Hit, reader: Reader) -> str | None:
    """The answer behind a form's label, or behind a question, that holds the mention.

    "no", "yes", "expected", or "" where it is none of these; None where the mention stands in no label and no answered question.
    """
    scan, words = reader.scan, reader.policy.words
    sentence = scan.sentences[hit.sentence]
    text = scan.text(hit.sentence)
    drawn = _drawn_answer(hit, reader)
    if drawn is not None:
        return drawn
    is_topic = text.startswith(",", hit.end) and bool(_TOPIC.fullmatch(text, sentence.start, hit.start))
    colon = hit.end if is_topic else text.find(":", hit.end, sentence.end)
    if (
        colon >= 0
        and text[colon + 1 : colon + 2] not in _SMILES
        and colon - sentence.start <= _LONGEST_LABEL
        and "?" not in text[hit.end : colon]
    ):
        told = text[colon + 1 : sentence.end]
        if _is_blank(told):
            return ""
        answer = short_answer(_ITEM_END.split(told.lstrip(), maxsplit=1)[0], words)
        if answer:
            return answer
        if any(hit.start > colon for hit in _telling(hit.sentence, reader)) or _begins_with(
            told, words.of("answer_some")
        ):
            return _story_behind(hit, colon, reader)
        label = text[sentence.start : colon]
        is_form = not is_topic and (sentence.label or _is_item(label))
        is_over = _begins_with(label, _ASKING) and reader.contexts.ends_in(hit.sentence)
        return "" if is_form or is_over else None  # "Is anyone looking into it: the DA asked, and closed it"
    if sentence.is_question and hit.sentence + 1 < len(scan.sentences):
        following = scan.sentences[hit.sentence + 1]
        if following.part is sentence.part and following.role in _SPOKEN:
            answer = short_answer(_ANSWER_MARK.sub("", following.text), words)
            is_over = answer == "yes" and reader.contexts.ends_in(hit.sentence + 1)
            return "no" if is_over else answer or None  # "Sued? Yes, and it was settled."
    return None


def _story_behind(hit: Hit, colon: int, reader: Reader) -> str | None:
    """What is told behind a label that is neither yes nor no: "Lawsuit: there was one, and it was dismissed".

    None where the words behind it tell by themselves: "Pending investigations: state police".
    """
    sentence = reader.scan.sentences[hit.sentence]
    others = reader.scan.in_sentence(hit.sentence, "matter_other")
    if sentence.part is not Part.BODY or any(each.start > colon for each in others):
        return None
    standing = reader.contexts.within(colon + 1, sentence.end)
    return "no" if standing.context is Context.ENDED else None


def _drawn_answer(hit: Hit, reader: Reader) -> str | None:
    """The answer that a form gives by a checked box, behind dots that lead to it, or in the cells of a table.

    As in `_answer_to`; "" where the dots or the cell lead to nothing, or no box is checked.
    """
    scan = reader.scan
    sentence, text = scan.sentences[hit.sentence], scan.text(hit.sentence)
    if text.startswith("|", sentence.start):
        return _answer_in_table(hit, reader)
    if _LEADER.fullmatch(text, hit.end, sentence.end):
        line_end = text.find("\n", sentence.end)
        answer = text[sentence.end : line_end if line_end >= 0 else len(text)]
        return _entry(answer, reader) or (None if answer.strip() else "")
    line = text[sentence.start : min(sentence.end, hit.end + _LONGEST_LABEL)]
    return _checked(line, hit.start - sentence.start, reader)


def _entry(text: str, reader: Reader) -> str:
    """What somebody entered in a form: "no", "yes", "expected", or "" for none of these."""
    words = reader.policy.words
    folded = fold(text[:_LONGEST_LABEL]).strip(" \t*_.,;:")
    for value, name in _ENTRIES:
        if any(folded.startswith(each) and not folded[len(each) :][:1].isalnum() for each in words.of(name)):
            return value
    return short_answer(text, words)


def _checked(line: str, place: int, reader: Reader) -> str | None:
    """What the boxes in a line say of what stands at a place: by the word behind the checked one or before it.

    "yes [ ] no [x]", "[ ] pending [x] threatened", "[ ] investigation [ ] lawsuit [x] neither".
    """
    told = line[place:]
    boxes = list(_BOX.finditer(told))
    own = list(_BOX.finditer(line, 0, place))[-1:]
    first = next((i for i, each in enumerate(boxes) if each["on"]), None)
    if own and _BOX.match(line.lstrip()):
        if own[0]["on"]:
            return None  # its own words tell: "[x] no lawsuit"
        return _behind(told, boxes[first], reader) if first is not None else ""
    if first is None:
        return "" if len(boxes) > 1 else None
    opening = told[: boxes[0].start()].split()[-1:]
    if opening and short_answer(opening[0], reader.policy.words):
        start = boxes[first - 1].end() if first else 0
        return _entry(" ".join(told[start : boxes[first].start()].split()[-1:]), reader) or None
    return _behind(told, boxes[first], reader) or None


def _behind(told: str, box: re.Match[str], reader: Reader) -> str:
    """What the word behind a box says."""
    return _entry(" ".join(told[box.end() :].split()[:1]), reader)


def _answer_in_table(hit: Hit, reader: Reader) -> str | None:
    """The answer in the next cell of a row that holds one, or in the same column of the row below a heading.

    A cross stands for what heads its column.
    """
    scan = reader.scan
    sentence, text = scan.sentences[hit.sentence], scan.text(hit.sentence)
    column = text.count("|", sentence.start, hit.start)
    cells = text[sentence.start : sentence.end].split("|")
    for i in range(column + 1, len(cells)):
        if fold(cells[i]).strip(" []()") in _CROSSES:
            return _entry(_heading(hit.sentence, i, reader), reader) or None
        if any(each.isalnum() for each in cells[i]):
            answer = _entry(cells[i], reader)
            if answer:
                return answer
            break
    for row in scan.sentences[hit.sentence + 1 : hit.sentence + _ROWS]:
        below = row.text.split("|")
        if row.part is not sentence.part or not row.text.startswith("|"):
            return None
        if column < len(below) and any(each.isalnum() for each in below[column]):
            return _entry(below[column], reader) or None
    return None


def _heading(index: int, column: int, reader: Reader) -> str:
    """What stands over a column of the table that a row belongs to."""
    rows = reader.scan.sentences
    while index > 0 and rows[index - 1].text.startswith("|"):
        index -= 1
    cells = rows[index].text.split("|")
    return cells[column] if column < len(cells) else ""


def _telling(sentence: int, reader: Reader) -> tuple[Hit, ...]:
    """What tells something behind a label, though it is no yes or no: a body that investigates, a standing."""
    return (*reader.scan.in_sentence(sentence, "matter_investigator"), *reader.contexts.told_in(sentence))


def _is_blank(told: str) -> bool:
    """A form's line that nobody filled in."""
    return not told.strip() or told.lstrip().startswith("__")


def _begins_with(text: str, phrases: Iterable[str]) -> bool:
    first = fold(text[:40]).split()[:1]
    return bool(first) and first[0].strip(",;.") in phrases


def _is_item(label: str) -> bool:
    """A label that begins like an item of a list, or is but a word or two: "3) Lawsuits"."""
    return label.lstrip(" \t-*•(")[:1].isdigit() or len(label.split()) <= _SHORT_LABEL


_BOX = re.compile(r"(?P<on>[\[(] ?[xX✓✔✗*] ?[\])]|[☑☒✅✔✓])|[\[(] {0,3}_{0,3}[\])]|[☐□]")
_CROSSES = ("x", "xx", "✓", "✔", "✗", "☑", "☒", "✅", "*", "•")
_ENTRIES = (("no", "matter_ended"), ("expected", "matter_likely"), ("yes", "answer_standing"))
_LEADER = re.compile(r"\s*(?:\.{3,}|…+|_{3,})\s*")
_ITEM_END = re.compile(r"\s{2,}|\s[/|]\s")
_ROWS = 4  # sentences below a heading in which the first row of a table stands
_ANSWER_MARK = re.compile(r"^\s*(?:a|answer|ans)\s?\d{0,2}[.:)\-\s]\s*", re.IGNORECASE)
_GOES_BACK = 3  # sentences in which the one may be named whom "he" stands for
_OURS = frozenset({"we", "we're", "our", "us", "it", "it's", "city", "county", "i", "i'm"})
_TOPIC = re.compile(r"(?:and |now )?(?:as for|as to|regarding|concerning|on) (?:the |any )?", re.IGNORECASE)
_ASKING = frozenset({"is", "are", "has", "have", "any", "anybody", "anyone", "do", "does", "who"})
_SMILES = (")", "(", "-)", "D", "P")  # behind a colon that is no colon
_ARTICLE = 6  # characters before a noun in which its article stands
_LONGEST_LABEL = 60  # characters before the colon
_SHORT_LABEL = 3  # words
