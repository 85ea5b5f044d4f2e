"""Declines: drafted by the rules or a person, released by a person, another one where the rules say so."""

from __future__ import annotations

from crbot.cases.case import Case, Draft, Stage
from crbot.cases.letters import LetterName, Release, Unreleased, not_released, paragraphs
from crbot.cases.respond import Change
from crbot.intake.acting import Deed, Refused, done, mention, moved
from crbot.intake.asking import check_address
from crbot.intake.correcting import without_withdrawal
from crbot.triage.decision import Outcome
from crbot.triage.notation import meant
from crbot.triage.policy import Policy


def draft(case: Case, deed: Deed) -> Change:
    """Write a decline, or change the one that is there; who wrote last can't release it.

    Words that are left out stay as they were; words that are emptied are gone.
    """
    if deed.rules.stages.step(case.stage, Stage.DECLINED) is None:
        raise Refused(f"{case.number} is {case.stage}; it can't be declined.")
    names = [rule.name for rule in deed.policy.rules]
    for ground in deed.values("grounds"):
        if ground not in names:
            raise Refused(f"{ground!r} is no rule; {meant(ground, names)}")
    before = case.draft or Draft(_speaking_against(case), deed.action.by)
    drafted = Draft(
        grounds=deed.values("grounds") or before.grounds,
        by=deed.action.by,
        text=deed.value_or("text", before.text),
        instead=deed.value_or("instead", before.instead),
    )
    if not drafted.grounds and not drafted.text:
        raise Refused("A decline needs a ground or words: no rule speaks against this request.")
    log = f"Decline {'changed' if case.draft else 'drafted'} by {deed.by}; another person releases it"
    return done(case.changed(draft=drafted), deed, log)


def _speaking_against(case: Case) -> tuple[str, ...]:
    return tuple(each.rule for each in case.decision.findings if each.outcome in (Outcome.FAIL, Outcome.FLAG))


def keep_open(case: Case, deed: Deed) -> Change:
    """Drop a drafted decline, or what was read as the agency taking its request back."""
    if case.draft is None and not case.wants_out:
        raise Refused(f"Nothing is drafted for {case.number}, and the agency has not taken it back.")
    what = "Draft dropped" if case.draft else "Not taken back, says"
    kept = case.changed(draft=None)
    if kept.wants_out:
        kept = without_withdrawal(kept, deed)
    return done(kept, deed, f"{what} by {deed.by}; the case stays open")


def send(case: Case, deed: Deed) -> Change:
    """Release a drafted decline."""
    if case.draft is None:
        raise Refused(f"No decline is drafted for {case.number}.")
    check_address(case)
    outcome = f"Declined. Drafted by {mention(case.draft.by)}, released by {deed.by}"
    declined = moved(case, Stage.DECLINED, deed, outcome)
    release = Release(by=deed.action.by, drafted_by=case.draft.by)
    return done(declined, deed, outcome, (letter_of(case, case.draft, deed.policy).released(release),))


def letter_of(case: Case, drafted: Draft, policy: Policy) -> Unreleased:
    """The decline as drafted: a person's own words go before the rules' reasons."""
    fields: dict[str, object] = {
        "words": paragraphs(drafted.text),
        "grounds": [] if drafted.text else grounds_of(case, drafted),
        "alternatives": paragraphs(drafted.instead) or list(policy.instead(drafted.grounds)),
    }
    return not_released(case, LetterName.DECLINE, fields)


def grounds_of(case: Case, drafted: Draft) -> list[str]:
    """The reasons of a draft in words."""
    return [each.because.text for each in case.decision.findings if each.rule in drafted.grounds]
