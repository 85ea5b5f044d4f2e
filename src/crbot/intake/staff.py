"""A person of staff decides: claim, give back, move, ask, correct, plan, decline, close, reopen.

One table leads from the verb to what it does; each action carries the revision that the person saw, and whoever
acts on a card that has changed since is told so and sees the new one. The larger deeds stand in `asking`, `calling`,
`correcting`, `declining` and `planning`, what all of them are judged by in `acting`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time

from crbot.cases.case import ENDED, Case, Pause, Rerouting, Site, Stage, Status
from crbot.cases.letters import Letter, LetterName, paragraphs, to_agency
from crbot.cases.respond import Change, Entry, Whisper
from crbot.cases.rulebook import Rulebook
from crbot.cases.sites import ENGAGED
from crbot.intake import asking, calling, confirming, correcting, declining, planning
from crbot.intake.acting import Deed, Does, Refused, because, check_step, done, mention, moved
from crbot.intake.ports import StaffAction, Store, Verb
from crbot.intake.vouching import NO_MEANS, Means
from crbot.triage.decision import Queue


def act(case: Case | None, deed: Deed) -> Change:
    """What an action changes. One that cannot be done changes nothing, and its author is told why."""
    try:
        return _tried(case, deed)
    except Refused as refusal:
        return Change(about=case.number if case else None, whispers=_whispers(deed, str(refusal)))


def look_up(
    action: StaffAction, rules: Rulebook, store: Store, now: datetime, means: Means = NO_MEANS
) -> tuple[Case | None, Deed]:
    """The case that an action is about, and all that it is judged by."""
    case, other = store.case(action.case), action.values.get("of", "").strip()
    is_call = action.verb in (Verb.PROPOSE_CALL, Verb.CHANGE_CALL)
    whose = (case.owner if case else None) or action.by
    taken = store.busy(whose, action.case) if is_call else ()
    return case, Deed(
        action, rules, now, other=store.case(other) if other else None, taken=taken, means=means
    )


def refusal(case: Case | None, deed: Deed) -> str:
    """Why an action would be refused now; "" where it would be done."""
    try:
        _tried(case, deed)
    except Refused as refused:
        return str(refused)
    return ""


def _tried(case: Case | None, deed: Deed) -> Change:
    action = deed.action
    if case is None:
        raise Refused(f"There is no case {action.case}." if action.case else _TOO_LATE)
    if action.revision is not None and action.revision != case.revision:
        raise Refused(_what_happened(case, deed))
    return _claimed_by_acting(_DOES[action.verb](case, deed), deed)


# Whoever does one of these to a case that nobody has, leads it from then on: the agency hears from a person.
_CLAIMS = frozenset(
    {
        *(Verb.ASK, Verb.WRITE, Verb.PROPOSE_CALL, Verb.CHANGE_CALL, Verb.ADVANCE),
        *(Verb.SAVE_PLAN, Verb.SEND_PLAN, Verb.CONFIRM_PLAN, Verb.RETURN_PLAN),
    }
)


def _claimed_by_acting(change: Change, deed: Deed) -> Change:
    case, by = change.case, deed.action.by
    if deed.action.verb not in _CLAIMS or case is None or case.owner is not None or case.stage.is_ended:
        return change
    return replace(
        change,
        case=replace(case, owner=by),
        log=f"Claimed by {deed.by}. {change.log}",
        entries=(*change.entries, Entry(Verb.CLAIM.value, by, {"by": deed.action.verb.value})),
    )


def _what_happened(case: Case, deed: Deed) -> str:
    when = f" at {case.changed_at.astimezone(UTC):%H:%M} UTC" if case.changed_at else ""
    by = mention(case.changed_by) if case.changed_by else ""
    if deed.action.verb is Verb.CLAIM and case.owner:
        return f"{mention(case.owner)} was faster: {case.number} is claimed."
    who = f" ({by}{when})" if by else when
    return (
        f"{case.number} has changed since you saw it{who}. Nothing was done; look at the card as it is now."
    )


def _whispers(deed: Deed, text: str) -> tuple[Whisper, ...]:
    action = deed.action
    return (Whisper(to=action.by, channel=action.seen_in, text=text),) if action.seen_in else ()


# --- whose case it is, and where ------------------------------------------------------------------------------------


def _claim(case: Case, deed: Deed) -> Change:
    if case.owner == deed.action.by:
        raise Refused(f"{case.number} is yours already.")
    if case.owner:
        raise Refused(f"{mention(case.owner)} was faster: {case.number} is claimed.")
    return done(case.changed(owner=deed.action.by), deed, f"Claimed by {deed.by}")


def _release(case: Case, deed: Deed) -> Change:
    if case.owner is None:
        raise Refused(f"Nobody has claimed {case.number}.")
    return done(case.changed(owner=None), deed, f"Given back by {deed.by}")


def _reroute(case: Case, deed: Deed) -> Change:
    wanted = deed.value("queue")
    if wanted not in {queue.value for queue in Queue}:
        raise Refused(f"{wanted!r} is no queue; write one of {', '.join(Queue)}.")
    reason = deed.reason("Moving a case")
    name = deed.policy.label("queue", wanted)
    rerouted = case.changed(queue=Queue(wanted), owner=None, rerouting=Rerouting(deed.action.by, reason))
    return done(rerouted, deed, f"Moved to {name} by {deed.by}: {reason}")


def _note(case: Case, deed: Deed) -> Change:
    text = deed.needed("text", "A note needs words.")
    return done(case.changed(), deed, f"Note by {deed.by}: {text}")


# --- from stage to stage --------------------------------------------------------------------------------------------


def _advance(case: Case, deed: Deed) -> Change:
    wanted = deed.value("stage")
    if wanted not in {stage.value for stage in Stage}:
        raise Refused(f"{wanted!r} is no stage; write one of {', '.join(Stage)}.")
    if wanted in _BY_ITS_OWN_VERB:
        raise Refused(_BY_ITS_OWN_VERB[Stage(wanted)])
    if case.stage.is_ended:
        return _reopened(case, Stage(wanted), deed)
    return _stepped(case, Stage(wanted), deed)


# What these stages need is more than a step: letters that are written, words that are kept.
_BY_ITS_OWN_VERB: Mapping[Stage, str] = {
    Stage.DECLINED: "A decline is drafted by one person and released by another: draft it first.",
    Stage.AGENCY_REVIEW: "The agency reviews the work plan when it is sent: send the plan.",
}


def _close(case: Case, deed: Deed) -> Change:
    return _stepped(case, Stage.CLOSED, deed)


def _reopen(case: Case, deed: Deed) -> Change:
    if not case.stage.is_ended:
        raise Refused(f"{case.number} is open.")
    return _reopened(case, case.stood or Stage.RECEIVED, deed)


def _reopened(case: Case, to: Stage, deed: Deed) -> Change:
    """The case goes on. That the agency once took it back is settled by that."""
    reopened = moved(case, to, deed)
    if reopened.wants_out:
        reopened = correcting.without_withdrawal(reopened, deed)
    return done(reopened, deed, f"Reopened by {deed.by}{because(deed)}")


def _stepped(case: Case, to: Stage, deed: Deed) -> Change:
    """The case in another stage, with the letter that the step sends."""
    title = deed.rules.stages.titles[to]
    log = (
        f"{title} by {deed.by}{because(deed)}" if to in ENDED else f"Now: {title} ({deed.by}){because(deed)}"
    )
    step = check_step(case, to, deed)
    after = moved(case, to, deed, outcome=log if to in ENDED else "")
    letters = (_closing(after, deed),) if step.letter is LetterName.CLOSING else ()
    return done(after, deed, log, tuple(each for each in letters if each.to.address))


def _closing(case: Case, deed: Deed) -> Letter:
    words = paragraphs(deed.value("text"))
    return to_agency(case, LetterName.CLOSING, {"ending": case.stage.value, "words": words})


# --- follow-ups and the public list ---------------------------------------------------------------------------------


def _hold_followups(case: Case, deed: Deed) -> Change:
    reason = deed.reason("Holding back the follow-ups")
    until = _day(deed)
    held = case.changed(pause=Pause(by=deed.action.by, reason=reason, at=deed.now, until=until))
    how_long = f"until {until:%B %-d, %Y}" if until else "until somebody resumes them"
    return done(held, deed, f"Follow-ups held {how_long} by {deed.by}: {reason}")


def _day(deed: Deed) -> datetime | None:
    """The day until which something holds, from its first minute on; None where none is told."""
    told = deed.value("until")
    if not told:
        return None
    try:
        day = datetime.combine(datetime.fromisoformat(told).date(), time(), UTC)
    except ValueError:
        raise Refused(f"{told!r} is no day; write it like 2026-03-31.") from None
    if day <= deed.now:
        raise Refused(f"{told} has passed; name a day to come.")
    return day


def _resume_followups(case: Case, deed: Deed) -> Change:
    if case.pause is None:
        raise Refused(f"The follow-ups of {case.number} are not held.")
    return done(case.changed(pause=None), deed, f"Follow-ups resumed by {deed.by}")


def _publish_site(case: Case, deed: Deed) -> Change:
    """The case stands in the public list; a link that is new there tells the agency of its report."""
    if case.stage not in ENGAGED:
        raise Refused("A site is listed once work with its agency has begun.")
    status = deed.value("status") or Status.ASSESSMENT
    if status not in {each.value for each in Status}:
        raise Refused(f"{status!r} is no status; write one of {', '.join(Status)}.")
    link = deed.value("link")
    if link and not link.startswith("https://"):
        raise Refused("The link of a report begins with https://.")
    topics = deed.values("topics") or case.decision.facts.values("topics")
    shown = tuple(deed.policy.label("topics", topic) for topic in topics if topic != "none")
    site = Site(public=True, topics=shown, status=Status(status), link=link)
    is_news = bool(link) and (case.site is None or case.site.link != link) and bool(case.conversation.address)
    letters = (to_agency(case, LetterName.REPORT_PUBLISHED, {"link": link}),) if is_news else ()
    log = f"Shown in the public list by {deed.by}: {site.status}, {', '.join(shown) or 'no topics'}"
    return done(case.changed(site=site), deed, log, letters)


def _hide_site(case: Case, deed: Deed) -> Change:
    if case.site is None or not case.site.public:
        raise Refused(f"{case.number} is not in the public list.")
    hidden = Site(False, case.site.topics, case.site.status, case.site.link)
    return done(case.changed(site=hidden), deed, f"Taken off the public list by {deed.by}{because(deed)}")


# --- the table ------------------------------------------------------------------------------------------------------


_TOO_LATE = "That does not wait any more; look at it as it is now."


def _too_late(case: Case, deed: Deed) -> Change:
    """What is let in or tried again stands in the store: `incoming` does it, where it still waits."""
    raise Refused(_TOO_LATE)


_DOES: Mapping[Verb, Does] = {
    Verb.CLAIM: _claim,
    Verb.RELEASE: _release,
    Verb.REROUTE: _reroute,
    Verb.ASK: asking.ask,
    Verb.WRITE: asking.write,
    Verb.NOTE: _note,
    Verb.CONFIRM: confirming.confirm,
    Verb.CORRECT: correcting.correct,
    Verb.DISPUTE: correcting.dispute,
    Verb.DUPLICATE: correcting.merge,
    Verb.ADVANCE: _advance,
    Verb.CLOSE: _close,
    Verb.REOPEN: _reopen,
    Verb.DRAFT_DECLINE: declining.draft,
    Verb.SEND_DECLINE: declining.send,
    Verb.KEEP_OPEN: declining.keep_open,
    Verb.PROPOSE_CALL: calling.propose,
    Verb.CHANGE_CALL: calling.change,
    Verb.CANCEL_CALL: calling.cancel,
    Verb.SAVE_PLAN: planning.save,
    Verb.SEND_PLAN: planning.send,
    Verb.CONFIRM_PLAN: planning.confirm,
    Verb.RETURN_PLAN: planning.send_back,
    Verb.HOLD_FOLLOWUPS: _hold_followups,
    Verb.RESUME_FOLLOWUPS: _resume_followups,
    Verb.PUBLISH_SITE: _publish_site,
    Verb.HIDE_SITE: _hide_site,
    Verb.ADD_HELD: _too_late,
    Verb.OPEN_HELD: _too_late,
    Verb.RETRY: _too_late,
}
