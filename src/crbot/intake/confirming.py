"""The head of an agency is asked whether a request is theirs, and what the answer changes.

When that is done by itself, and which proof counts, stands in `rules/confirming.yaml`; who is believed to be whom is
`vouching`'s. Nothing is confirmed but by the words of whoever was asked, at an address that the requester did not
merely supply.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from crbot.cases.authority import Confirmation, Learned, Party, Role, Surety, Ticket, with_parties
from crbot.cases.case import Case, Conversation, Stage
from crbot.cases.confirming import Asks, Occasion
from crbot.cases.letters import Letter, LetterName, paragraphs
from crbot.cases.respond import Change, Entry, Heard, Notice, draft_after, queue_after, quote_of
from crbot.cases.rulebook import Rulebook
from crbot.intake.acting import Deed, Refused, done
from crbot.intake.ports import Proof, Received
from crbot.intake.vouching import AUTHORITY, Means, agency_in, is_believed, why_own
from crbot.triage.approval import Consent, read_consent
from crbot.triage.decide import beginning_of, settle
from crbot.triage.decision import Decision, Disposition, Kind
from crbot.triage.facts import UNKNOWN, Evidence, Facts, Part, Statement
from crbot.triage.message import Channel, Person

BY_ITSELF = "crbot"
MOST_NAME = 80  # characters
MOST_WORDS = 1000  # characters of an answer that are kept as evidence
_SUBJECT = "Please confirm a request for assistance"


@dataclass(frozen=True, slots=True)
class Head:
    """Whom to ask, where, and why the address is believed to be theirs."""

    name: str
    address: str
    why: str


# --- asking -----------------------------------------------------------------------------------------------------------


def confirm(case: Case, deed: Deed) -> Change:
    """A person of staff has the head asked. Raises `Refused` where the address could be the requester's own doing."""
    if case.stage.is_ended:
        raise Refused(f"{case.number} is {case.stage}; reopen it first.")
    if case.confirmation and case.confirmation.is_given:
        raise Refused(f"{case.confirmation.name or 'The head'} has confirmed {case.number} already.")
    if not deed.means.is_signed:
        raise Refused(
            "The answer could not be told from a forged one: that needs a mailbox, and CRBOT_MAIL__REPLY_KEY."
        )
    head = _head(case, deed)
    words = paragraphs(deed.value("text"))
    asked, letter = _asked(case, head, deed.action.by, deed.rules, deed.now, words, deed.signature)
    whom = head.name or "The head of the agency"
    log = f"{whom} is asked at {head.address} to confirm the request, by {deed.by}: {head.why}"
    return done(asked, deed, log, (letter,))


def _head(case: Case, deed: Deed) -> Head:
    """Whom staff mean. Raises `Refused` with the reason where the address can't be believed."""
    agency = agency_in(case.decision.facts, deed.means.register)
    listed = agency.address if agency else ""
    address = (deed.value("address") or listed).strip()
    name = deed.value("name") or (agency.head if agency else "")
    if not address:
        raise Refused(
            "The register has no address of the agency's head; write one that is on the agency's own domain."
        )
    key = address.casefold()
    if key == case.requester.key:
        raise Refused(f"{address} is the requester's own; nobody confirms their own request.")
    domain = key.rpartition("@")[2]
    why = why_believed(key, case.decision.facts, deed.means, deed.rules)
    if not why:
        raise Refused(
            f"{address} is not asked: the register does not have it, and {domain or address} is not known to be the "
            f"agency's own domain{_known_domain(agency.domain if agency else '')}. The requester could have made it "
            "up; call the agency, and correct the fact by what you hear."
        )
    return Head(name, address, why)


def why_believed(address: str, facts: Facts, means: Means, rules: Rulebook) -> str:
    """Why an address is believed to be the agency head's, in words; "" where the requester could have made it up."""
    agency = agency_in(facts, means.register)
    local, _, domain = address.casefold().rpartition("@")
    if agency is not None and agency.address and address.casefold() == agency.address.casefold():
        return f"the register has this address for {agency.name}"
    return why_own(domain, facts, means, rules) if local else ""


def _known_domain(domain: str) -> str:
    return f" ({domain})" if domain else ""


