"""A follow-up is due: is it still wanted, may it go now, and what is then done.

What a case waits for, and since when, is `crbot.cases.followups`'; this looks at it again when its time has come,
in the order: still waited for, missed, too soon, too much, at a bad hour.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Place, place_of
from crbot.cases.followups import FollowUp, breaks_the_quiet, letter_for, planned, spread, zones_for
from crbot.cases.hours import Wait, Zones
from crbot.cases.ladders import Ladder, Ladders, Step, To
from crbot.cases.respond import Change, Entry, Notice
from crbot.intake.ears import Ears
from crbot.intake.incoming import Desk
from crbot.intake.ports import Due, Progress, Stale

LEASE = timedelta(minutes=5)
BATCH = 50
_MOST_LOST = 5  # a follow-up whose claim ended so often without a word ends the program each time
_SOON = timedelta(minutes=1)
_LATE = timedelta(days=1)  # a step that was later than this pushes on those after it
_TOMORROW = Wait(business_days=1)


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of one follow-up, for the log."""

    follow_up: FollowUp
    did: str  # done, put off, passed, dropped, again
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Later:
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class _Ended:
    progress: Progress
    why: str


def follow_up(desk: Desk, ears: Ears) -> tuple[Followed, ...]:
    """Do what is due, a batch of it; empty where nothing is due.

    Letters only where we would have heard of an answer; each follow-up once, whatever happens in between.
    """
    came: list[Followed] = []
    for letters in (False, True):
        now = desk.clock()
        if letters and not ears.are_fresh(now, desk.rules.ladders.limits.fresh_ears):
            continue
        claimed = desk.store.claim_follow_ups(letters=letters, now=now, lease=LEASE, limit=BATCH)
        came += [_followed(desk, ears, due) for due in claimed]
    return tuple(came)


def _followed(desk: Desk, ears: Ears, due: Due) -> Followed:
    now = desk.clock()
    try:
        if due.lost >= _MOST_LOST:
            return _broken(desk, due, f"It has ended the program {due.lost} times", now)
        return _done(_Look(desk, ears, due, now))
    except Stale as stale:
        with contextlib.suppress(Stale):  # the claim itself is lost: whoever has it now goes on
            desk.store.put_off(due, now + _SOON, "the case has changed meanwhile")
        return Followed(due.follow_up, "again", str(stale))
    except desk.store.failures:
        raise  # the database's trouble: the lease runs out, and it is taken up again
    except Exception as error:  # noqa: BLE001  (a follow-up that breaks the code must not stop the next one)
        return _broken(desk, due, f"It broke the program ({type(error).__name__})", now)


def _done(look: _Look) -> Followed:
    desk, due = look.desk, look.due
    match look.verdict():
        case _Later(until, why):
            desk.store.put_off(due, until, why)
            return Followed(due.follow_up, "put off", why)
        case _Ended(progress, why):
            desk.store.end(due, progress, why, look.now)
            return Followed(due.follow_up, progress.value, why)
        case change:
            desk.store.settle(due, change, look.now, look.good_until)
            return Followed(due.follow_up, "done")


