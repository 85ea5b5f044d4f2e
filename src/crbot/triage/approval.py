"""What an answer seems to say to something that was put before somebody: a work plan, a request to be confirmed.

What follows from it, and what a person must confirm first, is the cases' affair.
"""

from __future__ import annotations

from enum import StrEnum

from crbot.triage.context import Context, Contexts
from crbot.triage.facts import Part
from crbot.triage.message import Message
from crbot.triage.passages import Role, cut
from crbot.triage.phrases import Hit, Scan
from crbot.triage.policy import Policy

_HOLDS = frozenset({Context.ASSERTED, Context.ONGOING, Context.ENDED, Context.UNRELATED})
_SPOKEN = (Role.OWN, Role.FORWARDED)


class Reading(StrEnum):
    """What an answer to a work plan seems to say."""

    APPROVAL = "approval"
    CHANGES = "changes"
    UNCLEAR = "unclear"


def read_approval(message: Message, policy: Policy) -> tuple[Reading, str]:
    """What the answer seems to say, and the sender's own words in it.

    Whoever wants something changed has not approved, whatever else is said; an approval with an "if" is unclear.
    """
    scan = policy.words.phrases.scan(message, cut(message, policy.words))
    words = "\n".join(each.text for each in scan.sentences if each.role in _SPOKEN).strip()
    contexts = Contexts(scan, policy.context)
    approvals = [hit for hit in _spoken(scan, "plan_approval") if contexts.of_whole(hit).context in _HOLDS]
    if any(
        contexts.of(hit).context is not Context.DENIED
        for hit in _spoken(scan, "plan_changes")
        if not any(each.start <= hit.start and hit.end <= each.end for each in approvals)
    ):
        return Reading.CHANGES, words
    has_reservation = any(scan.in_sentence(hit.sentence, "plan_reservation") for hit in approvals)
    return (Reading.APPROVAL if approvals and not has_reservation else Reading.UNCLEAR), words


def _spoken(scan: Scan, name: str) -> list[Hit]:
    return [hit for hit in scan.of(name) if scan.sentence_of(hit).role in _SPOKEN]


class Consent(StrEnum):
    """What the head of an agency, asked whether a request is theirs, seems to say."""

    YES = "yes"
    NO = "no"
    STRANGE = "strange"  # they know nothing of it: "who is this?"
    UNCLEAR = "unclear"


def read_consent(message: Message, policy: Policy) -> tuple[Consent, str]:
    """What the answer seems to say, and the sender's own words in it.

    A yes stands alone: beside a no, a question, or an "if" nothing is taken for one.
    """
    scan = policy.words.phrases.scan(message, cut(message, policy.words))
    own = [each for each in scan.sentences if each.role is Role.OWN and each.part is Part.BODY]
    words = "\n".join(each.text for each in own).strip()
    if _own(scan, "consent_strange"):
        return Consent.STRANGE, words
    contexts, given = Contexts(scan, policy.context), _own(scan, "consent_yes")
    told = [contexts.of_whole(hit).context for hit in given]
    refused = _own(scan, "consent_no")
    opens_with_no = any(hit.start == scan.sentence_of(hit).start for hit in _own(scan, "consent_no_alone"))
    is_doubtful = any(each.is_question for each in own) or any(
        scan.in_sentence(hit.sentence, "consent_reservation") for hit in given
    )
    if refused or Context.DENIED in told or (opens_with_no and not given):
        return (Consent.UNCLEAR if is_doubtful and not refused else Consent.NO), words
    is_clear = bool(given) and _HOLDS.issuperset(told) and not opens_with_no and not is_doubtful
    return (Consent.YES if is_clear else Consent.UNCLEAR), words


def _own(scan: Scan, name: str) -> list[Hit]:
    """Where a list is met in what the sender wrote here, and not in what is quoted or forwarded."""
    where = ((hit, scan.sentence_of(hit)) for hit in scan.of(name))
    return [hit for hit, sentence in where if sentence.role is Role.OWN and sentence.part is Part.BODY]