def _asked(
    case: Case, head: Head, by: str, rules: Rulebook, now: datetime, words: list[str], signature: str
) -> tuple[Case, Letter]:
    """The case with its head asked, one revision on, and the letter."""
    before = case.confirmation
    until = (now + rules.confirming.valid).date()
    confirmation = Confirmation(
        head.name, head.address, head.why, before.round + 1 if before else 1, until, by, now
    )
    services = case.decision.facts.values("services")
    known = case.decision.facts.is_known("agency_name")
    letter = Letter(
        LetterName.CONFIRMATION_REQUEST,
        # A thread of its own: the requester's words are not shown to whoever is asked, nor the answer to the requester.
        Conversation(Channel.EMAIL, head.address, subject=_SUBJECT, person=Person(head.name, head.address)),
        case.number,
        {
            "name": head.name,
            "agency": case.agency if known else "",
            "requester": _shown(case.requester),
            "asks_for": [rules.label("services", each) for each in services if each != UNKNOWN],
            "until": f"{until:%B %-d, %Y}",
            "words": words,
            "by": signature,
        },
        ticket=Ticket(case.number, confirmation.round, until),
    )
    return case.changed(confirmation=confirmation), letter


def _shown(person: Person) -> str:
    """A person as a letter to somebody else names them; no room is given to write a letter of one's own."""
    name = person.name[:MOST_NAME]
    return f"{name} ({person.address})" if name and person.address else person.address or name


def ask_by_itself(change: Change, occasion: Occasion, means: Means, rules: Rulebook, now: datetime) -> Change:
    """The change of a case with its head asked, where the rules say so: once, and while nothing else is decided."""
    case = change.case
    if case is None or occasion.asks is not Asks.BY_ITSELF or case.confirmation or not means.is_signed:
        return change
    is_undecided = case.stage is Stage.RECEIVED and case.decision.disposition is not Disposition.INELIGIBLE
    agency = agency_in(case.decision.facts, means.register)
    if not is_undecided or agency is None or agency.address.casefold() in ("", case.requester.key):
        return change
    head = Head(agency.head, agency.address, f"the register has this address for {agency.name}")
    asked, letter = _asked(case, head, BY_ITSELF, rules, now, [], "")
    said = f"{head.name or 'The head of the agency'} is asked at {head.address} to confirm the request: {head.why}."
    return replace(
        change,
        case=replace(asked, revision=case.revision, changed_by=case.changed_by, changed_at=case.changed_at),
        letters=(*change.letters, letter),
        log=f"{change.log} {said}".strip(),
        entries=(*change.entries, Entry("asked to confirm", BY_ITSELF, {"recipient": head.address})),
    )


def without_anothers(change: Change, means: Means, rules: Rulebook) -> Change:
    """The change without a confirmation that was given for another agency than the one that the case is about now."""
    case = change.case
    if case is None or case.confirmation is None or not case.confirmation.is_given:
        return change
    if why_believed(case.confirmation.address, case.decision.facts, means, rules):
        return change
    decision = settle(case.decision.facts, (Statement(AUTHORITY, ()),), rules.policy, case.decision)
    said = f"{case.confirmation.address} confirmed the request for another agency; that counts no more."
    void = replace(case.confirmation, is_void=True)  # kept: what was given out for it stays used up
    opened = replace(case, confirmation=void, decision=decision, queue=queue_after(case, decision))
    return replace(
        change,
        case=replace(opened, draft=draft_after(opened, decision)),
        log=f"{change.log} {said}".strip(),
        entries=(
            *change.entries,
            Entry("confirmation void", BY_ITSELF, {"address": case.confirmation.address}),
        ),
    )


# --- the answer -------------------------------------------------------------------------------------------------------


def doubt_of(case: Case, received: Received, means: Means, rules: Rulebook, now: datetime) -> str:
    """Why a message that came to the address of a confirmation does not answer it; "" where it does."""
    ticket, asked = received.ticket, case.confirmation
    if ticket is None:
        return ""
    if asked is None or ticket.case != case.number or not asked.takes(ticket, now.date()):
        return "It came to an address for confirming a request that is used up or has expired"
    if received.message.sender.key != asked.address.casefold():
        return f"It came to the address at which only {asked.address} was asked, and is from somebody else"
    if not why_believed(asked.address, case.decision.facts, means, rules):
        return f"{asked.address} was asked for another agency than the one that the case is about now"
    if received.proof is Proof.FAILED:
        return f"It claims to be from {asked.address}, who was asked to confirm the request, and is not"
    return ""


