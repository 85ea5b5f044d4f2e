"""Which case a message belongs to, and whether its sender may add to it.

What the sender wrote decides neither: a case is named by what only its letters hold, or by a participant.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from crbot.cases.case import Case
from crbot.intake.lookalikes import resembled
from crbot.intake.ports import Proof, Received, Store
from crbot.triage.message import Channel, Person


class Trace(StrEnum):
    """What led to the case, the surest first."""

    REFERENCE = "reference"  # it answers a message or letter of the case
    ADDRESS = "address"  # it was written to the address that only letters of the case name
    SUBJECT = "subject"  # it names the number, which anybody can write
    PERSON = "person"  # who asked by one channel writes by the other


@dataclass(frozen=True, slots=True)
class Thread:
    """The case that a message belongs to, if any."""

    case: Case | None = None
    trace: Trace | None = None


NO_THREAD = Thread()


def thread_of(store: Store, received: Received) -> Thread:
    """The case that a message belongs to. Equal subjects, and equal senders of one channel, join nothing.

    What belongs to a case that was merged into another, goes on with that one.
    """
    case = going_on(store, store.case_of(received.refers_to)) if received.refers_to else None
    if case is not None:
        return Thread(case, Trace.REFERENCE)
    for number, trace in ((received.proven_case, Trace.ADDRESS), (received.case_number, Trace.SUBJECT)):
        case = going_on(store, store.case(number)) if number else None
        if case is not None:
            return Thread(case, trace)
    return _of_the_same_person(store, received)


def _of_the_same_person(store: Store, received: Received) -> Thread:
    """Who has an open request by mail and writes on Slack, or the other way round, goes on with it.

    Only where somebody vouches for the address: the Slack workspace, or our own mail server.
    """
    sender, channel = received.message.sender, received.message.channel
    is_vouched_for = channel is Channel.SLACK or received.proof is Proof.PROVEN
    if not sender.address or not is_vouched_for:
        return NO_THREAD
    case = going_on(store, store.newest_case_of(sender.key))
    if case is None or case.stage.is_ended or case.requester.key != sender.key:
        return NO_THREAD
    return NO_THREAD if case.conversation.channel is channel else Thread(case, Trace.PERSON)


_MOST_MERGES = 20  # one after the other; nobody merges so often


def going_on(store: Store, case: Case | None) -> Case | None:
    """The case that goes on in place of this one, which it was merged into; itself where it was not."""
    for _ in range(_MOST_MERGES):
        if case is None or case.merged_into is None:
            break
        case = store.case(case.merged_into) or case
    return case


def may_add(case: Case, received: Received, anybodys: Collection[str]) -> bool:
    """A participant of the case, somebody of the agency's own domain, or on Slack whoever is in the conversation.

    `anybodys`: names of mail providers; whoever has a mailbox there belongs to no agency for that.
    """
    sender = received.message.sender
    if received.message.channel is Channel.SLACK:
        is_known = bool(sender.address) and sender.key in case.participants
        return is_known or received.conversation.address == case.conversation.address
    if received.proof is Proof.FAILED:  # it only bears a participant's name
        return False
    return sender.key in case.participants or _is_of_the_agency(sender, case.requester, anybodys)


def _is_of_the_agency(sender: Person, requester: Person, anybodys: Collection[str]) -> bool:
    theirs, agency = domain_of(sender), domain_of(requester)
    if not agency or is_anybodys(agency, anybodys):
        return False
    return theirs == agency or theirs.endswith(f".{agency}")


def is_anybodys(domain: str, anybodys: Collection[str]) -> bool:
    """Anybody can have a mailbox there; `anybodys` names providers beside those that are known here."""
    return _provider(domain) in _PROVIDERS or _provider(domain) in anybodys


def domain_of(person: Person) -> str:
    """The domain of a person's address, folded; "" where there is none."""
    return (person.address or "").rpartition("@")[2].casefold()


def is_own(address: str, own: Collection[str]) -> bool:
    """One of our own addresses, also with a tag behind a plus. `own` is folded."""
    local, at, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}" in own or f"{local}{at}{domain}" in own


def looks_like_a_participant(case: Case, sender: Person) -> str | None:
    """The participant whose address the sender's resembles without being it; None where none is resembled."""
    domain = domain_of(sender)
    alike = (key for key in case.participants if resembled(domain, (key.rpartition("@")[2],)))
    return next(alike, None)


def _provider(domain: str) -> str:
    """The name that a domain is known by: "gmail" of gmail.com."""
    labels = domain.split(".")
    return labels[-2] if len(labels) > 1 else domain


# Where anybody can have a mailbox. The rules have such a list too, for what an address tells of an agency; this one
# guards cases, so it holds more, and a folder of rules cannot take from it.
_PROVIDERS = frozenset(
    """
    126 163 aim ameritech aol att bellsouth cableone centurylink centurytel charter comcast cox duck earthlink embarqmail
    fairpoint fastmail frontier frontiernet fuse gmail gmx googlemail hey hotmail hughes icloud inbox juno live lycos mac
    mail mailbox me mediacombb msn myfairpoint netscape netzero optonline outlook pacbell pm posteo prodigy proton
    protonmail qq roadrunner rocketmail rr runbox sbcglobal spectrum suddenlink swbell tds tuta tutanota usa verizon web
    wildblue windstream yahoo yandex ymail zoho zohomail
    """.split()
)
