"""The ladders: what happens, step by step, while something is waited for; as staff wrote it in `rules/followups.yaml`.

Which moment the steps count from, and what ends the waiting, is `followups`'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from crbot.cases.hours import Hours, Wait, Zones, read_hours, read_wait, read_zones
from crbot.cases.letters import LetterName
from crbot.triage.notation import (
    Faults,
    Row,
    Section,
    check_keys,
    meant,
    member,
    read_table,
    read_tree,
    section_of,
    text_of,
)


class Purpose(StrEnum):
    """What is waited for; each has its ladder of steps."""

    MISSING_FACTS = "missing_facts"
    MISSING_FACTS_ACUTE = "missing_facts_acute"
    CALL_TIMES = "call_times"
    AGREED_CALL = "agreed_call"
    WORK_PLAN_REVIEW = "work_plan_review"
    CHECK_IN = "check_in"
    UNASSIGNED = "unassigned"
    UNASSIGNED_ACUTE = "unassigned_acute"
    ANSWER_OWED = "answer_owed"
    SILENCE = "silence"
    ON_HOLD = "on_hold"
    DORMANT = "dormant"

    @property
    def is_acute(self) -> bool:
        """Staff are told at any hour, and a letter of today does not keep another one back."""
        return self in (Purpose.MISSING_FACTS_ACUTE, Purpose.UNASSIGNED_ACUTE)

    @property
    def is_urgent(self) -> bool:
        """A letter of today does not keep this one back: tomorrow it would be too late."""
        return self.is_acute or self is Purpose.AGREED_CALL


class To(StrEnum):
    """Whom a step is for."""

    AGENCY = "agency"
    OWNER = "owner"
    QUEUE = "queue"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder; a letter to the agency, or words to staff."""

    after: Wait
    to: To
    letter: LetterName | None
    words: str
    is_before: bool = False  # so long before the call that is set, not after


@dataclass(frozen=True, slots=True)
class Ladder:
    """What happens, step by step, while something is waited for; without steps, nothing."""

    purpose: Purpose
    title: str
    steps: tuple[Step, ...]  # a step's number is its place, from 1

    def step(self, number: int) -> Step:
        return self.steps[number - 1]

    def ordinal(self, number: int) -> int:
        """The how-manieth letter of its name a step sends, from 1."""
        return sum(each.letter is self.step(number).letter for each in self.steps[:number])


@dataclass(frozen=True, slots=True)
class Limits:
    """How much crbot writes by itself."""

    letters_a_day: int  # to one address
    letters_a_ladder: int  # about one and the same: a set of questions, a version of the plan
    letters_unanswered: int  # on one case, without a human word
    fresh_ears: timedelta


@dataclass(frozen=True)
class Ladders:
    """Every ladder, and what holds for all. Made by `parse_ladders`."""

    of: Mapping[Purpose, Ladder]
    limits: Limits
    staff: Zones


# In which ladders: elsewhere there would be nothing for it to tell.
LETTERS_OF: Mapping[Purpose, frozenset[LetterName]] = {
    Purpose.MISSING_FACTS: frozenset({LetterName.REMINDER_QUESTIONS}),
    Purpose.MISSING_FACTS_ACUTE: frozenset({LetterName.REMINDER_QUESTIONS}),
    Purpose.CALL_TIMES: frozenset({LetterName.CALL_PROPOSAL}),
    Purpose.AGREED_CALL: frozenset({LetterName.CALL_REMINDER}),
    Purpose.WORK_PLAN_REVIEW: frozenset({LetterName.PLAN_REMINDER}),
    Purpose.CHECK_IN: frozenset({LetterName.CHECK_IN, LetterName.CHECK_IN_REMINDER}),
}


# From rules/followups.yaml

FILE = "followups.yaml"
_COUNTS = ("letters_a_day", "letters_a_ladder", "letters_unanswered")


def parse_ladders(files: Mapping[str, str]) -> tuple[Ladders, Hours]:
    """Read the ladders and the hours of a rules folder (name of the file in it -> text).

    Raises `PolicyError` with all faults.
    """
    faults = Faults()
    hours = read_hours(files, faults)
    ladders = read_ladders(files, hours, faults)
    faults.raise_if_any()
    return ladders, hours


