"""A person of staff decides: claim, give back, move, close, reopen, release a decline.

One table leads from the verb to what it does; each action carries the revision that the person saw, and whoever
acts on a card that has changed since is told so and sees the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from crbot.cases.case import FOLLOWS, Case, Draft, Stage
from crbot.cases.letters import Letter, LetterName, Release
from crbot.cases.respond import Change, Entry, Whisper
from crbot.intake.ports import StaffAction, Verb
from crbot.triage.decision import Outcome, Queue
from crbot.triage.policy import Policy


class _Refused(Exception):
    """The action cannot be done; the text tells the person why."""


def act(case: Case | None, action: StaffAction, policy: Policy, now: datetime) -> Change:
    """What an action changes. One that cannot be done changes nothing, and its author is told why."""
    try:
        if case is None:
            raise _Refused(f"There is no case {action.case}.")
        if action.revision is not None and action.revision != case.revision:
            raise _Refused(_what_happened(case, action))
        return _DOES[action.verb](case, action, policy)
    except _Refused as refusal:
        return Change(about=case.number if case else None, whispers=_whispers(action, str(refusal)))


def _what_happened(case: Case, action: StaffAction) -> str:
    if action.verb is Verb.CLAIM and case.owner:
        return f"{_mention(case.owner)} was faster: {case.number} is claimed."
    return f"{case.number} has changed since you saw it. Nothing was done; look at the card as it is now."


def _claim(case: Case, action: StaffAction, policy: Policy) -> Change:
    if case.owner == action.by:
        raise _Refused(f"{case.number} is yours already.")
    if case.owner:
        raise _Refused(f"{_mention(case.owner)} was faster: {case.number} is claimed.")
    return _changed(case.changed(owner=action.by), action, f"Claimed by {_mention(action.by)}")


def _release(case: Case, action: StaffAction, policy: Policy) -> Change:
    if case.owner is None:
        raise _Refused(f"Nobody has claimed {case.number}.")
    return _changed(case.changed(owner=None), action, f"Given back by {_mention(action.by)}")


def _reroute(case: Case, action: StaffAction, policy: Policy) -> Change:
    wanted = action.values.get("queue", "")
    if wanted not in {queue.value for queue in Queue}:
        raise _Refused(f"{wanted!r} is no queue; write one of {', '.join(queue.value for queue in Queue)}.")
    if not action.reason:
        raise _Refused("Moving a case needs a reason.")
    moved = case.changed(queue=Queue(wanted), owner=None)
    return _changed(
        moved, action, f"Moved to {policy.label('queue', wanted)} by {_mention(action.by)}: {action.reason}"
    )


def _close(case: Case, action: StaffAction, policy: Policy) -> Change:
    outcome = f"Closed by {_mention(action.by)}" + (f": {action.reason}" if action.reason else "")
    return _changed(_to_stage(case, Stage.CLOSED, outcome), action, outcome)


def _reopen(case: Case, action: StaffAction, policy: Policy) -> Change:
    return _changed(_to_stage(case, Stage.RECEIVED, ""), action, f"Reopened by {_mention(action.by)}")


def _draft_decline(case: Case, action: StaffAction, policy: Policy) -> Change:
    grounds = tuple(
        each.rule for each in case.decision.findings if each.outcome in (Outcome.FAIL, Outcome.FLAG)
    )
    drafted = case.changed(draft=Draft(grounds=grounds, by=action.by))
    return _changed(drafted, action, f"Decline drafted by {_mention(action.by)}; another person releases it")


def _keep_open(case: Case, action: StaffAction, policy: Policy) -> Change:
    return _changed(
        case.changed(draft=None), action, f"Draft dropped by {_mention(action.by)}; the case stays open"
    )


def _send_decline(case: Case, action: StaffAction, policy: Policy) -> Change:
    if case.draft is None:
        raise _Refused(f"No decline is drafted for {case.number}.")
    if case.draft.by == action.by:
        raise _Refused("Who drafted a decline cannot release it; another person must.")
    outcome = f"Declined. Drafted by {_mention(case.draft.by)}, released by {_mention(action.by)}"
    letter = Letter(
        LetterName.DECLINE,
        case.conversation,
        case=case.number,
        fields={
            "name": case.requester.name,
            "agency": case.agency if case.decision.facts.is_known("agency_name") else "",
            "grounds": [
                each.because.text for each in case.decision.findings if each.rule in case.draft.grounds
            ],
            "alternatives": list(policy.instead(case.draft.grounds)),
        },
        release=Release(by=action.by, drafted_by=case.draft.by),
    )
    declined = _to_stage(case, Stage.DECLINED, outcome)
    return _changed(declined, action, outcome, letters=(letter,))


def _admit(case: Case, action: StaffAction, policy: Policy) -> Change:
    """Which message is let in stands in the inbox: `incoming` does it, where the message still waits."""
    raise _Refused("That message does not wait any more; look at the case as it is now.")


def _not_yet(case: Case, action: StaffAction, policy: Policy) -> Change:
    raise _Refused(f"{action.verb.value.replace('_', ' ').capitalize()} can't be done yet.")


_DOES: dict[Verb, Callable[[Case, StaffAction, Policy], Change]] = {
    **dict.fromkeys(Verb, _not_yet),
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.REROUTE: _reroute,
    Verb.CLOSE: _close,
    Verb.REOPEN: _reopen,
    Verb.DRAFT_DECLINE: _draft_decline,
    Verb.SEND_DECLINE: _send_decline,
    Verb.KEEP_OPEN: _keep_open,
    Verb.ADD_HELD: _admit,
    Verb.OPEN_HELD: _admit,
}


def _to_stage(case: Case, stage: Stage, outcome: str) -> Case:
    if stage not in FOLLOWS[case.stage]:
        raise _Refused(f"{case.number} is {case.stage}; from there it cannot become {stage}.")
    return case.changed(stage=stage, outcome=outcome, draft=None)


def _changed(case: Case, action: StaffAction, log: str, letters: tuple[Letter, ...] = ()) -> Change:
    entry = Entry(action.verb.value, action.by, {"reason": action.reason, **action.values})
    return Change(case=case, letters=letters, redraws_card=True, log=log, entries=(entry,))


def _whispers(action: StaffAction, text: str) -> tuple[Whisper, ...]:
    return (Whisper(to=action.by, channel=action.seen_in, text=text),) if action.seen_in else ()


def _mention(who: str) -> str:
    """A person as staff know them: a Slack id is shown as a name by Slack itself."""
    return f"<@{who}>" if who[:1] in "UW" and who[1:].isalnum() and who.isupper() else who
