"""Who is known of in a case, and what is believed of them: what the register, our mail server and the message say.

When a head is asked to confirm a request, and what the answer changes, is `confirming`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from crbot.cases.authority import Learned, Party, Role, Surety, with_parties
from crbot.cases.case import Case
from crbot.cases.confirming import Asks, Confirming, Listed, Occasion, Sender
from crbot.cases.rulebook import Rulebook
from crbot.intake.lookalikes import NO_LOOKALIKES, Lookalikes
from crbot.intake.ports import Proof, Received
from crbot.intake.samematter import spelling_of
from crbot.intake.threads import domain_of, is_anybodys, is_own
from crbot.triage.facts import Facts
from crbot.triage.message import Channel, Person
from crbot.triage.phrases import Words, fold
from crbot.triage.register import Agency, Register

AUTHORITY = "requester_authority"


@dataclass(frozen=True, slots=True)
class Means:
    """What is known of agencies beside their messages, and whether their heads can be asked."""

    register: Register | None = None
    lookalikes: Lookalikes = NO_LOOKALIKES  # of the domains in the register
    is_signed: bool = False  # answers come to addresses that we have signed


NO_MEANS = Means()


def agency_in(facts: Facts, register: Register | None) -> Agency | None:
    """The agency of a case as the register has it; None where it has none, or honestly several."""
    if register is None or not facts.is_known("agency_name"):
        return None
    state = facts.value("agency_state") if facts.is_known("agency_state") else ""
    return register.find(facts.value("agency_name"), state).agency


def why_own(domain: str, facts: Facts, means: Means, rules: Rulebook) -> str:
    """Why a domain is believed to be the agency's own, in words; "" where it is not."""
    if not domain or _is_shared(domain, rules):
        return ""
    agency = agency_in(facts, means.register)
    if agency is not None and agency.domain and not _is_shared(agency.domain, rules):
        return f"the register has {agency.domain} for it" if _is_within(domain, agency.domain) else ""
    owners = _owners(domain, means.register)
    if owners:
        kin = next((each for each in owners if each == agency or _is_of_its_place(each, facts, rules)), None)
        return f"the register has {kin.domain} for {kin.name}" if kin else ""
    ending = next((each for each in rules.confirming.official if domain.endswith(each)), "")
    return f"nobody but a government is given a domain in {ending}" if ending else ""


def _is_shared(domain: str, rules: Rulebook) -> bool:
    return is_anybodys(domain, rules.policy.words.of("domain_private_mail"))


def _is_of_its_place(owner: Agency, facts: Facts, rules: Rulebook) -> bool:
    """The owner of a domain is of the place that the agency is of: police often have the mail of their city."""
    if not facts.is_known("agency_name") or owner.state != facts.value("agency_state"):
        return False
    spelling = spelling_of(rules.policy)
    named, theirs = spelling.take_apart(facts.value("agency_name")), spelling.take_apart(owner.name).place
    if named.kind == "sheriff":  # of the county, not of a city that bears its name
        theirs = theirs.removesuffix(" county") if owner.type == "county" else ""
    return named.place == theirs != ""


def _is_within(domain: str, other: str) -> bool:
    return domain == other or domain.endswith(f".{other}")


def _owners(domain: str, register: Register | None) -> tuple[Agency, ...]:
    """The agencies whose domain this is, or lies in."""
    labels = domain.split(".")
    above = (".".join(labels[start:]) for start in range(len(labels) - 1))
    return next((found for each in above if register and (found := register.of_domain(each))), ())


def surety_of(received: Received) -> Surety:
    """How sure it is that a message comes from whom it names."""
    if received.message.channel is Channel.SLACK:
        return Surety.PROVEN if received.message.sender.address else Surety.CLAIMED
    return _SURETY[received.proof]


_SURETY = {
    Proof.PROVEN: Surety.PROVEN,
    Proof.FAILED: Surety.DOUBTED,
    Proof.NOT_PROVEN: Surety.CLAIMED,
    Proof.UNKNOWN: Surety.CLAIMED,
}


def _is_of_the_agency(received: Received, facts: Facts, means: Means, rules: Rulebook) -> bool:
    """A message proven to come from the agency's own domain, or from where the register has its head."""
    sender = received.message.sender
    if surety_of(received) is not Surety.PROVEN:
        return False
    agency = agency_in(facts, means.register)
    is_listed = agency is not None and bool(agency.address) and agency.address.casefold() == sender.key
    return is_listed or bool(why_own(domain_of(sender), facts, means, rules))