def read_ladders(files: Mapping[str, str], hours: Hours, faults: Faults) -> Ladders:
    """The ladders alone, with their faults added to those of the other files."""
    if FILE not in files:
        faults.add(FILE, "is missing; take it from the rules that came with crbot")
        return Ladders({}, Limits(0, 0, 0, timedelta()), ())
    tree = read_tree(files[FILE], FILE, faults)
    check_keys(tree, ("title", "source", "staff_zone", "limits", "ladders"), (), faults)
    staff = read_zones((text_of(tree, "staff_zone"),), tree.places.get("staff_zone", FILE), faults)
    limits = _read_limits(section_of(tree, "limits"), faults)
    section = section_of(tree, "ladders")
    check_keys(section, [each.value for each in Purpose], (), faults)
    ladders = {
        purpose: _read_ladder(purpose, entry, limits, faults)
        for purpose in Purpose
        if isinstance(entry := section.items.get(purpose), Section)
    }
    if not faults.found:
        _check_order(ladders.values(), section, staff, hours, faults)
    return Ladders(ladders, limits, staff)


def _read_limits(section: Section, faults: Faults) -> Limits:
    check_keys(section, (*_COUNTS, "fresh_ears"), (), faults)
    a_day, a_ladder, unanswered = (_count(section, key, faults) for key in _COUNTS)
    ears = _wait(text_of(section, "fresh_ears"), section.places.get("fresh_ears", section.where), faults)
    return Limits(a_day, a_ladder, unanswered, ears.time)


def _count(section: Section, key: str, faults: Faults) -> int:
    text = text_of(section, key)
    if text.isdecimal() and int(text):
        return int(text)
    if key in section.items:
        faults.add(section.places[key], f"{text!r} is no number; write 1 or more")
    return 0


def _wait(text: str, where: str, faults: Faults) -> Wait:
    try:
        return read_wait(text)
    except ValueError as error:
        faults.add(where, str(error))
        return Wait()


_COLUMNS = ("after", "to", "letter", "words")
_BEFORE = " before"


def _read_ladder(purpose: Purpose, entry: Section, limits: Limits, faults: Faults) -> Ladder:
    check_keys(entry, ("title", "steps"), (), faults)
    rows = read_table(entry, "steps", _COLUMNS, faults)
    steps = tuple(_read_step(purpose, row, faults) for row in rows if len(row.cells) == len(_COLUMNS))
    letters = [step for step in steps if step.letter]
    if len(letters) > limits.letters_a_ladder:
        faults.add(
            entry.places.get("steps", entry.where),
            f"has {len(letters)} letters where letters_a_ladder is {limits.letters_a_ladder}; take some out",
        )
    return Ladder(purpose, text_of(entry, "title"), steps)


def _read_step(purpose: Purpose, row: Row, faults: Faults) -> Step:
    after = row.cells["after"]
    is_before = after.endswith(_BEFORE)
    wait = _wait(after.removesuffix(_BEFORE), row.where, faults)
    if is_before and (purpose is not Purpose.AGREED_CALL or not wait.business_days):
        faults.add(row.where, f"{after!r}: only business days before a call that is set can be told")
    to = member(To, row.cells["to"], row.where, faults)
    letter = _read_letter(purpose, to, row, faults)
    words = "" if row.cells["words"] == "-" else row.cells["words"]
    if bool(words) is (to is To.AGENCY):
        mend = "the letter's words stand in templates/; write “-”" if words else "write what staff are told"
        faults.add(row.where, f"{words or '-'!r} for {to}: {mend}")
    return Step(wait, to, letter, words, is_before)


def _read_letter(purpose: Purpose, to: To, row: Row, faults: Faults) -> LetterName | None:
    named = row.cells["letter"]
    if to is not To.AGENCY:
        if named != "-":
            faults.add(row.where, f"{named!r}: letters go to the agency; write “-”")
        return None
    known = LETTERS_OF.get(purpose, frozenset())
    if named in known:
        return LetterName(named)
    mend = meant(named, [each.value for each in known]) if known else "here is nothing to write to the agency"
    faults.add(row.where, f"{named!r} is no letter of {purpose}; {mend}")
    return None


_A_MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)


def _check_order(
    ladders: Iterable[Ladder], section: Section, staff: Zones, hours: Hours, faults: Faults
) -> None:
    for ladder in ladders:
        waits = [step.after for step in ladder.steps if not step.is_before]
        due = [hours.after(_A_MONDAY, wait, staff) for wait in waits]
        if due != sorted(due):
            faults.add(section.places[ladder.purpose], "its steps must stand in the order of their waits")
