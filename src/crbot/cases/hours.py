"""Business time: which hours of which days are an agency's, and how waits are counted in them. Pure.

What waits for such an hour is `followups`' and `meetings`'; the hours, the closed days and the zones of the states are
the staff's, in `rules/hours.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from crbot.triage.notation import Faults, Line, Section, check_keys, lines_of, read_table, read_tree, text_of

FILE = "hours.yaml"
_DAY = timedelta(days=1)

Zones = tuple[ZoneInfo, ...]  # of a state: an hour must fit them all


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, by the agency's own clock; empty where it does not close after it opens."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Wait:
    """How long to wait: so many business days, or else so much time, of the clock or of business hours."""

    business_days: int = 0
    time: timedelta = timedelta()
    in_business_hours: bool = False

    @property
    def is_of_the_clock(self) -> bool:
        """True where nights and weekends count like everything else."""
        return not self.business_days and not self.in_business_hours


_WAIT = re.compile(r"(\d+) (business days?|business hours?|days?|hours?|minutes?)")
_UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


def read_wait(text: str) -> Wait:
    """Read "2 business days", "4 business hours", "30 days", "30 minutes", "at once". Raises ValueError."""
    if text == "at once":
        return Wait()
    match = _WAIT.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no wait; write “at once” or a number and a unit, as in “2 business days”, “4 business hours”, "
            "“30 days”, “30 minutes”"
        )
    count, unit = int(match[1]), match[2].removesuffix("s")
    if unit == "business day":
        return Wait(business_days=count)
    return Wait(time=count * _UNITS[unit.split()[-1]], in_business_hours=unit.startswith("business"))


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day on which nothing goes out: one date, a day of every year, or a holiday with days added."""

    year: int | None = None
    month: int = 0
    day: int = 0
    holiday: str = ""
    plus: int = 0

    def falls_on(self, day: date) -> bool:
        if self.holiday:
            return self.holiday in _federal_holidays(day.year).get(day - self.plus * _DAY, "").split("; ")
        return (day.month, day.day) == (self.month, self.day) and self.year in (None, day.year)


@lru_cache(maxsize=64)
def _federal_holidays(year: int) -> Mapping[date, str]:
    """The federal holidays of a year and of the days about it, with the days on which they are observed."""
    return dict(holidays.country_holidays("US", years=range(year - 1, year + 2), categories=("government",)))