def answered(
    case: Case, heard: Heard, received: Received, decision: Decision, rules: Rulebook, now: datetime
) -> Change:
    """Whoever was asked answers: a proven yes settles who asks, everything else goes to a person."""
    assert case.confirmation is not None
    consent, words = read_consent(beginning_of(heard.message), rules.policy)
    confirmation = replace(
        case.confirmation,
        answer=consent,
        words=words[:MOST_WORDS],
        answered_at=now,
        proof=received.proof.value,
        is_proven=is_believed(rules.confirming, received),
        identity=received.identity,
    )
    after = _judged(case, confirmation, decision, rules)
    after = replace(after, changed_by=heard.message.sender.key, changed_at=now)
    if confirmation.is_given:
        sender = heard.message.sender
        after = replace(
            after,
            participants=case.participants | {sender.key},
            unconfirmed="",
            parties=with_parties(case.parties, (_confirmed(confirmation, sender, case.agency),)),
        )
    said = f"{_SAYS[consent] if confirmation.is_proven or consent is not Consent.YES else _UNPROVEN}"
    log = f"{confirmation.name or confirmation.address} {said}: {quote_of(confirmation.words)}"
    entry = Entry(
        "confirmed" if confirmation.is_given else "answered a confirmation",
        heard.message.sender.key,
        {
            "says": consent.value,
            "words": confirmation.words,
            "asked at": confirmation.address,
            "because": confirmation.learned,
            "round": confirmation.round,
            **heard.detail,
            "sender": confirmation.proof,
        },
    )
    notices = () if confirmation.is_given else (_to_a_person(case, confirmation, said, heard),)
    return Change(case=after, redraws_card=True, log=log, notices=notices, entries=(entry,))


_SAYS = {
    Consent.YES: "confirms the request",
    Consent.NO: "says no to the request; what is done now, a person decides",
    Consent.STRANGE: "does not know of the request; please call the agency",
    Consent.UNCLEAR: "answers, and it is not clear whether that is a yes; please read it",
}
_UNPROVEN = "seems to confirm the request, and the mail is not proven to be theirs; please call"


def _confirmed(confirmation: Confirmation, sender: Person, agency: str) -> Party:
    """The head, who has answered from the address that the requester did not supply."""
    name = confirmation.name or sender.name
    return Party(Role.HEAD, name, confirmation.address, agency, Learned.WROTE, Surety.CONFIRMED)


def _judged(case: Case, confirmation: Confirmation, decision: Decision, rules: Rulebook) -> Case:
    """The case decided anew by an answer, one revision on.

    A no, or a head who knows nothing, takes back what the requester said of it, and no later message but another
    confirmation brings it again; what is unclear changes nothing.
    """
    counts = confirmation.is_given or confirmation.answer in (Consent.NO, Consent.STRANGE)
    base = decision if confirmation.is_given and decision.kind is Kind.REPLY else case.decision
    if counts:
        base = settle(base.facts, (_statement(case, confirmation),), rules.policy, base)
    changed = case.changed(confirmation=confirmation, decision=base, queue=queue_after(case, base))
    return replace(changed, draft=draft_after(changed, base))


def _statement(case: Case, confirmation: Confirmation) -> Statement:
    is_the_heads_own = case.decision.facts.value(AUTHORITY) == "chief_executive"
    given = "chief_executive" if is_the_heads_own else "authorized"
    words = confirmation.words or "(no words)"
    who = f"{confirmation.name} ({confirmation.address})" if confirmation.name else confirmation.address
    context = f"answered by {who}, who was asked; {confirmation.learned}; the mail is {confirmation.proof}"
    evidence = Evidence(words, Part.ANSWER, 0, len(words), rule="confirming.yaml", context=context)
    return Statement(
        AUTHORITY,
        (given if confirmation.is_given else UNKNOWN,),
        (evidence,),
        confirmation.address.casefold(),
        by_head=True,
        settled=not confirmation.is_given,
    )


def _to_a_person(case: Case, confirmation: Confirmation, said: str, heard: Heard) -> Notice:
    return Notice(
        title=f"To be read: the answer of the head asked for {case.number}",
        text=(
            f"{confirmation.name or confirmation.address} {said}. {case.agency}. Nothing was sent. Settle who asks with "
            "“Correct a fact”, or ask again."
        ),
        quote=heard.message.body,
        sender=heard.message.sender.address or heard.message.sender.name,
        about=case.number,
    )
