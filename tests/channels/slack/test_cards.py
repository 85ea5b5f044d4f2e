"""What staff and requesters see: always there, always harmless."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from crbot.cases.case import Conversation, Draft, Place, Stage
from crbot.cases.respond import Notice
from crbot.channels.slack import cards
from crbot.channels.slack.limits import Surface, problems
from crbot.channels.slack.text import escape
from crbot.intake.ports import Drawing
from crbot.triage.decision import Question, Reason
from crbot.triage.facts import Evidence, Facts, Statement
from crbot.triage.message import Channel, Person
from tests.channels.slack.examples import CASE, DECISION, FINDINGS, STATES, drawing, label, patient

GOLDEN = Path(__file__).parent / "golden"
ANY = st.text(alphabet=st.characters(codec=None), max_size=200) | st.sampled_from(
    [
        "<!channel> & <@U0LEE> <https://evil.example|justice.gov>",
        "\n*Authority:* pass\n> quoted",
        "&" * 4000,
        "\u202e\u200b\ud800",
        "x" * 50_000,
        "`~_*" * 900,
    ]
)
OURS = re.compile(
    r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[-0-9: ]+UTC>|<@U0LEE>|<https://cri\.example\.gov/p1\|[^<>]*>"
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


def assert_harmless(payload: dict[str, Any]) -> None:
    assert problems(payload, Surface.MESSAGE) == []
    json.dumps(payload, ensure_ascii=False).encode()
    for words in words_that_slack_parses(payload):
        left = OURS.sub("", words)
        assert "<" not in left, words
        assert not re.search(r"&(?!amp;|lt;|gt;)", left), words


@pytest.mark.parametrize("state", STATES)
def test_a_card_looks_as_agreed(state: str) -> None:
    """CRBOT_GOLDEN=write draws the files anew; look at what changed before it is committed."""
    path = GOLDEN / f"{state.replace(',', '').replace(' ', '_')}.json"
    drawn = json.dumps(cards.card(STATES[state], label), indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("CRBOT_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(drawn)

    assert path.read_text() == drawn


@pytest.mark.parametrize("state", STATES)
def test_a_card_is_harmless_and_the_library_reads_it_back(state: str) -> None:
    drawn = cards.card(STATES[state], label)

    assert_harmless(drawn)
    for block in drawn["blocks"]:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict().keys() == block.keys()


def buttons(case_drawing: Drawing) -> list[str]:
    drawn = cards.card(case_drawing, label)
    return [
        element["text"]["text"]
        for block in drawn["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("unclaimed", ["Claim", "Close Case"]),
        ("claimed", ["Give Back", "Close Case"]),
        ("in review", ["Claim", "Draft a Decline", "Close Case"]),
        ("decline drafted by the assistant", ["Send Decline", "Keep the Case Open", "Claim", "Close Case"]),
        ("decline drafted by staff", ["Send Decline", "Keep the Case Open", "Give Back", "Close Case"]),
        ("closed", ["Reopen"]),
        ("declined", ["Reopen"]),
        ("withdrawn", ["Reopen"]),
    ],
)
def test_the_state_decides_what_can_be_done(state: str, offered: list[str]) -> None:
    assert buttons(STATES[state]) == offered


@pytest.mark.parametrize("state", STATES)
def test_every_button_is_understood_when_it_is_clicked(state: str) -> None:
    for block in cards.card(STATES[state], label)["blocks"]:
        for element in block["elements"] if block["type"] == "actions" else ():
            assert element["action_id"] in cards.VERB_OF_ACTION


def test_a_letter_may_link_and_can_call_nobody_whatever_its_template_does() -> None:
    drawn = cards.letter("letter:1", "See <https://cops.example.gov|our page>, <!here> <@U0LEE> <#C1|x>")

    assert drawn["text"] == "See <https://cops.example.gov|our page>, &lt;!here> &lt;@U0LEE> &lt;#C1|x>"


def test_every_button_says_which_case_it_means_and_what_was_seen() -> None:
    drawn = cards.card(drawing(), label)
    [act] = [block for block in drawn["blocks"] if block["type"] == "actions"]

    assert {element["value"] for element in act["elements"]} == {"CRI-2026-0042|7"}
    assert act["block_id"] == "act:CRI-2026-0042:r7"


hostile_statements = st.dictionaries(
    st.sampled_from(["agency_name", "agency_state", "services", "topics", "incident", "urgency"]),
    st.tuples(st.lists(ANY, min_size=1, max_size=3), st.lists(ANY, max_size=3)),
)


@settings(patient, max_examples=150)
@given(hostile_statements, ANY, ANY, ANY, ANY, st.sampled_from(Stage), st.sampled_from(Place))
def test_no_word_from_outside_pings_or_breaks_a_card(
    told: dict[str, tuple[list[str], list[str]]],
    body: str,
    name: str,
    address: str,
    other: str,
    stage: Stage,
    place: Place,
) -> None:
    facts = Facts().with_statements(
        Statement(fact, tuple(values), tuple(Evidence(each) for each in words))
        for fact, (values, words) in told.items()
    )
    evidence = tuple(Evidence(each) for _, words in told.values() for each in words)
    decision = replace(
        DECISION,
        facts=facts,
        findings=tuple(replace(each, evidence=evidence, because=Reason(other)) for each in FINDINGS),
        questions=(Question("litigation", other or "?"),) * 6,
        queue_reason=Reason(other, other),
    )
    case = replace(
        CASE,
        decision=decision,
        requester=Person(name, address),
        conversation=Conversation(Channel.EMAIL, address),
        stage=stage,
        draft=Draft((name, "pending_matters"), by=other) if place is Place.REVIEW else None,
        outcome=other,
        subject=other,
    )

    drawn = cards.card(Drawing(case, place, body, 5), label)
    beside = [
        *cards.thread_pieces(case.number, 5, body),
        cards.log_line("log:1", other),
        cards.moved(case, label, place, "https://cri.example.gov/p1"),
        cards.notice("notice:1", Notice(title=name, text=other, quote=body, sender=address)),
        cards.letter("letter:1", escape(body)),
    ]

    assert drawn != cards.minimal(case)
    for payload in (drawn, *beside):
        assert_harmless(payload)


def test_a_card_that_slack_would_refuse_is_replaced_by_a_small_one() -> None:
    too_long = cards.card(drawing(), label)
    too_long["blocks"] *= 8

    shown = cards.checked(too_long, cards.minimal(CASE))

    assert_harmless(shown)
    assert "CRI-2026-0042" in shown["text"]
    assert shown["blocks"][-1]["type"] == "actions"


def test_what_is_doubtful_of_the_messages_stands_on_the_card() -> None:
    doubtful = replace(CASE, doubts=("The mail is not proven to come from <!here>",))

    shown = json.dumps(cards.card(drawing(doubtful), label))

    assert "The mail is not proven to come from &lt;!here&gt;" in shown


def test_the_thread_holds_every_word_of_the_message() -> None:
    body = "".join(f"Line {number} of a long letter, with some words in it.\n" for number in range(200))

    posted = cards.thread_pieces("CRI-2026-0042", 5, body)

    told = [block["elements"][0]["elements"][0]["text"] for payload in posted for block in payload["blocks"]]
    assert "".join(told) == body
    assert len(posted) == 4


def test_an_endless_message_ends_in_a_hint_where_the_rest_is() -> None:
    posted = cards.thread_pieces("CRI-2026-0042", 5, "word " * 10_000)

    assert len(posted) == cards.MOST_PIECES + 1
    assert "crbot cases show CRI-2026-0042" in posted[-1]["text"]
