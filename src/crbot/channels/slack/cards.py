"""Draws what staff and requesters see in Slack: the card of a case, notices, letters. Pure.

The case is the truth, a card is a drawing of it. Posting and redrawing is `outlet`'s; what a click on a button
means, `reader`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from crbot.cases.case import DRAFTED_BY_THE_BOT, Case, Draft, Place, Stage
from crbot.cases.respond import Label, Notice
from crbot.channels.slack import blocks
from crbot.channels.slack.blocks import Block, Button, Payload, Run, Style
from crbot.channels.slack.limits import Surface, problems
from crbot.channels.slack.passages import decisive, pieces
from crbot.channels.slack.text import clean, clip_escaped, is_user_id, line, one_line
from crbot.intake.ports import Drawing, Verb
from crbot.triage.decision import Disposition, Finding, Outcome
from crbot.triage.message import Channel

OUTCOME_WORDS = {Outcome.PASS: "Pass", Outcome.ASK: "*Ask*", Outcome.FLAG: "*Flag*", Outcome.FAIL: "*Fail*"}
DISPOSITION_WORDS = {
    Disposition.ELIGIBLE: "eligible",
    Disposition.NEEDS_INFORMATION: "needs information",
    Disposition.REVIEW: "a person must decide",
    Disposition.INELIGIBLE: "not eligible, a person must decide",
    Disposition.NOT_A_REQUEST: "not a request",
}
STAGE_WORDS = {
    Stage.RECEIVED: "",  # claimed or unclaimed says it
    Stage.SCOPING: "Scoping",
    Stage.WORK_PLAN: "Work plan",
    Stage.AGENCY_REVIEW: "With the agency for review",
    Stage.APPROVED: "Approved",
    Stage.DELIVERY: "Delivery",
    Stage.CLOSED: "Closed",
    Stage.DECLINED: "Declined",
    Stage.WITHDRAWN: "Withdrawn",
    Stage.DORMANT: "Dormant, no answer",
}
VERB_OF_ACTION = {
    "case_claim": Verb.CLAIM,
    "case_release": Verb.RELEASE,
    "case_close": Verb.CLOSE,
    "case_reopen": Verb.REOPEN,
    "decline_draft": Verb.DRAFT_DECLINE,
    "decline_send": Verb.SEND_DECLINE,
    "decline_drop": Verb.KEEP_OPEN,
}
_ACTION_OF = {verb: action for action, verb in VERB_OF_ACTION.items()}

EVIDENCE = 140  # characters of it beside a rule
QUOTED = 600  # characters of the sender's words on a card
NOTICE_QUOTED = 1500
PIECE = 3000  # characters of the full text in one message
MOST_PIECES = 10
MOST_LETTER_PIECES = 40  # more than any template can fill
_DOT = " · "
_CALL = re.compile(r"<(?!https?://|mailto:)")


# --- the card of a case -----------------------------------------------------------------------------------------


def card(drawing: Drawing, label: Label) -> Payload:
    """The card of a case as it stands: text for notifications, and blocks. It always keeps Slack's limits."""
    case = drawing.case
    drawn = _ended(case, label) if case.stage.is_ended else _open(drawing, label)
    return checked(drawn, minimal(case))


def moved(case: Case, label: Label, to: Place, link: str) -> Payload:
    """What is left of a card in a channel that the case has gone from; `link` leads to the new one."""
    where = line(_place(to, label), 100)
    pointer = f"<{link}|Open the card in {where}>"
    return checked(
        {
            "text": f"{case.number} {_agency(case)}: moved to {where}",
            "blocks": [
                blocks.section(_id("final", case), _struck(case, label)),
                blocks.context(_id("outcome", case), _DOT.join((case.number, f"Moved to {where}", pointer))),
            ],
        },
        minimal(case),
    )


def _open(drawing: Drawing, label: Label) -> Payload:
    case = drawing.case
    decision = case.decision
    parts = [
        blocks.header(_id("head", case), _title(case)),
        blocks.context(_id("meta", case), _meta(case, label)),
        blocks.section(_id("ask", case), _asks_for(case, label)),
        blocks.quote(_id("quote", case), decisive(drawing.body, _decisive_words(case), QUOTED)),
        blocks.fields(_id("who", case), _who(case)),
    ]
    if case.doubts:
        parts.append(blocks.section(_id("doubts", case), _doubts(case)))
    if decision.findings:
        parts.append(blocks.section(_id("rules", case), _rules(case)))
    if decision.questions:
        parts.append(blocks.section(_id("questions", case), _questions(case)))
    if case.draft:
        parts.append(blocks.section(_id("draft", case), _draft(case, case.draft)))
    parts.append(blocks.actions(_id("act", case), _buttons(case)))
    parts.append(blocks.context(_id("foot", case), _foot(drawing, label)))
    return {"text": _summary(case, label), "blocks": parts}


