"""Messages as JSON lines, one in, one out: for measuring, and for programs that bring their own messages.

What is decided, and how, is `crbot.triage`'s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from crbot.triage.decide import decide, recall
from crbot.triage.decision import Decision
from crbot.triage.facts import NEW, UNKNOWN, Facts, Part
from crbot.triage.message import Channel, Message, Person
from crbot.triage.policy import Policy
from crbot.triage.usage import Labelled, meant_by

OWN_NAMES = frozenset({"cri intake"})  # as the bot signs in the threads of such lines
_IN_WORDS = frozenset({Part.BODY, Part.SUBJECT, Part.SENDER})  # evidence that can be found in the line itself


def decide_lines(lines: Iterable[str], policy: Policy) -> Iterator[str]:
    """For each line with a message, the line with its decision, in the order given.

    A line that can't be read gives a line with its id, else its number (from 1), and the error.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield json.dumps(_decided(line, number, policy), ensure_ascii=False)


def _decided(line: str, number: int, policy: Policy) -> dict[str, object]:
    identity: object = number
    try:
        row = json.loads(line)
        if not isinstance(row, Mapping):
            raise ValueError('a line must hold one JSON object, as in {"id": …, "body": …}')
        identity = row.get("id", number)
        message = read_message(row)
        thread = [read_message({"channel": row.get("channel"), **each}) for each in row.get("thread") or []]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        return {"id": identity, "error": str(error)}
    try:
        known = recall(thread, policy, _own(message, thread)) if thread else NEW
        return {"id": identity, **told(decide(message, policy, known), policy)}
    except Exception as error:  # noqa: BLE001  (one message that breaks the code must not stop the next)
        return {"id": identity, "error": f"{type(error).__name__}: {error}"}


def _own(message: Message, thread: Iterable[Message]) -> frozenset[str]:
    """Who of the thread is the bot: whoever signs as it, or whom the message is addressed to."""
    addressed = {person.key for person in message.to}
    writers = {person.key for each in thread if (person := each.sender).name.casefold() in OWN_NAMES}
    return frozenset(addressed | writers)


def read_labelled(lines: Iterable[str], policy: Policy) -> Iterator[Labelled]:
    """The labelled messages of a corpus: with a `body` whole ones, with a `text` a sentence or two.

    Raises ValueError with the number of a line that can't be read.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _labelled(json.loads(line), number, policy)
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                raise ValueError(f"line {number}: {error}") from None


def _labelled(row: object, number: int, policy: Policy) -> Labelled:
    if not isinstance(row, Mapping) or not isinstance(row.get("gold"), Mapping):
        raise ValueError('a line must hold a message with its label: {"id": …, "body": …, "gold": {…}}')
    is_statement = "body" not in row and "text" in row
    message = read_message({**row, "body": row["text"]} if is_statement else row)
    thread = [read_message({"channel": row.get("channel"), **each}) for each in row.get("thread") or []]
    own = _own(message, thread)
    gold = row["gold"]
    return Labelled(
        str(row.get("id", number)),
        message,
        {fact: meant_by(fact, _values(gold[fact]), policy) for fact in policy.facts if fact in gold},
        recall(thread, policy, own) if thread else NEW,
        tuple(each for each in thread if each.sender.key not in own),
        is_statement,
    )


def _values(label: object) -> tuple[str, ...]:
    """The values of a fact as a label gives them: one, several, yes or no, or none at all."""
    if isinstance(label, bool):
        return ("yes" if label else "no",)
    return tuple(map(str, label)) if isinstance(label, list) else (str(label),) if label else ()


def read_message(row: Mapping[str, object]) -> Message:
    """One message from its JSON object. Raises ValueError."""
    body = row.get("body")
    if not isinstance(body, str):
        raise ValueError("`body` must be a text")
    return Message(
        channel=Channel(_text(row.get("channel")) or "email"),
        sender=_person(row.get("from")),
        body=body,
        subject=_text(row.get("subject")),
        sent_at=_moment(row.get("date")),
        to=_people(row.get("to")),
        cc=_people(row.get("cc")),
        attachments=tuple(_text(each) for each in _several(row.get("attachments"))),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _person(value: object) -> Person:
    if isinstance(value, Mapping):
        return Person(_text(value.get("name")), _text(value.get("address")) or None)
    return Person(address=_text(value) or None)


def _people(value: object) -> tuple[Person, ...]:
    return tuple(_person(each) for each in _several(value))


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(value))
    except ValueError:
        return None


def told(decision: Decision, policy: Policy) -> dict[str, object]:
    """A decision as plain values: the facts, how the rules ended, and the words that said so."""
    facts = decision.facts if decision.kind.is_case else Facts()
    return {
        "kind": decision.kind.value,
        **{fact: facts.value(fact) for fact in ("requester_authority", "agency_type")},
        **{
            fact: facts.value(fact) if facts.is_known(fact) else None
            for fact in ("agency_name", "agency_state")
        },
        **{fact: facts.value(fact) for fact in ("investigation", "litigation")},
        "unsupported_costs": [value for value in facts.values("unsupported_costs") if value != "none"],
        "costs_only": facts.value("costs_only") == "yes",
        **{
            fact: [value for value in facts.values(fact) if value != UNKNOWN]
            for fact in ("services", "topics")
        },
        "incident": facts.value("incident") == "yes",
        "urgency": policy.values(facts, "urgency")[0],
        "findings": {finding.rule: finding.outcome.value for finding in decision.findings},
        "disposition": decision.disposition.value,
        "queue": decision.queue.value if decision.queue else None,
        "evidence": _evidence(facts),
        "questions": [question.text for question in decision.questions],
        "rules": {"version": decision.rules.version, "sha256": decision.rules.sha256},
    }


def _evidence(facts: Facts) -> dict[str, list[str]]:
    """The words for each fact that is known and was told in words."""
    evidence = {
        fact: list(
            dict.fromkeys(each.text for each in statement.evidence if each.part in _IN_WORDS and each.text)
        )
        for fact, statement in facts.statements.items()
        if statement.values and statement.values != (UNKNOWN,)
    }
    return {fact: texts for fact, texts in evidence.items() if texts}