def _broken(desk: Desk, due: Due, why: str, now: datetime) -> Followed:
    what = f"{due.follow_up.purpose}, step {due.follow_up.step}"
    notice = Notice(
        title=f"A follow-up of {due.follow_up.case} could not be done",
        text=f"{why}: {what}. Nothing was sent; please look after the case.",
        about=due.follow_up.case,
    )
    with contextlib.suppress(Stale):
        desk.store.set_follow_up_aside(due, why, notice, now)
    return Followed(due.follow_up, "broken", why)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at a follow-up that is due."""

    desk: Desk
    ears: Ears
    due: Due
    now: datetime

    def verdict(self) -> Change | _Later | _Ended:
        case = self.due.case
        if case is None:
            return _Ended(Progress.DROPPED, "there is no such case")
        questions: tuple[Callable[[Case], _Later | _Ended | None], ...] = (
            self._is_unwanted,
            self._was_missed,
        )
        if self._is_letter:
            questions += (self._is_too_much, self._is_too_soon)
        questions += (self._is_a_bad_hour,)
        answers = (ask(case) for ask in questions)
        return next((answer for answer in answers if answer is not None), None) or self._change(case)

    @property
    def good_until(self) -> datetime | None:
        """When a letter of now no longer comes at a good hour."""
        if not self._is_letter or self.due.case is None:
            return None
        return self.desk.rules.hours.closes(self.now, self._zones(self.due.case))

    @property
    def _ladders(self) -> Ladders:
        return self.desk.rules.ladders

    @property
    def _ladder(self) -> Ladder:
        return self._ladders.of[self.due.follow_up.purpose]

    @property
    def _step(self) -> Step:
        return self._ladder.step(self.due.follow_up.step)

    @property
    def _is_letter(self) -> bool:
        return self.due.follow_up.is_letter

    def _zones(self, case: Case) -> Zones:
        return zones_for(case, self._step, self._ladders, self.desk.rules.hours)

    def _is_unwanted(self, case: Case) -> _Later | _Ended | None:
        """Answered, closed, on hold, the rules changed: the case as it stands now tells."""
        follow_up = self.due.follow_up
        plan = planned(case, follow_up.purpose, self._ladders, self.desk.rules.hours)
        wanted = next((each for each in plan if each.key == follow_up.key), None)
        if wanted is None:
            return _Ended(Progress.DROPPED, "the case no longer waits for it")
        if wanted.due_at > self.now:
            return _Later(wanted.due_at, "it is due later by now")
        return None

    def _was_missed(self, case: Case) -> _Later | _Ended | None:
        """What was missed melts into the latest step; and one that was late keeps its distance to the next."""
        mine = self.due.follow_up
        ladder = [
            each
            for each in self.due.standing
            if (each.follow_up.purpose, each.follow_up.event) == (mine.purpose, mine.event)
        ]
        later = [
            each.follow_up.step
            for each in ladder
            if each.follow_up.step > mine.step
            and each.follow_up.due_at <= self.now
            and self._ladder.step(each.follow_up.step).after != self._step.after
        ]
        if later:
            return _Ended(Progress.PASSED, f"melted into step {max(later)}")
        done = [
            (each.follow_up.due_at, each.done_at)
            for each in ladder
            if each.progress is Progress.DONE and each.done_at and each.follow_up.step < mine.step
        ]
        if not done:
            return None
        was_due, was_done = max(done)
        not_before = was_done + (mine.due_at - was_due)
        if was_done - was_due > _LATE and not_before > self.now:
            return _Later(not_before, "the step before it was late")
        return None

    def _is_too_much(self, case: Case) -> _Ended | None:
        limits, mine = self._ladders.limits, self.due.follow_up
        sent = [
            each for each in self.due.standing if each.progress is Progress.DONE and each.follow_up.is_letter
        ]
        alike = [
            each
            for each in sent
            if (each.follow_up.purpose, each.follow_up.subject) == (mine.purpose, mine.subject)
        ]
        if len(alike) >= limits.letters_a_ladder:
            return _Ended(Progress.PASSED, f"{len(alike)} letters have gone out about the same")
        heard = case.last_heard_at or case.opened_at
        unanswered = sum(each.done_at is not None and each.done_at > heard for each in sent)
        if unanswered >= limits.letters_unanswered:
            return _Ended(Progress.PASSED, f"{unanswered} letters have no answer")
        if self.desk.store.is_unreached(case.number, heard):
            return _Ended(Progress.PASSED, "a letter did not arrive")
        return None

    def _is_too_soon(self, case: Case) -> _Later | None:
        if not self.ears.are_fresh(self.now, self._ladders.limits.fresh_ears, case.conversation.channel):
            return _Later(self.now + _SOON, "an answer may lie unread")
        if self.due.follow_up.purpose.is_urgent:
            return None
        zones = self._zones(case)
        midnight = datetime.combine(self.now.astimezone(zones[0]), time(), zones[0])
        letters = self.desk.store.letters_to(case.conversation.address.casefold(), midnight)
        if letters < self._ladders.limits.letters_a_day:
            return None
        return _Later(self.desk.rules.hours.after(self.now, _TOMORROW, zones), "a letter has gone out today")

    def _is_a_bad_hour(self, case: Case) -> _Later | None:
        zones, hours = self._zones(case), self.desk.rules.hours
        if breaks_the_quiet(self.due.follow_up.purpose, self._step) or hours.is_open(self.now, zones):
            return None
        opens = hours.next_open(self.now, zones)
        return _Later(spread(opens, case.number, zones, hours) if self._is_letter else opens, "at a bad hour")

    def _change(self, case: Case) -> Change:
        changed = case.changed(changed_by=DRAFTED_BY_THE_BOT, changed_at=self.now)
        return self._written(changed) if self._is_letter else self._told(changed)

    def _written(self, case: Case) -> Change:
        letter = letter_for(case, self.due.follow_up, self._ladders, self.desk.policy.question)
        name = letter.name.value.replace("_", " ")
        return Change(
            case=case,
            letters=(letter,),
            redraws_card=True,
            log=f"Sent by itself: {name}. {self._ladder.title}.",
            entries=(self._entry("followed up", letter=letter.name.value),),
        )

    def _told(self, case: Case) -> Change:
        step = self._step
        calls = case.owner or "" if step.to is To.OWNER else ""
        return Change(
            case=case,
            redraws_card=True,
            log=step.words,
            calls=calls,
            notices=tuple(self._notices(case, step)),
            entries=(self._entry("staff reminded", to=step.to.value),),
        )

    def _notices(self, case: Case, step: Step) -> Iterator[Notice]:
        """In the channel; what is the owner's is told in the thread of the card alone."""
        if step.to is To.OWNER and case.owner:
            return
        yield Notice(
            title=f"{case.number}: {self._ladder.title}",
            text=f"{case.agency}. {step.words}",
            about=case.number,
            place=Place.REVIEW if step.to is To.LEAD else place_of(case),
            calls_duty=True,
        )

    def _entry(self, what: str, **more: str) -> Entry:
        mine = self.due.follow_up
        return Entry(what, DRAFTED_BY_THE_BOT, {"purpose": mine.purpose.value, "step": mine.step, **more})
