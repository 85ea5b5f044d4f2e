"""The work plan: written in versions, sent for the agency's review, sent back or approved.

What the agency's answer seems to say is shown to staff; a person confirms it.
"""

from __future__ import annotations

from dataclasses import replace

from crbot.cases.case import Case, Plan, PlanVersion, Stage
from crbot.cases.letters import Letter, LetterName, paragraphs, to_agency
from crbot.cases.respond import Change, quote_of
from crbot.intake.acting import Deed, Refused, check_step, done, moved
from crbot.intake.asking import check_address

PARTS = ("assistance", "experts", "staff", "milestones", "documents")


def save(case: Case, deed: Deed) -> Change:
    """Write a new version; a part that is left out stays as it was, one that is emptied is gone."""
    if case.stage is not Stage.WORK_PLAN:
        titles = deed.rules.stages.titles
        raise Refused(
            f"A work plan is written in the stage {titles[Stage.WORK_PLAN]!r};"
            f" {case.number} is in {titles[case.stage]!r}."
        )
    before = case.plan.newest if case.plan else None
    parts = {part: deed.value_or(part, getattr(before, part) if before else "") for part in PARTS}
    if not parts["assistance"]:
        raise Refused("A work plan needs at least the assistance that is planned.")
    version = PlanVersion(**parts, by=deed.action.by, at=deed.now)
    plan = replace(case.plan, versions=(*case.plan.versions, version)) if case.plan else Plan((version,))
    return done(
        case.changed(plan=plan), deed, f"Work plan, version {len(plan.versions)}, written by {deed.by}"
    )


def send(case: Case, deed: Deed) -> Change:
    """The newest version goes to the agency for review."""
    check_address(case)
    if case.plan is None:
        raise Refused("There is no work plan yet; write it first.")
    number = len(case.plan.versions)
    if case.plan.newest.changes:
        raise Refused(f"The agency asked for changes in version {number}; write a new version first.")
    step = check_step(case, Stage.AGENCY_REVIEW, deed)
    sent = moved(case, Stage.AGENCY_REVIEW, deed)
    sent = replace(sent, plan=replace(case.plan, sent=number, answer=None))
    letters = (_plan_review(sent, case.plan, deed),) if step.letter else ()
    return done(sent, deed, f"Work plan, version {number}, sent to the agency by {deed.by}", letters)


def _plan_review(case: Case, plan: Plan, deed: Deed) -> Letter:
    fields: dict[str, object] = {part: paragraphs(getattr(plan.newest, part)) for part in PARTS}
    words = paragraphs(deed.value("text"))
    fields |= {"version": len(plan.versions), "words": words, "by": deed.signature}
    return to_agency(case, LetterName.PLAN_REVIEW, fields)


def confirm(case: Case, deed: Deed) -> Change:
    """Record that the agency approves what it was sent, with its words."""
    plan = _with_the_agency(case)
    said = deed.value("text") or (plan.answer.words if plan.answer else "")
    if not said:
        raise Refused("Write what the agency said when it approved the plan.")
    approved = replace(plan, answer=None, approved=plan.sent, approved_at=deed.now, approved_words=said)
    with_approval = replace(case, plan=approved)
    step = check_step(with_approval, Stage.APPROVED, deed)
    after = moved(with_approval, Stage.APPROVED, deed)
    letter = to_agency(after, LetterName.PLAN_APPROVED, {"version": plan.sent, "words": paragraphs(said)})
    letters = (letter,) if step.letter and case.conversation.address else ()
    log = f"The agency approved version {plan.sent} of the work plan, recorded by {deed.by}: {quote_of(said)}"
    return done(after, deed, log, letters)


def send_back(case: Case, deed: Deed) -> Change:
    """Record what the agency wants changed; the plan is written anew."""
    plan = _with_the_agency(case)
    wanted = deed.value("text") or (plan.answer.words if plan.answer else "")
    if not wanted:
        raise Refused("Write what the agency wants changed.")
    newest = replace(plan.newest, changes=wanted)
    changed = replace(plan, versions=(*plan.versions[:-1], newest), answer=None)
    with_reason = replace(deed, action=replace(deed.action, reason=deed.action.reason or wanted))
    after = moved(replace(case, plan=changed), Stage.WORK_PLAN, with_reason)
    return done(
        after,
        deed,
        f"The agency wants changes in version {plan.sent}, recorded by {deed.by}: {quote_of(wanted)}",
    )


def _with_the_agency(case: Case) -> Plan:
    if case.plan is None or case.stage is not Stage.AGENCY_REVIEW:
        raise Refused(f"The work plan of {case.number} is not with the agency.")
    return case.plan
