"""What staff are offered, by the state of a case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from crbot.cases.case import Case
from crbot.channels.slack.blocks import Button, Menu, Style
from crbot.channels.slack.forms import FORMS
from crbot.channels.slack.offers import ACTION, ALL, FULL, OFFERS, button, buttons, everything
from crbot.intake.ports import Verb
from tests.channels.slack.examples import STATES
from tests.channels.slack.generated import hostile_cases, many

FOR_NOTICES = {Verb.ADD_HELD, Verb.OPEN_HELD, Verb.RETRY}
AT_ONCE = {Verb.CLAIM, Verb.RELEASE, Verb.SEND_DECLINE, Verb.KEEP_OPEN, Verb.RESUME_FOLLOWUPS, Verb.HIDE_SITE}


def shown(case: Case) -> tuple[list[str], list[str]]:
    """The buttons, the styled one with a star, and the entries of the menu."""
    *some, menu = buttons(case)
    assert isinstance(menu, Menu)
    words = [each.text + ("*" if each.style else "") for each in some if isinstance(each, Button)]
    return words, [option.text for option in menu.options]


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("unclaimed", ["Claim*", "Propose Call Times", "Ask for Information"]),
        ("unclaimed, waiting for the agency", ["Claim*", "Propose Call Times", "Ask for Information"]),
        ("unrouted", ["Claim*", "Choose a Queue", "Propose Call Times"]),
        ("claimed", ["Propose Call Times", "Ask for Information", "Write to Agency"]),
        ("the agency answered", ["Propose Call Times*", "Ask for Information", "Write to Agency"]),
        ("the agency takes it back", ["Confirm Withdrawal", "Keep the Case Open"]),
        ("call proposed", ["Set the Call", "Propose Other Times", "Ask for Information"]),
        ("call set", ["Move the Call*", "Begin Work Plan", "Ask for Information"]),
        ("call declined", ["Propose Call Times*", "Ask for Information", "Write to Agency"]),
        ("work plan begun", ["Write Work Plan*", "Ask for Information", "Write to Agency"]),
        ("work plan written", ["Send Work Plan*", "Change Work Plan", "Ask for Information"]),
        ("work plan to change", ["Change Work Plan*", "Ask for Information", "Write to Agency"]),
        ("work plan with the agency", ["Record Approval", "Record Changes", "Ask for Information"]),
        ("work plan seems approved", ["Record Approval*", "Record Changes", "Ask for Information"]),
        ("work plan seems to want changes", ["Record Changes*", "Record Approval", "Ask for Information"]),
        ("approved", ["Begin Delivery*", "Ask for Information", "Write to Agency"]),
        ("in delivery", ["Close Case*", "Ask for Information", "Write to Agency"]),
        ("decline drafted by the assistant", ["Approve and Send*", "Edit Draft", "Keep the Case Open"]),
        ("decline drafted by staff", ["Approve and Send*", "Edit Draft", "Keep the Case Open"]),
        ("closed", ["Reopen"]),
        ("declined", ["Reopen"]),
        ("withdrawn", ["Reopen"]),
    ],
)
def test_the_state_decides_which_buttons_a_card_has(state: str, offered: list[str]) -> None:
    assert shown(STATES[state].case)[0] == offered


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("unclaimed", ["Re-route to another queue", "Draft a decline", "Mark as duplicate"]),
        ("claimed", ["Give the case back", "Re-route to another queue", "Draft a decline"]),
        (
            "decline drafted by the assistant",
            ["Claim the case", "Re-route to another queue", "Mark as duplicate"],
        ),
        ("declined", []),
    ],
)
def test_behind_the_dots_is_what_is_wanted_most_and_the_way_to_everything(
    state: str, offered: list[str]
) -> None:
    assert shown(STATES[state].case)[1] == [*offered, "Show the full message", "More actions"]


@many
@given(hostile_cases())
def test_a_generated_case_offers_three_buttons_at_the_most_and_styles_one(case: Case) -> None:
    *some, menu = buttons(case)

    assert isinstance(menu, Menu)
    assert 1 <= len(some) <= 3
    assert len([each for each in some if isinstance(each, Button) and each.style]) <= 1
    assert 1 <= len(menu.options) <= 5


@many
@given(hostile_cases())
def test_what_a_generated_case_has_a_button_for_stands_among_everything_too(case: Case) -> None:
    listed = set(everything(case))
    *some, menu = buttons(case)
    assert isinstance(menu, Menu)
    wanted = {each.action_id.removeprefix(ACTION) for each in some if isinstance(each, Button)}
    wanted |= {option.value.partition("|")[0] for option in menu.options}

    assert {Verb(each) for each in wanted - {ALL, FULL}} - {Verb.SEND_DECLINE} <= listed


def test_every_action_has_its_words_and_a_form_or_needs_none() -> None:
    assert set(OFFERS) == set(Verb) - FOR_NOTICES
    assert set(FORMS) == set(Verb) - FOR_NOTICES - AT_ONCE


def test_a_decline_is_sent_only_after_a_question_that_names_who_gets_it() -> None:
    case = STATES["decline drafted by staff"].case
    [send, *_] = buttons(case)

    assert isinstance(send, Button)
    assert send.style is Style.DANGER
    assert send.confirm
    assert "Ana Rivera, Chief of Police" in send.confirm[1]


def test_a_button_carries_the_revision_that_was_seen() -> None:
    case = replace(STATES["claimed"].case, revision=12)

    assert button(case, Verb.NOTE).value == "CRI-2026-0042|12"
