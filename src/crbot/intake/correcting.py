"""What staff know better than the messages: corrected facts, wrong evidence, two cases that are one."""

from __future__ import annotations

from dataclasses import replace

from crbot.cases.authority import with_parties
from crbot.cases.case import Case, Correction, Stage
from crbot.cases.respond import Beside, Change, draft_after, queue_after, quote_of
from crbot.intake.acting import Deed, Refused, done, moved
from crbot.triage.decide import settle
from crbot.triage.facts import UNKNOWN, Evidence, Part, Statement
from crbot.triage.notation import meant

WITHDRAWN = "withdrawn"


def correct(case: Case, deed: Deed) -> Change:
    """Settle a fact: no message replaces it from now on. One that is set to unknown is open again."""
    fact = _fact(deed)
    reason = deed.reason("A correction")
    values = _values(fact, deed)
    evidence = (Evidence(reason, Part.ANSWER, 0, len(reason), context="corrected by staff"),)
    statement = (
        Statement(fact, ())
        if values == (UNKNOWN,)
        else Statement(fact, values, evidence, speaker=deed.action.by, settled=True)
    )
    correction = Correction(fact, values, deed.action.by, reason, deed.now)
    corrected = _judged(case, (statement,), deed)
    corrected = replace(corrected, corrections={**case.corrections, fact: correction})
    title = deed.policy.label("fact", fact)
    log = f"{title} corrected by {deed.by}: {_words(case, fact, deed)} → {_words(corrected, fact, deed)}. {reason}"
    return _told(case, corrected, deed, log, _example(case, fact, values))


def dispute(case: Case, deed: Deed) -> Change:
    """Say that words do not tell a fact. Without any other evidence the fact is open again."""
    fact = _fact(deed)
    reason = deed.reason("A dispute")
    wrong = deed.needed("text", "Write the words that are wrong as evidence.")
    statement = case.decision.facts.statements.get(fact)
    known = statement.evidence if statement else ()
    left = tuple(each for each in known if " ".join(each.text.split()) != " ".join(wrong.split()))
    if statement is None or len(left) == len(known):
        raise Refused(f"These words are no evidence of {deed.policy.label('fact', fact)} in {case.number}.")
    after = replace(statement, evidence=left) if left else Statement(fact, ())
    disputed = _judged(case, (after,), deed)
    log = (
        f"{deed.by} says that these words do not tell {deed.policy.label('fact', fact)}: {quote_of(wrong)}. {reason}"
        f" It is now: {_words(disputed, fact, deed)}."
    )
    return _told(case, disputed, deed, log, _example(case, fact, statement.values, wrong))


def _fact(deed: Deed) -> str:
    fact = deed.needed("fact", "Name the fact.")
    if fact not in deed.policy.facts:
        raise Refused(f"{fact!r} is no fact; {meant(fact, deed.policy.facts)}")
    return fact


def _values(fact: str, deed: Deed) -> tuple[str, ...]:
    rule = deed.policy.facts[fact]
    if not rule.labels:
        return (deed.needed("value", "Write the value."),)
    values = deed.values("value")
    for value in values:
        if value not in (*rule.labels, UNKNOWN):
            raise Refused(f"{value!r} is no value of {rule.title}; {meant(value, rule.labels)}")
    if not values or (len(values) > 1 and not rule.is_several):
        raise Refused(f"{rule.title} takes {'one value or more' if rule.is_several else 'one value'}.")
    return values


def _words(case: Case, fact: str, deed: Deed) -> str:
    values = deed.policy.values(case.decision.facts, fact)
    return ", ".join(deed.policy.label(fact, value) for value in values)


def _judged(case: Case, statements: tuple[Statement, ...], deed: Deed) -> Case:
    """The case with these statements, decided anew, one revision on."""
    decision = settle(case.decision.facts, statements, deed.policy, case.decision)
    return case.changed(
        decision=decision, queue=queue_after(case, decision), draft=draft_after(case, decision)
    )


def _example(case: Case, fact: str, values: tuple[str, ...], wrong: str = "") -> dict[str, object]:
    """What the owners of the rules learn from: the words, what was read in them, by which cue."""
    statement = case.decision.facts.statements.get(fact)
    evidence = [
        {"text": each.text, "cue": each.cue, "rule": each.rule}
        for each in (statement.evidence if statement else ())
        if each.part is not Part.ANSWER
        and (not wrong or " ".join(each.text.split()) == " ".join(wrong.split()))
    ]
    read = list(statement.values) if statement else []
    return {"fact": fact, "read": read, "should": list(values) if not wrong else [], "evidence": evidence}


def _told(case: Case, after: Case, deed: Deed, log: str, example: dict[str, object]) -> Change:
    """The change, with what came of it in words, and the example in the record."""
    was, now = case.decision, after.decision
    news = [
        f"{name}: {before} → {later}"
        for name, before, later in (
            ("disposition", was.disposition, now.disposition),
            ("queue", deed.policy.label("queue", case.queue), deed.policy.label("queue", after.queue)),
        )
        if before != later
    ]
    change = done(after, deed, " ".join((log, *news)))
    (entry,) = change.entries
    return replace(change, entries=(replace(entry, detail={**entry.detail, "example": example}),))


def without_withdrawal(case: Case, deed: Deed) -> Case:
    """The case as if the agency had not taken it back; what it writes later counts again."""
    decision = settle(case.decision.facts, (Statement(WITHDRAWN, ()),), deed.policy, case.decision)
    return replace(case, decision=decision)


# --- two cases that are one -----------------------------------------------------------------------------------------


def merge(case: Case, deed: Deed) -> Change:
    """This case ends, and the other goes on with its people and with what only this one knew."""
    number, other = deed.needed("of", "Name the case that goes on."), deed.other
    if other is None or other.number != number:
        raise Refused(f"There is no case {number}.")
    if other.number == case.number or other.merged_into == case.number:
        raise Refused(f"{case.number} can't be a duplicate of itself.")
    if other.merged_into:
        raise Refused(f"{other.number} was merged into {other.merged_into}; name that one.")
    if other.stage.is_ended:
        raise Refused(f"{other.number} is {other.stage}; reopen it first, or merge the other way round.")
    outcome = f"Duplicate of {number}, says {deed.by}"
    with_reason = replace(deed, action=replace(deed.action, reason=deed.action.reason or outcome))
    ended = replace(moved(case, Stage.CLOSED, with_reason, outcome), merged_into=number)
    change = done(ended, deed, outcome)
    return replace(
        change, beside=Beside(_grown(other, case, deed), f"{case.number} was merged into this by {deed.by}")
    )


def _grown(other: Case, merged: Case, deed: Deed) -> Case:
    facts = other.decision.facts
    news = tuple(
        each for fact, each in merged.decision.facts.statements.items() if fact not in facts.statements
    )
    grown = _judged(other, news, deed)
    return replace(
        grown,
        participants=other.participants | merged.participants,
        parties=with_parties(other.parties, merged.parties),
        alike=tuple(each for each in other.alike if each.case != merged.number),
        last_heard_at=max(filter(None, (other.last_heard_at, merged.last_heard_at)), default=None),
        changed_by=deed.action.by,
        changed_at=deed.now,
    )
