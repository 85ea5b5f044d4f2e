"""A message becomes a decision: the way in.

What is decided in which way stands in the modules that it calls, by which rules in the `Policy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crbot.triage.answers import one_answer_a_line
from crbot.triage.conversation import asked_in, asked_in_vain, joined
from crbot.triage.decision import Decision, Kind, Reason
from crbot.triage.eligibility import dispose, judge, open_questions
from crbot.triage.facts import NEW, NOTHING, Facts, Known, Statement
from crbot.triage.kinds import tell_kind
from crbot.triage.message import Mark, Message
from crbot.triage.passages import cut
from crbot.triage.policy import Policy
from crbot.triage.reading import read
from crbot.triage.routing import route

MOST_READ = 64 * 1024  # characters of a body, thirty times those of a long letter


def decide(message: Message, policy: Policy, known: Known = NEW) -> Decision:
    """Decide about one message in the light of what was known before. Never raises, whatever the message holds.

    Of a body that is longer than `MOST_READ` the beginning is read.
    """
    message = beginning_of(message)
    message = one_answer_a_line(message, known.asked)
    scan = policy.words.phrases.scan(message, cut(message, policy.words))
    told = read(scan, known, policy)
    kind, because = tell_kind(scan, NOTHING.with_statements(told), known, policy.kinds, policy.words)
    if not kind.is_case:
        return Decision(kind, because, policy.version, facts=known.facts)
    return _judged(kind, because, joined(known.facts, told), policy)


def settle(facts: Facts, statements: Iterable[Statement], policy: Policy, before: Decision) -> Decision:
    """Decide anew without a message, after a person of staff has settled some of the facts.

    Staff's word counts whatever stood there before. What the case is, it stays: kind and reason are those of `before`.
    """
    return _judged(before.kind, before.kind_reason, facts.with_statements(statements), policy)


def _judged(kind: Kind, because: Reason, facts: Facts, policy: Policy) -> Decision:
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


def beginning_of(message: Message) -> Message:
    """The message, or of a very long one what is read, up to the end of a word, and marked as cut."""
    if len(message.body) <= MOST_READ:
        return message
    body = message.body[:MOST_READ]
    last = max(body.rfind(" "), body.rfind("\n"))
    return replace(message, body=body[:last] if last > 0 else body, marks=message.marks | {Mark.CUT})


def recall(thread: Sequence[Message], policy: Policy, own: frozenset[str]) -> Known:
    """What the earlier messages of a conversation tell, read in order.

    `own` holds the keys (`Person.key`) that the bot writes under: its messages tell what was asked, the people's
    the facts. A conversation with a person's request in it is a case, and so is one in which the bot has asked.
    """
    known = NEW
    for message in map(beginning_of, thread):
        if message.sender.key in own:
            scan = policy.words.phrases.scan(message, cut(message, policy.words))
            asked = asked_in(scan)
            known = replace(known, asked=asked or known.asked, in_case=known.in_case or bool(asked))
            continue
        decision = decide(message, policy, known)
        if decision.kind.is_case:
            known = Known(decision.facts, known.asked, in_case=True)
    return known
