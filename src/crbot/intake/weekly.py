"""Every week the lead is told how things stand, once, as the first business day opens; and on demand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crbot.cases.case import Case
from crbot.cases.digest import Digest, digest_of, week_begins
from crbot.cases.respond import Notice
from crbot.cases.rulebook import Rulebook
from crbot.intake.incoming import Desk


def tell_week(desk: Desk) -> bool:
    """Show the digest of this week where it is due; True where it was."""
    now, rules = desk.clock(), desk.rules
    due_at = week_begins(now, rules.ladders, rules.hours)
    began = desk.store.began()
    is_due = began is not None and began < due_at <= now and rules.hours.is_open(now, rules.ladders.staff)
    name = f"digest:{due_at:%G-W%V}"
    if not is_due or desk.store.is_posted(name):
        return False
    return desk.store.post(notice_of(digest(desk.store.all_cases(), rules, now)), name, now)


def digest(cases: Iterable[Case], rules: Rulebook, now: datetime) -> Digest:
    return digest_of(cases, now, rules.ladders, rules.hours, rules.policy.label)


def notice_of(digest: Digest) -> Notice:
    """The digest as the review channel shows it."""
    chart = None if digest.chart.is_empty else digest.chart
    return Notice(
        title="The week at a glance", text=digest.summary, quote=digest.text, is_whole=True, chart=chart
    )
