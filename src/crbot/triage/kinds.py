"""What a message is: request, reply, enquiry, grant enquiry, complaint, automatic, junk.

Signs are families of phrases, or follow from what was read; the first row of the table that fits them counts. Both
stand in `kinds.yaml`. In doubt it is a request: a person who needs help must not be lost.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from crbot.triage import shapes
from crbot.triage.asking import Asking
from crbot.triage.decision import Kind, Reason
from crbot.triage.facts import Facts, Known, Part
from crbot.triage.lexicon import Example, read_examples
from crbot.triage.message import Mark, Message
from crbot.triage.names import Domain
from crbot.triage.notation import (
    Block,
    Faults,
    Line,
    Pieces,
    Section,
    check_keys,
    meant,
    member,
    read_pieces_of,
    read_table,
    section_of,
    text_of,
)
from crbot.triage.passages import Role, Sentence
from crbot.triage.phrases import Hit, Scan, Words, fold


class Place(StrEnum):
    """Where the phrases of a sign are looked for."""

    SENDER = "sender"
    SIGNED = "sender and signature"
    SUBJECT = "subject"
    OPENING = "opening of the subject"
    WORDS = "words"


_IN_SUBJECT = (Place.SUBJECT, Place.OPENING)


@dataclass(frozen=True, slots=True)
class KindRow:
    """A row of the table: any of these groups of signs, and none of those signs."""

    signs: tuple[frozenset[str], ...]  # none: it fits everything
    but_not: frozenset[str]
    kind: Kind
    because: Reason


@dataclass(frozen=True, slots=True)
class KindRules:
    """The signs that are phrases, with their places, and the table."""

    places: Mapping[str, Place]
    rows: tuple[KindRow, ...]
    examples: tuple[Example, ...]


_MARKS = {
    Mark.AUTOMATIC: "marked automatic",
    Mark.BOUNCE: "marked bounce",
    Mark.CALENDAR: "marked calendar",
}
_IN_CASE, _NO_WORDS, _QUESTION, _HELP_ASKED = (
    "in a case",
    "no words",
    "question",
    "help asked",
)
_PRICE = "price or link"
_OUTSIDE, _OFFICIAL = "outside address", "official address"
_ASKS_FOR_NO_HELP = (
    "sign:sends elsewhere",
    "sign:information",
    "sign:offers",
    "sign:advertising",
    "sign:phishing",
    "sign:grant office",
)
_LEAST_QUESTION = 4  # words
_MOST_HITS = 40  # of one sign that are looked at: more stand in no person's message
_SUPPORTED = frozenset({"state", "local", "county", "tribal", "campus", "territorial"})
_TOLD = {  # signs that follow from facts: sign -> (fact, values; none: any value)
    "help wanted": ("services", None),
    "costs wanted": ("unsupported_costs", None),
    "head of agency": ("requester_authority", {"chief_executive"}),
    "authorized": ("requester_authority", {"authorized"}),
    "agency named": ("agency_name", None),
    "for an agency": ("agency_type", _SUPPORTED),
    "investigation told": ("investigation", None),
    "litigation told": ("litigation", None),
    "no investigation": ("investigation", {"none"}),
    "no litigation": ("litigation", {"none"}),
}
_TWICE = " twice"  # "advertising twice": two phrases of the sign, neither inside the other
DERIVED = frozenset(
    {*_MARKS.values(), _IN_CASE, _NO_WORDS, _QUESTION, _HELP_ASKED, _PRICE, _OUTSIDE, _OFFICIAL, *_TOLD}
)


def read_kinds(
    tree: Section, faults: Faults
) -> tuple[KindRules, dict[str, list[Line]], dict[str, list[Pieces]]]:
    """Read `kinds.yaml`: the rules; signs of the sender as word lists, the others as cues ("sign:<name>")."""
    check_keys(tree, ("title", "source", "signs", "rows", "examples"), ("together",), faults)
    places: dict[str, Place] = {}
    lists: dict[str, list[Line]] = {}
    cues: dict[str, list[Pieces]] = {}
    signs = section_of(tree, "signs")
    for name, entry in signs.items.items():
        if not isinstance(entry, Section):
            faults.add(signs.places[name], "needs `in:` and `phrases: |` below it")
            continue
        check_keys(entry, ("in", "phrases"), ("not",), faults)
        places[name] = member(Place, text_of(entry, "in"), entry.where, faults)
        block = entry.items.get("phrases")
        if places[name] in (Place.SENDER, Place.SIGNED) and isinstance(block, Block):
            lists[f"sign:{name}"] = list(block.lines())
        else:
            cues[f"sign:{name}"] = read_pieces_of(block, faults)
            cues[f"sign:{name}:not"] = read_pieces_of(entry.items.get("not"), faults)
    examples = tuple(read_examples(tree.items.get("examples"), list(Kind), faults))
    return KindRules(places, tuple(_rows(tree, places, faults)), examples), lists, cues


def _rows(tree: Section, signs: Collection[str], faults: Faults) -> Iterator[KindRow]:
    known = {*signs, *(name + _TWICE for name in signs), *DERIVED}
    together = {
        name: text_of(section_of(tree, "together"), name).split(", ")
        for name in section_of(tree, "together").items
    }
    source = text_of(tree, "source")
    rows = read_table(tree, "rows", ("signs", "but not", "kind", "because"), faults)
    for row in rows:
        groups = tuple(frozenset(name.strip() for name in group.split("+")) for group in row.choices("signs"))
        but_not = frozenset(sign for name in row.choices("but not") for sign in together.get(name, (name,)))
        for name in but_not.union(*groups):
            if name not in known:
                faults.add(row.where, f"{name!r} is no sign; {meant(name, known)}")
        kind = member(Kind, row.cells["kind"], row.where, faults)
        yield KindRow(groups, but_not, kind, Reason(row.cells["because"], row.where, source))
    if rows and rows[-1].cells["signs"] != "-":
        faults.add(rows[-1].where, "the last row must fit everything: write “-” under signs")


def tell_kind(scan: Scan, facts: Facts, known: Known, rules: KindRules, words: Words) -> tuple[Kind, Reason]:
    """The first row that fits the signs of the message; `facts` are those that this message tells."""
    signs = frozenset(_signs(scan, facts, known, rules, words))
    for row in rules.rows:
        is_met = not row.signs or any(group <= signs for group in row.signs)
        if is_met and signs.isdisjoint(row.but_not):
            return row.kind, row.because
    return Kind.REQUEST, Reason("It may be a request.")


def _signs(scan: Scan, facts: Facts, known: Known, rules: KindRules, words: Words) -> Iterator[str]:
    message = scan.message
    yield from (sign for mark, sign in _MARKS.items() if mark in message.marks)
    if known.in_case:
        yield _IN_CASE
    if not message.body.strip() and not message.subject.strip():
        yield _NO_WORDS
    for sign, (fact, wanted) in _TOLD.items():
        values = facts.values(fact)
        if values and (wanted is None or not wanted.isdisjoint(values)) and values != ("unknown",):
            yield sign
    if shapes.has_price_or_link(message.body):
        yield _PRICE
    if message.sender.address:
        yield _OFFICIAL if Domain(message.sender.address, words).is_official(words) else _OUTSIDE
    if any(_is_whole_question(each) for each in scan.sentences):
        yield _QUESTION
    if _asks_for_help(scan, facts):
        yield _HELP_ASKED
    sender = _found_in_sender(message, scan)
    held = {*sender, *scan.held([f"sign:{name}" for name in rules.places])}
    for name, place in rules.places.items():
        if f"sign:{name}" not in held:
            continue
        count = int(f"sign:{name}" in sender)
        if place is not Place.SENDER and not count:
            count = _count(scan, name, place)
        if count:
            yield name
        if count > 1:
            yield name + _TWICE


def _asks_for_help(scan: Scan, facts: Facts) -> bool:
    """A service is named in a sentence that says that something is wanted; a hint at reading matter is too little.

    A sentence that sends its reader elsewhere, asks for information or advertises wants no help.
    """
    if set(facts.values("services")) <= {"resource_referral"}:
        return False
    starts = {(each.part, each.start) for each in facts.evidence("services")}
    asking = scan.once(Asking).sentences
    return any(
        (index in asking or each.part is Part.SUBJECT)
        and not any(scan.in_sentence(index, sign) for sign in _ASKS_FOR_NO_HELP)
        and any(part is each.part and each.start <= start < each.end for part, start in starts)
        for index, each in enumerate(scan.sentences)
    )


def _is_whole_question(sentence: Sentence) -> bool:
    """A question of several words in the sender's own body; "?" or "Help?" may ask for anything."""
    return (
        sentence.is_question
        and sentence.role is Role.OWN
        and sentence.part is Part.BODY
        and len(sentence.text.split()) >= _LEAST_QUESTION
    )


