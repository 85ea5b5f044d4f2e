"""What every action of staff is judged by, and what it becomes: refusals, steps from stage to stage, the change.

Which verb does what is told in `staff`'s table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crbot.cases.case import Case, Stage
from crbot.cases.letters import Letter
from crbot.cases.respond import Change, Entry
from crbot.cases.rulebook import Rulebook
from crbot.cases.stages import Actor, Condition, Step
from crbot.intake.ports import StaffAction
from crbot.intake.vouching import NO_MEANS, Means
from crbot.triage.policy import Policy


class Refused(Exception):
    """The action can't be done; the text tells the person why, and what can be done instead."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An action of staff, with all that it is judged by."""

    action: StaffAction
    rules: Rulebook
    now: datetime
    other: Case | None = None  # the second case that the action names
    taken: tuple[tuple[datetime, datetime], ...] = ()  # when whoever acts is in a call already, or may be
    means: Means = NO_MEANS

    @property
    def policy(self) -> Policy:
        return self.rules.policy

    @property
    def by(self) -> str:
        """Who acts, as the card and its thread show it."""
        return mention(self.action.by)

    @property
    def signature(self) -> str:
        """Who acts, as a letter shows it; "" where only an id is known."""
        by = self.action.by
        return self.action.by_name or ("" if mention(by) != by else by)

    def value(self, name: str) -> str:
        """What the person wrote under a name; "" for nothing."""
        return self.action.values.get(name, "").strip()

    def value_or(self, name: str, before: str) -> str:
        """What the person wrote under a name, also where it is nothing; what was there, where they left it out."""
        return self.value(name) if name in self.action.values else before

    def values(self, name: str) -> tuple[str, ...]:
        """What the person wrote under a name, with commas between."""
        return tuple(part for each in self.value(name).split(",") if (part := each.strip()))

    def needed(self, name: str, otherwise: str) -> str:
        """What the person wrote under a name. Raises `Refused` where there is nothing, with these words."""
        if not self.value(name):
            raise Refused(otherwise)
        return self.value(name)

    def reason(self, what: str) -> str:
        """The reason that the action needs. Raises `Refused`: "Moving a case needs a reason."."""
        if not self.action.reason.strip():
            raise Refused(f"{what} needs a reason.")
        return self.action.reason.strip()


Does = Callable[[Case, Deed], Change]


def done(case: Case, deed: Deed, log: str, letters: tuple[Letter, ...] = ()) -> Change:
    """The case changed by a deed, with its line in the thread and in the record. `case` is one revision on."""
    action = deed.action
    changed = replace(case, changed_by=action.by, changed_at=deed.now)
    entry = Entry(action.verb.value, action.by, {"reason": action.reason, **action.values})
    return Change(case=changed, letters=letters, redraws_card=True, log=log, entries=(entry,))


def because(deed: Deed) -> str:
    """The reason at the end of a line: ": they called", or nothing."""
    return f": {deed.action.reason.strip()}" if deed.action.reason.strip() else ""


def moved(case: Case, to: Stage, deed: Deed, outcome: str = "") -> Case:
    """The case in another stage, one revision on. Raises `Refused` where the rules don't lead there.

    `outcome` says how the case ended, or nothing.
    """
    check_step(case, to, deed)
    return case.changed(
        stage=to,
        stood=case.stage if to.is_ended else None,
        outcome=outcome,
        draft=None if to.is_ended else case.draft,
        merged_into=None,
        plan=case.plan.reopened() if case.plan and to is Stage.WORK_PLAN else case.plan,
    )


def check_step(case: Case, to: Stage, deed: Deed) -> Step:
    """The step that leads there, if this person may take it now. Raises `Refused`."""
    stages = deed.rules.stages
    step = stages.step(case.stage, to)
    if step is None:
        following = ", ".join(stages.following(case.stage))
        raise Refused(
            f"{case.number} is {case.stage}; from there it cannot become {to}. What can follow: {following}."
        )
    if not any(_MAY[actor](case, deed.action) for actor in step.by):
        raise Refused(_whose(case, step))
    for condition in sorted(step.needs):
        is_met, otherwise = _IS_MET[condition]
        if not is_met(case, deed.action):
            raise Refused(otherwise)
    return step


_MAY: Mapping[Actor, Callable[[Case, StaffAction], bool]] = {
    Actor.STAFF: lambda case, action: True,
    Actor.OWNER: lambda case, action: case.owner == action.by,
    Actor.SECOND: lambda case, action: case.draft is None or case.draft.by != action.by,
    Actor.AGENCY: lambda case, action: False,
}
_IS_MET: Mapping[Condition, tuple[Callable[[Case, StaffAction], bool], str]] = {
    Condition.REASON: (lambda case, action: bool(action.reason.strip()), "This step needs a reason."),
    Condition.PLAN: (
        lambda case, action: case.plan is not None,
        "There is no work plan yet; write it first.",
    ),
    Condition.APPROVAL: (
        lambda case, action: case.plan is not None and case.plan.is_approved,
        "The agency's approval of the work plan is not recorded yet; record it first.",
    ),
    Condition.DRAFT: (lambda case, action: case.draft is not None, "No decline is drafted; draft one first."),
}


def _whose(case: Case, step: Step) -> str:
    if Actor.SECOND in step.by:
        return "Who drafted a decline cannot release it; another person must."
    if Actor.OWNER in step.by:
        return f"Only who has claimed {case.number} can do this" + (
            f": {mention(case.owner)}." if case.owner else "; claim it first."
        )
    return "That happens when the agency writes; staff can't do it."


def mention(who: str) -> str:
    """A person as staff know them: a Slack id is shown as a name by Slack itself."""
    return f"<@{who}>" if who[:1] in "UW" and who[1:].isalnum() and who.isupper() else who