def _ended(case: Case, label: Label) -> Payload:
    said = _how_it_ended(case)
    return {
        "text": clip_escaped(f"{case.number} {_agency(case)}: {said}", blocks.FALLBACK),
        "blocks": [
            blocks.section(_id("final", case), _struck(case, label)),
            blocks.context(_id("outcome", case), _DOT.join((case.number, _queue(case, label), said))),
            blocks.actions(_id("act", case), _buttons(case)),
        ],
    }


def _how_it_ended(case: Case) -> str:
    how, outcome = STAGE_WORDS[case.stage], line(case.outcome, 1000)
    if outcome.startswith(how):
        return outcome
    return f"{how}: {outcome}" if outcome else how


def minimal(case: Case) -> Payload:
    """What a case can always be shown by."""
    return {
        "text": f"{case.number} {_agency(case)}",
        "blocks": [
            blocks.section(
                _id("head", case),
                f"*{case.number}* {_agency(case)}\nThe full card could not be drawn; `crbot cases show {case.number}` "
                "shows the case.",
            ),
            blocks.actions(_id("act", case), _buttons(case)),
        ],
    }


def _title(case: Case) -> str:
    if case.owner or case.stage is not Stage.RECEIVED:
        return _agency_plain(case)
    return f"{'Urgent' if case.decision.is_acute else 'New'} request: {_agency_plain(case)}"


def _meta(case: Case, label: Label) -> str:
    by = "by email" if case.conversation.channel is Channel.EMAIL else "in Slack"
    return _DOT.join((case.number, _queue(case, label), f"{by} {_moment(case.opened_at)}", *_state(case)))


def _state(case: Case) -> Iterable[str]:
    if STAGE_WORDS[case.stage]:
        yield STAGE_WORDS[case.stage]
    yield f"Claimed by {_person_of_staff(case.owner)}" if case.owner else "*Unclaimed*"
    if case.asked:
        yield "Waiting for the agency"


def _moment(when: datetime) -> str:
    """A time that every reader sees in their own zone, and in UTC where Slack can't tell the zone."""
    return f"<!date^{int(when.timestamp())}^{{date_short_pretty}} {{time}}|{when:%Y-%m-%d %H:%M} UTC>"


def _asks_for(case: Case, label: Label) -> str:
    lines = [f"*Asks for:* {_services(case, label) or 'not told yet'}"]
    if topics := _labels(case, label, "topics"):
        lines.append(f"*About:* {topics}")
    return "\n".join(lines)


def _decisive_words(case: Case) -> list[str]:
    facts = case.decision.facts
    told_by = ("services", "incident", "urgency", "unsupported_costs")
    return [evidence.text for fact in told_by for evidence in facts.evidence(fact)]


def _who(case: Case) -> list[str]:
    name = line(case.requester.name, 300) or "no name given"
    return [f"*From*\n{name}", f"*Reply to*\n{_reply_to(case)}"]


def _reply_to(case: Case) -> str:
    if case.conversation.channel is Channel.SLACK:
        return "their conversation with the assistant in Slack"
    return line(case.conversation.address, 300) or "nobody: no address given"


def _rules(case: Case) -> str:
    """What the rules come to, and each of them, the gravest first."""
    decision = case.decision
    findings = sorted(decision.findings, key=lambda finding: -finding.outcome.gravity)
    title = f"*Rules: {DISPOSITION_WORDS[decision.disposition]}*"
    return clip_escaped("\n".join((title, *map(_finding, findings))), blocks.SECTION)


def _finding(finding: Finding) -> str:
    """The rule, why it ended so, and the words that say it; for a rule that passed, the words are enough."""
    told = dict.fromkeys(line(each.text, EVIDENCE) for each in finding.evidence)
    evidence = ", ".join(f"“{words}”" for words in list(told)[:2])
    because = "" if finding.outcome is Outcome.PASS and evidence else line(finding.because.text, 200)
    said = ": ".join(filter(None, (line(finding.title, 150), because.removesuffix("."), evidence)))
    return f"{OUTCOME_WORDS[finding.outcome]}{_DOT}{said}"


