"""Draws what staff and requesters see in Slack: the card of a case, notices, letters. Pure.

The case is the truth, a card is a drawing of it. Posting and redrawing is `outlet`'s; which buttons a card has,
`offers`' to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crbot.cases.case import Case, Draft, Place, Plan, Stage
from crbot.cases.meetings import CallState
from crbot.cases.respond import Label, Notice
from crbot.channels.slack import blocks, offers, wording
from crbot.channels.slack.blocks import Block, Button, Menu, Payload, Run, Style
from crbot.channels.slack.limits import Surface, problems
from crbot.channels.slack.passages import decisive, pieces
from crbot.channels.slack.text import clean, clip, clip_escaped, is_user_id, line, one_line
from crbot.channels.slack.wording import DOT
from crbot.intake.ports import Drawing, Verb
from crbot.triage.approval import Reading
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
EVIDENCE = 140  # characters of it beside a rule
QUOTED = 600  # characters of the sender's words on a card
NOTICE_QUOTED = 1500
PIECE = 3000  # characters of the full text in one message
MOST_PIECES = 10
MOST_LETTER_PIECES = 40  # more than any template can fill
CORRECTED = 2000  # characters on what staff corrected
MOST_DECLINE_PIECES = 4  # of `PIECE` characters
_CALL = re.compile(r"<(?!https?://|mailto:)")


# --- the card of a case -----------------------------------------------------------------------------------------


def card(drawing: Drawing, label: Label, decline: str = "") -> Payload:
    """The card of a case as it stands: text for notifications, and blocks. It always keeps Slack's limits.

    `decline`: the letter that waits for its release, as it would go out.
    """
    case = drawing.case
    drawn = _ended(case, label) if case.stage.is_ended else _open(drawing, label, decline)
    return checked(drawn, minimal(case))


def moved(case: Case, label: Label, to: Place, link: str) -> Payload:
    """What is left of a card in a channel that the case has gone from; `link` leads to the new one."""
    where = wording.place(to, label)
    pointer = f"<{link}|Open the card in {where}>"
    by_hand = case.rerouting if case.queue is not case.decision.queue else None
    said = f"Moved to {where}" + (f" by {wording.person(by_hand.by)}" if by_hand else "")
    return checked(
        {
            "text": f"{case.number} {wording.agency(case)}: moved to {where}",
            "blocks": [
                blocks.section(_id("final", case), _struck(case, label)),
                blocks.context(_id("outcome", case), DOT.join((case.number, said, pointer))),
                *([blocks.quote(_id("why", case), [Run(clip(by_hand.reason, QUOTED))])] if by_hand else ()),
            ],
        },
        minimal(case),
    )


def minimal(case: Case) -> Payload:
    """What a case can always be shown by."""
    words = f"The full card could not be drawn; `crbot cases show {case.number}` shows the case."
    return {
        "text": f"{case.number} {wording.agency(case)}",
        "blocks": [
            blocks.section(_id("head", case), f"*{case.number}* {wording.agency(case)}\n{words}"),
            blocks.actions(_id("act", case), offers.buttons(case)),
        ],
    }


def _open(drawing: Drawing, label: Label, decline: str) -> Payload:
    case = drawing.case
    return {
        "text": _summary(case, label),
        "blocks": [
            blocks.header(_id("head", case), _title(case)),
            blocks.context(_id("meta", case), _meta(case, label)),
            blocks.section(_id("ask", case), _asks_for(case, label)),
            blocks.quote(_id("quote", case), decisive(drawing.body, _decisive_words(case), QUOTED)),
            blocks.fields(_id("who", case), _who(case)),
            *_judged(case, label),
            *_arranged(case),
            *_waits_for_a_person(case, decline),
            blocks.actions(_id("act", case), _buttons(case, decline)),
            blocks.context(_id("foot", case), _foot(drawing, label)),
        ],
    }


def _ended(case: Case, label: Label) -> Payload:
    said = _how_it_ended(case, label)
    return {
        "text": clip_escaped(f"{case.number} {wording.agency(case)}: {said}", blocks.FALLBACK),
        "blocks": [
            blocks.section(_id("final", case), _struck(case, label)),
            blocks.context(_id("outcome", case), DOT.join((case.number, wording.queue(case, label), said))),
            blocks.actions(_id("act", case), offers.buttons(case)),
        ],
    }


def _how_it_ended(case: Case, label: Label) -> str:
    how, outcome = line(label("stage", case.stage.value), 100), line(case.outcome, 1000)
    if outcome.startswith(how):
        return outcome
    return f"{how}: {outcome}" if outcome else how


# --- the head -----------------------------------------------------------------------------------------------------


def _title(case: Case) -> str:
    if case.owner or case.stage is not Stage.RECEIVED:
        return wording.agency_plain(case)
    return f"{'Urgent' if case.decision.is_acute else 'New'} request: {wording.agency_plain(case)}"


def _meta(case: Case, label: Label) -> str:
    by = "by email" if case.conversation.channel is Channel.EMAIL else "in Slack"
    came = f"{by} {wording.moment(case.opened_at)}"
    return DOT.join((case.number, wording.queue(case, label), came, *wording.state(case, label)))


def _asks_for(case: Case, label: Label) -> str:
    lines = [f"*Asks for:* {wording.services(case, label) or 'not told yet'}"]
    if topics := wording.values(case, label, "topics"):
        lines.append(f"*About:* {topics}")
    if case.decision.facts.value("incident") == "true" and (told := case.decision.facts.evidence("incident")):
        lines.append(f"*Because of:* {line(told[0].text, EVIDENCE)}")
    return "\n".join(lines)


def _decisive_words(case: Case) -> list[str]:
    facts = case.decision.facts
    told_by = ("services", "incident", "urgency", "unsupported_costs")
    return [evidence.text for fact in told_by for evidence in facts.evidence(fact)]


def _who(case: Case) -> list[str]:
    name = line(case.requester.name, 300) or "no name given"
    return [f"*From*\n{name}", f"*Reply to*\n{wording.reply_to(case)}"]


# --- what the rules say -------------------------------------------------------------------------------------------


def _judged(case: Case, label: Label) -> Iterator[Block]:
    decision = case.decision
    if case.doubts:
        yield blocks.section(_id("doubts", case), _doubts(case))
    if decision.findings:
        yield blocks.section(_id("rules", case), _rules(case))
    if case.vouched_for:
        yield blocks.context(_id("vouched", case), _vouched(case))
    for each in case.alike:
        yield blocks.context(_id(f"alike-{each.case}", case), f"*Looks like* {line(each.in_words, 500)}")
    if case.corrections:
        yield blocks.context(_id("corrected", case), _corrected(case, label))
    if decision.questions:
        yield blocks.section(_id("questions", case), _questions(case))


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
    return f"{OUTCOME_WORDS[finding.outcome]}{DOT}{said}"


def _doubts(case: Case) -> str:
    """What staff should know of the messages, as the channel noticed it."""
    return "\n".join(("*Please note*", *(line(doubt, 200) for doubt in case.doubts)))


def _vouched(case: Case) -> str:
    """Whether the head of the agency stands behind the request; emphasised where a person must read or ask."""
    title = "*Please read the answer of the head*" if case.waits_for_authority else "*Who asks*"
    return DOT.join((title, line(case.vouched_for, 1000)))


def _corrected(case: Case, label: Label) -> str:
    """Which facts a person has settled, so that nobody looks for them in the messages."""
    told = (
        f"{line(label('fact', fact), 100)} ({wording.person(correction.by)}: {line(correction.reason, 100)})"
        for fact, correction in case.corrections.items()
    )
    return clip_escaped(f"Corrected by staff: {'; '.join(told)}", CORRECTED)


def _questions(case: Case) -> str:
    questions = case.decision.questions
    is_asked = {question.fact for question in questions} <= set(case.asked)
    title = "Still open, asked of the agency" if is_asked else "Still open"
    numbered = [f"{number}. {line(each.text, 500)}" for number, each in enumerate(questions, start=1)]
    return clip_escaped("\n".join((f"*{title}*", *numbered)), blocks.SECTION)


# --- what is arranged, and what waits for a person --------------------------------------------------------------------


def _arranged(case: Case) -> Iterator[Block]:
    if case.call and (shown := _call(case)):
        yield blocks.section(_id("call", case), shown)
    if case.plan:
        yield blocks.section(_id("plan", case), _plan(case.plan))
        if case.plan.answer:
            yield blocks.quote(_id("answer", case), [Run(clip(case.plan.answer.words, QUOTED))])
    if case.site and case.site.public:
        yield blocks.context(_id("site", case), f"In the public list: {case.site.status.value}")


def _call(case: Case) -> str:
    assert case.call is not None
    call, words = case.call, [line(each, 100) for each in wording.times(case.call)]
    where = f"{DOT}{line(call.where, 300)}" if call.where else ""
    match call.state:
        case CallState.SET:
            return f"*The call:* {words[0] if words else ''}{DOT}{call.minutes} minutes{where}"
        case CallState.PROPOSED:
            numbered = [f"{number}. {each}" for number, each in enumerate(words, start=1)]
            return "\n".join(("*Times proposed for the call*", *numbered))
        case CallState.DECLINED:
            return "*The call:* the agency’s calendar has declined it; find another time."
        case _:
            return ""


def _plan(plan: Plan) -> str:
    count = len(plan.versions)
    state = f"*Work plan, version {count}* by {wording.person(plan.newest.by)}"
    if plan.is_approved:
        return f"{state}{DOT}approved: “{line(plan.approved_words, 300)}”"
    if plan.newest.changes:
        return f"{state}{DOT}the agency wants changed: “{line(plan.newest.changes, 300)}”"
    if plan.answer:
        return f"{state}{DOT}{_READS_AS[plan.answer.reads_as]}"
    return f"{state}{DOT}{'with the agency' if plan.sent == count else 'not sent yet'}"


_READS_AS = {
    Reading.APPROVAL: "*the agency seems to approve it; confirm it*",
    Reading.CHANGES: "*the agency seems to want changes; confirm them*",
    Reading.UNCLEAR: "*the agency wrote, and it is not clear whether it approves*",
}


def _waits_for_a_person(case: Case, decline: str) -> Iterator[Block]:
    if case.draft:
        yield blocks.section(_id("draft", case), _draft(case, case.draft))
        yield from _letter_of_decline(case, decline)
    elif case.wants_out:
        yield blocks.section(
            _id("out", case), "*The agency seems to take its request back.* Please confirm it."
        )
        told = case.decision.facts.evidence("withdrawn")
        if told:
            yield blocks.quote(_id("outwords", case), [Run(clip(told[0].text, QUOTED))])


def _buttons(case: Case, decline: str) -> list[Button | Menu]:
    """What a card offers; a letter that can't be read here to its end can't be released here either."""
    is_read = len(_pieces_of(decline)) <= MOST_DECLINE_PIECES
    return [each for each in offers.buttons(case) if is_read or each.action_id != _RELEASE]


_RELEASE = offers.ACTION + Verb.SEND_DECLINE.value


def _pieces_of(letter: str) -> list[str]:
    return [piece for piece in pieces(clean(letter), PIECE) if piece.strip()]


def _letter_of_decline(case: Case, letter: str) -> Iterator[Block]:
    """The whole letter: whoever releases it has read what goes out."""
    cut = _pieces_of(letter)
    for index, piece in enumerate(cut[:MOST_DECLINE_PIECES], start=1):
        yield blocks.quote(_id(f"decline{index}", case), [Run(piece)])
    if len(cut) > MOST_DECLINE_PIECES:
        rest = "*The letter goes on*, and is too long to be read here; shorten it before it is released."
        yield blocks.context(_id("declinerest", case), rest)


def _draft(case: Case, draft: Draft) -> str:
    """What a person must know to release a decline; the letter follows it."""
    who = "a person" if wording.is_the_assistants(draft.by) else "another person"
    titles = {finding.rule: finding.title for finding in case.decision.findings}
    grounds = "; ".join(line(titles.get(rule, rule), 150) for rule in draft.grounds)
    words = (
        f"*A decline is drafted* by {wording.author(draft.by)}. It goes to {wording.reply_to(case)} only when {who} "
        "releases it."
    )
    told = f"*Grounds:* {grounds or 'none given'}"
    return clip_escaped(f"{words}\n{told}", blocks.SECTION)


# --- the foot -----------------------------------------------------------------------------------------------------


def _foot(drawing: Drawing, label: Label) -> str:
    return DOT.join((_why_here(drawing, label), "Replies in this thread stay internal"))


def _why_here(drawing: Drawing, label: Label) -> str:
    case, decision = drawing.case, drawing.case.decision
    if case.queue is not decision.queue:
        return f"Moved to {wording.queue(case, label)} by staff"
    why = line(decision.queue_reason.text, 300).removesuffix(".") or wording.queue(case, label)
    rule = line(decision.queue_reason.rule, 100)
    here = "In review until a person has decided" + DOT if drawing.place is Place.REVIEW else ""
    return f"{here}{why} ({rule})" if rule else f"{here}{why}"


def _summary(case: Case, label: Label) -> str:
    """What a notification and a screen reader give of a card."""
    claimed = "claimed" if case.owner else "unclaimed"
    count = len(case.decision.questions)
    questions = f"{count} question{'' if count == 1 else 's'} open, " if count else ""
    title = _title(case).partition(": ")[0] + " " if not case.owner and case.stage is Stage.RECEIVED else ""
    asks = wording.services(case, label) or "help, of a kind not told yet"
    waits = "A decline waits for a person. " if case.draft else ""
    said = f"{title}{case.number}: {wording.agency(case)} asks for {asks}. {waits}{questions}{claimed}."
    return clip_escaped(said, blocks.FALLBACK)


def _struck(case: Case, label: Label) -> str:
    words = ": ".join(filter(None, (wording.agency(case), wording.services(case, label))))
    return f"~{words.replace('~', '-')}~"


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


def notice(block_id: str, shown: Notice, calls: str = "") -> Payload:
    """Something that staff must see and that is no case; it calls a member of staff, where one is named."""
    title = one_line(shown.title) or "Notice"
    called = f"<@{calls}> " if is_user_id(calls) else ""
    parts: list[Block] = [blocks.header(f"head:{block_id}", title)]
    if text := line(shown.text[:1].upper() + shown.text[1:], blocks.SECTION - len(called)):
        parts.append(blocks.section(f"text:{block_id}", called + text))
    parts += _quoted(block_id, shown)
    if sender := line(shown.sender, 300):
        parts.append(blocks.context(f"from:{block_id}", f"From {sender}"))
    if shown.settled:
        when = f"{DOT}{wording.moment(shown.settled_at)}" if shown.settled_at else ""
        parts.append(blocks.context(f"settled:{block_id}", f"{line(shown.settled, 300)}{when}"))
    elif buttons := list(_of_notice(shown)):
        parts.append(blocks.actions(f"act:{block_id}", buttons))
    fallback = called + line(": ".join(filter(None, (title, shown.text))), 300)
    return checked({"text": fallback, "blocks": parts}, log_line(f"head:{block_id}", title))


def _quoted(block_id: str, shown: Notice) -> Iterator[Block]:
    if not shown.quote.strip():
        return
    if not shown.is_whole:
        yield blocks.quote(f"quote:{block_id}", [Run(cut) for cut in _beginning(shown.quote)])
        return
    cut = [piece for piece in pieces(clean(shown.quote), PIECE) if piece.strip()]
    for index, piece in enumerate(cut[:MOST_PIECES], start=1):
        yield blocks.quote(f"quote{index}:{block_id}", [Run(piece.rstrip())])


def _of_notice(shown: Notice) -> Iterator[Button]:
    """What can be done about a notice: a held message belongs to a case or opens one, what failed is tried again."""
    if shown.held is not None:
        held = str(shown.held)
        if shown.about:
            belongs = f"Belongs to {shown.about}"
            yield _do(Verb.ADD_HELD.value, belongs, held, shown.about)
        yield _do(offers.PLACE_HELD, "Belongs to Another Case" if shown.about else "Belongs to a Case", held)
        yield _do(Verb.OPEN_HELD.value, "Open a New Case", held)
    if shown.again:
        yield _do(Verb.RETRY.value, "Try Again", shown.again, shown.about or "", Style.PRIMARY)


def _do(what: str, text: str, item: str, case: str = "", style: Style | None = None) -> Button:
    value = offers.value_of(case, None, item)
    return Button(offers.ACTION + what, text, value, text, style)


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