@dataclass(frozen=True)
class Hours:
    """The hours in which crbot speaks by itself. Made by `parse_hours`; all moments that come out are UTC."""

    windows: Mapping[str, Window]
    after_closure: time
    closed: tuple[ClosedDay, ...]
    by_state: Mapping[str, Zones] = field(repr=False)
    unknown: Zones = ()  # where nobody knows the state
    _known: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def zones_of(self, state: str, zone: str = "") -> Zones:
        """The zones of an agency: the one that is told, else those of its state, else an overlap of all."""
        return (ZoneInfo(zone),) if zone else self.by_state.get(state, self.unknown)

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < 5 and not self.is_closed(day)

    def is_closed(self, day: date) -> bool:
        """True on a federal holiday, on the day on which one is observed, and on the staff's own closed days."""
        if day not in self._known:  # each wait asks for many days, and for the same ones again and again
            self._known[day] = day in _federal_holidays(day.year) or any(
                each.falls_on(day) for each in self.closed
            )
        return self._known[day]

    def is_open(self, now: datetime, zones: Zones, window: str = "letters") -> bool:
        return self.next_open(now, zones, window) == now

    def next_open(self, now: datetime, zones: Zones, window: str = "letters") -> datetime:
        """The moment itself where it lies in the window, else the next one that does."""
        for opens, closes in self._spans(now, zones, self.windows[window]):
            if now < closes:
                return max(now, opens).astimezone(UTC)
        raise AssertionError("a window that never opens is refused when the rules are read")

    def closes(self, now: datetime, zones: Zones, window: str = "letters") -> datetime:
        """When the window closes that is open at this moment, or opens next."""
        return next(closes for _, closes in self._spans(now, zones, self.windows[window]) if now < closes)

    def after(self, start: datetime, wait: Wait, zones: Zones, window: str = "letters") -> datetime:
        """The moment in the window at which a wait is over.

        Business days are counted by the local date, and the local time of day is kept: one business day after a
        Friday at 16:00 is Monday at 16:00, also where the clocks change between them. What begins outside the window
        counts from its next opening.
        """
        if wait.in_business_hours:
            return self._after_business_hours(start, wait.time, zones, window)
        if not wait.business_days:
            return self.next_open(start + wait.time, zones, window)
        begins = self.next_open(start, zones, window)
        local = begins.astimezone(zones[0])
        days = self._business_days(local.date() + _DAY)
        day = next(islice(days, wait.business_days - 1, None))
        at = local.time() if begins == start else self.windows[window].opens
        return self.next_open(_moment(day, at, zones[0]), zones, window)

    def before(self, moment: datetime, business_days: int, zones: Zones, window: str = "letters") -> datetime:
        """When the window opens, so many business days before the day of a moment."""
        day = moment.astimezone(zones[0]).date()
        for _ in range(business_days):
            day -= _DAY
            while not self.is_business_day(day):
                day -= _DAY
        return self.next_open(_moment(day, time(), zones[0]), zones, window)

    def _after_business_hours(self, start: datetime, left: timedelta, zones: Zones, window: str) -> datetime:
        while True:
            for opens, closes in self._spans(start, zones, self.windows[window]):
                begins = max(start, opens)
                if closes - begins >= left:
                    return (begins + left).astimezone(UTC)
                left -= max(closes - begins, timedelta())
                start = max(start, closes)

    def _spans(self, now: datetime, zones: Zones, window: Window) -> Iterator[tuple[datetime, datetime]]:
        """From when to when the window is open, each business day from that of the moment on, in all zones."""
        first = now.astimezone(zones[0]).date() - _DAY
        for day in self._business_days(first):
            opens = max(window.opens, self.after_closure) if self._follows_closure(day) else window.opens
            since = max(_moment(day, opens, zone) for zone in zones)
            until = min(_moment(day, window.closes, zone) for zone in zones)
            if since < until:
                yield since, until

    def _follows_closure(self, day: date) -> bool:
        before = day - _DAY
        while before.weekday() >= 5:
            before -= _DAY
        return self.is_closed(before)

    def _business_days(self, day: date) -> Iterator[date]:
        while True:
            if self.is_business_day(day):
                yield day
            day += _DAY


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local time as a moment: one that the clocks skip moves forward, of one that comes twice it is the first."""
    return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)


# From rules/hours.yaml


def parse_hours(files: Mapping[str, str]) -> Hours:
    """Read the hours of a rules folder (name of the file in it -> text). Raises `PolicyError` with all faults."""
    faults = Faults()
    hours = read_hours(files, faults)
    faults.raise_if_any()
    return hours


def read_hours(files: Mapping[str, str], faults: Faults) -> Hours:
    """The same, with its faults added to those of the other files."""
    if FILE not in files:
        faults.add(FILE, "is missing; take it from the rules that came with crbot")
        return Hours({}, time(), (), {})
    tree = read_tree(files[FILE], FILE, faults)
    check_keys(tree, ("title", "source", "windows", "after_closure", "zones"), ("closed",), faults)
    by_state = {
        row.cells.get("state", ""): read_zones(row.choices("zones"), row.where, faults)
        for row in read_table(tree, "zones", ("state", "zones"), faults)
        if len(row.cells) == 2
    }
    if not by_state.get("-"):
        faults.add(tree.places.get("zones", FILE), "needs a row “-” for agencies whose state nobody knows")
    return Hours(
        windows=_windows(tree, by_state, faults),
        after_closure=_time(text_of(tree, "after_closure"), tree.places.get("after_closure", FILE), faults),
        closed=tuple(each for line in lines_of(tree, "closed") if (each := _closed_day(line, faults))),
        by_state=by_state,
        unknown=by_state.get("-", ()),
    )


def _windows(tree: Section, by_state: Mapping[str, Zones], faults: Faults) -> dict[str, Window]:
    windows = {}
    for row in read_table(tree, "windows", ("window", "opens", "closes"), faults):
        if len(row.cells) < 3:
            continue
        window = Window(*(_time(row.cells[key], row.where, faults) for key in ("opens", "closes")))
        windows[row.cells["window"]] = window
        for state, zones in by_state.items():
            if zones and not _is_ever_open(window, zones):
                faults.add(row.where, f"is never open in all zones of {state!r}; make the window longer")
    for name in ("letters", "calls", "proposals"):
        if name not in windows:
            faults.add(tree.places.get("windows", FILE), f"needs a row {name!r}")
    return windows


def _is_ever_open(window: Window, zones: Zones) -> bool:
    for day in (date(2026, 1, 7), date(2026, 7, 8)):  # a Wednesday by winter time and one by summer time
        opens = max(_moment(day, window.opens, zone) for zone in zones)
        if opens >= min(_moment(day, window.closes, zone) for zone in zones):
            return False
    return True


def _time(text: str, where: str, faults: Faults) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        faults.add(where, f"{text!r} is no time of day; write it as 09:00")
        return time()


def read_zones(names: Iterable[str], where: str, faults: Faults) -> Zones:
    """The zones of these names; one that is none is a fault."""
    zones = []
    for name in names:
        try:
            zones.append(ZoneInfo(name))
        except (ZoneInfoNotFoundError, ValueError):
            faults.add(where, f"{name!r} is no time zone; write a name such as America/Chicago")
    return tuple(zones)


_DATE = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_HOLIDAY = re.compile(r"(\D+?)(?: *\+ *(\d+))?")
_A_LEAP_YEAR = 2028


def _closed_day(line: Line, faults: Faults) -> ClosedDay | None:
    text = line.text.partition("|")[0].strip()
    if match := _DATE.fullmatch(text):
        year, month, day = int(match[1]) if match[1] else None, int(match[2]), int(match[3])
        try:
            date(year or _A_LEAP_YEAR, month, day)
        except ValueError:
            faults.add(line.where, f"{text!r} is no day of the calendar")
            return None
        return ClosedDay(year, month, day)
    match = _HOLIDAY.fullmatch(text)
    known = {name for names in _federal_holidays(_A_LEAP_YEAR).values() for name in names.split("; ")}
    if match is None or match[1] not in known:
        faults.add(
            line.where,
            f"{text!r} is no day; write 2026-12-24, 12-24, or a federal holiday with days added, as in "
            "“Thanksgiving Day + 1”",
        )
        return None
    return ClosedDay(holiday=match[1], plus=int(match[2] or 0))
