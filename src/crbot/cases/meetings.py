"""The scoping call: which times to propose, what is chosen of them, and what is set. Pure: times as values.

What a person proposes is `crbot.intake.staff`'s, the invitation itself the calendar's; the words by which people choose
are the staff's, in `rules/words/calls.yaml`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import zip_longest
from zoneinfo import ZoneInfo

from crbot.cases.hours import Hours, Zones
from crbot.triage.facts import Part
from crbot.triage.message import Message
from crbot.triage.passages import Role, cut
from crbot.triage.phrases import Words, fold

FEWEST_SLOTS, MOST_SLOTS = 2, 5
USUAL_SLOTS = 3
USUAL_MINUTES = 30
ANSWER = "call_slot"  # the key of a button's or a form's answer: the number of the slot, or "none"
ROUND = "call_round"  # the key of the round of proposals that it answers; none: the newest


class CallState(StrEnum):
    """How far the arranging of a call has come."""

    PROPOSED = "proposed"  # slots are with the agency
    SET = "set"
    DECLINED = "declined"  # by the agency's calendar; a person finds another time
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Call:
    """One call, from its first proposal on; a later round of slots is the same call."""

    round: int  # of proposals, from 1
    uid: str  # the calendar's name for it, kept through changes and the cancellation
    sequence: int  # the calendar's count of changes, from 0
    slots: tuple[datetime, ...]  # as proposed last, aware, UTC; a slot's number is its place, from 1
    minutes: int
    where: str  # a telephone number, a link, a place: in words
    zone: str  # IANA, in which the agency reads the times
    state: CallState = CallState.PROPOSED
    chosen: datetime | None = None  # when it takes place, or last did; None until it was set once
    guests: tuple[str, ...] = ()  # addresses of staff whose calendars are told too

    @property
    def holds(self) -> tuple[tuple[datetime, datetime], ...]:
        """From when to when it takes somebody's time: its slots while they are proposed, else the one that is set."""
        length = timedelta(minutes=self.minutes)
        if self.state is CallState.PROPOSED:
            return tuple((slot, slot + length) for slot in self.slots)
        return ((self.chosen, self.chosen + length),) if self.is_set and self.chosen else ()

    @property
    def is_set(self) -> bool:
        return self.state is CallState.SET

    def in_words(self, moment: datetime) -> str:
        """A time as the agency reads it: "Tuesday, March 10, 2026 at 2:00 pm MDT"."""
        local = moment.astimezone(ZoneInfo(self.zone))
        half = "am" if local.hour < 12 else "pm"
        return f"{local:%A, %B} {local.day}, {local.year} at {local.hour % 12 or 12}:{local:%M} {half} {local:%Z}"

    def at(self, slot: datetime) -> Call:
        """The call set for a time; where it was set before, calendars are told of a change."""
        sequence = self.sequence + 1 if self.chosen else self.sequence
        return replace(self, state=CallState.SET, chosen=slot, sequence=sequence)

    def cancelled(self) -> Call:
        return replace(self, state=CallState.CANCELLED, sequence=self.sequence + 1)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a letter lays into a calendar: a call that is set, changed or cancelled."""

    uid: str
    sequence: int
    starts: datetime
    minutes: int
    where: str
    zone: str  # IANA
    summary: str
    organizer_name: str
    description: str = ""
    is_cancelled: bool = False

    @property
    def method(self) -> str:
        """As iTIP (RFC 5546) calls it."""
        return "CANCEL" if self.is_cancelled else "REQUEST"


class Participation(StrEnum):
    """How a calendar answers an invitation."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"  # an answer, and no date
    DELEGATED = "delegated"
    COUNTERED = "countered"  # another time is proposed
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """An answer that a calendar gave, not yet tied to a call."""

    uid: str
    sequence: int  # of the invitation that is answered; an older one than ours answers an old proposal
    attendee: str  # address of whoever answers
    says: Participation
    proposes: datetime | None = None  # UTC, with `COUNTERED`
    summary: str = ""  # what the event is called


# What to propose

_LUNCH = (time(11, 30), time(13, 0))
_FRIDAY_ENDS = time(15, 0)
_MONDAY_BEGINS = time(10, 0)
_STEP = timedelta(minutes=30)
_FIRST_DAY, _LAST_DAY = 2, 7  # business days from now


