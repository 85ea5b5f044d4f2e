"""What staff and requesters see: always there, always harmless."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from crbot.cases.case import Case, Place, Rerouting
from crbot.cases.respond import Notice
from crbot.channels.slack import cards
from crbot.channels.slack.text import escape
from crbot.intake.ports import Drawing
from crbot.triage.decision import Queue
from tests.channels.slack.examples import CASE, OPENED, STATES, drawing, label
from tests.channels.slack.generated import WORDS, assert_harmless, hostile_cases, many

GOLDEN = Path(__file__).parent / "golden"
DECLINE = "Subject: Re: Help [CRI-2026-0042]\n\nHello Chief Rivera,\n\nWe cannot help with this <!channel>."


@pytest.mark.parametrize("state", STATES)
def test_a_card_looks_as_agreed(state: str) -> None:
    """CRBOT_GOLDEN=write draws the files anew; look at what changed before it is committed."""
    path = GOLDEN / f"{state.replace(',', '').replace(' ', '_')}.json"
    letter = DECLINE if STATES[state].case.draft else ""
    drawn = json.dumps(cards.card(STATES[state], label, letter), indent=1, ensure_ascii=False) + "\n"
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


def test_every_button_says_which_case_it_means_and_what_was_seen() -> None:
    drawn = cards.card(drawing(), label)
    [act] = [block for block in drawn["blocks"] if block["type"] == "actions"]
    *buttons, menu = act["elements"]

    assert {each["value"] for each in buttons} == {"CRI-2026-0042|7"}
    assert all(each["value"].endswith("|CRI-2026-0042|7") for each in menu["options"])
    assert act["block_id"] == "act:CRI-2026-0042:r7"


def test_a_card_no_longer_waits_for_what_was_settled_otherwise() -> None:
    asked = replace(CASE, asked=("litigation", "services"))
    settled = replace(asked, asked=("services",))

    assert "Waiting for the agency" in json.dumps(cards.card(drawing(asked), label))
    assert "Waiting for the agency" not in json.dumps(cards.card(drawing(settled), label))


def test_a_letter_may_link_and_can_call_nobody_whatever_its_template_does() -> None:
    drawn = cards.letter("letter:1", "See <https://cops.example.gov|our page>, <!here> <@U0LEE> <#C1|x>")

    assert drawn["text"] == "See <https://cops.example.gov|our page>, &lt;!here> &lt;@U0LEE> &lt;#C1|x>"


@many
@given(hostile_cases(), WORDS, st.sampled_from(Place), st.none() | st.integers(1), WORDS)
def test_no_word_of_a_generated_case_pings_or_breaks_its_card(
    case: Case, body: str, place: Place, held: int | None, other: str
) -> None:
    drawn = cards.card(Drawing(case, place, body, 5), label, body)
    shown = Notice(other, body, body, sender=other, held=held, about=case.number, again="letter:1")
    settled = replace(shown, settled=f"Added by {other}", settled_at=case.opened_at)
    rerouted = replace(case, rerouting=Rerouting(other, body))
    beside = [
        *cards.thread_pieces(case.number, 5, body),
        cards.log_line("log:1", other),
        cards.moved(case, label, place, "https://cri.example.gov/p1"),
        cards.moved(rerouted, label, place, "https://cri.example.gov/p1"),
        cards.notice("notice:1", shown),
        cards.notice("notice:1", settled),
        cards.notice("notice:1", replace(shown, is_whole=True)),
        cards.letter("letter:1", escape(body)),
    ]

    assert drawn != cards.minimal(case)
    for payload in (drawn, cards.minimal(case), *beside):
        assert_harmless(payload)


def shown_on(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False)


def test_whoever_releases_a_decline_reads_the_whole_letter() -> None:
    state = STATES["decline written by staff"]

    drawn = cards.card(state, label, "word " * 2000 + "the end")
    too_long = cards.card(state, label, "word " * 4000)

    assert "the end" in shown_on(drawn)
    assert "The letter goes on" not in shown_on(drawn)
    assert "The letter goes on" in shown_on(too_long)
    assert ["Approve and Send" in shown_on(each["blocks"][-2]) for each in (drawn, too_long)] == [True, False]
    assert_harmless(too_long)


def test_what_is_ours_in_a_notice_is_shown_to_its_end_and_what_is_not_is_cut() -> None:
    told = Notice("The week at a glance", "3 open.", quote="\n".join(f"line {at} " * 10 for at in range(60)))

    assert "line 59" not in shown_on(cards.notice("notice:1", told))
    assert "line 59" in shown_on(cards.notice("notice:1", replace(told, is_whole=True)))


def test_a_card_that_was_moved_tells_by_whom_and_why() -> None:
    moved = replace(
        CASE, queue=Queue.CRI_TAC, rerouting=Rerouting("U0LEE", "They ask for a <!here> training")
    )
    by_the_rules = replace(CASE, rerouting=moved.rerouting)

    told = cards.moved(moved, label, Place.CRI_TAC, "https://cri.example.gov/p1")

    assert "by <@U0LEE>" in shown_on(told)
    assert "They ask for a <!here> training" in shown_on(told["blocks"][-1])
    assert told["blocks"][-1]["type"] == "rich_text"
    assert "<@U0LEE>" not in shown_on(cards.moved(by_the_rules, label, Place.REVIEW, "https://x.example"))


def test_what_was_settled_has_nothing_to_press_and_tells_who_did_it() -> None:
    waiting = Notice("Held: a stranger writes", "Look.", held=12, about="CRI-2026-0042")
    settled = replace(waiting, settled="Added to CRI-2026-0042 by Jordan Lee", settled_at=OPENED)

    assert "actions" in {block["type"] for block in cards.notice("notice:1", waiting)["blocks"]}
    drawn = cards.notice("notice:1", settled)
    assert "actions" not in {block["type"] for block in drawn["blocks"]}
    assert "Added to CRI-2026-0042 by Jordan Lee · <!date^" in drawn["blocks"][-1]["elements"][0]["text"]


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