def _found_in_sender(message: Message, scan: Scan) -> frozenset[str]:
    told = fold(f"{message.sender.name} {message.sender.address or ''}".replace("@", " "))
    parted = (told, told.replace("_", " ")) if "_" in told else (told,)  # "Chief_Dunn", "no_reply"
    return frozenset().union(*(scan.phrases.lists_in(each) for each in parted))


def _count(scan: Scan, name: str, place: Place) -> int:
    """How many phrases of the sign stand in its place: 0, 1 or 2; none inside one that only looks like it."""
    first: Hit | None = None
    for hit in islice(scan.each(f"sign:{name}"), _MOST_HITS):
        if not _is_in_place(scan, hit, place) or _is_barred(scan, hit, f"sign:{name}:not"):
            continue
        if first is not None and _is_apart(first, hit):
            return 2
        first = first or hit
    return int(first is not None)


def _is_in_place(scan: Scan, hit: Hit, place: Place) -> bool:
    sentence = scan.sentence_of(hit)
    if sentence.role is Role.QUOTED:
        return False
    if place is Place.SIGNED:
        return sentence.role is Role.SIGNATURE
    if place in _IN_SUBJECT and sentence.part is not Part.SUBJECT:
        return False
    return place is not Place.OPENING or not scan.message.subject[: hit.start].strip(" [(*")


def _is_barred(scan: Scan, hit: Hit, bars: str) -> bool:
    return any(
        bar.start <= hit.start and hit.end <= bar.end
        for bar in scan.in_sentence(hit.sentence, bars)[:_MOST_HITS]
    )


def _is_apart(one: Hit, other: Hit) -> bool:
    return one.sentence != other.sentence or other.start >= one.end or other.end <= one.start
