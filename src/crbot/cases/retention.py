"""How long what is kept is kept, and what holds it beyond that: `rules/retention.yaml` in typed form. Pure.

How it is disposed of, by two persons and without a trace of its words, is `crbot.store.disposal`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dateutil.relativedelta import relativedelta

from crbot.cases.case import ENDED, Case
from crbot.triage.decision import Kind, Outcome
from crbot.triage.notation import Faults, check_keys, lines_of, meant, read_table, read_tree

FILE = "retention.yaml"
NOTHING_TO_READ = "nothing_to_read"  # a message that asked nothing of the desk
FOR_EVER = "for ever"
_MESSAGES = (*(kind.value for kind in Kind), NOTHING_TO_READ)
_WHAT = (*sorted(stage.value for stage in ENDED), *_MESSAGES)
_HOLDING = frozenset({Outcome.FLAG, Outcome.FAIL})


@dataclass(frozen=True, slots=True)
class Period:
    """How long, as the rules say it, and where that comes from."""

    keep: str  # "3 years", "for ever"
    source: str

    def ends(self, since: datetime) -> datetime | None:
        """When it is over; None: never."""
        return None if self.keep == FOR_EVER else since + _span(self.keep)


@dataclass(frozen=True, slots=True)
class Retention:
    """All periods, by what is kept. Made by `read_retention` alone."""

    periods: Mapping[str, Period]
    held_by: frozenset[str] = frozenset()  # names of eligibility rules

    def is_over(self, what: str, since: datetime, now: datetime) -> bool:
        ends = self.periods[what].ends(since) if what in self.periods else None
        return ends is not None and ends <= now

    @property
    def keeps_all_messages(self) -> bool:
        """True where no message of no case has a period that ends."""
        return all(self.periods[what].keep == FOR_EVER for what in _MESSAGES if what in self.periods)

    def flags(self, case: Case) -> str:
        """The titles of the rules that hold the case by themselves; "" where none does."""
        findings = (each for each in case.decision.findings if each.outcome in _HOLDING)
        return "; ".join(each.title for each in findings if each.rule in self.held_by)


_SPAN = re.compile(r"([1-9]\d{0,4}) (day|month|year)s?")


def _span(text: str) -> relativedelta:
    match = _SPAN.fullmatch(text)
    assert match, "periods are looked at when the rules are read"
    return relativedelta(**{f"{match[2]}s": int(match[1])})  # type: ignore[arg-type]  # days, months or years


def read_retention(files: Mapping[str, str], rules: Iterable[str], faults: Faults) -> Retention:
    """Read the periods of a rules folder; `rules`: the names of the eligibility rules. What is wrong is a fault."""
    if FILE not in files:
        faults.add(FILE, "is missing; take it from the rules that came with crbot")
        return Retention({})
    tree = read_tree(files[FILE], FILE, faults)
    check_keys(tree, ("title", "source", "periods"), ("held_by",), faults)
    periods: dict[str, Period] = {}
    for row in read_table(tree, "periods", ("what", "keep", "source"), faults):
        if len(row.cells) < 3:
            continue
        what, keep, source = (row.cells[name] for name in ("what", "keep", "source"))
        if what not in _WHAT:
            faults.add(row.where, f"{what!r} is nothing that is kept; {meant(what, _WHAT)}")
        if what in periods:
            faults.add(row.where, f"{what!r} has a period already; give it once")
        if keep != FOR_EVER and not _SPAN.fullmatch(keep):
            faults.add(
                row.where, f"{keep!r} is no period; write “for ever”, “90 days”, “6 months” or “3 years”"
            )
        if not source:
            faults.add(row.where, "needs a source: where the period comes from")
        periods[what] = Period(keep, source)
    for what in _WHAT:
        if what not in periods:
            faults.add(tree.places.get("periods", FILE), f"needs a row {what!r}; “for ever” keeps it")
    known = frozenset(rules)
    for line in lines_of(tree, "held_by"):
        if known and line.text not in known:
            faults.add(line.where, f"{line.text!r} is no rule of eligibility.yaml; {meant(line.text, known)}")
    return Retention(periods, frozenset(line.text for line in lines_of(tree, "held_by")))