def _doubts(case: Case) -> str:
    """What staff should know of the messages, as the channel noticed it."""
    return "\n".join(("*Please note*", *(line(doubt, 200) for doubt in case.doubts)))


def _questions(case: Case) -> str:
    questions = case.decision.questions
    is_asked = {question.fact for question in questions} <= set(case.asked)
    title = "Still open, asked of the agency" if is_asked else "Still open"
    numbered = [f"{number}. {line(each.text, 500)}" for number, each in enumerate(questions, start=1)]
    return clip_escaped("\n".join((f"*{title}*", *numbered)), blocks.SECTION)


def _foot(drawing: Drawing, label: Label) -> str:
    return _DOT.join((_why_here(drawing, label), "Replies in this thread stay internal"))


def _why_here(drawing: Drawing, label: Label) -> str:
    case, decision = drawing.case, drawing.case.decision
    if case.queue is not decision.queue:
        return f"Moved to {_queue(case, label)} by staff"
    why = line(decision.queue_reason.text, 300).removesuffix(".") or _queue(case, label)
    rule = line(decision.queue_reason.rule, 100)
    here = "In review until a person has decided" + _DOT if drawing.place is Place.REVIEW else ""
    return f"{here}{why} ({rule})" if rule else f"{here}{why}"


def _draft(case: Case, draft: Draft) -> str:
    """What a person must know to release a decline."""
    is_the_bots = draft.by == DRAFTED_BY_THE_BOT
    by = "the assistant" if is_the_bots else _person_of_staff(draft.by)
    who = "a person" if is_the_bots else "another person"
    titles = {finding.rule: finding.title for finding in case.decision.findings}
    grounds = "; ".join(line(titles.get(rule, rule), 150) for rule in draft.grounds)
    words = f"*A decline is drafted* by {by}. It goes to {_reply_to(case)} only when {who} releases it."
    return clip_escaped(f"{words}\n*Grounds:* {grounds or 'none given'}", blocks.SECTION)


def _buttons(case: Case) -> list[Button]:
    """What can be done, by state; at most one button is styled, the one that is waited for."""
    if case.stage.is_ended:
        return [_button(case, Verb.REOPEN, "Reopen")]
    claim = _button(case, Verb.RELEASE, "Give Back") if case.owner else _button(case, Verb.CLAIM, "Claim")
    close = _button(
        case, Verb.CLOSE, "Close Case", asking="The case leaves the open ones. It can be reopened here."
    )
    if case.draft:
        send = _button(
            case,
            Verb.SEND_DECLINE,
            "Send Decline",
            asking=f"The letter of decline goes to {one_line(case.conversation.person.name) or 'the agency'} "
            "and the case is closed as declined.",
        )
        keep = _button(case, Verb.KEEP_OPEN, "Keep the Case Open")
        return [replace(send, style=Style.DANGER), keep, claim, close]
    decline = [_button(case, Verb.DRAFT_DECLINE, "Draft a Decline")] if _may_be_declined(case) else []
    return [claim if case.owner else replace(claim, style=Style.PRIMARY), *decline, close]


def _may_be_declined(case: Case) -> bool:
    return any(finding.outcome in (Outcome.FLAG, Outcome.FAIL) for finding in case.decision.findings)


def _button(case: Case, verb: Verb, text: str, *, asking: str = "") -> Button:
    """A button of the case; `asking`: what is asked before it is done."""
    return Button(
        action_id=_ACTION_OF[verb],
        text=text,
        value=f"{case.number}|{case.revision}",
        accessible=f"{text}: {case.number}",
        confirm=(f"{text}: {case.number}", asking) if asking else None,
    )


def _summary(case: Case, label: Label) -> str:
    """What a notification and a screen reader give of a card."""
    claimed = "claimed" if case.owner else "unclaimed"
    count = len(case.decision.questions)
    questions = f"{count} question{'' if count == 1 else 's'} open, " if count else ""
    title = _title(case).partition(": ")[0] + " " if not case.owner and case.stage is Stage.RECEIVED else ""
    asks = _services(case, label) or "help, of a kind not told yet"
    said = f"{title}{case.number}: {_agency(case)} asks for {asks}. {questions}{claimed}."
    return clip_escaped(said, blocks.FALLBACK)