def parties_after(
    case: Case, received: Received, means: Means, rules: Rulebook, own: Collection[str]
) -> tuple[Party, ...]:
    """The persons of a case after a message of it: who wrote, who was copied, who heads the agency, who is named to."""
    facts, message = case.decision.facts, received.message
    agency = agency_in(facts, means.register)
    name = agency.name if agency else facts.value("agency_name") if facts.is_known("agency_name") else ""
    sender, surety = message.sender, surety_of(received)
    is_requester = sender.key == case.requester.key
    role = Role.REQUESTER if is_requester else Role.WRITER
    found = [Party(role, sender.name, sender.address or "", name, Learned.WROTE, surety)]
    authority = facts.statements.get(AUTHORITY)
    if authority and authority.values == ("chief_executive",) and authority.speaker == sender.key:
        is_believed_head = surety is Surety.DOUBTED or _is_of_the_agency(received, facts, means, rules)
        claimed = surety if is_believed_head else Surety.CLAIMED
        found.append(Party(Role.HEAD, sender.name, sender.address or "", name, Learned.WROTE, claimed))
    if agency is not None and (agency.head or agency.address):
        found.append(
            Party(Role.HEAD, agency.head, agency.address, agency.name, Learned.REGISTER, Surety.LISTED)
        )
    copied = [each for each in (*message.to, *message.cc) if each.key and not is_own(each.key, own)]
    found += _named_head(facts, copied, name, rules.policy.words)
    found += [Party(Role.COPIED, each.name, each.address or "", "", Learned.COPIED) for each in copied]
    return with_parties(case.parties, found)


def _named_head(facts: Facts, copied: Iterable[Person], agency: str, words: Words) -> Iterator[Party]:
    """The head whom a colleague names, with the address of whoever is copied in under that name."""
    if facts.value(AUTHORITY) not in ("authorized", "not_authorized"):
        return
    name = next(filter(None, (named_head(each.text, words) for each in facts.evidence(AUTHORITY))), "")
    if not name:
        return
    last = fold(name).split()[-1]
    alike = (each for each in copied if last in fold(each.name).split() or last in fold(each.key))
    address = next((each.address for each in alike if each.address), "") or ""
    yield Party(Role.HEAD, name, address, agency, Learned.NAMED)


_MOST_NAMES = 3


def named_head(text: str, words: Words) -> str:
    """The name behind the title of an agency's head: "Dale Harmon" of "at the direction of Sheriff Dale Harmon"."""
    told = text.split()
    bare = [fold(word).strip(".,;:()“”\"'’") for word in told]
    titles = {*words.of("head_title"), *words.of("head_title_bare")}
    longest = max((len(title.split()) for title in titles), default=0)
    for start in range(len(told)):
        for length in range(longest, 0, -1):
            if " ".join(bare[start : start + length]) in titles:
                name = _name_at(told[start + length : start + length + _MOST_NAMES])
                if name:
                    return name
    return ""


def _name_at(words: Iterable[str]) -> str:
    name: list[str] = []
    for word in words:
        plain = word.strip('.,;:()“”"').removesuffix("’s").removesuffix("'s")
        if not plain[:1].isupper() or plain.isupper():
            break
        name.append(plain)
        if word[-1] in ".,;:)" and len(plain) > 1:
            break
    return " ".join(name)


def occasion_of(case: Case, received: Received, means: Means, rules: Rulebook) -> Occasion:
    """What the rules say of asking the head, of a case as this message leaves it."""
    agency = agency_in(case.decision.facts, means.register)
    is_ours = _is_of_the_agency(received, case.decision.facts, means, rules)
    sender = Sender.OWN if is_ours else Sender.OTHER
    listed = Listed.LISTED if agency is not None and agency.address else Listed.NONE
    return rules.confirming.occasion(case.decision.facts.value(AUTHORITY), sender, listed)


def known_of(
    case: Case, received: Received, means: Means, rules: Rulebook, own: Collection[str]
) -> tuple[Case, Occasion]:
    """The case with its persons and what is not vouched for; and what the rules say of asking its head."""
    occasion = occasion_of(case, received, means, rules)
    # Where our mail server checks nobody, every case would say so.
    is_checked = received.message.channel is Channel.SLACK or received.proof is not Proof.UNKNOWN
    is_open = is_checked and occasion.asks is not Asks.NO_NEED
    is_given = case.confirmation is not None and case.confirmation.is_given
    return (
        replace(
            case,
            parties=parties_after(case, received, means, rules, own),
            unconfirmed=occasion.because if is_open and not is_given else "",
        ),
        occasion,
    )


def is_believed(rules: Confirming, received: Received) -> bool:
    """What our mail server found of a sender lets a yes count by itself."""
    return received.proof is not Proof.FAILED and received.proof.value in rules.counts
