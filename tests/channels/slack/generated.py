"""Cases in every state with any words in them, for what must hold of whatever is drawn.

`CRBOT_GENERATED=10000 pytest tests/channels/slack -k generated` looks at ten thousand of them for each test.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from crbot.cases.case import (
    DRAFTED_BY_THE_BOT,
    Case,
    Conversation,
    Correction,
    Draft,
    Pause,
    Plan,
    PlanAnswer,
    PlanVersion,
    Site,
    Stage,
)
from crbot.cases.meetings import Call, CallState
from crbot.channels.slack.limits import Surface, problems
from crbot.triage.approval import Reading
from crbot.triage.decision import Disposition, Outcome, Question, Queue, Reason
from crbot.triage.facts import Evidence, Facts, Statement
from crbot.triage.message import Channel, Person
from tests.channels.slack.examples import CALL, CASE, DECISION, FINDINGS, OPENED, patient

many = settings(patient, max_examples=int(os.environ.get("CRBOT_GENERATED", "150")))

WORDS = st.text(alphabet=st.characters(codec=None), max_size=200) | st.sampled_from(
    [
        "<!channel> & <@U0LEE> <https://evil.example|justice.gov>",
        "\n*Authority:* pass\n> quoted",
        "&" * 4000,
        "\u202e\u200b\ud800",
        "x" * 50_000,
        "`~_*" * 900,
        "",
    ]
)
_OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: ]+UTC>|<@U0(?:LEE|ORTIZ)>|<https://cri\.example\.gov/p1\|[^<>]*>"
)
_STAFF = st.sampled_from(["U0LEE", "Jordan Lee"]) | WORDS
_FACTS = (
    "agency_name",
    "agency_state",
    "services",
    "topics",
    "incident",
    "urgency",
    "withdrawn",
    "litigation",
    "requester_authority",
)
_VALUES = st.sampled_from(["true", "acute", "yes", "active", "training", "use_of_force", "OH"]) | WORDS


@st.composite
def _calls(draw: st.DrawFn) -> Call:
    return replace(
        CALL,
        state=draw(st.sampled_from(CallState)),
        slots=draw(st.sampled_from([CALL.slots, CALL.slots[:2], ()])),
        chosen=draw(st.sampled_from([None, CALL.slots[0]])),
        where=draw(WORDS),
        minutes=draw(st.integers(5, 240)),
        guests=tuple(draw(st.lists(WORDS, max_size=2))),
    )


@st.composite
def _plans(draw: st.DrawFn) -> Plan:
    versions = draw(
        st.lists(
            st.builds(
                PlanVersion, WORDS, WORDS, WORDS, WORDS, WORDS, by=_STAFF, at=st.just(OPENED), changes=WORDS
            ),
            min_size=1,
            max_size=3,
        )
    )
    answer = st.builds(PlanAnswer, st.sampled_from(Reading), WORDS, WORDS, st.just(OPENED))
    return Plan(
        tuple(versions),
        sent=draw(st.integers(0, len(versions))),
        answer=draw(st.none() | answer),
        approved=draw(st.integers(0, len(versions))),
        approved_words=draw(WORDS),
    )


@st.composite
def hostile_cases(draw: st.DrawFn) -> Case:
    """Any case whose words come from anybody."""
    told = draw(
        st.dictionaries(
            st.sampled_from(_FACTS),
            st.tuples(st.lists(_VALUES, min_size=1, max_size=3), st.lists(WORDS, max_size=3)),
        )
    )
    facts = Facts().with_statements(
        Statement(fact, tuple(values), tuple(Evidence(each) for each in words))
        for fact, (values, words) in told.items()
    )
    evidence = tuple(Evidence(each) for _, words in told.values() for each in words)
    other = draw(WORDS)
    findings = tuple(
        replace(
            each,
            evidence=evidence,
            because=Reason(other),
            outcome=draw(st.sampled_from(Outcome)),
            title=other or "?",
        )
        for each in FINDINGS
    )
    asked = st.sampled_from(["litigation", "investigation", "services", "agency_type", "requester_authority"])
    questions = draw(st.lists(st.builds(Question, asked, WORDS.map(lambda text: text or "?")), max_size=6))
    decision = replace(
        DECISION,
        facts=facts,
        findings=findings,
        questions=tuple({each.fact: each for each in questions}.values()),
        disposition=draw(st.sampled_from(Disposition)),
        queue_reason=Reason(other, other),
    )
    name, address = draw(WORDS), draw(WORDS)
    person, channel = Person(name, address), draw(st.sampled_from([Channel.EMAIL, Channel.SLACK]))
    correction = st.builds(
        Correction, st.just("litigation"), st.tuples(WORDS), by=_STAFF, reason=WORDS, at=st.just(OPENED)
    )
    draft = st.builds(
        Draft,
        st.tuples(WORDS, st.just("pending_matters")),
        _STAFF | st.just(DRAFTED_BY_THE_BOT),
        WORDS,
        WORDS,
    )
    return replace(
        CASE,
        decision=decision,
        requester=person,
        conversation=Conversation(channel, address, person=person),
        stage=draw(st.sampled_from(Stage)),
        queue=draw(st.sampled_from(Queue)),
        owner=draw(st.none() | _STAFF),
        asked=draw(st.sampled_from([(), ("litigation",)])),
        draft=draw(st.none() | draft),
        outcome=draw(WORDS),
        subject=other,
        doubts=tuple(draw(st.lists(WORDS, max_size=3))),
        corrections=draw(st.dictionaries(st.sampled_from(["litigation", "services"]), correction)),
        call=draw(st.none() | _calls()),
        plan=draw(st.none() | _plans()),
        site=draw(st.none() | st.builds(Site, st.booleans(), st.tuples(WORDS), link=WORDS)),
        pause=draw(
            st.none() | st.builds(Pause, _STAFF, WORDS, st.just(OPENED), st.sampled_from([None, OPENED]))
        ),
        participants=frozenset({address}),
        changed_by=draw(st.sampled_from([address, "U0LEE", "crbot", ""])),
        changed_at=OPENED + timedelta(hours=1),
        last_heard_at=draw(st.sampled_from([OPENED, OPENED + timedelta(hours=1), None])),
    )


def words_that_slack_parses(node: object) -> Iterator[str]:
    """Every mrkdwn text of a payload, the fallback too."""
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn" or ("blocks" in node and "text" in node):
            yield node["text"]
        for value in node.values():
            yield from words_that_slack_parses(value)
    elif isinstance(node, list):
        for item in node:
            yield from words_that_slack_parses(item)


def words_that_come_back(node: object) -> Iterator[str]:
    """Every id, value and piece of metadata of a payload."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("value", "action_id", "block_id", "callback_id", "private_metadata"):
                yield str(value)
            yield from words_that_come_back(value)
    elif isinstance(node, list):
        for item in node:
            yield from words_that_come_back(item)


def assert_harmless(payload: dict[str, Any], surface: Surface = Surface.MESSAGE) -> None:
    assert problems(payload, surface) == []
    json.dumps(payload, ensure_ascii=False).encode()
    for words in words_that_slack_parses(payload):
        left = _OURS.sub("", words)
        assert "<" not in left, words
        assert not re.search(r"&(?!amp;|lt;|gt;)", left), words
    for back in words_that_come_back(payload):
        assert "evil.example" not in back
        assert "*Authority" not in back