def _struck(case: Case, label: Label) -> str:
    words = ": ".join(filter(None, (_agency(case), _services(case, label))))
    return f"~{words.replace('~', '-')}~"


def _agency(case: Case) -> str:
    return line(_agency_plain(case), 300)


def _agency_plain(case: Case) -> str:
    return one_line(case.agency) or "Agency not named yet"


def _queue(case: Case, label: Label) -> str:
    return line(label("queue", case.queue.value), 100)


def _place(place: Place, label: Label) -> str:
    return "Review" if place is Place.REVIEW else label("queue", place.value)


def _services(case: Case, label: Label) -> str:
    return _labels(case, label, "services")


def _labels(case: Case, label: Label, fact: str) -> str:
    values = case.decision.facts.values(fact)
    return line(", ".join(label(fact, value) for value in values), 1000)


def _person_of_staff(who: str) -> str:
    """A Slack user by id, so that their name is shown; anybody else as they are called."""
    return f"<@{who}>" if is_user_id(who) else line(who, 100)


def _id(part: str, case: Case) -> str:
    """A block's id: new at each revision, as Slack asks for when a message is updated."""
    return f"{part}:{case.number}:r{case.revision}"


# --- what stands beside a card ------------------------------------------------------------------------------------


def thread_pieces(case: str, message_id: int, body: str) -> list[Payload]:
    """The full text of a message for the card's thread, in order; a very long one ends in a hint."""
    whole = [piece for piece in pieces(clean(body), PIECE) if piece.strip()]
    cut = whole[:MOST_PIECES]
    drawn = [_piece(f"text:{case}:m{message_id}:{index}", text) for index, text in enumerate(cut, start=1)]
    if len(whole) > len(cut):
        rest = f"The message goes on; `crbot cases show {case}` shows all of it."
        drawn.append({"text": rest, "blocks": [blocks.context(f"text:{case}:m{message_id}:rest", rest)]})
    return drawn


def _piece(block_id: str, text: str) -> Payload:
    return {
        "text": line(text, 300) or "(no words)",
        "blocks": [blocks.quote(block_id, [Run(text)])],
    }


def log_line(block_id: str, text: str, calls: str = "") -> Payload:
    """One line on what happened, for the card's thread; it calls a member of staff, where one is named."""
    called = f"<@{calls}> " if is_user_id(calls) else ""
    shown = called + (line(text, blocks.CONTEXT - len(called)) or "(no words)")
    return {"text": shown, "blocks": [blocks.context(block_id, shown)]}


def notice(block_id: str, shown: Notice) -> Payload:
    """Something that staff must see and that is no case."""
    title = one_line(shown.title) or "Notice"
    parts: list[Block] = [blocks.header(f"head:{block_id}", title)]
    if text := line(shown.text[:1].upper() + shown.text[1:], blocks.SECTION):
        parts.append(blocks.section(f"text:{block_id}", text))
    if shown.quote.strip():
        parts.append(blocks.quote(f"quote:{block_id}", [Run(cut) for cut in _beginning(shown.quote)]))
    if sender := line(shown.sender, 300):
        parts.append(blocks.context(f"from:{block_id}", f"From {sender}"))
    fallback = line(": ".join(filter(None, (title, shown.text))), 300)
    return checked({"text": fallback, "blocks": parts}, log_line(f"head:{block_id}", title))


def letter(block_id: str, mrkdwn: str) -> Payload:
    """A letter to a requester on Slack: mrkdwn from its template, what came from outside escaped in it.

    Whatever its template does, it can link, and can call no person and no channel.
    """
    shown = _CALL.sub("&lt;", clean(mrkdwn)).strip() or "(no words)"
    cut = [piece for piece in pieces(shown, blocks.SECTION) if piece.strip()]
    parts = [blocks.section(f"{block_id}:{index}", piece) for index, piece in enumerate(cut, start=1)]
    return {"text": clip_escaped(shown, blocks.FALLBACK), "blocks": parts[:MOST_LETTER_PIECES]}


def _beginning(text: str) -> list[str]:
    cut = pieces(clean(text).strip(), NOTICE_QUOTED)
    return cut if len(cut) < 2 else [cut[0], " …"]


def checked(payload: Payload, instead: Payload) -> Payload:
    """The payload, or the other one where it breaks a limit: something is always shown."""
    return instead if problems(payload, Surface.MESSAGE) else payload