def suggest_slots(
    hours: Hours,
    zones: Zones,
    taken: Collection[tuple[datetime, datetime]],
    now: datetime,
    minutes: int = USUAL_MINUTES,
    count: int = USUAL_SLOTS,
) -> tuple[datetime, ...]:
    """Times that suit the agency, on different days, mornings and afternoons in turn; UTC.

    `taken`: from when to when something is proposed or set already. Never at lunch, early on a Monday, late on a
    Friday or the day before a holiday. May be fewer than `count` where too much is taken.
    """
    slots: list[datetime] = []
    wants_morning = True
    for day in _days(hours, zones, now):
        free = [slot for slot in _starts(hours, zones, day, minutes) if is_free(slot, minutes, taken)]
        if not free:
            continue
        half = [slot for slot in free if (slot.astimezone(zones[0]).time() < _LUNCH[1]) == wants_morning]
        slots.append((half or free)[0])
        wants_morning = not wants_morning
        if len(slots) == count:
            break
    return tuple(slots)


def _days(hours: Hours, zones: Zones, now: datetime) -> Iterator[date]:
    """The business days on which a call may be proposed, without those before a holiday."""
    day = now.astimezone(zones[0]).date()
    passed = 0
    while passed < _LAST_DAY:
        day += timedelta(days=1)
        if not hours.is_business_day(day):
            continue
        passed += 1
        if passed >= _FIRST_DAY and not hours.is_closed(day + timedelta(days=1)):
            yield day


def _starts(hours: Hours, zones: Zones, day: date, minutes: int) -> Iterator[datetime]:
    length = timedelta(minutes=minutes)
    slot = datetime.combine(day, time(0), zones[0])
    opens = hours.next_open(slot, zones, "calls")
    slot = opens
    while slot.astimezone(zones[0]).date() == day and _fits(hours, zones, slot, length):
        local = [slot.astimezone(zone) for zone in zones]
        if not any(_is_bad(each, length) for each in local):
            yield slot
        slot += _STEP


def _fits(hours: Hours, zones: Zones, slot: datetime, length: timedelta) -> bool:
    return hours.is_open(slot, zones, "calls") and hours.is_open(slot + length - _A_MOMENT, zones, "calls")


_A_MOMENT = timedelta(seconds=1)


def _is_bad(local: datetime, length: timedelta) -> bool:
    begins, ends = local.time(), (local + length).time()
    if begins < _LUNCH[1] and ends > _LUNCH[0]:
        return True
    return (local.weekday() == 0 and begins < _MONDAY_BEGINS) or (
        local.weekday() == 4 and ends > _FRIDAY_ENDS
    )


def is_free(slot: datetime, minutes: int, taken: Collection[tuple[datetime, datetime]]) -> bool:
    """True where a call of this length meets nothing of what is proposed or set already."""
    ends = slot + timedelta(minutes=minutes)
    return not any(begins < ends and slot < until for begins, until in taken)


# What is chosen


