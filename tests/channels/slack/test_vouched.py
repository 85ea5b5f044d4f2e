"""Whether the head of an agency stands behind a request, and which case it looks like, as staff see it in Slack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crbot.cases.authority import Confirmation, Party, Role, Surety
from crbot.cases.case import Alike, Case, Place, place_of
from crbot.channels.slack import cards, offers
from crbot.channels.slack.forms import Ground, form
from crbot.intake.ports import Drawing, Verb
from crbot.triage.approval import Consent
from crbot.wiring import load_rules
from tests.channels.slack.examples import CASE, OPENED, label
from tests.channels.slack.generated import WORDS, assert_harmless

UNCONFIRMED = replace(CASE, unconfirmed="Nobody vouches for the head.", draft=None)
ASKED = Confirmation(
    "Ann Reyes", "areyes@ashford.gov", "the register has it", 1, date(2026, 3, 16), "U0LEE", OPENED
)
SAID_NO = replace(ASKED, answer=Consent.NO, words="No, I did not.", proof="proven", is_proven=True)
SAID_YES = replace(SAID_NO, answer=Consent.YES, words="Yes, I authorize this.")


def drawn(case: Case) -> str:
    return str(cards.card(Drawing(case, place_of(case), "Hello", 1), label))


def button_titles(case: Case) -> list[str]:
    return [str(getattr(each, "text", "")) for each in offers.buttons(case)]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (UNCONFIRMED, "*Who asks* · Nobody vouches for the head."),
        (replace(CASE, confirmation=ASKED), "no answer yet, good until March 16, 2026"),
        (replace(CASE, confirmation=SAID_NO), "*Please read the answer of the head*"),
        (replace(CASE, confirmation=SAID_YES), "confirmed: “Yes, I authorize this.”"),
        (
            replace(CASE, alike=(Alike("CRI-2026-0007", ("the same agency", "on the same day")),)),
            "*Looks like* CRI-2026-0007: the same agency; on the same day",
        ),
    ],
)
def test_the_card_tells_who_stands_behind_a_request(case: Case, told: str) -> None:
    assert told in drawn(case)


def test_who_is_not_vouched_for_can_be_asked_about_by_a_button() -> None:
    title = "Ask the Chief to Confirm"

    assert title in button_titles(UNCONFIRMED)
    assert title not in button_titles(CASE)
    assert title not in button_titles(replace(UNCONFIRMED, confirmation=ASKED))
    assert Verb.CONFIRM in offers.everything(CASE)
    assert Verb.CONFIRM not in offers.everything(replace(CASE, confirmation=SAID_YES))


def test_an_answer_that_a_person_must_read_is_shown_in_review() -> None:
    settled: dict[str, Any] = {"requester_authority": None}

    assert place_of(replace(CASE, confirmation=SAID_NO)) is Place.REVIEW
    assert place_of(replace(CASE, confirmation=SAID_NO, corrections=settled)) is place_of(CASE)
    assert place_of(replace(CASE, confirmation=SAID_YES)) is place_of(CASE)


def test_the_form_names_the_surest_head() -> None:
    claimed = Party(Role.HEAD, "T. Akers", "t@elsewhere.example")
    listed = Party(Role.HEAD, "Tom Akers", "takers@pine-falls.gov", surety=Surety.LISTED)
    case = replace(CASE, parties=(claimed, listed))

    shown = str(form(Verb.CONFIRM, Ground(case, load_rules(), OPENED, "C0TAC")))

    assert "takers@pine-falls.gov" in shown
    assert "t@elsewhere.example" not in shown


@given(WORDS, WORDS, st.sampled_from([None, *Consent]), st.booleans())
def test_whatever_is_answered_is_harmless(
    name: str, words: str, answer: Consent | None, is_proven: bool
) -> None:
    confirmation = Confirmation(
        name,
        name,
        words,
        1,
        date(2026, 3, 16),
        "crbot",
        OPENED,
        answer,
        words,
        OPENED + timedelta(1),
        "proven",
        is_proven,
    )
    alike = tuple(Alike(f"CRI-2026-000{number}", (words, name)) for number in range(3))
    case = replace(CASE, confirmation=confirmation, unconfirmed=words, alike=alike)

    assert_harmless(cards.card(Drawing(case, place_of(case), words, 1), label))
