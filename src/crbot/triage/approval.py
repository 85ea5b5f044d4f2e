"""What an agency's answer to its work plan seems to say.

A person of staff confirms it; what follows then is the cases' affair.
"""

from __future__ import annotations

from enum import StrEnum

from crbot.triage.context import Context, Contexts
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
