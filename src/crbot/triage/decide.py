"""A message becomes a decision: the way in.

What is decided in which way stands in the modules that it calls, by which rules in the `Policy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crbot.triage.answers import one_answer_a_line
from crbot.triage.conversation import asked_in, asked_in_vain, joined
from crbot.triage.decision import Decision
from crbot.triage.eligibility import dispose, judge, open_questions
from crbot.triage.facts import NEW, NOTHING, Known
from crbot.triage.kinds import tell_kind
from crbot.triage.message import Message
from crbot.triage.passages import cut
from crbot.triage.policy import Policy
from crbot.triage.reading import read
from crbot.triage.routing import route


def decide(message: Message, policy: Policy, known: Known = NEW) -> Decision:
    """Decide about one message in the light of what was known before. Never raises, whatever the message holds."""
    message = one_answer_a_line(message, known.asked)
    scan = policy.words.phrases.scan(message, cut(message, policy.words))
    told = read(scan, known, policy)
    kind, because = tell_kind(scan, NOTHING.with_statements(told), known, policy.kinds)
    if not kind.is_case:
        return Decision(kind, because, policy.version, facts=known.facts)
    facts = joined(known.facts, told)
    findings = tuple(judge(rule, facts, policy) for rule in policy.rules)
    row = route(facts, policy)
    return Decision(
        kind=kind,
        kind_reason=because,
        rules=policy.version,
        disposition=dispose(findings, policy),
        queue=row.queue,
        queue_reason=row.because,
        findings=findings,
        facts=facts,
        questions=open_questions(facts, asked_in_vain(facts), policy),
    )


def recall(thread: Sequence[Message], policy: Policy, own: frozenset[str]) -> Known:
    """What the earlier messages of a conversation tell, read in order.

    `own` holds the keys (`Person.key`) that the bot writes under: its messages tell what was asked, the people's
    the facts. A conversation with a person's message in it is a case.
    """
    known = NEW
    for message in thread:
        if message.sender.key in own:
            scan = policy.words.phrases.scan(message, cut(message, policy.words))
            known = replace(known, asked=asked_in(scan) or known.asked)
            continue
        decision = decide(message, policy, known)
        if decision.kind.is_case:
            known = Known(decision.facts, known.asked, in_case=True)
    return known