class Answer(StrEnum):
    """What the agency says to the times that were proposed."""

    CHOSEN = "chosen"
    NONE = "none"  # none of them suits
    UNCLEAR = "unclear"  # it speaks of times, and a person has to read it


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer, and the words that give it."""

    answer: Answer
    slot: datetime | None = None  # with `Answer.CHOSEN`
    words: str = ""


def read_choice(message: Message, call: Call, words: Words) -> Choice | None:
    """What a message says to the slots of a call; None where it does not speak of times.

    By number, in words, by day and hour in the agency's zone, or by a button. Of two that suit, the earlier is taken.
    """
    if ANSWER in message.answers:
        is_current = message.answers.get(ROUND, str(call.round)) == str(call.round)
        return _pressed(message.answers[ANSWER], call) if is_current else Choice(Answer.UNCLEAR)
    told = _Told()
    for sentence in cut(message, words):
        if sentence.part is Part.BODY and sentence.role in (Role.OWN, Role.SALUTATION):
            clauses = [_Clause(clause, words) for clause in _clauses(sentence.text)]
            for clause, after in zip_longest(clauses, clauses[1:]):
                _hear(clause, after, sentence.is_question, call, told)
    return _sum_up(told, call)


def _pressed(value: str, call: Call) -> Choice:
    number = int(value) if value.isdecimal() else 0
    if not 1 <= number <= len(call.slots):
        return Choice(Answer.NONE if value == "none" else Answer.UNCLEAR)
    return Choice(Answer.CHOSEN, call.slots[number - 1])


@dataclass(slots=True)
class _Told:
    """What the clauses of a message said so far."""

    suits: dict[datetime, str] = field(default_factory=dict)  # slot -> the words
    suits_not: dict[datetime, str] = field(default_factory=dict)
    none: str = ""
    any: str = ""
    agrees: str = ""
    elsewhen: str = ""  # a day or an hour is asked for, or one that was not proposed


_MONTH = "|".join(name for name in (*calendar.month_abbr, "Sept") if name)
_CLAUSE_ENDS = re.compile(
    rf"[;!?\n]+|,(?!\s*(?:the )?(?:\d+(?:st|nd|rd|th|:\d|\s*[ap]\.?m)|at\b|(?:{_MONTH})))|\.(?=\s|$)|\s[–—-]+\s|\b(?:but|though|however)\b",
    re.IGNORECASE,
)  # a date goes on behind its commas: "Tuesday, March 10, at 2"


def _clauses(text: str) -> Iterator[str]:
    yield from (clause.strip() for clause in _CLAUSE_ENDS.split(text) if clause.strip())


_WEEKDAYS = {
    name.lower(): number
    for names in (calendar.day_name, calendar.day_abbr)
    for number, name in enumerate(names)
} | {"tues": 1, "thur": 3, "thurs": 3}
_MONTHS = {
    name.lower(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_TIME = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m\b\.?|p\.?m\b\.?|o'?clock|h\b)?")
_DAY_OF_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/\d{2,4})?\b")


_BRACKETS = str.maketrans(dict.fromkeys('()"“”[]', " "))
_NO_CALL_BEFORE = 8  # so that "at 2" is an hour of the afternoon


class _Clause:
    """A clause, and what it names."""

    def __init__(self, text: str, words: Words) -> None:
        self.text = text
        self._folded = f" {' '.join(fold(text).translate(_BRACKETS).split())} "
        self._bare = f" {' '.join(word.strip('.:!?') for word in self._folded.split())} "
        for greeting in words.of("call_greeting"):
            self._bare = self._bare.replace(f" {greeting} ", " ")
        self._words = words
        self._tokens = re.findall(r"[a-z'.]+|\d+(?:st|nd|rd|th)?|[#:/]", fold(text))

    def has(self, list_name: str) -> bool:
        return any(f" {phrase} " in self._bare for phrase in self._words.of(list_name))

    @property
    def refuses(self) -> bool:
        return self.has("call_refuses")

    @property
    def is_bare(self) -> bool:
        """True for a member of a list, "Tuesday" in "Tuesday, Wednesday and Friday are bad"."""
        return len(self._tokens) <= 3 and not self.has("call_agrees")

    def days(self) -> tuple[set[int], set[tuple[int, int]], set[int]]:
        """Weekdays, dates as month and day, and days of a month alone."""
        weekdays = {
            _WEEKDAYS[token.strip(".'s")] for token in self._tokens if token.strip(".'s") in _WEEKDAYS
        }
        dates = {(int(month), int(day)) for month, day in _NUMERIC_DATE.findall(self._folded)}
        alone = set()
        for index, token in enumerate(self._tokens):
            month = _MONTHS.get(token.strip("."))
            if month and (day := self._day_at(index + 1) or self._day_at(index - 1)):
                dates.add((month, day))
            elif (
                token.endswith(("st", "nd", "rd", "th"))
                and token[0].isdigit()
                and int(token[:-2]) > MOST_SLOTS
            ):
                alone.add(int(token[:-2]))
        return weekdays, dates, alone - {day for _, day in dates}

    def _day_at(self, index: int) -> int | None:
        if 0 <= index < len(self._tokens) and (match := _DAY_OF_MONTH.fullmatch(self._tokens[index])):
            return int(match[1])
        return None

    def times(self) -> set[time]:
        """Hours that are named so that they can be nothing else: "2 pm", "at 2", "14:00", "noon"."""
        found = {time(12)} if " noon " in self._bare else set()
        text = _NUMERIC_DATE.sub(" ", self._folded)
        for match in _TIME.finditer(text):
            hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").replace(".", "")
            is_said = bool(half or match[2]) or text[: match.start()].rstrip().endswith((" at", " @", "@"))
            if not is_said or hour > 23 or minute > 59:
                continue
            if half.startswith("a"):
                hour %= 12
            elif hour < 12 and (half.startswith("p") or 1 <= hour < _NO_CALL_BEFORE):
                hour += 12
            found.add(time(hour, minute))
        return found

    def numbers(self, count: int) -> set[int]:
        """Slots by their number: "the second one", "#2", "option 2", or a figure that stands alone."""
        found = {number for number in range(1, count + 1) if self.has(f"call_slot_{number}")}
        if self.has("call_slot_last"):
            found.add(count)
        if not self._named_by_figure():
            return found
        return found | {
            int(each)
            for each in re.findall(r"(?<![\d:/])\d(?![\d:/])", self._folded)
            if 1 <= int(each) <= count
        }

    def _named_by_figure(self) -> bool:
        before = [token.rstrip(".") for token in self._tokens]
        for index, token in enumerate(before):
            if not token.isdigit() or len(token) > 1:
                continue
            previous = before[index - 1] if index else ""
            if previous == "#" or previous in {each.rstrip(".") for each in self._words.of("call_number")}:
                return True
            if index == 0 and not self.times() and not any(self.days()):
                return True
        return False


def _hear(clause: _Clause, after: _Clause | None, is_question: bool, call: Call, told: _Told) -> None:
    refuses = clause.refuses or (clause.is_bare and after is not None and after.refuses)
    named, is_naming = _named(clause, call)
    if is_question:
        told.elsewhen = told.elsewhen or (clause.text if is_naming or clause.has("call_none") else "")
    elif named:
        (told.suits_not if refuses else told.suits).update(dict.fromkeys(named, clause.text))
    elif is_naming and not refuses:
        told.elsewhen = told.elsewhen or clause.text
    elif clause.has("call_none") or (clause.refuses and clause.has("call_any")):
        told.none = told.none or clause.text
    elif clause.has("call_any"):
        told.any = told.any or clause.text
    elif clause.has("call_agrees") and not refuses:
        told.agrees = told.agrees or clause.text


def _named(clause: _Clause, call: Call) -> tuple[list[datetime], bool]:
    """The slots that a clause names, and whether it names any day, hour or number at all."""
    zone = ZoneInfo(call.zone)
    numbers = clause.numbers(len(call.slots))
    if numbers:
        return [call.slots[number - 1] for number in sorted(numbers)], True
    weekdays, dates, alone = clause.days()
    times = clause.times()
    halves = {half for half in ("morning", "afternoon") if clause.has(f"call_{half}")} if not times else set()
    if not (weekdays or dates or alone or times or halves):
        return [], False
    fitting = []
    for slot in call.slots:
        local = slot.astimezone(zone)
        half = "morning" if local.hour < 12 else "afternoon"
        if (
            (not weekdays or local.weekday() in weekdays)
            and (not dates or (local.month, local.day) in dates)
            and (not alone or local.day in alone)
            and (not times or local.time() in times)
            and (not halves or half in halves)
        ):
            fitting.append(slot)
    return fitting, True


def _sum_up(told: _Told, call: Call) -> Choice | None:
    suits = [slot for slot in call.slots if slot in told.suits and slot not in told.suits_not]
    if suits:
        return Choice(Answer.CHOSEN, suits[0], told.suits[suits[0]])
    if told.elsewhen:
        return Choice(Answer.UNCLEAR, words=told.elsewhen)
    left = [slot for slot in call.slots if slot not in told.suits_not]
    if told.none or not left:
        return Choice(Answer.NONE, words=told.none or next(iter(told.suits_not.values())))
    if told.any or (told.agrees and len(call.slots) == 1):
        return Choice(Answer.CHOSEN, left[0], told.any or told.agrees)
    if told.suits_not or told.suits:
        return Choice(Answer.UNCLEAR, words=next(iter((told.suits_not | told.suits).values())))
    return None
